"""Traces of many inputs, in memory and in files."""

from __future__ import annotations

import errno
import json
import os
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from safetensors.numpy import save_file

import altac
from altac.analysis import tracefile, traces
from altac.analysis.tracefile import read_traces, write_traces
from altac.analysis.traces import Pairs, collect_pairs
from altac.cli import main
from altac.diagnostics import AltacError
from altac.interpreter.inputs import Inputs
from altac.ir import Program
from altac.trace import collect
from tests import programs
from tests.random_programs import Options, random_inputs, random_program

ROOT = Path(__file__).parents[2]
PARITY = ROOT / "examples" / "parity" / "sequential_relative.alta"
FAILS = ROOT / "tests" / "golden" / "undefined-read.alta"


def one_by_one(program: Program, inputs: list[tuple[int, ...]]) -> Counter[tuple[Any, ...]]:
    """The same from single runs: pairs of assignments with counts."""
    found: Counter[tuple[Any, ...]] = Counter()
    for tokens in inputs:
        trace = collect(program, tokens, 6)
        if trace.result.error is not None:
            continue
        for before, after in zip(trace.snapshots, trace.snapshots[1:], strict=False):
            if after.when != "mlp":
                continue
            for position in range(len(tokens)):
                old = tuple(before.values[s.name][position] for s in program.slots)
                found[old, tuple(after.values[v.name][position] for v in program.variables)] += 1
    return found


def as_counter(program: Program, pairs: Pairs) -> Counter[tuple[Any, ...]]:
    found: Counter[tuple[Any, ...]] = Counter()
    low = [s.domain.low for s in program.slots]
    for before, after, count in zip(pairs.before.tolist(), pairs.after.tolist(), pairs.counts.tolist(), strict=True):
        old = tuple(None if i < 0 else i + b for i, b in zip(before, low, strict=True))
        found[old, tuple(i + b for i, b in zip(after, low, strict=False))] += count
    return found


@pytest.mark.parametrize("seed", range(25))
def test_pairs_of_random_programs_are_those_of_single_runs(seed: int) -> None:
    rng = random.Random(seed)
    program = replace(random_program(rng, Options()), causal=None)  # a causal program has one run per token
    inputs = random_inputs(rng, program, 12)
    pairs, _ = collect_pairs(program, inputs, 6)
    assert len({(*b, *a) for b, a in zip(pairs.before.tolist(), pairs.after.tolist(), strict=True)}) == len(pairs)
    assert as_counter(program, pairs) == one_by_one(program, list(map(tuple, inputs)))


def test_a_witness_shows_its_pair() -> None:
    program = altac.load(PARITY)
    inputs = [program.encode(["START", *bits]) for bits in ([1, 0, 1], [1, 1], [0, 0, 1, 1])]
    pairs, _ = collect_pairs(program.ir, inputs)
    for before, (number, layer, position) in zip(pairs.before.tolist(), pairs.witness.tolist(), strict=True):
        snapshots = collect(program.ir, inputs[number]).snapshots
        (seen,) = [s for s in snapshots if s.layer == layer and s.when == "attention"]
        values = [seen.values[s.name][position] for s in program.ir.slots]
        assert [None if i < 0 else i for i in before] == values


def bits(count: int) -> Inputs:
    program = programs.parity_relative()
    rng = random.Random(0)
    start = program.tokens.size - 1
    tokens = tuple((start, *(rng.randrange(2) for _ in range(rng.randrange(8)))) for _ in range(count))
    return Inputs("x.jsonl", tokens, tuple(range(3, 3 + count)))


