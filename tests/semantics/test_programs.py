"""The checker: small programs, run by the interpreter, and the IR that they become."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import altac
from altac import ir
from altac.diagnostics import AltacError
from altac.ir.validate import validate
from altac.source import Source

HEAD = "program p\ntokens 0..3, A\n"


def load(body: str, **params: object) -> altac.Program:
    program, problems = altac.check_source(Source("p.alta", HEAD + body), params)
    assert program is not None, [p.render_title() for p in problems]
    assert problems == ()
    assert not validate(program.ir)
    return program


def outputs(body: str, given: Any, **params: object) -> list[Any]:
    (run,) = load(body, **params).run([given])
    assert run.error is None, run.error.render_title()
    return run.output


def codes(body: str, **params: object) -> list[str]:
    return [p.code for p in altac.check_source(Source("p.alta", HEAD + body), params)[1]]


def one(expression: str, type_: str = "0..99", rest: str = "") -> Any:
    """The value of an expression over `n`, the integer of the first token, after one layer."""
    body = f"{rest}\nvar n: 0..3 = if token == A {{ 0 }} else {{ int(token) }}\nvar x: {type_} = {_first(type_)}\n"
    return outputs(body + f"mlp {{ x <- {expression} }}\noutput x\nlayers 1\n", [2])[0]


def _first(type_: str) -> str:
    return "false" if type_ == "bool" else type_.split("..")[0]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("n + 2 * 3", 8),
        ("(n + 2) * 3", 12),
        ("7 div n", 3),
        ("(0 - 7) % (n + 1) ", 2),
        ("max(n, 5) - min(n, 1)", 4),
        ("abs(n - 9)", 7),
        ("if n == 2 { 10 } else { 20 }", 10),
        ("match n { 0 => 1, 1 | 2 => 5, _ => 9 }", 5),
        ("match (n, 3) { (2, 3) => 5, _ => 9 }", 5),
        ("[4, 5, 6, 7][n]", 6),
        ("[[1], [2, 3], [4, 5, 6]][n][n]", 6),
        ("{0: 7, 2: 9, 3: 1}[n]", 9),
        ("len([a for a in 0..9 if a % 2 == 0])", 5),
        ("sum([a * n for a in 1..3])", 12),
        ("int(n in {1, 2}) + int(n not in 2..3)", 1),
        ("round(n / 4 + 1/4)", 1),
        ("round(5 / 2)", 3),
        ("[(a: 1, b: 2), (a: 3, b: 4), (a: 5, b: 6)][n].b", 6),
        ("int(Token(n)) + int(A == A)", 3),
        ("len(union({1, 2}, {2, 3})) + n", 5),
        ("sum([i * v for (i, v) in enumerate([3, 4])]) + n", 6),
    ],
)
def test_expressions(expression: str, expected: int) -> None:
    assert one(expression) == expected


def test_precedence_and_short_circuit() -> None:
    assert one("true or false and false", "bool") is True
    assert one("not false xor true", "bool") is False
    assert one("n != 0 and 6 div n == 3", "bool") is True


def test_functions_with_lets_and_recursion_on_constants() -> None:
    rest = "fn f(k) = if k == 0 { 1 } else { k * f(k - 1) }\nfn g(y) { let z = y + 1\n z * z }"
    assert one("f(4) + g(n)", rest=rest) == 33


def test_procedures_update_the_variables_they_are_given() -> None:
    body = (
        "fn bump(v, by) { v <- v + by }\nvar a: 0..9 = 1\nvar b: 0..9 = 2\n"
        "mlp { bump(a, 3)\n bump(v: b, by: a) }\noutput {}\nlayers 1\n"
    )
    assert outputs(body.replace("{}", "a"), [0]) == [4]
    assert outputs(body.replace("{}", "b"), [0]) == [3]  # reads the old `a`


def test_the_later_update_wins_and_loops_unroll() -> None:
    body = "var a: 0..9 = 0\nmlp { for i in 1..4 { if i != 3 { a <- i } } }\noutput a\nlayers 1\n"
    assert outputs(body, [0]) == [4]


def test_components_have_their_own_slots() -> None:
    body = (
        "component Counter(T, step) {\n    var n: T = 0\n    fn tick() { n <- n + step }\n    mlp { tick() }\n}\n"
        "component Pair() {\n    use left = Counter(T: 0..20, step: 1)\n    use right = Counter(T: 0..20, step: 5)\n}\n"
        "use pair = Pair()\noutput pair.right.n\nlayers 3\n"
    )
    program = load(body)
    assert program.ir.variable_names == ("pair.left.n", "pair.right.n")
    assert program.run([[0]])[0].output == [15]


def test_imports_of_files_and_of_the_standard_library(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "tables.alta").write_text("const SQUARES = [k * k for k in 0..3]\nenum Kind { Small, Big }\n")
    (tmp_path / "main.alta").write_text(
        HEAD + 'import "lib/tables.alta" as tables\nimport std.marks\n'
        "var x: 0..9 = match token { A => 0, _ => tables.SQUARES[int(token)] }\n"
        "var kind: tables.Kind = if token == 3 { tables.Kind.Big } else { tables.Small }\noutput x\nlayers 0\n"
    )
    program = altac.load(tmp_path / "main.alta")
    assert program.run([[3, 2, "A"]])[0].output == [9, 4, 0]


def test_reals_round_to_the_nearest_bucket_and_ties_go_up() -> None:
    body = (
        "var r: real in {{0, 1/2, 1}} = 0\nvar x: 0..4 = 0\nmlp {{ r <- {}\n x <- round(2 * r) }}\noutput x\nlayers 2\n"
    )
    for value, expected in (("1/4", 1), ("1/5", 0), ("3/4", 2), ("7", 2)):
        assert outputs(body.format(value), [0]) == [expected]


def test_families_are_inferred() -> None:
    body = (
        "var s: set of 0..2 = {}\nvar k: 0..3 = 0\nvar big: bool = false\n"
        "mlp { if k < 3 { s <- union(s, {k})\n k <- k + 1 } else { big <- len(s) == 3 } }\noutput big\nlayers 4\n"
    )
    program = load(body)
    assert outputs(body, [0]) == [True]
    domain = program.ir.domain("s")
    assert isinstance(domain, ir.SetDomain)
    assert len(domain.family) == 8


def test_sets_as_queries() -> None:
    body = (
        "positions 4\nvar here: 0..3 = position\nvar wanted: set of 0..3 in [{1, 3}, {2}] = {1, 3}\nvar t: Token = token\n"
        "var v: real in {0, 1} = int(token == A)\nhead m: real in {0, 1/2, 1} = attend(query: wanted, key: here, value: v)\n"
        "var x: 0..2 = 0\nmlp { x <- round(2 * m) }\noutput x\nlayers 1\n"
    )
    assert outputs(body, ["A", "A", 0, 0]) == [1, 1, 1, 1]


def test_parameters() -> None:
    body = "param N = 2\nparam LOW: -9..0 = -1\nvar x: LOW..9 = N\noutput x\nlayers 0\n"
    assert outputs(body, [0]) == [2]
    assert outputs(body, [0], N="3 + 4", LOW=-3) == [7]
    assert codes(body, N="true") == ["param-type"]
    assert codes(body, LOW="4") == ["out-of-range"]
    assert codes(body, M="4") == ["unknown-param"]
    assert codes(body, N="3 +") == ["bad-param"]


def test_initial_values_by_token_and_position() -> None:
    body = "positions 3\nvar x: 0..9 = {0: 5, 1: 6, 2: 7, 3: 8, A: 9}[token]\nvar y: 0..9 = 2 * position\noutput {}\nlayers 0\n"
    assert outputs(body.replace("output {}", "output x"), ["A", 1, 0]) == [9, 6, 5]
    assert outputs(body.replace("output {}", "output y"), ["A", 1, 0]) == [0, 2, 4]


def test_rules_and_frames_and_causal() -> None:
    body = (
        "frame A, input, A to 5\nvar x: bool = token == 1\nvar y: bool = token == 3\n"
        "rules {\n    y = true, x = false => x <- true\n}\noutput x\nlayers 1\n"
    )
    assert outputs(body, [3, 1]) == [False, True, True, False, False]
    causal = (
        "var t: Token = token\nhead before: Token = t at 0\nmlp { t <- if t == 3 { A } else { Token(int(t) + 1) } }\n"
    )
    program = load(causal.replace("head before: Token = t at 0\n", "") + "output t\nlayers 1\ncausal until A limit 9\n")
    assert program.run([[1]])[0].output == [2, 3, "A"]


def test_a_test_line_may_compute_its_lists() -> None:
    program = load("var x: Token = token\noutput x\nlayers 0\ntest [A] + [k for k in 1..3] => [A, 1, 2, 3]\n")
    assert [o.passed for o in program.test()] == [True]


def test_undefined_names_are_all_reported_in_order() -> None:
    body = "var x: bool = tru\nhead h = y at -1\nmlp { x <- z\n w <- x }\noutput v\n"
    problems = altac.check_source(Source("p.alta", HEAD + body))[1]
    assert [p.span.line for p in problems if p.span] == [3, 4, 5, 6, 7]


def test_load_raises_with_all_problems(tmp_path: Path) -> None:
    (tmp_path / "x.alta").write_text("program x\nvar a: bool = b\n")
    with pytest.raises(AltacError) as raised:
        altac.load(tmp_path / "x.alta")
    assert {p.code for p in raised.value.problems} == {"missing-tokens", "missing-output", "unknown-name"}


def test_functions_that_nothing_calls_are_checked_too() -> None:
    body = "fn f(a) { let b = a\n b + cc }\ncomponent C(T) {\n    var x: T = yy\n    fn g() { x <- x }\n}\n"
    body += "var x: bool = true\noutput x\nlayers 0\n"
    problems = altac.check_source(Source("p.alta", HEAD + body))[1]
    assert [p.render_title() for p in problems] == ["unknown name `cc`", "unknown name `yy`"]


def test_tests_that_do_not_fit_other_parameters_are_left_out() -> None:
    body = "param HIGH = 9\nvar x: 0..HIGH = HIGH\noutput x\nlayers 0\ntest [0] => [9]\n"
    assert len(load(body).ir.tests) == 1
    assert load(body, HIGH=3).ir.tests == ()


def test_constant_queries_of_several_enums_are_kept_apart() -> None:
    body = (
        "enum First { X, Y }\nenum Second { Z, X }\nvar a: First = First.X\nvar b: Second = Second.X\n"
        "var c: 0..9 = 4\nhead h = attend(query: First.X, key: a, value: c)\n"
        "head g = attend(query: Second.X, key: b, value: c)\nvar o: 0..9 = 0\nmlp { o <- h + g }\noutput o\nlayers 1\n"
    )
    program = load(body)
    assert program.ir.variable_names == ("a", "b", "c", "constant X", "constant X (2)", "o")
    assert program.run([[0]])[0].output == [8]


def test_equal_constant_queries_share_a_variable() -> None:
    body = (
        "var a: 0..9 = 3\nvar b: bool = true\nvar x: 0..9 = 0\nhead f = attend(query: 3, key: a, value: a)\n"
        "head g = attend(query: 1 + 2, key: a, value: b)\nmlp { if g { x <- f } }\noutput x\nlayers 1\n"
    )
    assert load(body).ir.variable_names == ("a", "b", "x", "constant 3")
    assert outputs(body, [0]) == [3]


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("s <- {7}", ["type-mismatch"]),  # not the first set of the family
        ("s <- {n, 1}", []),
        ("if n in [k for k in 0..n] { n <- 0 }", ["not-static"]),
    ],
)
def test_updates(expression: str, found: list[str]) -> None:
    body = f"var s: set of 0..3 = {{}}\nvar n: 0..3 = 0\nmlp {{ {expression} }}\noutput n\nlayers 1\n"
    assert sorted(codes(body)) == found


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('sorted(["b", "a"])', '["a", "b"]'),
        ("sorted([3, 1/2, -1])", "[-1, 1/2, 3]"),
        ("sorted([(2, 1), (1, 2)])", "[(1, 2), (2, 1)]"),
        ("sorted({C, B})", "[B, C]"),
        ("sorted([[2], [1, 0]])", "[[1, 0], [2]]"),
        ('sorted([1, "a"])', None),
        ("sorted([(a: 1), (a: 0)])", None),
    ],
)
def test_sorting(expression: str, value: str | None) -> None:
    body = f"enum E {{ B, C }}\nparam P = {expression}\nvar x: 0..1 = 0\noutput x\nlayers 0\n"
    if value is None:
        assert codes(body) == ["bad-operands"]
    else:
        assert load(body).ir.params == (("P", value),)


def test_a_branch_with_the_name_of_no_token() -> None:
    body = 'var t: Token = token\nmlp { t <- if t == A { A } else { "zzz" } }\noutput t\nlayers 1\n'
    assert codes(body) == ["branches-differ"]


def test_no_tokens_at_all() -> None:
    text = "program p\ntokens 9..0\nvar x: 0..1 = 0\noutput x\nlayers 0\n"
    assert [p.code for p in altac.check_source(Source("p.alta", text))[1]] == ["empty-range"]
