"""The tree and its spans; sources that no parser should choke on."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from altac.source import Source
from altac.syntax import tree
from altac.syntax.limits import MAX_CHARACTERS, MAX_DEPTH, MAX_PROBLEMS
from altac.syntax.parser import ParseResult, parse
from tests.syntax.samples import ALTA_FILES, EVERYTHING, PARITY, SUBLEQ

GOLDEN = sorted((Path(__file__).resolve().parents[1] / "golden").glob("*.alta"))


def read(text: str) -> ParseResult:
    """Parse, and render every problem, which must not fail either."""
    result = parse(Source("test", text))
    for problem in result.problems:
        assert problem.render_title()
        problem.render_label(), problem.render_help(), problem.secondary()
        assert problem.span is None or 0 <= problem.span.start <= problem.span.end <= len(text)
    assert len(result.problems) <= MAX_PROBLEMS + 1
    return result


def declarations(text: str) -> tuple[tree.Decl, ...]:
    result = read(text)
    assert result.problems == ()
    return result.tree.declarations


def expression(text: str) -> tree.Expr:
    (declaration,) = declarations(f"const x = {text}")
    assert isinstance(declaration, tree.ConstDecl)
    return declaration.value


def walk(node: object):  # type: ignore[no-untyped-def]
    if isinstance(node, tree.Node):
        yield node
        for field in dataclasses.fields(node):
            yield from walk(getattr(node, field.name))
    elif isinstance(node, tuple):
        for item in node:
            yield from walk(item)


@pytest.mark.parametrize("text", [PARITY, SUBLEQ, EVERYTHING], ids=["parity", "subleq", "everything"])
def test_the_examples_of_the_design_parse(text: str) -> None:
    assert declarations(text)


@pytest.mark.parametrize("path", ALTA_FILES, ids=lambda path: path.name)
def test_the_programs_of_the_repository_parse(path: Path) -> None:
    assert read(path.read_text(encoding="utf-8")).problems == ()


@pytest.mark.parametrize("text", [SUBLEQ, EVERYTHING], ids=["subleq", "everything"])
def test_spans_are_nested_and_exact(text: str) -> None:
    file = read(text).tree
    for node in walk(file):
        for child in walk([getattr(node, f.name) for f in dataclasses.fields(node) if f.name != "span"]):
            assert node.span.start <= child.span.start <= child.span.end <= node.span.end
        if isinstance(node, tree.Name):
            assert node.span.text == node.text
        if isinstance(node, tree.Ref | tree.IntLit) and "(" not in node.span.text:
            assert node.span.text in (getattr(node, "name", ""), str(getattr(node, "value", "")))


def test_a_declaration_has_its_parts_where_they_stand() -> None:
    (variable,) = declarations("var here: Address = position + (1)")
    assert isinstance(variable, tree.VarDecl)
    assert variable.span.text == "var here: Address = position + (1)"
    assert variable.type is not None and variable.type.span.text == "Address"
    assert isinstance(variable.value, tree.Binary)
    assert variable.value.span.text == "position + (1)"
    assert variable.value.right.span.text == "(1)"


@pytest.mark.parametrize(
    ("text", "grouped"),
    [
        ("a or b xor c and not d == e", "a or (b xor (c and (not (d == e))))"),
        ("a - b - c", "(a - b) - c"),
        ("-a * b + c % d div e", "((-a) * b) + ((c % d) div e)"),
        ("0..n - 1", "0..(n - 1)"),
        ("x in 0..3", "x in (0..3)"),
        ("not x not in s", "not (x not in s)"),
        ("-f(x)[i].y", "-(((f(x))[i]).y)"),
        ("a or b or c", "(a or b) or c"),
    ],
)
def test_precedence(text: str, grouped: str) -> None:
    from altac.syntax.printer import same_tree

    assert same_tree(expression(text), expression(grouped))


def test_chained_comparisons_are_left_to_the_checker() -> None:
    chained = expression("a <= b < c")
    assert isinstance(chained, tree.ChainedComparison)
    assert chained.ops == ("<=", "<")


def test_sets_maps_and_blocks_are_told_apart() -> None:
    assert isinstance(expression("{}"), tree.SetLit)
    assert isinstance(expression("{a, b}"), tree.SetLit)
    assert isinstance(expression("{a: b}"), tree.MapLit)
    assert isinstance(expression("{a: b for a in c}"), tree.Comprehension)
    choice = expression("if x == {1} { {2} } else { 3 }")
    assert isinstance(choice, tree.If)
    (value,) = choice.then.statements
    assert isinstance(value, tree.ExprStmt) and isinstance(value.value, tree.SetLit)


def test_else_if_is_a_block_with_one_if() -> None:
    choice = expression("if a { 1 } else if b { 2 } else { 3 }")
    assert isinstance(choice, tree.If) and choice.orelse is not None
    (inner,) = choice.orelse.statements
    assert isinstance(inner, tree.ExprStmt) and isinstance(inner.value, tree.If)


@pytest.mark.parametrize(
    "text",
    [
        "x <- a\n+ b",
        "x <- a +\nb",
        "x <- f(\na\n,\nb\n)",
        "x <- if c { a }\nelse { b }",
        "x <-\na",
        "x\n<- a",
        "x <- a\nnot in b",
        "x <- [a\nfor a in b\nif c]",
        "match a {\nb =>\nx <- c\n}",
        "x <- a\r\n+ b",
    ],
)
def test_newlines_that_end_nothing(text: str) -> None:
    (block,) = declarations(f"mlp {{\n{text}\n}}")
    assert isinstance(block, tree.MlpDecl)
    assert len(block.body.statements) == 1


def test_newlines_and_semicolons_that_end_statements() -> None:
    (block,) = declarations("mlp { ;; x <- a\n\n-b; (c)\n{d}\n[e];not f;\n }")
    assert isinstance(block, tree.MlpDecl)
    assert len(block.body.statements) == 6


def test_words_with_one_meaning_are_free_as_names() -> None:
    text = "var to: bool = limit\nvar text: bool = until\ntext words\nframe to to 3, input, PAD to 9\n"
    assert len(declarations(text + "causal until until limit limit\nmlp {\nlimit <- to\nuntil <- text\n}")) == 6


def test_any_word_is_a_field_or_a_label() -> None:
    field = expression("a.head.type.if.true")
    assert isinstance(field, tree.FieldAccess) and field.field.text == "true"
    assert isinstance(expression("(type: 1, for: 2)"), tree.RecordLit)


def test_strings() -> None:
    escaped = expression(r'"a\"\\\n\t\u{e9}\u{1F600}"')
    assert isinstance(escaped, tree.StringLit) and escaped.value == 'a"\\\n\t\u00e9\U0001f600'
    value = expression('"// no comment"')
    assert isinstance(value, tree.StringLit) and value.value == "// no comment"


def test_the_comment_at_the_head_is_the_doc() -> None:
    assert read("// One.\n//\n/// Two.\n\n// Not.\nprogram p").tree.doc == "One.\n\nTwo."
    assert read("program p // not").tree.doc == ""


def test_nothing_is_a_file_too() -> None:
    for text in ("", "\n", "  // nothing\n"):
        assert declarations(text) == ()


# --- sources that are no programs -------------------------------------------------------------


@pytest.mark.parametrize("text", [PARITY, SUBLEQ, EVERYTHING], ids=["parity", "subleq", "everything"])
def test_a_program_cut_off_anywhere(text: str) -> None:
    for end in range(len(text)):
        read(text[:end])


@pytest.mark.parametrize("path", [*ALTA_FILES, *GOLDEN], ids=lambda path: path.name)
def test_a_file_cut_off_anywhere(path: Path) -> None:
    data = path.read_bytes()
    step = max(1, len(data) // 400)
    for end in range(0, len(data), step):
        read(data[:end].decode("utf-8", errors="replace"))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_random_bytes(data: bytes) -> None:
    read(data.decode("utf-8", errors="replace"))
    read(data.decode("latin-1"))


_PIECES = ["var", "head", "mlp", "if", "else", "match", "for", "in", "let", "=>", "<-", "=", "==", "{", "}", "(", ")",
           "[", "]", ",", ";", ":", "\n", "a", "b", "1", '"s"', "..", "-", "not", "attend", "enum", "rules", "at", "'",
           '"', "elif", "&&", "#", "\u00e9", ".", "fn", "component"]  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(_PIECES), max_size=60))
def test_random_tokens(pieces: list[str]) -> None:
    read(" ".join(pieces))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_program_with_pieces_exchanged(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([PARITY, SUBLEQ, EVERYTHING]))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 8)))
        text = text[:start] + data.draw(st.sampled_from(_PIECES)) + text[end:]
    read(text)


@pytest.mark.parametrize(
    "text",
    [
        "program p\nvar x = " + "(" * 50_000,
        "program p\nvar x = " + "[" * 5_000 + "]" * 5_000,
        "program p\nvar x = " + "-" * 50_000 + "1",
        "program p\nvar x = " + "not " * 50_000 + "a",
        "program p\nvar x = " + "1 + " * 50_000 + "1",
        "program p\nvar x = a" + ".b" * 50_000,
        "program p\nmlp { if a { }" + " else if a { }" * 20_000 + " }",
        "program p\nmlp { " + "if a { " * 20_000,
        "program p\n" + "} ) ] " * 20_000,
        "program p\n" + "{ ( [ " * 20_000,
        "program p\n" + "' " * 50_000,
        "program p\n" + '"\n' * 50_000,
        "program p\n" + "\u00f6" * 100_000,
        "program p\n" + "a\n" * 50_000,
        "program p\nconst x = " + "1" * 100_000,
    ],
    ids=lambda text: text[10:30].strip(),
)
def test_hostile_sources_are_refused_in_time(text: str) -> None:
    start = time.process_time()
    result = read(text)
    assert result.problems
    assert time.process_time() - start < 10
    deepest = max((depth for _, depth in _depths(result.tree)), default=0)
    assert deepest <= MAX_DEPTH + 3  # the file, and what lies in the declaration


def _depths(root: tree.Node):  # type: ignore[no-untyped-def]
    stack: list[tuple[object, int]] = [(root, 1)]
    while stack:
        node, depth = stack.pop()
        if isinstance(node, tree.Node):
            yield node, depth
            stack.extend((getattr(node, f.name), depth + 1) for f in dataclasses.fields(node))
        elif isinstance(node, tuple):
            stack.extend((item, depth) for item in node)


def test_large_files_have_a_limit() -> None:
    (problem,) = read("x" * (MAX_CHARACTERS + 1)).problems
    assert problem.code == "file-too-large"
    assert str(MAX_CHARACTERS) in problem.render_title()


def test_a_large_program_parses_in_linear_time() -> None:
    def seconds(rules: int) -> float:
        text = "rules {\n" + "    parity = false, x = 17 => parity <- true\n" * rules + "}\n"
        start = time.process_time()
        assert read(text).problems == ()
        return time.process_time() - start

    seconds(100)
    assert seconds(8_000) < 40 * max(seconds(1_000), 0.02)  # quadratic time would take 64 times as long