@pytest.mark.parametrize("suffix", ["safetensors", "jsonl"])
@pytest.mark.parametrize("every", [False, True])
def test_files_do_not_depend_on_chunks_partitions_or_interruptions(
    suffix: str, every: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, inputs = programs.parity_relative(), bits(40)
    whole = tmp_path / f"whole.{suffix}"
    first = write_traces(program, inputs, str(whole), every=every, chunk=7)
    extract = traces.extract
    calls: list[int] = []

    def stops(*args: Any, **options: Any) -> Any:
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return extract(*args, **options)

    monkeypatch.setattr(tracefile, "extract", stops)
    path = tmp_path / f"resumed.{suffix}"
    with pytest.raises(KeyboardInterrupt):
        write_traces(program, inputs, str(path), every=every, chunk=7)
    assert not path.exists()
    second = write_traces(program, inputs, str(path), every=every, chunk=7)
    assert len(calls) == 4 + 3  # three of six chunks were done
    assert (first, path.read_bytes()) == (second, whole.read_bytes())
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([whole.name, path.name])


@pytest.mark.parametrize("data", [b"", b"[" * 100_000, b"[0, 99]", b'{"a": 1}', b"[" + b"1" * 10_000, b"\xff", None])
@pytest.mark.parametrize("name", ["part-000000.json", "part-000000.words.npy", "plan.json"])
def test_what_is_kept_of_an_interrupted_call_may_be_broken(
    name: str, data: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is then made again."""
    program, inputs = programs.parity_relative(), bits(20)
    write_traces(program, inputs, str(tmp_path / "whole.jsonl"), chunk=7)
    extract = traces.extract

    def stops(*args: Any, **options: Any) -> Any:
        if args[2] > 0:
            raise KeyboardInterrupt
        return extract(*args, **options)

    path = tmp_path / "resumed.jsonl"
    with monkeypatch.context() as patched:
        patched.setattr(tracefile, "extract", stops)
        with pytest.raises(KeyboardInterrupt):
            write_traces(program, inputs, str(path), chunk=7)
    (kept,) = tmp_path.rglob(name)
    kept.unlink()
    if data is None:
        os.mkfifo(kept)
    else:
        kept.write_bytes(data)
    write_traces(program, inputs, str(path), chunk=7)
    assert path.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_partitions_are_merged_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program, inputs = programs.parity_relative(), bits(40)
    write_traces(program, inputs, str(tmp_path / "one.safetensors"), chunk=7)
    monkeypatch.setattr(tracefile, "PARTITION", 5)
    write_traces(program, inputs, str(tmp_path / "many.safetensors"), chunk=7)
    (_, one), (_, many) = (read_traces(tmp_path / f"{name}.safetensors") for name in ("one", "many"))
    for name in one:
        assert sorted(one[name].tolist()) == sorted(many[name].tolist())


def test_dask_does_the_same(tmp_path: Path) -> None:
    distributed = pytest.importorskip("dask.distributed")
    program, inputs = programs.parity_relative(), bits(40)
    write_traces(program, inputs, str(tmp_path / "local.safetensors"), chunk=7)
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None) as cluster,
        tracefile.connected(cluster.scheduler_address),
    ):
        write_traces(program, inputs, str(tmp_path / "dask.safetensors"), chunk=7, engine="dask")
    assert (tmp_path / "local.safetensors").read_bytes() == (tmp_path / "dask.safetensors").read_bytes()


def test_a_file_describes_itself(tmp_path: Path) -> None:
    program, inputs = programs.parity_relative(), bits(10)
    done = write_traces(program, inputs, str(tmp_path / "t.safetensors"))
    head, arrays = read_traces(tmp_path / "t.safetensors")
    write_traces(program, inputs, str(tmp_path / "t.jsonl"))
    first, *lines = map(json.loads, (tmp_path / "t.jsonl").read_text().splitlines())
    assert first == head
    assert head["rows"] == done.pairs == len(lines) == len(arrays["before"])
    for i, line in enumerate(lines):
        for part in ("before", "after"):
            columns = head["layout"][part]
            codes = arrays[part][i].tolist()
            shown = [None if c < 0 else col["values"][c] for c, col in zip(codes, columns, strict=True)]
            assert [str(v).lower() if v is not None else None for v in line[part].values()] == shown
        assert line["count"] == arrays["count"][i]
        assert list(line["witness"].values()) == arrays["witness"][i].tolist()


def invoke(*args: str) -> Any:
    return CliRunner(env={"NO_COLOR": "1"}).invoke(main, ["trace", *args], catch_exceptions=False)


def test_failing_inputs_stop_or_are_left_out(tmp_path: Path) -> None:
    source = tmp_path / "x.jsonl"
    source.write_text('["START", 1, 1]\n[1, 1]\n"nonsense"\n["START", 0]\n')
    out = tmp_path / "t.jsonl"
    program = tmp_path / "p.alta"
    program.write_text(PARITY.read_text().replace("not done and done_left", "token_is_bit and done_left").replace(
        "head parity_left", "var token_is_bit: bool = token != START\nhead parity_left"))  # fmt: skip
    result = invoke(str(program), "--inputs", str(source), "-o", str(out))
    assert result.exit_code == 1
    assert "x.jsonl:3" in result.stderr
    source.write_text('["START", 1, 1]\n[1, 1]\n["START", 0]\n')
    result = invoke(str(program), "--inputs", str(source), "-o", str(out))
    assert result.exit_code == 1
    assert "x.jsonl:2" in result.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["p.alta", "x.jsonl"]
    source.write_text('["START", 1, 1]\n[1, 1]\n"nonsense"\n["START", 0]\n')
    result = invoke(str(program), "--inputs", str(source), "-o", str(out), "--skip-failing", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["inputs"] == 2
    assert "2 of 4 inputs left out:" in result.stderr and "x.jsonl:2: " in result.stderr
    head, *lines = map(json.loads, out.read_text().splitlines())
    assert (head["inputs"], head["skipped"]) == (2, 2)
    assert {line["witness"]["line"] for line in lines} == {1, 4}


@pytest.mark.parametrize(
    ("text", "out", "message"),
    [
        ("", "t.jsonl", "x.jsonl is empty"),
        ("\n\n", "t.jsonl", "x.jsonl is empty"),
        ("{}\n", "t.jsonl", "expected a JSON string or array"),
        ('["START"]\n', "t.csv", "does not say in which format"),
        ('["START"]\n', "no/such/folder/t.jsonl", None),
    ],
)
def test_bad_data_is_refused(text: str, out: str, message: str | None, tmp_path: Path) -> None:
    source = tmp_path / "x.jsonl"
    source.write_text(text)
    result = invoke(str(PARITY), "--inputs", str(source), "-o", str(tmp_path / out))
    if message is None:  # folders are made
        assert result.exit_code == 0
        return
    assert result.exit_code == 1
    assert message in " ".join(result.stderr.split())
    assert [p.name for p in tmp_path.iterdir()] == ["x.jsonl"]


def test_options_that_do_not_fit() -> None:
    assert invoke(str(PARITY)).exit_code == 2
    assert invoke(str(PARITY), "[1]", "--inputs", "x").exit_code == 2
    assert invoke(str(PARITY), "--inputs", "x").exit_code == 2


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tracefile, "_write_lines", full)
    path = tmp_path / "t.jsonl"
    path.write_text("old")
    with pytest.raises(AltacError) as raised:
        write_traces(programs.parity_relative(), bits(3), str(path))
    assert "no space left" in raised.value.problems[0].render_title()
    assert path.read_text() == "old"


def test_many_pairs_are_merged_while_running(monkeypatch: pytest.MonkeyPatch) -> None:
    program, inputs = programs.parity_relative(), bits(20)
    expected, _ = collect_pairs(program, inputs.tokens)
    monkeypatch.setattr(traces, "BUFFER", 3)
    monkeypatch.setattr(traces, "CHUNK", 6)
    got, _ = collect_pairs(program, inputs.tokens)
    assert len(got) == len(expected)
    assert as_counter(program, got) == as_counter(program, expected)


def test_dask_that_is_missing_or_does_not_answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(AltacError) as raised, tracefile.connected("tcp://127.0.0.1:9"):
        pass
    assert raised.value.problems[0].code == "no-scheduler"

    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(tracefile, "import_module", missing)
    with pytest.raises(AltacError) as raised:
        write_traces(programs.parity_relative(), bits(3), str(tmp_path / "t.jsonl"), engine="dask")
    assert raised.value.problems[0].code == "no-dask"


@pytest.mark.parametrize("data", [b"", b"\xff" * 100, (1 << 60).to_bytes(8, "little") + b"{}", b"[" * 100_000])
def test_what_is_no_trace_file_is_said(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "t.safetensors"
    path.write_bytes(data)
    with pytest.raises(altac.AltacError, match="cannot read"):
        read_traces(path)


@pytest.mark.parametrize("head", [None, "[" * 100_000, "[1]", '{"format": "other", "version": 1}', "1" * 10_000])
def test_foreign_trace_files_are_refused(head: str | None, tmp_path: Path) -> None:
    path = tmp_path / "t.safetensors"
    save_file({"before": np.zeros(3, np.int32)}, path, None if head is None else {"altac": head})
    with pytest.raises(altac.AltacError, match="cannot read"):
        read_traces(path)
    with pytest.raises(altac.AltacError, match="no plain file"):
        read_traces("/dev/zero")
