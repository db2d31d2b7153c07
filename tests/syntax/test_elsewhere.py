"""What people write who know another language: one error for one slip, and a help that names the form that exists."""

from __future__ import annotations

import pytest

from altac import check_source
from altac.diagnostics.elsewhere import ELSEWHERE
from altac.source import Source
from altac.syntax.keywords import words

HEAD = "program p\ntokens 0, 1, START\nvar bit: bool = token == 1\nvar n: 0..9 = 0\n"
TAIL = "\noutput bit\n"

#: What is written between `HEAD` and `TAIL`; the codes of the errors, and words of the first one's help.
SLIPS = {
    # Python
    "var d: bool = True": ("unknown-name", "`true`"),
    "var d: bool = None": ("unknown-name", "no empty value"),
    "const T = [1, 2, 3]\nmlp { n <- T[-1] }": ("index-out-of-range", "write 2"),
    "const T = [1, 2, 3]\nconst U = T[0:2]": ("unexpected-text", "`LIST[0..1]`"),
    "mlp { for x in range(10) { n <- x } }": ("unknown-name", "`0..9`"),
    "mlp { for i, x in enumerate([1, 2]) { if n == x { n <- i } } }": ("wrong-operator", "in parentheses"),
    "def f(x):\n    return x + 1": ("unexpected-text", "`fn`"),
    "fn f(x):\n    x + 1\nmlp { n <- f(0) }": ("wrong-operator", "between `{` and `}`"),
    "mlp:\n    if bit:\n        n <- 1\n    else:\n        n <- 2": ("wrong-operator " * 3, "between `{` and `}`"),
    "mlp {\n    if bit:\n        n <- 1\n    n <- 2\n}": ("wrong-operator", "between `{` and `}`"),
    'const X = f"a{n}"': ("unexpected-text", "no prefix"),
    "mlp { n <- n ** 2 }": ("unexpected-text", "multiply"),
    "mlp { n <- n / 3 }": ("type-mismatch", "`a div b`"),
    "mlp { n, bit <- 1, true }": ("unexpected-text", "statement of its own"),
    "mlp { if bit is true { n <- 1 } }": ("unexpected-text", "`==`"),
    "mlp { if bit not true { n <- 1 } }": ("unexpected-text", "`!=`"),
    "mlp { print(n) }": ("unknown-name", "altac trace"),
    "mlp { pass }": ("unknown-name", "`{}`"),
    "const D = set()": ("unexpected-text", "`{}`"),
    "var r: float = 0": ("unknown-name", "`real in BUCKETS`"),
    'var s: str = "a"': ("unknown-name", "`Token`"),
    "from std.counting import Count": ("unexpected-text", "import std.counting"),
    # Rust, C and their kin
    "fn f(x: i32) -> i32 { x + 1 }": ("unexpected-text", "not declared"),
    "fn f(x: i32) = x + 1\nmlp { n <- f(0) }": ("unknown-name", "`0..255`"),
    "mlp { let mut x = n\n n <- x }": ("unexpected-text", "`var`"),
    "mlp { for i in 0..=3 { if n == i { n <- 0 } } }": ("wrong-operator", "both of its ends"),
    "mlp { for i in 0..<3 { if n == i { n <- 0 } } }": ("wrong-operator", "both of its ends"),
    "var z: 0...9 = 0": ("wrong-operator", "two dots"),
    "enum C { Red, Blue }\nvar c: C = C::Red": ("wrong-operator", "with a dot"),
    "enum C { Red(0..9), Blue }": ("unexpected-text", "hold no values"),
    "mlp { n <- bit ? 1 : 2 }": ("unexpected-text", "`if c { a } else { b }`"),
    "mlp { bit <- bit ^ true }": ("unexpected-character", "`xor`"),
    "mlp { bit <- ~bit }": ("unexpected-character", "`not`"),
    "/* two\nlines */": ("wrong-operator", "`//`"),
    "mlp { match n { case 0 => n <- 1\n _ => {} } }": ("unexpected-text", "`PATTERN => ...`"),
    "mlp { if bit n <- 1 } }": ("missing-brace", "`{` and `}`"),
    "mlp { if bit { n <- 1 } else n <- 2 } }": ("missing-brace", "`{` and `}`"),
    "mlp if bit { n <- 1 } }": ("missing-brace", "`{` and `}`"),
    "mlp { if (bit) n <- 1 }": ("unexpected-text", "`{` and `}`"),
    "mlp { if bit then { n <- 1 } }": ("unexpected-text", "`if c { ... }`"),
    "struct P { x: bool }": ("unexpected-text", "`component`"),
    "mlp { match n { x if x > 3 => n <- 1\n _ => {} } }": ("unexpected-text", "`if` in its block"),
    "mlp { match n { x => n <- x } }": ("unknown-name", "`_ => ...`"),
    "enum A { X, Y }\nvar a: A = X\nmlp { if a == 0 { n <- 1 } }": ("bad-operands", "`X`"),
    "enum A { X, Y }\nvar a: A = X\nmlp { n <- a }": ("type-mismatch", "`int(...)`"),
    "enum A { X, Y }\nvar a: A = X\nmlp { a <- a + 1 }": ("bad-operands", "`int(...)`"),
    'enum A { X, Y }\nvar a: A = "X"': ("type-mismatch", "without quotes: `X`"),
    "enum A { X = 1, Y = 2 }\nvar a: A = X": ("unexpected-text", "a string"),
    "enum A { X, Y }\nvar s: set of A = {}\nmlp { s <- s + {X} }": ("bad-operands", "`union(a, b)`"),
    "enum A { X, Y }\nvar s: set of A = {}\nmlp { s.add(X) }": ("no-field", "only records"),
    "fn f = 1": ("unexpected-text", "`const`"),
    "fn f(x) = x\nmlp { n <- f(n, n) }": ("wrong-arguments", "parameters"),
    "use c = std.counting.Count(n)": ("unknown-name", "import std.counting"),
    "mlp { match n { 0 | 1 => { n <- 1 } else => {} } }": ("wrong-operator", "`_ => ...`"),
    "mlp { match n { case 0: n <- 1 } }": ("unexpected-text", "`PATTERN => ...`"),
    "mlp { match n { 0, 1 => n <- 1\n _ => {} } }": ("unexpected-text", "`0 | 1 => ...`"),
    "mlp { match n { ..3 => n <- 1\n _ => {} } }": ("unexpected-text", "both of its ends"),
    "mlp { bit <- n is 3 }": ("unexpected-text", "`==`"),
    "mlp { n <- n << 1 }": ("unexpected-text", "shifts"),
    "mlp { bit <- n in {1..3} }": ("bad-operands", "`x in 1..3`"),
    "mlp { n <- floor(n / 2) }": ("unknown-name", "`a div b`"),
    "mlp { n <- sum(i for i in 0..3) }": ("unexpected-text", "in brackets"),
    "mlp { for i of [1] { n <- i } }": ("unexpected-text", "`for i in ...`"),
    "mlp { n <- max(n 1) }": ("unexpected-text", "separated by `,`"),
    "const H = .5": ("unexpected-text", "`0.5`"),
    "var t: Token = token\nmlp { bit <- t < 1 }": ("bad-operands", "`int(...)`"),
    "enum A { X, Y }\nvar s: set of A in [{X}, {Y}] = match token { 0 => {X}, _ => {Y} }": ("type-mismatch", "`({...})`"),
    "enum A { X, Y }\nvar s: set of A = {}\nmlp { s <- if bit { {X} } else { X } }": ("branches-differ", "same type"),
    "enum A { X, Y }\nvar s: set of A = {}\nmlp { s <- match bit { true => {X}, false => {Y} } }": ("type-mismatch", "`({...})`"),
    "mlp { if { n <- 1 } }": ("unexpected-text", "between `if` and its block"),
    "mlp {\n    var q: bool = true\n    n <- 1\n}": ("unexpected-text", "outside of blocks"),
    # RASP, Tracr, and what is known of Transformers
    "head h = aggregate(select(bit, bit, true), n)": ("unexpected-text", "attend(query"),
    "head h = selector_width(bit)": ("unexpected-text", "attend(query"),
    "head h = bit[-1]": ("unexpected-text", "`x at -1`"),
    "mlp { bit <- bit[-1] }": ("not-indexable", "`head left = x at -1`"),
    "var p: 0..9 = indices": ("unknown-name", "`position`"),
    "mlp { n <- attend(query: n, key: n, value: n) }": ("unexpected-text", "declaration of its own"),
    "head h = attend(query: n, key: n, value: n, default: 0)": ("head-arguments", "no value"),
    "head h = n at -1\nmlp { if h == undefined { n <- 1 } }": ("unknown-name", "a variable tells"),
    "mlp { for t in tokens { n <- 1 } }": ("unexpected-text", "`token`"),
    "mlp { n <- n at -1 }": ("unexpected-text", "`head left = x at -1`"),
    "head h: 0..3 = bit at -1": ("type-mismatch", "leave the type out"),
    "head h = n at left": ("unknown-name", "`head left = x at -1`"),
    "halt if bit": ("unexpected-text", "`halt when c`"),
    "halt bit": ("unexpected-text", "`halt when c`"),
    "layers = 3": ("unexpected-text", "without a sign"),
    "input 0, 1": ("unexpected-text", "`tokens`"),
    "use std.counting": ("unexpected-text", "`import std.counting`"),
}  # fmt: skip


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_one_error_that_names_the_fix(slip: str) -> None:
    codes, help = SLIPS[slip]
    _, problems = check_source(Source("p.alta", HEAD + slip + TAIL))
    errors = [p for p in problems if p.severity == "error"]
    assert [p.code for p in errors] == codes.split()
    assert help in errors[0].render_help()


def test_no_word_of_the_language_is_taken_for_one_of_another() -> None:
    assert not set(ELSEWHERE) & set(words().reserved)


@pytest.mark.parametrize("word", ELSEWHERE)
def test_a_word_of_another_language_is_free_as_a_name(word: str) -> None:
    text = (HEAD + TAIL + "layers 1\n").replace("bit", word)
    program, problems = check_source(Source("p.alta", text))
    assert program is not None, problems
    assert program.run([[1, 0]])[0].output == [True, False]
