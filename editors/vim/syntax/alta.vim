" Colours of altac programs. A test keeps the words in step with grammar/alta.lark.
if exists('b:current_syntax')
  finish
endif

syntax case match

syntax keyword altaDeclaration program import param const type enum tokens text positions frame var head fn component use
syntax keyword altaDeclaration mlp rules output halt layers causal test
syntax keyword altaStatement let
syntax keyword altaConditional if else match
syntax keyword altaRepeat for in
syntax keyword altaOperatorWord and or xor not div
syntax keyword altaTypeWord real set of
syntax keyword altaOther attend at as when input to until limit
syntax keyword altaBoolean true false
syntax keyword altaInput token position
syntax keyword altaType bool int Token
syntax match altaBuiltin "\<\%(len\|min\|max\|abs\|round\|sum\|any\|all\|zip\|enumerate\|sorted\|reversed\|union\|intersect\|minus\)\>\ze\s*("

" After a dot and before the colon of a label every word is a name. A match that begins at the dot goes before keywords.
syntax match altaField "\.\@1<!\.\h\w*" contains=altaDot
syntax match altaDot "\." contained
syntax match altaName "\%(\<\%(fn\|head\|var\|use\|param\|const\|type\|enum\|component\|program\)\s\+\)\@32<=\h\w*"

syntax match altaNumber "\<\d\+\%(\.\d\+\)\?\>"
syntax match altaOperator "<-\|=>\|[=!<>]=\|\.\.\|[-+*/%=<>|]"
syntax match altaComment "//.*$" contains=altaTodo,@Spell
syntax keyword altaTodo TODO FIXME XXX contained
syntax match altaEscape "\\\%([\"\\nt]\|u{\x\{1,6}}\)" contained
syntax match altaBadEscape "\\\%([\"\\nt]\|u{\x\{1,6}}\)\@!." contained
syntax region altaString start=+"+ skip=+\\.+ end=+"+ end=+$+ keepend oneline contains=altaEscape,altaBadEscape,@Spell

highlight default link altaDeclaration Keyword
highlight default link altaStatement Statement
highlight default link altaConditional Conditional
highlight default link altaRepeat Repeat
highlight default link altaOperatorWord Operator
highlight default link altaTypeWord Type
highlight default link altaOther Keyword
highlight default link altaBoolean Boolean
highlight default link altaInput Special
highlight default link altaType Type
highlight default link altaBuiltin Function
highlight default link altaName Identifier
highlight default link altaNumber Number
highlight default link altaOperator Operator
highlight default link altaComment Comment
highlight default link altaTodo Todo
highlight default link altaEscape SpecialChar
highlight default link altaBadEscape Error
highlight default link altaString String

let b:current_syntax = 'alta'
