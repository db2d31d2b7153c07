" Indentation by brackets.
if exists('b:did_indent')
  finish
endif
let b:did_indent = 1

setlocal indentexpr=AltaIndent() indentkeys=0{,0},0),0],!^F,o,O
let b:undo_indent = 'setlocal indentexpr< indentkeys<'

if exists('*AltaIndent')
  finish
endif

" What a line holds beside strings and comments.
function! s:Code(number) abort
  let l:text = substitute(getline(a:number), '"\%(\\.\|[^"\\]\)*"', '""', 'g')
  return substitute(l:text, '//.*$', '', '')
endfunction

function! AltaIndent() abort
  let l:before = prevnonblank(v:lnum - 1)
  if l:before == 0
    return 0
  endif
  let l:indent = indent(l:before)
  if s:Code(l:before) =~# '[{(\[]\s*$'
    let l:indent += shiftwidth()
  endif
  if getline(v:lnum) =~# '^\s*[})\]]'
    let l:indent -= shiftwidth()
  endif
  return max([l:indent, 0])
endfunction
