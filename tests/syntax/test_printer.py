"""Printing and formatting: what comes out reads as what went in, twice is once, comments stay."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from altac.diagnostics import AltacError
from altac.source import Source
from altac.syntax import tree
from altac.syntax.parser import parse
from altac.syntax.printer import format_source, print_tree, same_tree
from tests.syntax.samples import ALTA_FILES, EVERYTHING, PARITY, SUBLEQ
from tests.syntax.trees import files

_SETTINGS = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@_SETTINGS
@given(files)
def test_printed_trees_parse_back(file: tree.File) -> None:
    text = print_tree(file)
    result = parse(Source("printed", text))
    assert result.problems == (), text
    assert same_tree(result.tree, file), text


@_SETTINGS
@given(files)
def test_formatting_twice_is_formatting_once(file: tree.File) -> None:
    once = print_tree(file)
    assert format_source(Source("once", once)) == once


@pytest.mark.parametrize("text", [PARITY, SUBLEQ, EVERYTHING], ids=["parity", "subleq", "everything"])
def test_formatting_keeps_the_tree(text: str) -> None:
    formatted = format_source(Source("f", text))
    assert same_tree(parse(Source("f", formatted)).tree, parse(Source("f", text)).tree)
    assert format_source(Source("f", formatted)) == formatted


@pytest.mark.parametrize("text", [PARITY, SUBLEQ], ids=["parity", "subleq"])
def test_well_laid_out_text_is_left_alone(text: str) -> None:
    assert format_source(Source("f", text)) == text


@pytest.mark.parametrize("path", ALTA_FILES, ids=lambda path: path.name)
def test_formatting_the_programs_of_the_repository(path) -> None:  # type: ignore[no-untyped-def]
    text = path.read_text(encoding="utf-8")
    formatted = format_source(Source(path.name, text))
    assert format_source(Source(path.name, formatted)) == formatted
    assert same_tree(parse(Source("f", formatted)).tree, parse(Source("f", text)).tree)


_PIECES = ["// note\n", "\n", "\n\n\n", "  ", "\t", "x <- 1\n", "if a { x <- 2 }\n", "else { y <- 3 }\n", ";",
           "match x {\n", "A => x <- 1 // c\n", "}\n", "y <- [1,\n 2, // two\n 3]\n", "let q = a +\n b\n",
           "z <- f(" + ", ".join(f"argument_{i}" for i in range(12)) + ")\n", "for i in xs {", "}"]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(_PIECES), max_size=14))
def test_formatting_keeps_comments_and_is_stable(pieces: list[str]) -> None:
    text = "program p\nmlp {\n" + "".join(pieces) + "\n}\n"
    source = Source("f", text)
    if parse(source).problems:
        return
    formatted = format_source(source)
    assert format_source(Source("f", formatted)) == formatted
    assert re.findall(r"// \w+", formatted) == re.findall(r"// \w+", text)
    assert same_tree(parse(Source("f", formatted)).tree, parse(source).tree)
    assert "\n\n\n" not in formatted
    assert not re.search(r"[ \t]\n", formatted)


def test_long_lines_are_broken_inside_their_brackets() -> None:
    items = ", ".join(str(i) for i in range(60))
    named = ", ".join(f"argument_{i}: value_{i}" for i in range(8))
    condition = " or ".join(f"variable_{i} == {i}" for i in range(12))
    text = f"const T = [{items}]\nfn f() = g({named})\nfn h() = {condition}\nmlp {{ {'x <- 1;  ' * 15}}}\n"
    formatted = format_source(Source("f", text))
    assert max(map(len, formatted.splitlines())) <= 100
    assert same_tree(parse(Source("f", formatted)).tree, parse(Source("f", text)).tree)
    assert format_source(Source("f", formatted)) == formatted


def test_neighbouring_lines_are_aligned() -> None:
    text = "var a:bool=true // one\nvar long :  0..3=2   // two\n\nvar b: bool = false\nmlp{\nx<-1\nlonger<-2\n}"
    assert format_source(Source("f", text)) == (
        "var a:    bool = true  // one\n"
        "var long: 0..3 = 2     // two\n"
        "\n"
        "var b: bool = false\n"
        "mlp {\n"
        "    x      <- 1\n"
        "    longer <- 2\n"
        "}\n"
    )


def test_arms_and_rows_of_records_are_aligned() -> None:
    text = "const T = [\n(a: 1, b: 2),\n(a: 111, b: [2]), // two\n]\nmlp { match x {\nA => x <- 1\nLong => {}\nB => {\ny\n}\n} }"
    assert format_source(Source("f", text)) == (
        "const T = [\n"
        "    (a: 1,   b: 2),\n"
        "    (a: 111, b: [2]),  // two\n"
        "]\n"
        "mlp { match x {\n"
        "    A    => x <- 1\n"
        "    Long => {}\n"
        "    B => {\n"
        "        y\n"
        "    }\n"
        "} }\n"
    )


def test_formatting_reports_syntax_errors() -> None:
    with pytest.raises(AltacError) as caught:
        format_source(Source("f", "var x = ("))
    assert caught.value.problems[0].code == "unclosed-bracket"


def test_same_tree_tells_trees_apart() -> None:
    def file(text: str) -> tree.File:
        return parse(Source("", text)).tree

    assert same_tree(file("var x = 1 + 2"), file("var  x =\n1 + 2"))
    assert not same_tree(file("var x = 1 + 2"), file("var x = 1 - 2"))
    assert not same_tree(file("var x = 1"), file("var x = 1; var y = 1"))
    assert not same_tree(file("var x = 1"), file("var x = 1.0"))
