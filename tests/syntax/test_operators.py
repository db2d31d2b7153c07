"""An operator is written down in the grammar; these tests find the other places that must know of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from altac.semantics import check
from altac.source import Source
from altac.syntax import tree
from altac.syntax.operators import Operator, surface
from altac.syntax.parser import parse
from altac.syntax.printer import format_source, print_tree
from tests.syntax.samples import SIGNS
from tests.syntax.textmate import scopes

ROOT = Path(__file__).resolve().parents[2]
BINARY = surface().binary


def test_the_tree_names_the_operators_of_the_grammar() -> None:
    assert set(get_args(tree.BinaryOp)) == set(BINARY)
    assert set(get_args(tree.UnaryOp)) == set(surface().unary)


def test_the_ladder_and_what_stands_on_it() -> None:
    assert surface().ladder == (
        "expression", "disjunction", "exclusive", "conjunction", "negation", "comparison", "range", "sum", "product",
        "unary", "postfix", "primary",
    )  # fmt: skip
    assert BINARY["-"] == Operator(("MINUS",), "sum", ("sum", "product"))
    assert BINARY["not in"] == Operator(("NOT", "IN"), "comparison", ("range", "range"))
    assert BINARY["//"].text == "div"
    assert surface().unary["-"] == Operator(("MINUS",), "unary", ("unary",))
    assert "MINUS" not in surface().infix and "PLUS" in surface().infix


def expression(text: str) -> tree.Expr:
    (declaration,) = parse(Source("", f"const x = {text}")).tree.declarations
    assert isinstance(declaration, tree.ConstDecl)
    return declaration.value


@pytest.mark.parametrize("op", BINARY)
def test_every_operator_is_read_printed_and_formatted(op: str) -> None:
    text = BINARY[op].text
    read = expression(f"a {text} b")
    assert isinstance(read, tree.Binary) and read.op == op
    assert print_tree(read).replace(" ", "") == f"a{text}b".replace(" ", "")
    assert format_source(Source("", f"const x = a   {text}   b\n")) == f"const x = {print_tree(read)}\n"


@pytest.mark.parametrize("inner", BINARY)
@pytest.mark.parametrize("outer", BINARY)
def test_parentheses_stay_where_the_grammar_needs_them(outer: str, inner: str) -> None:
    first, second = BINARY[outer].text, BINARY[inner].text
    for text in (f"(a {second} b) {first} c", f"a {first} (b {second} c)"):
        read = expression(text)
        assert print_tree(expression(print_tree(read))) == print_tree(read)
        bare = text.replace("(", "").replace(")", "")
        result = parse(Source("", f"const x = {bare}"))
        same = not result.problems and print_tree(expression(bare)) == print_tree(read)
        assert ("(" not in print_tree(read)) == same


@pytest.mark.parametrize("op", BINARY)
def test_a_line_that_begins_or_ends_with_an_operator_goes_on(op: str) -> None:
    text = BINARY[op].text
    assert parse(Source("", f"const x = a {text}\n    b")).problems == ()
    if op in surface().unary:  # begins an item of its own
        return
    assert parse(Source("", f"const x = a\n    {text} b")).problems == ()


@pytest.mark.parametrize("op", BINARY)
def test_long_lines_are_broken_at_every_operator_but_ranges(op: str) -> None:
    text = BINARY[op].text
    line = f"const x = {'a' * 60} {text} {'b' * 60}\n"
    formatted = format_source(Source("", line))
    assert format_source(Source("", formatted)) == formatted
    if op == "..":
        assert formatted.count("\n") == 2  # after `=`
    else:
        assert max(map(len, formatted.splitlines())) <= 100
        assert f"not{' '}in" in formatted or "not" not in text


@pytest.mark.parametrize("op", BINARY)
def test_the_checker_gives_every_operator_a_meaning(op: str) -> None:
    refused = []
    for a, b in (("5", "3"), ("true", "false"), ("5", "{3, 5}")):
        problems = check(Source("", f"program p\ntokens 0, 1\nconst x = {a} {BINARY[op].text} {b}\n")).problems
        refused.append(any(problem.code in ("bad-operands", "not-a-bool") for problem in problems))
    assert not all(refused) and any(refused)


def test_textmate_colours_every_operator() -> None:
    for sign in SIGNS:
        assert "".join(text for scope, text in scopes(f"x {sign} y") if scope.startswith("keyword")) == sign


def test_the_reference_lists_every_operator_from_loosest_to_tightest() -> None:
    language = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
    (listed,) = re.findall(r"From loosest to tightest: ((?:.|\n)*?)\.\s", language)
    operators = [*BINARY.values(), *surface().unary.values()]
    texts = {operator.text for operator in operators}
    signs = [sign for part in re.findall(r"`([^`]*)`", listed) for sign in ([part] if part in texts else part.split())]
    for rule in surface().ladder:
        level = sorted(operator.text for operator in operators if operator.rule == rule)
        assert sorted(signs[: len(level)]) == level
        signs = signs[len(level) :]
    assert not signs
