"""Each mistake is named, in the right place, and does not hide what follows it."""

from __future__ import annotations

import pytest

from altac import check_source
from altac.diagnostics import AltacError
from altac.source import Source
from altac.syntax import tree
from altac.syntax.limits import MAX_PROBLEMS
from altac.syntax.parser import parse
from altac.syntax.reading import decode_source, read_source


def problems(text: str) -> list[tuple[str, str]]:
    """Code and underlined text of each problem."""
    found = parse(Source("test", text)).problems
    return [(p.code, "" if p.span is None else p.span.text) for p in found]


@pytest.mark.parametrize(
    ("statement", "code", "place"),
    [
        ("x = 3", "wrong-operator", "="),
        ("x := 3", "wrong-operator", ":="),
        ("if x = 3 { y <- 1 }", "wrong-operator", "="),
        ("if x && y { y <- 1 }", "wrong-operator", "&&"),
        ("if x || y { y <- 1 }", "wrong-operator", "||"),
        ("if !x { y <- 1 }", "wrong-operator", "!"),
        ("if x <-1 { y <- 1 }", "wrong-operator", "<-"),
        ("if x { y <- 1 } elif z { y <- 2 }", "wrong-operator", "elif"),
        ("if x { y <- 1 }\nelif z { y <- 2 }", "wrong-operator", "elif"),
        ("match x { 1 : y <- 2 }", "wrong-operator", ":"),
        ("match x { 1 -> y <- 2 }", "wrong-operator", "->"),
        ("match x { 1 => y <- 2; else => y <- 3 }", "wrong-operator", "else"),
        ("let a, b = f(x)", "wrong-operator", "a, b"),
        ("for i, j in xs { f(i, j) }", "wrong-operator", "i, j"),
        ("let k <- 3", "wrong-operator", "<-"),
        ("f(a = 3)", "wrong-operator", "="),
        ("x <- 1 # note", "wrong-operator", "#"),
        ("lte k = 4", "misspelt-keyword", "lte"),
        ("fi a { x <- 3 }", "misspelt-keyword", "fi"),
        ("x <- a adn b", "misspelt-keyword", "adn"),
        ("let head = 3", "reserved-word", "head"),
        ("x <- var + 1", "reserved-word", "var"),
        ("if x", "missing-body", ""),
        ("if x: y <- 3", "missing-body", ":"),
        ("if x\n{ y <- 3 }", "body-on-next-line", "{"),
        ("else { y <- 3 }", "else-without-if", "else"),
        ("x <- 'abc'", "single-quotes", "'abc'"),
        ('x <- "abc', "unterminated-string", '"abc'),
        ('f("abc)', "unterminated-string", '"abc)'),
        (r'x <- "\q"', "bad-escape", r"\q"),
        (r'x <- "\u{d800}"', "bad-escape", r"\u{d800}"),
        ("x <- 3a", "bad-number", "3a"),
        ("x <- a ? b", "unexpected-text", "?"),
        ("x <- (a", "unclosed-bracket", "y"),
        ("x <- a)", "unexpected-closing-bracket", ")"),
        ("x <- (a]", "mismatched-bracket", "]"),
        ("x <- a b", "unexpected-text", "b"),
        ("x <- ", "unexpected-text", ""),
        ("x += 1", "wrong-operator", "+="),
        ("x.y -= 1", "wrong-operator", "-="),
        ("x *= 2", "wrong-operator", "*="),
        ("x++", "wrong-operator", "++"),
        ("x--", "wrong-operator", "--"),
        ("x <- +1", "unexpected-text", "+"),
        ("x <- a if b else c", "unexpected-text", "if"),
        ("x <- f(a if b else c, 1)", "unexpected-text", "if"),
        ("x <- 1 if b", "unexpected-text", "if"),
        ("a == 1 { x <- 2 }", "missing-if", "a == 1"),
        ("if x { y <- 1 } otherwise { y <- 2 }", "wrong-operator", "otherwise"),
        ("if x { y <- 1 }\notherwise { y <- 2 }", "wrong-operator", "otherwise"),
        ("var z: bool = true", "unexpected-text", "var"),
    ],
)
def test_one_mistake_is_one_problem(statement: str, code: str, place: str) -> None:
    text = f"program p\nmlp {{\n    {statement}\n    y <- 1\n}}\noutput x\n"
    assert problems(text) == [(code, place)]
    file = parse(Source("test", text)).tree
    assert isinstance(file.declarations[-1], tree.OutputDecl)
    block = file.declarations[1]
    assert isinstance(block, tree.MlpDecl)
    last = block.body.statements[-1]
    assert isinstance(last, tree.Assign) and last.span.text == "y <- 1"


