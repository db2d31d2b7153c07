"""Random damage to the examples: every question still has an answer, and every place in an answer is in the text."""

from __future__ import annotations

import contextlib
import random
from pathlib import Path

import pytest
from lsprotocol import types

from altac.lsp import coloring, completion, fixes, formatting, hints, navigation, outline
from altac.lsp.diagnostics import check_document, to_diagnostic
from altac.lsp.hover import hover
from altac.lsp.positions import PositionCodec
from altac.lsp.project import Project
from altac.source import Source, Span

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PIECES = [
    "(", ")", "{", "}", "[", "]", ".", "..", ",", ":", "=>", "<-", "=", '"', "//", "\n", "😀", "\0", "'", "\r", "else ",
    "if ", "match ", "for ", "let ", "fn f(", "component C(T) {", "use u = ", "import ", "enum ", "mlp {", "_", "x", "1",
]  # fmt: skip


def damaged(text: str, rng: random.Random) -> str:
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(text) + 1)
        end = min(len(text), place + rng.choice((0, 0, 1, 3, 30, 300)))
        text = text[:place] + rng.choice(["", *PIECES]) + text[end:]
    return text


def within(source: Source, where: types.Range, positions: PositionCodec) -> None:
    last = positions.whole(source).end
    for place in (where.start, where.end):
        assert (place.line, place.character) <= (last.line, last.character)
        assert positions.position_of(source, positions.offset_of(source, place)) == place
    assert (where.start.line, where.start.character) <= (where.end.line, where.end.character)


@pytest.mark.parametrize("seed", range(60))
def test_damaged_programs(seed: int) -> None:
    rng = random.Random(seed)
    path = str(rng.choice(sorted(EXAMPLES.rglob("*.alta"))))
    ask(path, damaged(Path(path).read_text(encoding="utf-8"), rng), rng)


def ask(path: str, text: str, rng: random.Random) -> None:
    """Every question about a text in an editor, at random places of it."""
    positions = PositionCodec(rng.choice(list(types.PositionEncodingKind)))
    project = Project(positions=positions)
    source = project.open(path, text)
    report = check_document(project, source)
    for problem in report.problems[path]:
        within(source, to_diagnostic(problem, positions).range, positions)
    for action in fixes.code_actions(project, path, positions.whole(source), report.problems[path]):
        assert action.edit is not None and action.edit.changes is not None
        for edits in action.edit.changes.values():
            for edit in edits:
                within(source, edit.range, positions)
    for symbol in outline.document_symbols(project, path):
        within(source, symbol.range, positions)
        within(source, symbol.selection_range, positions)
        assert symbol.range.start.line <= symbol.selection_range.start.line <= symbol.range.end.line
    data = coloring.semantic_tokens(project, path).data
    assert len(data) % 5 == 0 and all(number >= 0 for number in data)
    formatting.format_document(source, positions)
    hints.inlay_hints(project, path, positions.whole(source), report.facts)
    for _ in range(12):
        place = positions.position_of(source, rng.randrange(len(text) + 1))
        completion.complete(project, path, place)
        completion.signature(project, path, place)
        shown = hover(project, path, place, report.facts, None)
        if shown is not None and shown.range is not None:
            within(source, shown.range, positions)
        navigation.definition(project, path, place)
        navigation.type_definition(project, path, place)
        navigation.highlights(project, path, place)
        assert all(location.uri for location in navigation.references(project, path, place, True))
        with contextlib.suppress(navigation.Refused):
            navigation.rename(project, path, place, "fresh_name")
    index = project.index(path)
    assert index is not None
    for use in index.uses:
        assert use.span.text and positions.range_of(Span(source, use.span.start, use.span.end))
