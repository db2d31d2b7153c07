"""The magics of notebooks, in a shell of IPython."""

from __future__ import annotations

import html
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

import altac
from altac.jupyter.magics import NotebookError

PARITY = (Path(__file__).parents[2] / "examples" / "parity" / "sequential_relative.alta").read_text()
SIZED = """\
program sized
param SIZE = 3
tokens 0..SIZE
var x: 0..SIZE = token
output x
layers 0
test [3] => [3]
"""


@pytest.fixture(scope="module")
def one() -> Iterator[InteractiveShell]:
    before = sys.modules["__main__"]  # the shell puts one of its own there
    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "altac.jupyter")
    yield shell
    shell.run_line_magic("unload_ext", "altac.jupyter")
    assert "alta" not in shell.magics_manager.magics["line"]
    InteractiveShell.clear_instance()
    sys.modules["__main__"] = before


@pytest.fixture
def shell(one: InteractiveShell) -> InteractiveShell:
    one.reset(new_session=False)
    return one


def run(shell: InteractiveShell, text: str) -> Any:
    """The value of a cell; raises what the cell raises."""
    done = shell.run_cell(text)
    done.raise_error()
    return done.result


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_a_cell_binds_its_program_and_runs_its_tests(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    run(shell, "%%alta\n" + PARITY)
    assert shell.user_ns["sequential_relative"].name == "sequential_relative"
    assert "3 of 3 tests pass on the interpreter" in capsys.readouterr().out
    run(shell, "%%alta parity\n" + PARITY)
    assert isinstance(shell.user_ns["parity"], altac.Program)
    assert run(shell, "parity.run(['START 1 1'])[0].output") == [False, True, False]


def test_parameters_are_set(shell: InteractiveShell) -> None:
    for options in ("-D SIZE=5", "-DSIZE=5"):
        run(shell, f"%%alta wide {options}\n" + SIZED)
        assert shell.user_ns["wide"].ir.tokens.size == 6


def test_a_wrong_program_is_shown_as_diagnostics(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    with pytest.raises(NotebookError) as raised:
        run(shell, "%%alta parity\n" + PARITY.replace("done_left", "dnoe_left", 1))
    assert [p.code for p in raised.value.problems][0] == "unknown-name"
    shown = capsys.readouterr()
    text = plain(shown.out + shown.err)
    assert "\x1b[1;31merror[unknown-name]" in shown.out + shown.err
    assert "--> parity.alta:17:21" in text and "^^^^^^^^^ not declared here" in text
    assert "Traceback" not in text and "magics.py" not in text
    assert "parity" not in shell.user_ns


def test_warnings_are_shown_and_the_program_is_bound(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    run(shell, "%%alta\n" + SIZED.replace("tokens", "var idle: bool = false\ntokens", 1))
    assert "warning[never-read]: the variable `idle` is never read" in plain(capsys.readouterr().out)
    assert "sized" in shell.user_ns


def test_tests_that_fail_are_shown(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    run(shell, "%%alta\n" + SIZED.replace("=> [3]", "=> [2]"))
    assert "0 of 1 tests pass" in (shown := capsys.readouterr().out)
    assert "[3] should give [2], and gives [3]" in shown
    falling = SIZED.replace("layers 0", "layers 1\nmlp { x <- x - 1 }").replace("[3] => [3]", "[0] => [0]")
    run(shell, "%%alta\n" + falling)
    assert "error[update-out-of-range]" in plain(capsys.readouterr().out)


def test_commands(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    run(shell, "%%alta parity\n" + PARITY)
    assert run(shell, "%alta run parity START 1 1").output == [False, True, False]
    assert run(shell, '%alta run parity "START 1 1"').output == [False, True, False]
    assert run(shell, '%alta run parity ["START", 1]').output == [False, True]
    limited = run(shell, "%alta run --engine transformer --max-layers=1 parity START 1 1")
    assert (limited.output, limited.layers, limited.halted) == ([False, True, True], 1, False)
    assert len(run(shell, "%alta trace --max-layers 1 parity START 1 1").snapshots) == 3
    assert len(run(shell, "%alta rules parity")) == 7
    frame = run(shell, "%alta view --max-layers 1 parity START 1 1")
    assert "<script" not in frame._repr_html_() and "<script" in frame.page
    assert html.unescape(re.findall('srcdoc="([^"]*)"', frame._repr_html_())[0]) == frame.page
    assert repr(frame) == "Frame(name='sequential_relative on START 1 1', height=700)"
    model = run(shell, "%alta model --level 0 --dtype bfloat16 --max-length 9 parity")
    assert (model.level, model.certificate.dtype) == (0, "bfloat16")
    capsys.readouterr()
    run(shell, "%alta test parity")
    assert "3 of 3 tests pass on the transformer" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("%alta", "%alta run NAME INPUT"),
        ("%alta rnu parity 1", "did you mean `%alta run`?"),
        ("%alta run", "%alta run NAME INPUT"),
        ("%alta run partiy START", "`partiy` is not a program. Did you mean `parity`?"),
        ("%alta run q START", "`q` is not a program. A cell that begins with %%alta makes one."),
        ("%alta run --engine gpu parity START", "--engine is interpreter or transformer, not 'gpu'"),
        ("%alta run --max-layers x parity START", "--max-layers takes a number, not 'x'"),
        ("%alta run --level 1 parity START", "%alta run has no option --level"),
        ("%alta model --level 7 parity", "--level is 0, 1 or 2, not 7"),
        ("%%alta a b\n" + SIZED, "'b' is not understood"),
        ("%%alta 'a\n" + SIZED, "No closing quotation"),
        ("%%alta -D SIZE\n" + SIZED, "write -D PARAM=VALUE"),
        ("%%alta\n" + SIZED.replace("sized", "lambda"), "`lambda` cannot be a variable of Python"),
    ],
)
def test_wrong_lines_are_refused(
    cell: str, message: str, shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    run(shell, "%%alta parity\n" + PARITY)
    assert shell.run_cell(cell).error_in_exec is not None
    shown = capsys.readouterr()
    assert message in shown.out + shown.err
    assert "Traceback" not in shown.out + shown.err


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("%alta run parity START 7", "unknown-token"),
        ("%alta trace parity START 7", "unknown-token"),
        ("%alta model --dtype float8 parity", "unknown-dtype"),
        ("%%alta\nconst N = 1\n", "not-a-program"),
        ("%%alta -D SIZ=1\n" + SIZED, "unknown-param"),
        ("%%alta\nvar x: bool = true\n", "missing-program"),
    ],
)
def test_errors_are_diagnostics(
    cell: str, code: str, shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    run(shell, "%%alta parity\n" + PARITY)
    with pytest.raises(NotebookError) as raised:
        run(shell, cell)
    assert code in [p.code for p in raised.value.problems]
    shown = capsys.readouterr()
    assert f"error[{code}]" in plain(shown.out + shown.err)
    assert "Traceback" not in shown.out + shown.err


def test_a_run_that_fails_is_an_error_and_its_trace_is_shown(shell: InteractiveShell) -> None:
    run(
        shell,
        "%%alta\n" + SIZED.replace("layers 0", "layers 1\nmlp { x <- x - 1 }").replace("[3] => [3]", "[3] => [2]"),
    )
    with pytest.raises(NotebookError):
        run(shell, "%alta run sized [0]")
    assert run(shell, "%alta trace sized [0]").result.error is not None
