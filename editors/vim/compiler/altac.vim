" `:make` checks the program in view and fills the quickfix list.
if exists('current_compiler')
  finish
endif
let current_compiler = 'altac'

execute 'CompilerSet makeprg=' . escape(get(g:, 'altac_command', 'altac') . ' check %:S', ' \|"')
CompilerSet errorformat=%Eerror[%*[^]]]:\ %m,%Wwarning[%*[^]]]:\ %m,%Z\ %#-->\ %f:%l:%c,%-C%.%#,%-G%.%#
