"""Diagnostics that need the Python API, many files or a slow run."""

from __future__ import annotations

from pathlib import Path

import pytest

import altac
from altac.diagnostics import AltacError
from altac.interpreter import run
from altac.interpreter.codec import read_input
from altac.ir import Arithmetic, Assign, Causal, Const, IntDomain, MlpCode, Program, Read
from altac.source import Source
from altac.units import units
from altac.writing import write_whole
from tests import programs
from tests.models import build


def code(raised: pytest.ExceptionInfo[AltacError]) -> str:
    return raised.value.problems[0].code


def test_layers_cannot_be_negative() -> None:
    with pytest.raises(AltacError) as raised:
        run(programs.parity_relative(), [(0,)], -1)
    assert code(raised) == "negative-layers"


def test_token_indices_are_checked() -> None:
    for tokens in ((99,), (-1,)):
        (result,) = run(programs.parity_relative(), [tokens])
        assert result.error is not None
        assert result.error.code == "token-index-range"


def test_inputs_are_checked() -> None:
    with pytest.raises(AltacError) as raised:
        read_input(programs.parity_relative(), 7)
    assert code(raised) == "bad-input"
    with pytest.raises(AltacError) as raised:
        read_input(programs.parity_relative(), "[1, 2")
    assert code(raised) == "bad-json-input"


def test_the_safety_limit_is_reported() -> None:
    count = programs.const(IntDomain(0, 999), "count", 0)
    body = (Assign("count", Arithmetic("%", Arithmetic("+", Read("count"), Const(1)), Const(1000))),)
    program = Program("p", programs.tokens("a"), (count,), (), MlpCode(body), "count", halt=programs.equal("count", -1))
    (result,) = run(program, [(0,)], limit=50)
    assert result.error is not None
    assert result.error.code == "layer-limit"


def test_generation_needs_tokens() -> None:
    value = programs.const(IntDomain(0, 9), "value", 7)
    program = Program("p", IntDomain(0, 3), (value,), (), MlpCode(()), "value", max_layers=1, causal=Causal(None, 5))
    (result,) = run(program, [(0,)])
    assert result.error is not None
    assert result.error.code == "generated-no-token"


def test_sums_that_could_lose_precision_are_refused() -> None:
    program = programs.parity_relative()
    found = units(program, 0)
    found.layer.bias[0] = -(1 << 25)
    with pytest.raises(AltacError) as raised:
        build(program, found)
    assert code(raised) == "unit-not-exact"


def test_long_chains_of_constants_end() -> None:
    text = "program p\n" + "".join(f"const A{i} = A{i + 1} + 1\n" for i in range(900)) + "const A900 = 1\n"
    _, problems = altac.check_source(Source("chain.alta", text))
    assert problems[0].code == "too-complex"


def test_unknown_number_formats_are_refused() -> None:
    program = programs.parity_relative()
    with pytest.raises(AltacError) as raised:
        build(program, units(program, 0), dtype="float8")
    assert code(raised) == "unknown-dtype"


def test_files_are_written_whole_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(AltacError) as raised:
        write_whole(str(tmp_path / "no" / "such" / "folder.alta"), "text")
    assert code(raised) == "cannot-write"
    target = tmp_path / "x.alta"
    write_whole(str(target), "text")
    assert [p.name for p in tmp_path.iterdir()] == ["x.alta"]


def test_import_chains_end(tmp_path: Path) -> None:
    for i in range(60):
        (tmp_path / f"m{i}.alta").write_text(f'import "m{i + 1}.alta" as next\n')
    (tmp_path / "m60.alta").write_text("const N = 1\n")
    _, problems = altac.check(tmp_path / "m0.alta")
    assert problems[0].code == "imports-too-deep"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n\n",
        "program p",
        "program p\nconst X = 10 * 10\nconst Y = [X for a in 0..100000000]\n",
        "program p\nconst X = 0..10000000000\nconst Y = [a for a in X]\n",
        "program p\nfn f(n) = f(f(n))\nconst X = f(1)\n",
        "program p\ncomponent A() { use b = B() }\ncomponent B() { use a = A() }\nuse a = A()\n",
        "program p\ntokens 0..100000000\n",
        "program p\nenum E { " + ", ".join(f"m{i}" for i in range(5000)) + " }\n",
        "program p\nconst X = " + " * ".join(["99999999999999999999"] * 150) + "\n",
        "mlp { " + "if x { " * 60 + "}" * 60 + " }",
    ],
)
def test_nothing_ends_in_an_exception(text: str) -> None:
    program, problems = altac.check_source(Source("text.alta", text))
    assert program is None
    assert problems or not text.strip()
