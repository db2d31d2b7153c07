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

compiler altac

" Formats the whole program; one with syntax errors stays as it is. `g:altac_command` says how to call altac.
command! -buffer AltacFormat call s:Format()

let b:undo_ftplugin = 'setlocal comments< commentstring< expandtab< shiftwidth< softtabstop< tabstop<'
      \ . ' formatoptions< suffixesadd< include< makeprg< errorformat< | delcommand -buffer AltacFormat'

if exists('*s:Format')
  finish
endif

function! s:Format() abort
  let l:before = getline(1, '$')
  let l:after = systemlist(get(g:, 'altac_command', 'altac') . ' fmt -', l:before)
  if v:shell_error
    echohl ErrorMsg
    echomsg empty(l:after) ? 'altac fmt failed' : l:after[0]
    echohl None
    return
  endif
  if l:after !=# l:before
    let l:view = winsaveview()
    call setline(1, l:after)
    if len(l:after) < len(l:before)
      silent execute (len(l:after) + 1) . ',$delete _'
    endif
    call winrestview(l:view)
  endif
endfunction
