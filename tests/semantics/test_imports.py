"""What a program may import, and that nothing of any other file is shown."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

import altac
from altac.cli import main
from altac.diagnostics.problem import AltacError
from altac.lsp.diagnostics import check_document
from altac.lsp.project import Project
from altac.syntax.limits import MAX_CHARACTERS
from altac.syntax.reading import read_source
from tests.lsp.client import editor

SECRET = "hunter2"
#: What is no program, and yet has words that altac knows.
NOTES = f"root:x:0:0:{SECRET}:/root\nif {SECRET} = `{SECRET}` {{ {SECRET} \n"
PROGRAM = "program p\ntokens 0, 1\nimport {path} as g\nvar x: 0..9 = g.ONE\noutput x\nlayers 1\n"


def program(path: str) -> str:
    return PROGRAM.format(path=json.dumps(path).replace("\\u0000", "\\u{0}"))


def write(folder: Path, path: str) -> Path:
    main_file = folder / "project" / "main.alta"
    main_file.parent.mkdir(exist_ok=True)
    main_file.write_text(program(path), encoding="utf-8")
    return main_file


def test_modules_may_lie_anywhere(tmp_path: Path) -> None:
    (tmp_path / "one.alta").write_text("const ONE = 1\n")
    main_file = write(tmp_path, "")
    (main_file.parent / "link.alta").symlink_to(tmp_path / "one.alta")
    for path in ("../one.alta", str(tmp_path / "one.alta"), "link.alta", "./x/../../one.alta"):
        assert altac.load(write(tmp_path, path)).run([[0]])[0].output == [1]
        assert check_document(Project(), read_source(main_file)).problems[str(main_file)] == ()


def other_files(folder: Path) -> dict[str, str]:
    """Paths that are no modules, each with the reason that is said."""
    (folder / "notes.txt").write_text(NOTES)
    (folder / "notes.alta").write_text(NOTES)
    (folder / "link.alta").symlink_to(folder / "notes.txt")
    (folder / "link.txt").symlink_to(folder / "notes.alta")
    (folder / "loop.alta").symlink_to(folder / "loop.alta")
    (folder / "device.alta").symlink_to("/dev/zero")
    (folder / "folder.alta").mkdir()
    os.mkfifo(folder / "pipe.alta")
    (folder / "latin.alta").write_bytes(NOTES.encode() + b"\xe9")
    (folder / "zero.alta").write_bytes(NOTES.encode() + b"\0")
    (folder / "large.alta").write_text(NOTES + " " * MAX_CHARACTERS)
    ending = "modules are files whose names end in `.alta`"
    return {
        "../notes.txt": ending,
        "../no-such-file": ending,
        "/etc/passwd": ending,
        "../../../../../../../../etc/passwd": ending,
        "../link.txt": ending,
        "..": ending,
        "../notes.alta": "nothing in it is a declaration",
        "../zero.alta": "nothing in it is a declaration",
        "../link.alta": "it is a link to a file whose name does not end in `.alta`",
        "../device.alta": "it is a link to a file whose name does not end in `.alta`",
        "../loop.alta": "too many levels of symbolic links",
        "../folder.alta": "it is not a regular file",
        "../pipe.alta": "it is not a regular file",
        "../latin.alta": "it is not UTF-8 text",
        "../large.alta": "it has more than 4,000,000 characters",
        "../no-such-file.alta": "no such file or directory",
        "\0.alta": "embedded null byte",
    }


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
def test_nothing_of_another_file_is_read_or_shown(tmp_path: Path) -> None:
    for path, reason in other_files(tmp_path).items():
        main_file = write(tmp_path, path)
        with pytest.raises(AltacError) as caught:
            altac.load(main_file)
        (problem,) = caught.value.problems
        assert problem.code == "import-failed" and problem.render_title().endswith(f": {reason}"), path
        for arguments in (["check"], ["check", "--format", "json"], ["run", "0", "--json"], ["test"]):
            result = CliRunner().invoke(main, [arguments[0], str(main_file), *arguments[1:]])
            assert result.exit_code == 1 and "import" in result.output, path
            assert SECRET not in result.output and "root:" not in result.output, path
        report = check_document(Project(), read_source(main_file))
        assert [p for ps in report.problems.values() for p in ps] == [problem]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
def test_an_editor_shows_nothing_of_another_file(tmp_path: Path) -> None:
    paths = other_files(tmp_path)

    async def work() -> None:
        async with editor() as client:
            uri = await client.open(tmp_path / "project" / "main.alta", program("../notes.alta"))
            for path, reason in paths.items():
                (found,) = await client.edit(uri, program(path))
                assert found.code == "import-failed" and reason in found.message
            assert SECRET not in str(client.published) and list(client.published) == [uri]

    asyncio.run(asyncio.wait_for(work(), 60))


def test_a_broken_module_is_shown(tmp_path: Path) -> None:
    (tmp_path / "one.alta").write_text("const ONE = 1\nconst TWO = )\n")
    with pytest.raises(AltacError) as caught:
        altac.load(write(tmp_path, "../one.alta"))
    assert {p.span.source.name for p in caught.value.problems if p.span} == {str(tmp_path / "one.alta")}
