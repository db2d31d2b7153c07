"""What a source file may not exceed. Each limit has an error that names it."""

#: Characters in a file.
MAX_CHARACTERS = 4_000_000
#: Words, signs and line ends in a file.
MAX_TOKENS = 600_000
#: Operators in a row, `else if` included: what stands side by side is no nesting.
MAX_CHAIN = 10_000
#: Brackets open at once, and levels of the syntax tree.
MAX_DEPTH = 200
#: Digits of a number.
MAX_DIGITS = 1_000
#: Errors reported for one file.
MAX_PROBLEMS = 20