@pytest.mark.parametrize(
    ("line", "code", "place"),
    [
        ("haed x = y at -1", "misspelt-keyword", "haed"),
        ("var x bool = true", "wrong-operator", "x bool"),
        ("let x = 3", "wrong-operator", "let"),
        ("fn f(x) => x", "wrong-operator", "=>"),
        ("fn f(x)", "missing-body", ""),
        ("var x: = true", "unexpected-text", "="),
        ("var x: 3 = 3", "misplaced-part", "3"),
        ("x <- 3", "unexpected-text", "x"),
        ("halt done", "unexpected-text", "done"),
        ("halt whne done", "misspelt-keyword", "whne"),
        ("enum E { A, B C }", "unexpected-text", "C"),
        ("const T = [1, 2 3, 4]", "unexpected-text", "3"),
        ("const T = [1; 2]", "unexpected-text", ";"),
        ("head h = attend(query: a, kye: b, value: c)", "head-arguments", "kye"),
        ("head h = attend(a, key: b, value: c)", "head-arguments", "a"),
        ("head h = attend(query: a, value: c)", "head-arguments", "attend"),
        ("head h = attend(query: a", "unclosed-bracket", "output"),
        ("head h = a at -1 else 0", "unexpected-text", "else"),
        ("head h = a at +1", "unexpected-text", "+"),
        ("var x: 0..9 = 1 if token == a else 0", "unexpected-text", "if"),
        ("import std.", "unexpected-text", ""),
        ("test [1] = [2]", "wrong-operator", "="),
        ("rules { a == 1 => x <- 2 }", "wrong-operator", "=="),
        ("halt layers 3", "wrong-operator", "halt layers"),
        ("component C(a, b { }", "unclosed-bracket", "{"),
    ],
)
def test_one_mistake_in_a_declaration_is_one_problem(line: str, code: str, place: str) -> None:
    text = f"program p\n{line}\noutput x\nlayers 2\n"
    found = problems(text)
    assert found == [(code, place)]
    kinds = [type(d) for d in parse(Source("test", text)).tree.declarations]
    assert kinds[0] is tree.ProgramDecl
    assert kinds[-2:] == [tree.OutputDecl, tree.LayersDecl]


@pytest.mark.parametrize(
    "text",
    [
        "mlp\n    x <- 1\n}\n",
        "mlp {\n    if x\n        y <- 3\n    }\n}\n",
        "mlp {\n    if x {\n        y <- 3\n    } else\n        y <- 4\n    }\n}\n",
        "mlp {\n    match x\n        1 => y <- 2\n        _ => {}\n    }\n}\n",
        "mlp {\n    for i in xs\n        f(i)\n    }\n}\n",
        "fn f(x)\n    x <- 1\n}\n",
    ],
)
def test_a_body_whose_brace_was_forgotten_is_one_problem(text: str) -> None:
    assert problems(text + "output x\n") == [("missing-brace", "")]


def test_an_enum_that_is_not_closed_is_one_problem() -> None:
    assert [c for c, _ in problems("enum E { A, B\n\nfn f(x) = x\nvar x: 0..1 = 0\noutput x\n")] == ["unclosed-bracket"]
    for member in ("head,", 'output = "x"'):  # which is no declaration
        assert [c for c, _ in problems(f"enum E {{\n    {member}\n    B\n}}\n")] == ["reserved-word"]


def test_an_unclosed_bracket_shows_its_opener() -> None:
    (problem,) = parse(Source("test", "mlp {\n    x <- (a\n    y <- b\n}\n")).problems
    (label,) = problem.secondary()
    assert label.span.text == "(" and label.span.line == 2


