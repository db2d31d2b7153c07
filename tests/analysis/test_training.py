"""Training on traces: the loop, checkpoints, the trained MLP among compiled weights, and the command."""

from __future__ import annotations

import errno
import json
import os
import random
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

import altac
from altac.analysis.hyperparameters import PRESETS, Hyperparameters, read_hyperparameters
from altac.analysis.memory import available, check_memory, of_batch, of_parameters
from altac.analysis.traces import collect_pairs
from altac.analysis.trained import compare, trained_runner
from altac.analysis.training import Training, train
from altac.analysis.vectors import Vectors, vectors
from altac.cli import main
from altac.diagnostics import AltacError
from altac.ir import Program

ROOT = Path(__file__).parents[2]
PARITY = ROOT / "examples" / "parity" / "sequential_relative.alta"
STEPS = ROOT / "experiments" / "programs" / "sum_modulo_steps.alta"
SMALL = Hyperparameters(hidden=(64,), batch=32, steps=60, every=20)


def parity(count: int, longest: int) -> tuple[Program, list[tuple[int, ...]]]:
    program, rng = altac.load(PARITY), random.Random(1)
    lengths = [rng.randrange(1, longest + 1) for _ in range(count)]
    return program.ir, [program.encode(["START", *rng.choices([0, 1], k=n)]) for n in lengths]


@pytest.fixture(scope="module")
def data() -> Vectors:
    return vectors(collect_pairs(*parity(50, 8))[0])


def same(left: Training, right: Training) -> bool:
    pairs = zip(left.parameters, right.parameters, strict=True)
    return all(np.array_equal(a[k], b[k]) for a, b in pairs for k in ("weight", "bias"))


def test_vectors_are_one_hot_but_for_undefined_heads(data: Vectors) -> None:
    undefined = 0
    for start, stop in data.blocks:
        total, free = data.inputs[:, start:stop].sum(axis=1), data.free[:, start:stop]
        assert (free.all(axis=1) == free.any(axis=1)).all()
        assert (total == ~free.any(axis=1)).all()
        undefined += int(free.any(axis=1).sum())
    assert undefined > 0  # START has no left neighbour
    for start, stop in data.outputs:
        assert (data.targets[:, start:stop].sum(axis=1) == 1).all()


def test_only_assigned_variables_are_written_if_wanted() -> None:
    program = altac.load(STEPS, {"MAX": "4"})
    pairs, _ = collect_pairs(program.ir, [program.encode(["START", 1, 0, 1])])
    assert len(vectors(pairs, "all").outputs) == 5
    assert len(vectors(pairs, "assigned").outputs) == 3  # counted and start stay as they are


def test_an_interrupted_run_goes_on_exactly(data: Vectors, tmp_path: Path) -> None:
    whole = train(data, SMALL, seed=3)
    part = train(data, SMALL, 3, tmp_path / "run", stop_after=20)
    assert [m.step for m in part.metrics] == [20]
    assert not same(part, whole)
    rest = train(data, SMALL, 3, tmp_path / "run")
    assert same(rest, whole)
    assert [(m.step, m.loss, m.exact) for m in rest.metrics] == [(m.step, m.loss, m.exact) for m in whole.metrics]
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [20, 40, 60]
    assert same(train(data, SMALL, 3, tmp_path / "run"), whole)  # nothing is left to do


def test_seeds_differ(data: Vectors) -> None:
    assert not same(train(data, SMALL, seed=1), train(data, SMALL, seed=2))


@pytest.mark.parametrize("change", ["seed", "hyperparameters", "data", "file"])
def test_another_run_is_not_taken_up(change: str, data: Vectors, tmp_path: Path) -> None:
    train(data, SMALL, 3, tmp_path, stop_after=20)
    if change == "file":
        (tmp_path / "checkpoint.safetensors").write_bytes(b"nonsense")
    how = replace(SMALL, batch=16) if change == "hyperparameters" else SMALL
    other = replace(data, inputs=data.inputs[:-1], free=data.free[:-1], targets=data.targets[:-1])
    with pytest.raises(AltacError) as raised:
        train(other if change == "data" else data, how, 4 if change == "seed" else 3, tmp_path)
    assert raised.value.problems[0].code == "other-run"


@pytest.mark.parametrize("name", ["result.json", "metrics.jsonl", "altac.json"])
def test_a_folder_with_something_else_is_left_alone(name: str, data: Vectors, tmp_path: Path) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(AltacError) as raised:
        train(data, SMALL, 3, tmp_path)
    assert raised.value.problems[0].code == "cannot-write"
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(name, "mine")]


def test_divergence_keeps_the_last_sound_state(data: Vectors, tmp_path: Path) -> None:
    wild = replace(SMALL, optimizer="adafactor", learning_rate=1e30, decay=False)
    with pytest.raises(AltacError) as raised:
        train(data, wild, 0, tmp_path)
    assert raised.value.problems[0].code == "diverged"
    assert not (tmp_path / "checkpoint.safetensors").exists()


