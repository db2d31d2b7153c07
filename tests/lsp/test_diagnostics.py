"""Diagnostics in an editor: the checker's, as one types."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from lsprotocol import types

from altac.api import check_source
from altac.diagnostics.problem import AltacError, Problem
from altac.lsp.diagnostics import check_document, to_diagnostic
from altac.lsp.project import Project
from altac.source import Source
from altac.syntax.reading import read_source
from tests.lsp.client import at, cut, editor, run

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PARITY = (EXAMPLES / "parity" / "sequential_relative.alta").read_text(encoding="utf-8")


def test_all_errors_of_a_broken_document_have_codes_and_places(tmp_path: Path) -> None:
    broken = PARITY.replace("output parity", "output paritty").replace("xor parity_left", "xor )") + "var n: 0..3 = 9\n"

    async def work() -> None:
        async with editor() as client:
            uri = await client.open(tmp_path / "a.alta", broken)
            found = client.published[uri].diagnostics
            path = str(tmp_path / "a.alta")
            assert sorted(str(d.code) for d in found) == sorted(p.code for p in check_source(Source(path, broken))[1])
            codes = {d.code for d in found}
            assert {"unknown-name", "out-of-range"} <= codes
            assert codes & {"mismatched-bracket", "unexpected-closing-bracket"}
            name = next(d for d in found if d.code == "unknown-name")
            assert cut(broken, name.range) == "paritty"
            assert name.source == "altac" and name.severity == types.DiagnosticSeverity.Error
            assert "did you mean `parity`?" in name.message
            assert await client.edit(uri, PARITY) == []

    run(work())


def test_secondary_places_are_related_information(tmp_path: Path) -> None:
    text = PARITY + "const done = 1\n"

    async def work() -> None:
        async with editor() as client:
            uri = await client.open(tmp_path / "a.alta", text)
            (found,) = client.published[uri].diagnostics
            assert found.code == "duplicate-name" and found.related_information
            (first,) = found.related_information
            assert (first.message, first.location.uri) == ("the first is here", uri)
            assert first.location.range.start == at(text, "var |done")

    run(work())


def test_columns_count_utf_16(tmp_path: Path) -> None:
    text = 'program p\ntokens "😀", "e\u0301", x // 🤖\nvar a: bool = token == "😀" and wrong\noutput a\nlayers 0\n'

    async def work() -> None:
        async with editor() as client:
            uri = await client.open(tmp_path / "a.alta", text)
            (found,) = client.published[uri].diagnostics
            assert found.code == "unknown-name" and cut(text, found.range) == "wrong"
            assert found.range.start == types.Position(2, len('var a: bool = token == "😀" and ') + 1)
            shown = await client.text_document_hover_async(
                types.HoverParams(types.TextDocumentIdentifier(uri), at(text, 'tok|en == "😀"'))
            )
            assert shown is not None and shown.range is not None and cut(text, shown.range) == "token"

    run(work())


def test_an_error_in_an_import_shows_in_both_files_and_follows_edits(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES / "scan", tmp_path / "scan")
    main, grammar = tmp_path / "scan" / "scan.alta", tmp_path / "scan" / "grammar.alta"
    good = grammar.read_text(encoding="utf-8")

    async def work() -> None:
        async with editor() as client:
            uri = await client.open(main)
            assert not client.published[uri].diagnostics
            imported = await client.open(grammar)
            assert not client.published[imported].diagnostics

            broken = good.replace("const L = I_TURN_LEFT", "const L = I_TURN_LEFTT")
            found = await client.edit(imported, broken)
            assert [d.code for d in found] == ["unknown-name"]
            here = await client.until(uri, bool)
            assert here[0].code == "unknown-name" and "grammar.alta" in here[0].message
            assert cut(main.read_text(encoding="utf-8"), here[0].range) == '"grammar.alta"'
            assert here[0].related_information is not None
            assert here[0].related_information[0].location.uri == imported

            assert await client.edit(imported, good) == []
            assert await client.until(uri, lambda found: not found) == []

            # Closed, the file on disk counts again.
            await client.edit(imported, broken)
            await client.until(uri, bool)
            client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(imported)))
            assert await client.until(uri, lambda found: not found) == []
            assert await client.until(imported, lambda found: not found) == []

            # And so does what another program writes there.
            grammar.write_text(broken, encoding="utf-8")
            client.workspace_did_change_watched_files(
                types.DidChangeWatchedFilesParams([types.FileEvent(imported, types.FileChangeType.Changed)])
            )
            assert (await client.until(uri, bool))[0].code == "unknown-name"
            assert (await client.until(imported, bool))[0].code == "unknown-name"

    run(work())


def test_warnings_are_published(tmp_path: Path) -> None:
    text = "program w\ntokens a\nvar x: bool = true\nhead h = x at -1\nmlp { x <- not x }\noutput x\nlayers 1\n"

    async def work() -> None:
        async with editor() as client:
            (found,) = await client.diagnostics(await client.open(tmp_path / "w.alta", text))
            assert (found.code, found.severity, cut(text, found.range)) == (
                "never-read", types.DiagnosticSeverity.Warning, "h",
            )  # fmt: skip
            assert list(found.tags or ()) == [types.DiagnosticTag.Unnecessary]

    run(work())


def test_of_many_edits_only_the_last_counts(tmp_path: Path) -> None:
    async def work() -> None:
        async with editor() as client:
            uri = await client.open(tmp_path / "a.alta", PARITY)
            for length in range(0, len(PARITY), 7):
                await client.edit(uri, PARITY[:length], wait=False)
            assert await client.edit(uri, PARITY) == []
            assert client.published[uri].version == client.versions[uri]

    run(work())


@pytest.mark.parametrize("path", sorted(EXAMPLES.parent.glob("tests/golden/*.alta")), ids=lambda path: path.stem)
def test_the_server_finds_what_check_finds(path: Path) -> None:
    try:
        source = read_source(path)
    except AltacError:
        return  # no text that an editor could hold
    try:
        program, problems = check_source(source)
    except AltacError as error:
        program, problems = None, error.problems
    if program is not None:
        problems = (*problems, *program.unread())
    project = Project()
    report = check_document(project, project.open(str(path), source.text))
    said = [p for found in report.problems.values() for p in found if p.code]

    def seen(problem: Problem) -> tuple[str, str, str]:
        return problem.code, problem.severity, str(to_diagnostic(problem, project.positions).range)

    assert sorted(map(seen, said)) == sorted(map(seen, problems))
