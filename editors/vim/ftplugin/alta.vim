" Comments, indentation and formatting of altac programs.
if exists('b:did_ftplugin')
  finish
endif
let b:did_ftplugin = 1

setlocal comments=:// commentstring=//\ %s
setlocal expandtab shiftwidth=4 softtabstop=4 tabstop=4
setlocal formatoptions-=t formatoptions+=croql
setlocal suffixesadd=.alta
setlocal include=^\\s*import\\s\\+\"\\zs[^\"]*

if executable('altac')
  compiler altac
  setlocal equalprg=altac\ fmt\ -
endif

let b:undo_ftplugin = 'setlocal comments< commentstring< expandtab< shiftwidth< softtabstop< tabstop<'
      \ . ' formatoptions< suffixesadd< include< equalprg< makeprg< errorformat<'
