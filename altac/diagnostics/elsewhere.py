"""Words that other languages have, and how what they mean is said here: for names that nothing declares, and for words that
stand where the syntax has no place for one.
"""

from __future__ import annotations

_NUMBERS = "a number in a variable has the range that it needs as its type, with both ends: `0..255`"
_REALS = "a real-valued variable has the buckets that it is read in as its type: `real in BUCKETS`"
_TEXTS = "strings are known at compile time only; a variable holds a `Token` or a member of an `enum`"
_EMPTY = "there is no empty value: declare an `enum` that has a member for it"
_UNDEFINED = (
    "no program can ask whether a head has a value: a variable tells where it has one, such as `var first: bool = ...`"
)
_FUNCTION = "functions are declared with `fn`"
_LOOP = "layers are the loop: the `mlp` block runs once per layer until the program halts"
_COMPONENT = "what belongs together is a `component`"
_CHOICE = "a choice between values is written `match x { A => ..., _ => ... }`"
_TOKENS = "the input tokens are listed with `tokens`"
_POSITION = "the position is `position`, in the initial value of a variable: `var p: 0..9 = position`"
_LEFT = "the value at the position to the left is a head with an offset: `head left = x at -1`"
_HEAD = "a head is written `attend(query: ..., key: ..., value: ...)`, or `x at -1` for the position to the left"
_MEAN = "a head gives the mean of `value` over the positions it selects; `std.counting` counts with one"
_SHOW = "nothing is printed while a program runs: `altac trace` shows every variable in every layer"
_OUTPUT = "the variable to read the result from is named with `output`"

#: What other languages call something: how it is said here.
ELSEWHERE = {
    # values and types
    "None": _EMPTY, "null": _EMPTY, "nil": _EMPTY, "NULL": _EMPTY, "undefined": _UNDEFINED, "Option": _EMPTY, "Optional": _EMPTY,
    "i8": _NUMBERS, "i16": _NUMBERS, "i32": _NUMBERS, "i64": _NUMBERS, "isize": _NUMBERS, "integer": _NUMBERS, "Int": _NUMBERS,
    "u8": _NUMBERS, "u16": _NUMBERS, "u32": _NUMBERS, "u64": _NUMBERS, "usize": _NUMBERS, "uint": _NUMBERS, "nat": _NUMBERS,
    "f32": _REALS, "f64": _REALS, "float": _REALS, "double": _REALS, "Float": _REALS,
    "str": _TEXTS, "String": _TEXTS, "char": _TEXTS, "string": _TEXTS,
    "boolean": "the type of `true` and `false` is `bool`",
    "range": "a range is written with both of its ends: `0..9`",
    "Range": "a range is written with both of its ends: `0..9`",
    "list": "a list is written `[a, b]`; a variable holds one value of a finite type",
    "List": "a list is written `[a, b]`; a variable holds one value of a finite type",
    "tuple": "a tuple is written `(a, b)`",
    "dict": "a map is written `{key: value}`",
    "map": "the items of a list are changed with `[f(x) for x in LIST]`; a map is written `{key: value}`",
    "filter": "the items of a list are chosen with `[x for x in LIST if ...]`",
    "frozenset": "a set is written `{a, b}`, and its type `set of T`",
    "pow": "there is no operator for powers: multiply",
    "floor": "`a div b` rounds down, `round(...)` takes halves up",
    "ceil": "`a div b` rounds down, so a quotient rounded up is `(a + b - 1) div b`",
    "trunc": "`a div b` rounds down, `round(...)` takes halves up",
    "math": "the functions of numbers are `min`, `max`, `abs`, `round` and `sum`",
    "lenght": "the number of items is `len(...)`", "size": "the number of items is `len(...)`",
    "self": "a program has no objects: a variable is written by its name alone",
    "this": "a program has no objects: a variable is written by its name alone",
    "mod": "the remainder is written `a % b`",
    # functions, statements, declarations
    "def": _FUNCTION, "function": _FUNCTION, "func": _FUNCTION, "fun": _FUNCTION, "defn": _FUNCTION,
    "lambda": "functions are declared with `fn` and have names",
    "return": "the value of a `fn` is the expression that ends its block",
    "while": _LOOP, "loop": _LOOP, "repeat": _LOOP,
    "break": "there are no jumps: a program halts when its `halt when` condition holds",
    "continue": "there are no jumps: guard the statements with `if`",
    "pass": "a block that does nothing is `{}`",
    "switch": _CHOICE,
    "case": "an arm of a `match` is written `PATTERN => ...`",
    "elif": "write `else if`",
    "then": "a condition is followed by a block: `if c { ... }`",
    "unless": "write `if not c { ... }`",
    "is": "values are compared with `==` and `!=`",
    "mut": "what changes from layer to layer is a `var`; a `let` never changes",
    "class": _COMPONENT, "struct": _COMPONENT,
    "from": "a module is imported whole, `import std.counting`, and its names are written `counting.NAME`",
    "std": "a module of the library is imported first, `import std.counting`, and is then called `counting`",
    "include": "a module is imported with `import`",
    "require": "a module is imported with `import`",
    "print": _SHOW, "println": _SHOW, "printf": _SHOW,
    "assert": "what a program must give is said with `test INPUT => OUTPUT`",
    # of RASP and Tracr, and of what people know of Transformers
    "select": _HEAD, "aggregate": _HEAD, "Select": _HEAD, "Aggregate": _HEAD, "attention": _HEAD, "Attention": _HEAD,
    "softmax": _HEAD, "query": _HEAD, "key": _HEAD,
    "selector_width": _MEAN, "SelectorWidth": _MEAN, "mean": _MEAN, "average": _MEAN, "count": _MEAN,
    "sequence_map": "the `mlp` block computes at every position from its variables",
    "SequenceMap": "the `mlp` block computes at every position from its variables",
    "Map": "the `mlp` block computes at every position from its variables",
    "indices": _POSITION, "pos": _POSITION, "index": _POSITION,
    "length": "how many positions there are is not known to a program; a head can look for the last one",
    "left": _LEFT, "prev": _LEFT, "previous": _LEFT,
    "right": "the value at the position to the right is a head with an offset: `head right = x at 1`",
    "next": "the value at the position to the right is a head with an offset: `head right = x at 1`",
    "input": _TOKENS, "inputs": _TOKENS, "alphabet": _TOKENS, "vocab": _TOKENS, "vocabulary": _TOKENS,
    "result": _OUTPUT, "yield": _OUTPUT,
    "attn": "attention is declared as `head NAME = attend(...)`",
    "ffn": "the step of every layer is the `mlp` block",
    "feedforward": "the step of every layer is the `mlp` block",
    "begin": "a block stands between `{` and `}`",
    "end": "a block stands between `{` and `}`",
}  # fmt: skip
