"""The one reader of inputs: lists and files of any kind, bounded, and what --skip-failing leaves out."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from io import BytesIO, TextIOWrapper
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest

import altac
from altac import untrusted
from altac.diagnostics import AltacError
from altac.interpreter import inputs as reader
from altac.interpreter.inputs import Item, Skipped, items, read_inputs
from tests import programs
from tests.examples.programs import EXAMPLES

PARITY = EXAMPLES / "parity" / "sequential_relative.alta"


def problems(given: Any, skip_failing: bool = False) -> list[str]:
    """The titles of what is wrong with inputs."""
    with pytest.raises(AltacError) as raised:
        read_inputs(programs.parity_relative(), given, skip_failing)
    return [p.render_title() for p in raised.value.problems]


def lines(path: Path, data: bytes) -> list[Item]:
    path.write_bytes(data)
    return list(items(path))


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_any_line_end_and_a_byte_order_mark(mark: bytes, end: bytes, tmp_path: Path) -> None:
    found = lines(tmp_path / "x.jsonl", mark + b'["START"]' + end + end + mark + b'"START 1"')
    assert [(i.number, i.given, i.problem) for i in found] == [(1, ["START"], None), (3, "START 1", None)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"[" + b"1" * 10_000 + b"]", "a number in it has thousands of digits"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b"[" * 100 + b"]" * 100, "item 0 is an array, not a token name or a number"),
        (b"[1.5]", "item 0 is 1.5, not a token name or a number"),
        (b"[NaN]", "item 0 is NaN, not a token name or a number"),
        (b'["\xff"]', "not UTF-8: it has the byte 0xFF"),
        (b"[1", "not JSON: expecting ',' delimiter at column 3"),
        ('"START"\n'.encode("utf-16"), "the file is UTF-16: save it as UTF-8"),
        (b"\x00", "not JSON: expecting value at column 1"),
    ],
)
def test_lines_that_are_no_inputs(line: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    first, *_ = lines(path, line + b"\n")
    assert first.problem is not None and first.problem.render_title() == f"{path}:1: {reason}"


def test_nesting_is_bounded_whatever_the_recursion_limit(tmp_path: Path) -> None:
    """Another thread may have raised it; the parser of JSON would then overflow the C stack."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(150_000)
    try:
        for text in ("[" * 900_000, '{"a":' * 150_000, '["' + '\\"' * 400_000 + '", ' + "[" * 101):
            with pytest.raises(ValueError, match="nested too deeply"):
                untrusted.parse_json(text)
        with pytest.raises(ValueError, match="nested too deeply"):
            untrusted.parse_toml("a = " + "{a=" * 15_000)
        flat = [["["] * 2000, [[]] * 2000]
        assert untrusted.parse_json(json.dumps(flat)) == flat
        with pytest.raises(ValueError, match="not JSON"):
            untrusted.parse_json('["' + '\\"' * 300_000 + "[" * 2000)
    finally:
        sys.setrecursionlimit(limit)


def test_a_line_may_be_long_but_not_endless(tmp_path: Path) -> None:
    limit = "the line has more than 1,000,000 characters"
    long, short = lines(tmp_path / "x.jsonl", b"[" + b"0," * 20_000_000 + b"0]\n" + b"[0]\n")
    assert long.problem is not None and limit in long.problem.render_title()
    assert (short.number, short.given) == (2, [0])
    (fits,) = lines(tmp_path / "x.jsonl", b"[" + b"0," * 400_000 + b"0]")
    assert len(fits.given) == 400_001
    if os.path.exists("/dev/zero"):
        for skip in (False, True):
            assert problems(Path("/dev/zero"), skip) == [f"/dev/zero:1: {limit}"]


def test_more_inputs_than_fit_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(reader, "MAX_INPUTS", 100)
    path = tmp_path / "x.jsonl"
    path.write_text("[0]\n" * 101)
    assert problems(path) == [f"{path} has too many inputs: 100 lines with 40,000,000 tokens in all are the most"]
    assert problems(repeat([0]))[0].startswith("the list has too many inputs")
    monkeypatch.setattr(reader, "MAX_TOKENS", 10)
    with pytest.raises(AltacError) as raised:
        read_inputs(programs.parity_relative(), [[0] * 11])
    assert [p.code for p in raised.value.problems] == ["too-many-inputs"]


def test_batches_are_small_also_of_what_is_no_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "BATCH_TOKENS", 100)
    for wrong in (["nothing"] * 50, "?" * 50):
        sizes = [len(batch) for batch in reader.batches(programs.parity_relative(), items([wrong] * 10))]
        assert sizes == [2] * 5


