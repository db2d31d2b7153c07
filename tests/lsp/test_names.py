"""The light resolver against the checker, which finds names on its own way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from altac import resources
from altac.lsp import names
from altac.lsp.diagnostics import check_document, failed_check, to_diagnostic
from altac.lsp.navigation import Refused, rename
from altac.lsp.positions import PositionCodec, path_of, uri_of
from altac.lsp.project import Project, is_standard, source_path
from altac.lsp.words import BUILTINS, KEYWORDS
from altac.semantics import builtins, check
from altac.source import Source, Span
from altac.syntax import keywords, tree
from tests.lsp.client import apply

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = sorted([*(ROOT / "examples").rglob("*.alta"), *(ROOT / "stdlib").rglob("*.alta")])
#: Without bytes that are no text, and those that reach a limit, which take seconds to check.
BROKEN = sorted(
    p for p in (ROOT / "tests" / "golden").glob("*.alta") if not p.stem.startswith(("too-many-s", "not-utf8"))
)
OWN = [p for p in PROGRAMS if not is_standard(str(p))]


def index_of(path: Path) -> tuple[Project, names.Index]:
    project = Project()
    index = project.index(str(path))
    assert index is not None
    return project, index


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda p: p.stem)
def test_every_name_of_a_sound_program_is_resolved(path: Path) -> None:
    _, index = index_of(path)
    known = {use.span.start for use in index.uses}
    unresolved = [
        node.name for node in walk(index.module.tree.declarations)
        if isinstance(node, tree.Ref) and node.span.start not in known
        and node.name not in {"token", "position", "bool", "Token", "real", "_", *builtins.FUNCTIONS}
    ]  # fmt: skip
    assert not unresolved
    assert all(use.span.text.strip('"') == use.definition.name or use.definition.kind == "module" for use in index.uses)


@pytest.mark.parametrize("path", [*PROGRAMS, *BROKEN], ids=lambda p: p.stem)
def test_the_resolver_agrees_with_the_checker(path: Path) -> None:
    project = Project()
    references: dict[Span, Span] = {}
    checked = check(project.read(str(path)), inspect=lambda context: references.update(context.references))
    for reference, declared in references.items():
        index = project.index(source_path(reference.source.name))
        assert index is not None
        use = index.at(reference.start)
        assert use is not None and use.span.start == reference.start, reference.text
        assert use.definition.key == (source_path(declared.source.name), declared.start), reference.text
    assert references or checked.program is None


def walk(node: Any) -> Any:
    if isinstance(node, tuple):
        for item in node:
            yield from walk(item)
    elif isinstance(node, tree.Node):
        yield node
        for name in node.__dataclass_fields__:
            if name != "span" and not (isinstance(node, tree.TokenItem) and name == "value"):
                yield from walk(getattr(node, name))


@pytest.mark.parametrize("path", OWN, ids=lambda p: p.stem)
def test_every_declared_name_can_be_renamed_without_harm(path: Path) -> None:
    """Each name in turn gets a fresh one: what the program means stays the same."""
    project, index = index_of(path)
    for definition in index.definitions:
        if definition.kind in ("module", "token", "member") or definition.span.text.startswith('"'):
            continue  # their names are part of the text that programs read and print, or of other files
        edit = rename(
            project,
            str(path),
            project.positions.position_of(definition.span.source, definition.span.start),
            "fresh_name",
        )
        assert edit is not None and edit.changes
        again = Project()
        for uri, edits in edit.changes.items():
            file = path_of(uri)
            again.open(file, apply(project.read(file).text, list(edits)))
        report = check_document(again, again.read(str(path)))
        assert not any(report.problems.values()), definition.name


def test_renaming_to_a_captured_name_is_refused() -> None:
    text = "const A = 1\nfn f(x) = x + A\nconst B = [A + y for y in 0..2]\n"
    project = Project()
    source = project.open("/p.alta", text)
    for new in ("x", "y", "B"):
        with pytest.raises(Refused):
            rename(project, "/p.alta", project.positions.position_of(source, text.index("A")), new)
    with pytest.raises(Refused):
        rename(project, "/p.alta", project.positions.position_of(source, text.index("y for")), "A")
    edit = rename(project, "/p.alta", project.positions.position_of(source, text.index("y for")), "x")
    assert edit is not None and apply(text, list((edit.changes or {})["file:///p.alta"])) == text.replace(
        "y for y", "x for x"
    ).replace("+ y", "+ x")


def test_uris() -> None:
    for path in ("/a b/ü😀.alta", "/a%20b/c#d?e.alta"):
        assert path_of(uri_of(path)) == path
    assert path_of("untitled:Untitled-1") == "untitled:Untitled-1" == uri_of("untitled:Untitled-1")


def test_a_check_that_breaks_down_is_said() -> None:
    report = failed_check(Source("/x.alta", "program x\n"), ValueError("oops"))
    (problem,) = report.problems["/x.alta"]
    shown = to_diagnostic(problem, PositionCodec())
    assert "ValueError: oops" in shown.message and shown.code is None


def test_every_word_is_explained() -> None:
    assert set(KEYWORDS) == set(keywords.words().keywords)
    assert set(BUILTINS) == set(keywords.BUILTINS)


def test_standard_files_are_known() -> None:
    assert is_standard(str(resources.stdlib_path("std.stack")))
    assert not is_standard("/stack.alta")
