"""Completion where one types: a name cut off after its first letter is among what is offered."""

from __future__ import annotations

from pathlib import Path

import pytest

from altac.lsp.completion import call_before, complete
from altac.lsp.names import Index
from altac.lsp.project import Project
from altac.syntax import tree
from altac.syntax.lexer import tokenize

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = sorted((ROOT / "examples").rglob("*.alta")) + [ROOT / "stdlib" / "stack.alta"]


def index_of(path: Path) -> Index:
    index = Project().index(str(path))
    assert index is not None
    return index


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda p: p.stem)
@pytest.mark.parametrize("rest", [True, False], ids=["line-goes-on", "line-ends"])
def test_every_name_is_offered_where_it_stands(path: Path, rest: bool) -> None:
    index = index_of(path)
    text = index.module.source.text
    uses = [u for u in index.uses if not u.declares and not u.span.text.startswith('"')]
    for use in uses[:: max(1, len(uses) // 25)]:
        end = text.find("\n", use.span.end)
        if not rest and isinstance(use.definition.node, tree.Clause):
            continue  # it is declared in what is cut off
        after = text[use.span.end :] if rest else text[end:]
        project = Project()
        typed = project.open(str(path), text[: use.span.start + 1] + after)
        labels = {
            i.label.rstrip(":")
            for i in complete(project, str(path), project.positions.position_of(typed, use.span.start + 1))
        }
        assert use.span.text in labels, (use.span.line, use.span.text)


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda p: p.stem)
def test_every_member_is_offered_after_its_dot(path: Path) -> None:
    index = index_of(path)
    text = index.module.source.text
    for use in index.uses:
        start = use.span.start
        if text[start - 1] != "." or text[start - 2] == "." or use.declares:
            continue
        project = Project()
        typed = project.open(str(path), text[:start] + text[text.find("\n", start) :])
        labels = {i.label for i in complete(project, str(path), project.positions.position_of(typed, start))}
        assert use.span.text in labels, (use.span.line, use.span.text)
        assert "mlp" not in labels and "if" not in labels


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("f(", (["f"], 0, "")), ("f(a, g(1, 2), ", (["f"], 2, "")), ("a.b.f(x, y: [1, 2", None),
        ("a.b.f(x, y: ", (["a", "b", "f"], 1, "y")), ("(a, ", None), ("f(a) ", None), ("x = f({1, 2}, ", (["f"], 1, "")),
    ],
)  # fmt: skip
def test_the_call_around_a_place(before: str, expected: object) -> None:
    assert call_before(tokenize(before)) == expected


def test_what_is_complete_is_not_offered() -> None:
    text = "program p\ntokens START, START_AGAIN, END\nvar x: bool = token == START"
    project = Project()
    for typed, offered in (
        ("END", set()),
        ("EN", {"END"}),
        ("START", {"START", "START_AGAIN"}),
        ("START_AGAIN", set()),
    ):
        source = project.open("/p.alta", text.removesuffix("START") + typed)
        found = complete(project, "/p.alta", project.positions.position_of(source, len(source.text)))
        assert {item.label for item in found if item.label in ("START", "START_AGAIN", "END")} >= offered
        assert bool(found) == bool(offered)