def test_an_unclosed_block_shows_the_pair_that_is_not_aligned() -> None:
    text = "mlp {\n    if a {\n        x <- 1\n}\nvar y: bool = true\n"
    (problem,) = parse(Source("test", text)).problems
    assert [label.span.line for label in problem.secondary()] == [1, 2]


def test_a_comment_that_swallows_a_bracket_is_pointed_out() -> None:
    (problem,) = parse(Source("test", "const a = max(3, 7 // 2)\nconst b = 1\n")).problems
    assert "div" in problem.render_help()


def test_a_division_that_is_a_comment_is_warned_of() -> None:
    (problem,) = parse(Source("test", "const a = b // 2\n")).problems
    assert (problem.code, problem.severity) == ("comment-not-division", "warning")
    assert problems("const a = b  // 2\nconst b = c // half of it\nconst d = [\n    1, // 2\n]\n// 3\n") == []


def test_suggestions() -> None:
    text = "tokns 1\nhead h = attend(qery: a, key: b, value: c)\n"
    helps = [p.render_help() for p in parse(Source("test", text)).problems]
    assert "`tokens`" in helps[0] and "`query`" in helps[1]


def test_mistakes_on_many_lines_are_all_found_in_order_up_to_a_limit() -> None:
    lines = ["var a: = 1", "mlp {", "x = 1", "y <- (", "z <- 3", "if w { q == }", "}", "haed h = x at 1", "output"]
    found = parse(Source("test", "\n".join(lines))).problems
    assert [p.span.line for p in found if p.span is not None] == [1, 3, 5, 6, 8, 9]
    many = parse(Source("test", "var x = \n" * 100)).problems
    assert len(many) == MAX_PROBLEMS + 1 and many[-1].code == "too-many-errors"


def test_expectations_are_words() -> None:
    def label(text: str) -> str:
        return parse(Source("test", text)).problems[0].render_label()

    assert label("var 3") == "expected a name"
    assert label("var x: ") == "expected a type"
    assert label("var x = ") == "expected a value"
    assert label("x") == "expected a declaration"
    assert label("const x = [a b]") == "expected `,`, `]` or `for`"
    assert label("halt x") == "expected `when`"
    assert label("mlp { match x { 1 y } }") == "expected `=>` or `|`"


def test_files_that_cannot_be_read(tmp_path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(AltacError, match="no such file"):
        read_source(tmp_path / "none.alta")
    with pytest.raises(AltacError, match="directory"):
        read_source(tmp_path)
    (tmp_path / "latin.alta").write_bytes("program p // gr\u00f6\u00dfe".encode("latin-1"))
    with pytest.raises(AltacError, match="not UTF-8") as caught:
        read_source(tmp_path / "latin.alta")
    assert caught.value.problems[0].code == "not-utf8"
    (tmp_path / "bom.alta").write_bytes(b"\xef\xbb\xbfprogram p\r\n")
    assert read_source(tmp_path / "bom.alta").text == "program p\r\n"
    with pytest.raises(AltacError, match="not UTF-8"):
        decode_source(b"\xff", "x")


def test_binary_text_is_one_problem() -> None:
    assert problems("\x7fELF\0\0\0'\"(") == [("binary-file", "\0")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_counts_as_one_line(end: str) -> None:
    text = end.join(["// a comment", "program p", 'tokens "a"', "var x: bool = tru", "output x", "layers 1", ""])
    _, found = check_source(Source("p", text))
    wrong = [(p.code, p.span.line) for p in found if p.span is not None]
    assert wrong == [("lone-carriage-return", 1)] * (end == "\r") + [("unknown-name", 4)]


def test_a_lone_carriage_return_is_one_error_and_hides_no_other() -> None:
    found = parse(Source("p", "program p\rtokens 0 1\rvar x: bool = token == 1\n\r\routput x\rlayers 1\r")).problems
    assert [(p.code, p.span.line) for p in found if p.span is not None] == [
        ("lone-carriage-return", 1), ("unexpected-text", 2),
    ]  # fmt: skip