def test_standard_input_is_read_but_not_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(b'["START"]\n')))
    assert [i.given for i in items(Path("-"))] == [["START"]]
    assert list(items(Path("-"))) == []
    assert not sys.stdin.closed


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_pipes_are_waited_for_but_not_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text('["START"]\n'))
    writer.start()
    assert [i.given for i in items(pipe)] == [["START"]]
    writer.join()
    monkeypatch.setattr(untrusted, "PATIENCE", 0.1)
    assert "pipe that nothing has written to" in problems(pipe)[0]
    before = threading.active_count()
    with pytest.raises(AltacError, match="pipe"):
        altac.load(pipe)
    assert threading.active_count() <= before
    with pytest.raises(OSError, match="no plain file"):
        untrusted.open_file(pipe, regular=True)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert problems(tmp_path) == [f"cannot read {tmp_path}: is a directory"]
    assert "no such file" in problems(tmp_path / "missing")[0]
    (tmp_path / "empty").touch()
    assert problems(tmp_path / "empty") == [f"{tmp_path / 'empty'} is empty"]


def test_what_is_no_list_of_inputs_is_refused() -> None:
    for wrong in (12, None, b"START", {"START": 1}, object()):
        with pytest.raises(TypeError, match="a list of inputs or a Path"):
            read_inputs(programs.parity_relative(), wrong)  # type: ignore[arg-type]


MIXED = '["START", 1]\n[7]\n{}\n[1, 0]\n["START"]\n'


#: What reads inputs: the result has what was left out.
USES: dict[str, Callable[[altac.Program, Path, Any], Any]] = {
    "run": lambda program, folder, given: program.run(given, skip_failing=True),
    "model": lambda program, folder, given: program.compile().run(given, skip_failing=True),
    "minimal": lambda program, folder, given: program.minimal(given, skip_failing=True),
    "theorem": lambda program, folder, given: program.theorem(given, skip_failing=True),
    "trace_to": lambda program, folder, given: program.trace_to(folder / "t.jsonl", given, skip_failing=True),
    "verify": lambda program, folder, given: program.verify(
        target="numpy", inputs=given, skip_failing=True, exhaustive=5, samples=0
    ),
    "train": lambda program, folder, given: program.train(
        given, skip_failing=True, hyperparameters={"hidden": [4], "steps": 2}
    ),
}


@pytest.mark.parametrize("use", USES)
def test_failing_inputs_are_left_out_alike(use: str, tmp_path: Path) -> None:
    """Except that a compiled model alone cannot know that the program fails on the fourth."""
    path = tmp_path / "mixed.jsonl"
    path.write_text(MIXED)
    program = altac.load(PARITY)
    found = USES[use](program, tmp_path, path).skipped
    wrong = [("unknown-token", 2), ("bad-line", 3), ("undefined-read", 4)][: 2 if use == "model" else 3]
    assert [(s.problem.code, s.number, s.place) for s in found] == [(c, n, f"{path}:{n}") for c, n in wrong]
    listed = USES[use](program, tmp_path, [["START", 1], [7], ["START"]]).skipped
    assert [(s.problem.code, s.place) for s in listed] == [("unknown-token", "input 2")]
    path.write_text("[7]\n{}\n")
    with pytest.raises(AltacError) as raised:
        USES[use](program, tmp_path, path)
    assert [p.code for p in raised.value.problems] == ["failing-input", "unknown-token"]
    assert raised.value.problems[0].render_title() == f"the program fails on all 2 inputs, first on {path}:1"


def test_one_failing_input_has_no_number() -> None:
    program = altac.load(PARITY)
    for work in (program.run, program.minimal, program.theorem):
        with pytest.raises(AltacError) as raised:
            work([[7]])
        assert [p.code for p in raised.value.problems] == ["unknown-token"]
    with pytest.raises(AltacError) as raised:
        program.minimal([[1, 0]])
    assert [p.code for p in raised.value.problems] == ["undefined-read"]
    assert [run.place for run in program.run([[1, 0]])] == [""]
    assert [run.place for run in program.run([[1, 0], ["START"]])] == ["input 1", "input 2"]


def test_what_is_left_out_keeps_its_order() -> None:
    program = altac.load(PARITY)
    found = read_inputs(program.ir, [["START"], [7], [1, 0], ["START", 1]], skip_failing=True)
    problem = found.skipped[0].problem
    left = found.leave_out({1: problem}, skip_failing=True)
    assert left.skipped == (Skipped("input 2", 2, problem), Skipped("input 3", 3, problem))
    assert list(left.numbers) == [1, 4]