def test_a_full_disk_loses_nothing(data: Vectors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train(data, SMALL, 3, tmp_path, stop_after=20)
    before = (tmp_path / "checkpoint.safetensors").read_bytes()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(AltacError) as raised:
            train(data, SMALL, 3, tmp_path)
    assert raised.value.problems[0].code == "cannot-write"
    assert (tmp_path / "checkpoint.safetensors").read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["checkpoint.safetensors", "metrics.jsonl"]
    assert same(train(data, SMALL, 3, tmp_path), train(data, SMALL, seed=3))


def test_a_trained_parity_generalises_and_an_untrained_one_does_not(data: Vectors) -> None:
    program, inputs = parity(60, 24)
    trained = train(data, replace(PRESETS["quick"], hidden=(64, 64), steps=1500, every=1500))
    assert trained.metrics[-1].exact == 1
    found = compare(trained_runner(program, trained.parameters), program, inputs)
    assert found.accuracy == 1
    assert found.lengths == tuple(map(len, inputs))
    lost = train(data, replace(SMALL, steps=1))
    assert compare(trained_runner(program, lost.parameters), program, inputs).accuracy < 0.5


def test_buckets_of_a_mean_are_compiled() -> None:
    program = altac.load(STEPS, {"MAX": "6"})
    inputs = [program.encode(["START", *map(int, f"{n:06b}")]) for n in range(64)]
    pairs, _ = collect_pairs(program.ir, inputs)
    trained = train(vectors(pairs), replace(PRESETS["quick"], hidden=(128,), steps=1500, every=1500))
    assert compare(trained_runner(program.ir, trained.parameters), program.ir, inputs).accuracy == 1
    how = replace(PRESETS["quick"], hidden=(128,), steps=1500, every=1500, outputs="assigned")
    trained = train(vectors(pairs, "assigned"), how)
    runner = trained_runner(program.ir, trained.parameters, "assigned")
    assert compare(runner, program.ir, inputs, "last").accuracy == 1


def test_hyperparameters_from_files(tmp_path: Path) -> None:
    path = tmp_path / "h.toml"
    path.write_text('hidden = [8, 9]\nlearning_rate = 1\noptimizer = "adafactor"\ndecay = false\n')
    found = read_hyperparameters(str(path), PRESETS["paper"])
    assert found == replace(PRESETS["paper"], hidden=(8, 9), learning_rate=1, optimizer="adafactor")
    (tmp_path / "h.json").write_text(json.dumps(found.json()))
    assert read_hyperparameters(str(tmp_path / "h.json"), PRESETS["quick"]) == found


@pytest.mark.parametrize(
    "text",
    [
        "hiden = [3]", "hidden = 3", "hidden = []", "hidden = [0]", "hidden = [true]", "batch = 0", "steps = 1.5",
        "steps = true", "learning_rate = 0", "learning_rate = inf", "noise = -1", "noise = nan", 'optimizer = "sgd"',
        'outputs = "some"', "decay = 1", "every = 0",
    ],
)  # fmt: skip
def test_bad_hyperparameters(text: str, tmp_path: Path) -> None:
    path = tmp_path / "h.toml"
    path.write_text(text)
    with pytest.raises(AltacError) as raised:
        read_hyperparameters(str(path), PRESETS["quick"])
    assert raised.value.problems[0].code == "bad-hyperparameter"
    assert raised.value.problems[0].render_help()


@pytest.mark.parametrize(("name", "text"), [("h.toml", "steps ="), ("h.json", "[1]"), ("h.json", "{"), ("no", None)])
def test_unreadable_hyperparameters(name: str, text: str | None, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(AltacError) as raised:
        read_hyperparameters(str(tmp_path / name), PRESETS["quick"])
    assert raised.value.problems[0].code == "unreadable-hyperparameters"


def invoke(*args: str) -> Any:
    return CliRunner(env={"NO_COLOR": "1"}).invoke(main, ["train", *args], catch_exceptions=False)


def test_the_command(tmp_path: Path) -> None:
    inputs, tests, how = tmp_path / "x.jsonl", tmp_path / "t.jsonl", tmp_path / "h.toml"
    inputs.write_text('["START", 1, 1]\n["START", 0, 1, 1]\n["START", 1]\n')
    tests.write_text('["START", 1, 0, 0, 1]\n')
    how.write_text("steps = 40\nevery = 20\nhidden = [16]\n")
    args = [str(PARITY), "--inputs", str(inputs), "--test", str(tests), "--hyperparameters", str(how)]
    result = invoke(*args, "-o", str(tmp_path / "run"), "--json")
    assert result.exit_code == 0
    got = json.loads(result.stdout)
    assert json.loads((tmp_path / "run" / "result.json").read_text()) == got
    assert set(got["accuracy"]) == {str(inputs), str(tests)}
    assert (got["inputs"], got["hyperparameters"]["steps"]) == (3, 40)
    shown = invoke(*args)
    assert shown.exit_code == 0
    assert "3 inputs, 40 steps" in shown.stdout


def test_data_that_cannot_be_trained_on(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('["START"]\n')
    result = invoke(str(PARITY), "--inputs", str(path))
    assert result.exit_code == 1
    assert "[not-trainable]" in result.stderr
    path.write_text('["START", 1]\n["START", 7]\n')
    result = invoke(str(PARITY), "--inputs", str(path))
    assert result.exit_code == 1
    assert "x.jsonl:2" in result.stderr


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("batch = 100000000000", "`batch` cannot be 100000000000"),
        ("hidden = [1000000000, 1000000000]", "`hidden` cannot be [1000000000, 1000000000]"),
    ],
)
def test_what_does_not_fit_into_memory_is_refused_by_name(text: str, named: str, data: Vectors, tmp_path: Path) -> None:
    path = tmp_path / "h.toml"
    path.write_text(text)
    with pytest.raises(AltacError, match=re.escape(named)) as raised:
        train(data, read_hyperparameters(path, PRESETS["quick"]), directory=tmp_path / "run")
    assert re.search(
        r"at least [\d,.]+ TB of memory, and there are [\d,.]+ (GB|TB)", raised.value.problems[0].render_help()
    )
    assert not (tmp_path / "run").exists()


def test_the_memory_of_the_presets_is_counted() -> None:
    quick = PRESETS["quick"]
    assert of_parameters(quick, 10, 5) == 4 * 4 * (10 * 256 + 256 + 256 * 256 + 256 + 256 * 5 + 5)
    assert of_batch(quick, 10, 5) == 4 * 256 * (20 + 512 + 5)
    check_memory(quick, 1000, 1000)
    assert 1 << 28 < available() < 1 << 62


@pytest.mark.parametrize(
    "text",
    [
        f"steps = {2**31}", "every = 100000000000000000000", f"hidden = [{'8,' * 65}]", f"learning_rate = 1{'0' * 400}",
        f"noise = 1{'0' * 400}", f"batch = 0x{'f' * 5000}", f"hidden.{'a.' * 3000}a = 1", f"hidden = [-1{'0' * 4000}]",
    ],
)  # fmt: skip
def test_numbers_that_are_too_large_are_refused_briefly(text: str, data: Vectors, tmp_path: Path) -> None:
    path = tmp_path / "h.toml"
    path.write_text(text)
    with pytest.raises(AltacError) as raised:
        train(data, read_hyperparameters(path, PRESETS["quick"]))
    assert raised.value.problems[0].code == "bad-hyperparameter"
    assert len(str(raised.value)) < 300


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("h.toml", "a = " + "[" * 30_000, "nested too deeply"),
        ("h.toml", "a = " + "{a=" * 15_000, "nested too deeply"),
        ("h.json", "[" * 60_000, "nested too deeply"),
        ("h.toml", "steps = " + "1" * 10_000, "thousands of digits"),
        ("h.json", '{"steps": ' + "1" * 10_000 + "}", "thousands of digits"),
        ("h.toml", "#" * 65_537, "longer than 65,536 bytes"),
        ("h.toml", "a = " + "[" * 100_000, "longer than 65,536 bytes"),
        ("h.toml", "# \udcff", "not UTF-8: it has the byte 0xFF"),
    ],
)
def test_hostile_hyperparameters(name: str, text: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(AltacError, match=reason) as raised:
        read_hyperparameters(path, PRESETS["quick"])
    assert "ecursion" not in str(raised.value) and "sys." not in str(raised.value)


def test_endless_hyperparameters(tmp_path: Path) -> None:
    for path in filter(os.path.exists, ("/dev/zero", str(tmp_path))):
        with pytest.raises(AltacError) as raised:
            read_hyperparameters(path, PRESETS["quick"])
        assert raised.value.problems[0].code == "unreadable-hyperparameters"


@pytest.mark.parametrize(
    ("metrics", "change"),
    [
        ("[" * 100_000, None), ("", None), ('{"step": "x", "loss": 0, "exact": 0, "seconds": 0}', None), (None, None),
        ('{"step": 1, "loss": 0, "exact": 0, "seconds": 0}', np.zeros(3, np.float32)),
    ],
)  # fmt: skip
def test_hostile_checkpoints(metrics: str | None, change: Any, data: Vectors, tmp_path: Path) -> None:
    how = Hyperparameters(hidden=(4,), steps=2, every=1)
    train(data, how, directory=tmp_path, stop_after=1)
    path = tmp_path / "checkpoint.safetensors"
    with safe_open(path, framework="numpy") as file:
        known = file.metadata()
    known.pop("metrics")
    tensors = load_file(path)
    if change is not None:
        tensors["0000"] = change
    if metrics is not None:
        known["metrics"] = metrics
    save_file(tensors, path, known)
    with pytest.raises(AltacError) as raised:
        train(data, how, directory=tmp_path)
    assert [p.code for p in raised.value.problems] == ["other-run"]


def test_a_checkpoint_that_is_a_pipe_is_not_waited_for(data: Vectors, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "checkpoint.safetensors")
    with pytest.raises(AltacError, match="another format"):
        train(data, Hyperparameters(hidden=(4,), steps=2), directory=tmp_path)
