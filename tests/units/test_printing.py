"""Diagrams and units as text: recorded per example and pass, and what a unit is said to do is what it does."""

from __future__ import annotations

import random
import re
from pathlib import Path

import numpy as np
import pytest

import altac
from altac.compile import Compiled, compile_program
from altac.ir import BoolDomain, IntDomain
from altac.transformer.printing import layout_lines
from altac.units.layers import hidden
from altac.units.optimise import diagrams
from altac.units.printing import diagram_lines, reachable_lines, unit_lines
from tests.random_programs import Options, random_program

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden"

#: Example -> parameters that keep its passes short enough to read.
EXAMPLES: dict[str, dict[str, int]] = {
    "parity/sequential_absolute": {"SIZE": 4},
    "parity/sequential_relative": {},
    "parity/sum_modulo": {},
    "parity/sum_modulo_count": {},
    "addition": {},
    "subleq": {"LOW": -2, "HIGH": 16},
    "sort_unique": {},
    "scan/parser": {},
}


def compiled(name: str, level: int) -> Compiled:
    path = ROOT / "examples" / f"{name}.alta"
    declared = set(re.findall(r"^param (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE))
    params = {key: value for key, value in EXAMPLES[name].items() if key in declared}
    return compile_program(altac.load(path, params).ir, level)


def passes(name: str, level: int) -> str:
    found = compiled(name, level)
    program = found.program
    lines = ["# reachable", *reachable_lines(program, found.reachable), "# diagrams"]
    for target, root in diagrams(program, level, found.reachable):
        assert root is not None
        lines += diagram_lines(program, target, root)
    lines += ["# units", *unit_lines(program, found.units), "# layout", *layout_lines(found.layout)]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(("name", "level"), [(n, k) for n in EXAMPLES for k in (1, 2) if (n, k) != ("subleq", 1)])
def test_passes_are_as_recorded(name: str, level: int, request: pytest.FixtureRequest) -> None:
    expected = GOLDEN / f"{name.replace('/', '-')}-O{level}.txt"
    text = passes(name, level)
    if request.config.getoption("--update-golden"):
        expected.parent.mkdir(exist_ok=True)
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")


def holds(condition: str, values: dict[str, object]) -> bool:
    """Evaluate a printed condition by Python, whose syntax it nearly has."""
    text = re.sub(r"(-?\d+)\.\.(-?\d+)", r"range(\1, \2 + 1)", condition)
    text = re.sub(r"(?<!\w)(\d+) (?=\[|(?!and\b|or\b|in\b|not\b)[a-z])", r"\1 * ", text)
    text = re.sub(r"\[([^\]]*)\]", r"int(\1)", text)
    return bool(eval(text, {"always": True, "never": False, "true": True, "false": False, "range": range}, values))


def numbers_only(seed: int) -> bool:
    """Whether all values of a random program are numbers and truth values, which Python can compare."""
    program = random_program(random.Random(seed), Options(causal=False))
    return all(isinstance(s.domain, IntDomain | BoolDomain) for s in program.slots)


@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize("seed", [*filter(numbers_only, range(300))][:20])
def test_a_condition_holds_where_the_unit_is_on(seed: int, level: int) -> None:
    program = random_program(random.Random(seed), Options(causal=False))
    found = compile_program(program, level, allow_sampled=True)
    lines = [line for line in unit_lines(found.program, found.units) if not line.startswith("reset ")]
    rng, index = random.Random(seed), found.units.features
    resets = {h.name for h in found.program.heads}
    own = [
        unit for unit in range(found.units.width)
        if not (set(_slots(found, unit)) <= resets and found.units.layer.bias[unit] == 0)
    ]  # fmt: skip
    assert len(own) == len(lines)
    for _ in range(60):
        state = {
            s.name: rng.randrange(s.domain.low, s.domain.low + s.domain.size) for s in found.program.slots
        }  # fmt: skip
        features = np.zeros((1, index.count))
        features[0, [index(name, code) for name, code in state.items()]] = 1
        on = hidden(found.units, features)[0] == 1
        values: dict[str, object] = dict(state)
        for unit, line in zip(own, lines, strict=True):
            assert holds(line.split(":")[0], values) == on[unit], (line, state)


def _slots(found: Compiled, unit: int) -> list[str]:
    """What a unit changes."""
    w2, index = found.units.w2, found.units.features
    rows = w2.rows[w2.cols == unit]
    return [name for name, at in index.offset.items() for row in rows if at <= row < at + index.size[name]]
