"""The Python API, where the command line and the documentation do not show it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import altac

EXAMPLES = Path(__file__).parents[1] / "examples"
PARITY = EXAMPLES / "parity" / "sequential_relative.alta"


def test_a_text_alone_is_one_input() -> None:
    program = altac.load(EXAMPLES / "addition.alta")
    assert [run.text for run in program.run("s12+34e")] == ["046"]
    assert [run.text for run in program.compile().run("s12+34e")] == ["046"]
    assert program.run([]) == [] and program.run("") == program.run([""])


@pytest.mark.parametrize(
    ("given", "code"),
    [(7, "bad-input"), (None, "bad-input"), ([[1]], "unknown-token"), ([2.5], "unknown-token"), ([7], "unknown-token")],
)
def test_inputs_that_are_none(given: object, code: str) -> None:
    program = altac.load(PARITY)
    for work in (program.encode, program.trace, lambda item: program.run([item])):
        with pytest.raises(altac.AltacError) as raised:
            work(given)  # type: ignore[arg-type]
        assert [p.code for p in raised.value.problems] == [code]


def test_inputs_may_be_any_sequence() -> None:
    program = altac.load(PARITY)
    expected = program.encode(["START", 1, 0])
    assert program.encode(("START", 1, 0)) == expected
    assert program.encode(iter(["START", 1, 0])) == expected  # type: ignore[arg-type]


def test_a_trace_ends_as_the_run_does() -> None:
    program = altac.load(PARITY)
    for limit in (None, 0, 1, 5):
        (run,) = program.run(["START 1 0 1"], max_layers=limit)
        trace = program.trace("START 1 0 1", max_layers=limit)
        assert program.decode(trace.result) == run
        last = trace.snapshots[-1]
        assert [bool(code) for code in last.values["parity"]] == run.output


def test_sizes_are_those_of_the_model() -> None:
    for level in (0, 1, 2):
        model = altac.load(EXAMPLES / "addition.alta").compile(level)
        assert model.sizes["parameters"] == sum(np.size(w.array) for w in model.weights.values())
        assert model.sizes["mlp_width"] == model.weights["mlp.up"].shape[1]
        assert model.sizes["residual_width"] == model.weights["mlp.down"].shape[1]
        assert model.proof == "exhaustive"


def test_rules_that_are_too_many_are_not_counted() -> None:
    from altac.diagnostics.example import example_of
    from altac.source import Source

    example = example_of("too-many-rules")
    assert example is not None and (block := example.program("wrong")) is not None
    program, _ = altac.check_source(Source("p.alta", block.whole))
    assert program is not None
    model = program.compile(allow_sampled=True)
    assert model.sizes["rules"] is None and model.proof == "sampled"
    assert "too many" in model._repr_html_()


def test_wrong_values_are_refused_with_the_choices() -> None:
    program: Any = altac.load(PARITY)
    with pytest.raises(ValueError, match="'interpreter' or 'transformer'"):
        program.run([["START"]], engine="gpu")
    for level in (5, -3, True, "2", 2.0, np.int64(2)):
        with pytest.raises(ValueError, match="0, 1, 2"):
            program.compile(level)
    with pytest.raises(TypeError, match="not 12"):
        program.run(12)
    wrong: list[tuple[Any, str]] = [
        (lambda: program.trace_to("t.jsonl", [], engine="gpu"), "'local' or 'dask'"),
        (lambda: program.train([], preset="slow"), "'quick' or 'paper'"),
        (lambda: program.train([], answer="first"), "'all' or 'last'"),
        (lambda: program.train([], seed=-1), "from 0 to 4,294,967,295"),
        (lambda: program.view(["START"], level=3), "0, 1, 2"),
        (lambda: program.view("page.html", "START"), "must end in .html"),
        (lambda: program.verify(exhaustive=-1), "from 0 to 1,000,000"),
        (lambda: program.verify(samples=10**9), "from 0 to 1,000,000"),
    ]
    for call, message in wrong:
        with pytest.raises(ValueError, match=message):
            call()
    for number in ("nan", "inf"):
        with pytest.raises(altac.AltacError, match="DONE"):
            altac.load(PARITY, {"DONE": float(number)})
    with pytest.raises(altac.AltacError) as raised:
        program.run(["\ud800"])
    assert str(raised.value).encode()
    typed: list[tuple[Any, str]] = [
        (lambda: altac.load(PARITY, {5: 3}), "params are values by name"),  # type: ignore[dict-item]
        *((lambda n=n: program.run([["START"]], max_layers=n), "max_layers is an integer") for n in (1.5, True, "3")),
        (lambda: program.run([["START"]], engine="transformer", max_layers=1.5), "max_layers is an integer, not 1.5"),
        (lambda: program.run([["START"]], max_layers=1.5), "max_layers is an integer, not 1.5"),
        (lambda: program.trace(["START"], max_layers=2.0), "max_layers is an integer"),
        (lambda: program.run([["START"]], checked="x"), "checked is True or False, not 'x'"),
        (lambda: program.run([["START"]], skip_failing=1), "skip_failing is True or False"),
        (lambda: program.run({("START", 1)}), "a list of inputs"),
        (lambda: program.compile(allow_sampled="no"), "allow_sampled is True or False"),
        *((lambda n=n: program.compile(max_length=n), "max_length is an integer") for n in (2.5, True, "9")),
        *((lambda s=s: program.verify(seed=s), "seed is an integer") for s in ("a", 1.5, None)),
        (lambda: program.verify(samples=1.5), "samples is an integer"),
        (lambda: program.train([["START"]], seed="a"), "a seed is an integer"),
        (lambda: program.train([["START"]], tests=12), "tests are a list"),
        (lambda: program.theorem([["START"]], alpha=0.5), "alpha is a Fraction"),
        *((lambda p=p: altac.load(p), "expected str") for p in (0, None, 1.5)),
        (lambda: altac.check(0), "expected str"),  # type: ignore[arg-type]
        (lambda: altac.load(PARITY, ["MAX"]), "params are values by name"),  # type: ignore[arg-type]
    ]
    for call, message in typed:
        with pytest.raises(TypeError, match=message):
            call()
    for unordered in ({"START", 1}, {"START": 1}, b"START"):
        with pytest.raises(altac.AltacError, match="an input is text or an array"):
            program.encode(unordered)
    with pytest.raises(TypeError, match="Source"):
        altac.check_source("program p")  # type: ignore[arg-type]


def test_the_package_shows_what_it_has() -> None:
    assert set(dir(altac)) >= {
        "load",
        "check",
        "check_source",
        "grammar",
        "load_model",
        "Program",
        "Model",
        "AltacError",
    }
    assert all(getattr(altac, name) is not None for name in dir(altac))


def test_programs_do_what_the_commands_do() -> None:
    assert set(dir(altac.Program)) >= {
        "run",
        "trace",
        "trace_to",
        "view",
        "train",
        "verify",
        "minimal",
        "theorem",
        "test",
    }
    assert set(dir(altac.Model)) >= {"run", "save", "verify"}


def test_a_page_is_written_and_a_model_is_read_back(tmp_path: Path) -> None:
    program = altac.load(PARITY)
    page = tmp_path / "run.html"
    found = program.view("START 1 1", page)
    assert found.trace.result.error is None
    assert page.read_text().startswith("<!doctype html>") or "<html" in page.read_text()
    program.compile().save(tmp_path / "model", "numpy")
    model = altac.load_model(tmp_path / "model")
    report = model.verify(inputs=[["START", 1]], exhaustive=10, samples=2)
    assert report.agrees and report.given == 1 and report.json()["agrees"] and report.json()["units"] is None
    whole = program.verify(target="numpy", exhaustive=10, samples=2)
    assert whole.agrees and whole.json()["units"]["mismatches"] == 0
