"""Rule 110 from two inputs, as docs/learnability.md tells it: the minimal version is right everywhere, and yet the inputs leave
open what to do."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

import altac
from altac.analysis.hyperparameters import Hyperparameters
from altac.analysis.traces import collect_pairs
from altac.analysis.trained import trained_runner
from altac.analysis.training import train
from altac.analysis.vectors import vectors
from altac.source import Source

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "learnability.md").read_text(encoding="utf-8")
TEXT = PAGE.split("```alta file=rule110.alta\n", 1)[1].split("```", 1)[0]
SEEN = ["0 1 1 1", "1 0 1"]


def program() -> altac.api.Program:
    found, problems = altac.check_source(Source("rule110.alta", TEXT))
    assert found is not None and not problems
    return found


def longer() -> list[str]:
    """200 different inputs of 12 to 30 cells."""
    rng = random.Random(0)
    found: set[str] = set()
    while len(found) < 200:
        found.add(" ".join(str(rng.randrange(2)) for _ in range(rng.randint(12, 30))))
    return sorted(found)


def test_rules_of_minimal_versions() -> None:
    original = program()
    expected = [run.output for run in original.run(longer())]
    right = []
    for conjuncts in (False, True):
        text = original.minimal(SEEN, conjuncts=conjuncts).text
        smaller, _ = altac.check_source(Source("smaller.alta", text))
        assert smaller is not None
        assert [run.output for run in smaller.run(SEEN)] == [run.output for run in original.run(SEEN)]
        right.append(sum(run.output == wanted for run, wanted in zip(smaller.run(longer()), expected)))
    assert right == [200, 5]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_a_trained_mlp_does_what_the_bare_rules_do(seed: int) -> None:
    original = program()
    seen, tests = ([original.encode(text) for text in texts] for texts in (SEEN, longer()))
    pairs, failed = collect_pairs(original.ir, seen)
    how = Hyperparameters(every=4_000)
    trained = train(vectors(pairs, how.outputs), how, seed)
    runner = trained_runner(original.ir, trained.parameters, how.outputs)
    right = [
        sum(a.output == b.output for a, b in zip(runner.run(some, 1), original.results(some, "interpreter", None)))
        for some in (seen, tests)
    ]
    assert not failed and right[0] == len(SEEN) and right[1] <= 10
