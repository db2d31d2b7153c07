"""`altac.grammar`: stock Lark with the layout rules accepts what altac accepts, and derives the same tree."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from threading import Thread
from typing import Any

import lark
import pytest

import altac
from altac.source import Source
from altac.syntax import tree
from altac.syntax.builder import Builder, build
from altac.syntax.lexer import Token
from altac.syntax.parser import parse
from tests.syntax.mutants import mutants
from tests.syntax.samples import ALTA_FILES, EVERYTHING, PARITY, SUBLEQ

GOLDEN = sorted((Path(__file__).resolve().parents[1] / "golden").glob("*.alta"))
TEXTS = {p: p.read_text(encoding="utf-8", errors="replace") for p in (*ALTA_FILES, *GOLDEN)}
LARK = altac.grammar()

#: What altac says of texts that are right by the grammar.
BEYOND_GRAMMAR = {"bad-escape", "number-too-long", "head-arguments", "misplaced-part"}


def derived(text: str) -> tree.File | None:
    """The tree of altac made of the derivation that Lark finds; None if it finds none."""
    try:
        found = LARK.parse(text)
    except lark.UnexpectedToken:
        return None
    return build(_own(found), Builder(Source("", text), lambda problem: None)).file


def _own(node: lark.Tree[lark.Token]) -> lark.Tree[Token]:
    """The same derivation, over altac's tokens."""
    kids = [
        _own(kid) if isinstance(kid, lark.Tree) else Token(kid.type, str(kid), kid.start_pos or 0, kid.end_pos or 0)
        for kid in node.children
    ]
    return lark.Tree(node.data, kids)


def check_agreement(text: str) -> bool:
    """Both accept ``text``, with the same tree and spans, or neither does; whether they do."""
    result = parse(Source("", text))
    codes = {problem.code for problem in result.problems if problem.severity == "error"}
    if "nested-too-deeply" in codes:  # of brackets or of operators: only the first is for the layout to say
        return False
    file = derived(text)
    assert (file is not None) == (codes <= BEYOND_GRAMMAR), (codes, text)
    if file is not None:
        assert dataclasses.replace(file, doc=result.tree.doc) == result.tree, text
    return file is not None


@pytest.mark.parametrize("text", [PARITY, SUBLEQ, EVERYTHING, ""], ids=["parity", "subleq", "everything", "empty"])
def test_lark_reads_the_samples(text: str) -> None:
    assert check_agreement(text)


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_lark_agrees_on_every_file(path: Path) -> None:
    assert check_agreement(TEXTS[path]) or path in GOLDEN


def test_lark_agrees_on_mutants() -> None:
    _agree_on_mutants(1_000, seed=0)


@pytest.mark.slow
def test_lark_agrees_on_many_mutants() -> None:
    _agree_on_mutants(10_000, seed=1)


def _agree_on_mutants(count: int, seed: int) -> None:
    """Agreement on so many mutants, of which a good part must be right and a good part wrong."""
    accepted = sum(check_agreement(text) for text in mutants(list(TEXTS.values()), count, seed))
    assert count / 20 < accepted < count / 2


def test_trees_have_the_names_of_the_grammar_and_positions() -> None:
    found: Any = LARK.parse("program p\n\nvar x: 0..3 = 1 + 2  // why\n")
    (binary,) = [node for node in found.iter_subtrees() if node.data == "binary" and node.children[1].type == "PLUS"]
    assert [str(kid.children[0]) for kid in (binary.children[0], binary.children[2])] == ["1", "2"]
    assert (binary.meta.line, binary.meta.column, binary.meta.end_column) == (3, 15, 20)
    assert [child.data for child in found.children if isinstance(child, lark.Tree)] == ["program", "var"]


def test_an_error_is_where_the_text_goes_wrong() -> None:
    for text, kind, line, column in (
        ("program p\nvar x = 1)\n", "UNKNOWN", 2, 10),
        ('program p\nvar x = "abc\n', "BAD_STRING", 2, 9),
        ("program p\nvar x = 1 && 2\n", "FOREIGN", 2, 11),
        ("program p\nvar x = = 2\n", "ASSIGN", 2, 9),
        ("mlp {\n    x <- 1\n", "UNKNOWN", 2, 11),
    ):
        with pytest.raises(lark.UnexpectedToken) as raised:
            LARK.parse(text)
        assert (raised.value.token.type, raised.value.line, raised.value.column) == (kind, line, column)


def test_the_interactive_parser_tells_what_can_follow() -> None:
    parser = LARK.parse_interactive("var x = 1 + ")
    parser.exhaust_lexer()
    assert "INT" in parser.accepts() and "$END" not in parser.accepts()


def test_options_go_to_lark() -> None:
    expressions = altac.grammar(start="expression", keep_all_tokens=False)
    found: Any = expressions.parse("f(1)")
    assert found.data == "call"
    assert not list(found.scan_values(lambda token: token.type == "PAREN_OPEN"))
    with pytest.raises(lark.UnexpectedToken):
        expressions.parse("var x = 1")

    class Integers(lark.Transformer[lark.Token, int]):
        def int(self, kids: list[lark.Token]) -> int:
            return int(kids[0])

    assert altac.grammar(start="expression", transformer=Integers()).parse("17") == 17


def test_one_object_reads_several_texts_at_once() -> None:
    alone = {text: LARK.parse(text) for text in (PARITY, SUBLEQ)}
    found: list[tuple[str, lark.Tree[lark.Token]]] = []
    threads = [
        Thread(target=lambda text=text: found.extend((text, LARK.parse(text)) for _ in range(5))) for text in alone
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 10
    assert all(result == alone[text] for text, result in found)


def test_a_slice_of_a_text_is_read_with_its_own_positions() -> None:
    slices = pytest.importorskip("lark.utils", reason="Lark 1.3 and later")
    if not hasattr(slices, "TextSlice"):
        pytest.skip("Lark 1.3 and later")
    text = "some words, then\nvar x = {1}\n"
    found: Any = LARK.parse(slices.TextSlice(text, text.index("var"), len(text)))
    (var,) = found.children
    assert var.meta.start_pos == text.index("var")
