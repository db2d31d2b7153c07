"""What is displayed in notebooks is well formed and tells what is the case."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import altac
from altac.source import Source
from altac.trace import html as trace_display
from altac.trace import layers
from tests.examples.programs import PROGRAMS

EXAMPLES = Path(__file__).parents[2] / "examples"
PARITY = str(EXAMPLES / "parity" / "sequential_relative.alta")
MEANS = str(EXAMPLES / "parity" / "sum_modulo.alta")
ODD = """\
program odd
tokens "<b>", "&", "\\"q\\""
var here: Token = token
var sets: set of 0..1 in [{}, {1}] = {}
mlp { if here == "&" { here <- "<b>" } }
output here
layers 1
test ["&"] => ["<b>"]
"""


class Reader(HTMLParser):
    """The tables of a page, as rows of (text, classes); everything that is opened must be closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tables: list[list[list[tuple[str, str]]]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in ("script", "link", "img", "iframe", "b")
        assert not {"src", "href", "onclick"} & {name for name, _ in attrs}
        self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append(("", dict(attrs).get("class") or ""))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" in self.open:
            return
        self.text += data
        if self.open and self.open[-1] in ("td", "th"):
            before, kind = self.tables[-1][-1].pop()
            self.tables[-1][-1].append((before + data, kind))


def read(thing: Any) -> Reader:
    return Reader(thing._repr_html_())


@pytest.mark.parametrize("name", PROGRAMS)
def test_everything_of_every_example_can_be_shown(name: str) -> None:
    program = altac.load(EXAMPLES / name)
    lines = (EXAMPLES / name).read_text().splitlines()
    assert all(line in read(program).text for line in lines if line)
    runs = program.run([test.input for test in program.ir.tests])
    assert len(read(runs).tables[0]) == len(runs) + 1
    assert all(read(run).tables for run in runs)
    assert read(program.trace(program.ir.tests[0].input)).tables


def test_source_is_escaped() -> None:
    program, problems = altac.check_source(Source("odd.alta", ODD))
    assert program is not None, problems
    assert 'tokens "<b>", "&", "\\"q\\""' in read(program).text
    assert "<b>" in read(program.run([["&"]])[0]).text
    assert "<b>" in read(program.trace(["&"])).text
    assert "'<b>'" in repr(program.run([["&"]])) and "odd: 2 variables, 0 heads, 1 test" in repr(program)
    model = program.compile()
    assert 'here = "<b>"' in read(model.weights["embedding.token"]).text
    read(program.rules())


def test_a_trace_is_shown_value_by_value() -> None:
    trace = altac.load(PARITY).trace(["START", 1, 0, 1])
    found = read(trace)
    steps = list(layers(trace))
    assert len(found.tables) == len(steps) == 4
    before: Any = None
    for step, rows in zip(steps, found.tables, strict=True):
        assert [text for text, _ in rows[0]] == ["position", "0", "1", "2", "3"]
        assert [text for text, _ in rows[1]] == ["token", "START", "1", "0", "1"]
        assert step.written is not None
        for (name, _), *cells in rows[2:]:
            shown = step.written if name in trace.program.variable_names else step.read
            assert [text for text, _ in cells] == [trace.text(shown, name, i) for i in range(4)]
            if name in trace.program.variable_names:
                old = before.values[name] if before else shown.values[name]
                changed = [a != b for a, b in zip(old, shown.values[name], strict=True)]
                assert ["changed" in kind for _, kind in cells] == changed
        before = step.written
    assert "3 layers, halted" in found.text
    assert str(trace).startswith("at the start\n")


def test_a_trace_that_fails_says_why() -> None:
    program, _ = altac.check_source(Source("f.alta", "program f\ntokens 0..3\nvar x: 0..3 = token\n"
                                           "mlp { x <- x - 1 }\noutput x\nlayers 3\n"))  # fmt: skip
    assert program is not None
    found = read(program.trace([1]))
    assert len(found.tables) == 3
    assert "error[update-out-of-range]: `x` would become -1" in found.text
    run = program.run([[1]])[0]
    assert "error[update-out-of-range]" in read(run).text
    assert "would become -1" in read(program.run([[1], [3]])).text


def test_long_traces_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace_display, "MOST_CELLS", 40)
    found = read(altac.load(PARITY).trace(["START", 1, 0, 1]))
    assert len(found.tables) == 2
    assert "The layers from 2 on are left out" in found.text


def test_rules_are_shown_as_they_are() -> None:
    rules = altac.load(PARITY).rules()
    found = read(rules)
    assert [[text for text, _ in row] for row in found.tables[1]] == [
        ["old", "new", "if"], ["false", "true", "done_left = true"],
    ]  # fmt: skip
    assert "sequential_relative: 7 rules" in found.text and "4 resets" in found.text
    assert str(rules).splitlines()[-1] == "7 rules in all: 3 updates, 4 resets"


@pytest.mark.parametrize("path", [PARITY, MEANS])
def test_models_tell_their_sizes_and_certificate(path: str) -> None:
    model = altac.load(path).compile()
    assert all(line in read(model).text for line in model.certificate.statement().splitlines())
    rows = {row[0][0]: row[1][0] for row in read(model).tables[0]}
    assert rows["hidden units"] == f"{model.built.mlp_width:,}"
    assert rows["parameters"] == f"{sum(np.size(w) for w in model.weights.values()):,}"
    assert model.sizes["rules"] == len(altac.load(path).rules())


@pytest.mark.parametrize("name", ["parity/sequential_relative.alta", "parity/sum_modulo.alta", "subleq.alta"])
def test_weights_carry_the_names_of_their_rows_and_columns(name: str) -> None:
    model = altac.load(EXAMPLES / name).compile()
    assert set(model.weights) == set(model.built.weights)
    for weight in model.weights.values():
        assert tuple(map(len, weight.labels)) == weight.shape
        assert np.asarray(weight) is weight.array
        for table in read(weight).tables:
            for row in table[1:]:
                assert len(row) == len(table[0])
    assert len(read(model.weights).tables[0]) == len(model.weights) + 1


def test_a_heat_table_has_the_numbers_in_their_places() -> None:
    weight = altac.load(PARITY).compile().weights["mlp.down"]
    (table,) = read(weight).tables
    columns = [text for text, _ in table[0]][1:]
    for row in table[1:]:
        units = [i for i, label in enumerate(weight.labels[0]) if label == row[0][0]]
        shown = {c: float(text) for c, (text, _) in zip(columns, row[1:], strict=True) if text}
        assert shown in [
            {label: float(w) for label, w in zip(weight.labels[1], weight.array[unit], strict=True) if w}
            for unit in units
        ]
    assert "7 of 7 rows" in read(weight).text


def test_no_display_needs_ipython() -> None:
    code = (
        "import sys, altac\n"
        f"p = altac.load({PARITY!r})\n"
        "m = p.compile()\n"
        "for x in (p, p.rules(), p.trace('START 1'), p.run(['START 1']), m, m.weights): assert x._repr_html_()\n"
        "assert not {'IPython', 'jax', 'altac.jupyter'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not re.search("IPython", done.stderr)
