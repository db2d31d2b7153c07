"""What is put into the page is what happened."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from altac.api import check_source
from altac.cli import main
from altac.diagnostics.problem import AltacError
from altac.highlight import AltacLexer
from altac.ir import Head
from altac.limits import Limits
from altac.rules.expand import expand
from altac.source import Source
from altac.trace import collect, layers
from altac.trace.fired import Fired
from altac.units import units
from altac.view import data as limits
from altac.view import page, view_data
from altac.view.listing import listing
from tests.random_programs import random_program
from tests.view.runs import ALL, FAILING, ROOT, program, shown, traced

PARITY = str(ROOT / "examples" / "parity" / "sequential_relative.alta")


def states(data: dict[str, Any]) -> list[list[list[int]]]:
    """The cells of every slot after every frame, decoded as the page does."""
    found = []
    state: list[list[int]] = []
    for number, frame in enumerate(data["frames"]):
        if number == data["runs"][frame["r"]]["first"]:
            state = [[-1] * len(data["runs"][frame["r"]]["tokens"]) for _ in data["slots"]]
        state = [row.copy() for row in state]
        for slot, change in frame["d"]:
            if isinstance(change, int):
                state[slot] = [change] * len(state[slot])
            else:
                for position, cell in zip(change[::2], change[1::2], strict=True):
                    state[slot][position] = cell
        found.append(state)
    return found


@pytest.mark.parametrize("name", ALL)
def test_frames_hold_every_state(name: str) -> None:
    found, trace, _, view = shown(name)
    data = view.data
    steps = list(layers(trace))
    assert len(steps) == len(data["frames"])
    for step, state in zip(steps, states(data), strict=True):
        for number, slot in enumerate(found.ir.slots):
            if isinstance(slot, Head):
                snapshot = step.read
                expected = [-1] * len(snapshot.tokens) if step.layer == 0 else list(snapshot.values[slot.name])
            else:
                snapshot = step.written or step.read
                expected = list(snapshot.values[slot.name])
            texts = ["-" if step.layer == 0 and isinstance(slot, Head) else trace.text(snapshot, slot.name, i)
                     for i in range(len(snapshot.tokens))]  # fmt: skip
            cells = data["slots"][number]["cells"]
            assert [cells[c] if c >= 0 else [None, "-"] for c in state[number]] == [
                [None, "-"] if code in (None, -1) and text == "-" else [code, text]
                for code, text in zip(expected, texts, strict=True)
            ]


@pytest.mark.parametrize("name", ALL)
def test_the_updates_that_land_make_the_next_state(name: str) -> None:
    found, trace = traced(name)
    fired = Fired(found.ir)
    landed = 0
    for step in layers(trace):
        if step.layer == 0 or step.written is None:
            continue
        for i in range(len(step.read.tokens)):
            now = {n: values[i] for n, values in step.read.values.items()}
            updates = fired.at(now.__getitem__)
            after = {n: now[n] for n in found.ir.variable_names} | {u.target: u.value for u in updates if u.lands}
            assert after == {n: step.written.values[n][i] for n in found.ir.variable_names}
            assert all(now[slot] == code for u in updates for slot, code in u.reads)
            landed += len(updates)
    assert landed


@pytest.mark.parametrize("seed", range(12))
def test_updates_of_random_programs(seed: int) -> None:
    made = random_program(random.Random(seed))
    rng = random.Random(seed)
    tokens = tuple(rng.randrange(made.tokens.size) for _ in range(min(5, made.positions or 5)))
    trace = collect(made, tokens, 4)
    fired = Fired(made)
    for step in layers(trace):
        if step.layer and step.written is not None:
            for i in range(len(tokens)):
                now = {n: values[i] for n, values in step.read.values.items()}
                after = dict(now) | {u.target: u.value for u in fired.at(now.__getitem__) if u.lands}
                assert all(step.written.values[n][i] == after[n] for n in made.variable_names)


def test_what_an_update_read_is_a_rule_of_the_expansion() -> None:
    """In parity every read is needed, so the reads, with the old value, are the antecedents of level 0."""
    found, trace = traced("parity")
    rules = {(r.target, r.value, frozenset(r.antecedent)) for r in expand(found.ir).rules}
    fired = Fired(found.ir)
    seen = 0
    for step in layers(trace):
        for i in range(len(step.read.tokens)) if step.layer else ():
            read = {name: values[i] for name, values in step.read.values.items()}
            for update in fired.at(read.__getitem__):
                old = step.read.values[update.target][i]
                if old != update.value:
                    seen += 1
                    assert (update.target, update.value, frozenset({*update.reads, (update.target, old)})) in rules
    assert seen == 5


def test_updates_say_where_they_stand_and_what_held() -> None:
    _, trace, _, view = shown("failing")
    data = view.data
    lines = FAILING.split("\n")
    texts = set()
    for event in data["events"]:
        for update in event:
            _, line, column, last, end = data["spans"][update["s"]]
            assert line == last
            texts.add(lines[line - 1][column - 1 : end - 1])
            for span, held in update["c"]:
                _, line, column, _, end = data["spans"][span]
                assert lines[line - 1][column - 1 : end - 1] == "sum > 4" and held
    assert texts == {"sum <- sum + n"}
    assert trace.result.error is not None
    assert data["error"]["position"] == 0 and data["frames"][-1]["failed"]
    assert data["spans"][data["error"]["span"]][1] == lines.index("    sum <- sum + n") + 1


def test_an_update_that_is_overwritten_does_not_land() -> None:
    found = program(
        "program p\ntokens 0, 1\nvar v: 0..3 = 0\nmlp {\n    v <- 1\n    if v == 0 { v <- 2 }\n}\noutput v\nlayers 1"
    )
    updates = Fired(found.ir).at({"v": 0}.__getitem__)
    assert [(u.value, u.lands, [c.held for c in u.conditions]) for u in updates] == [(1, False, []), (2, True, [True])]


def test_reads_of_a_let_belong_to_what_uses_it() -> None:
    found = program(
        "program p\ntokens 0, 1\nvar a: 0..3 = 1\nvar b: 0..3 = 2\nvar c: 0..6 = 0\n"
        "mlp {\n    let total = a + b\n    c <- total\n    b <- 0\n}\noutput c\nlayers 1"
    )
    reads = {u.target: dict(u.reads) for u in Fired(found.ir).at({"a": 1, "b": 2, "c": 0}.__getitem__)}
    assert reads == {"c": {"a": 1, "b": 2}, "b": {}}


def test_a_causal_program_has_a_run_per_token() -> None:
    _, trace, _, view = shown("counting")
    assert [r["tokens"] for r in view.data["runs"]] == [["0", "1", "2", "3"][:n] for n in (1, 2, 3, 4)]
    assert [r["first"] for r in view.data["runs"]] == [0, 3, 6, 9]
    assert [(s.run, s.layer) for s in layers(trace)][:4] == [(0, 0), (0, 1), (0, 2), (1, 0)]


def test_what_is_too_much_is_left_out_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    found, trace = traced("addition")
    whole = len(list(layers(trace)))
    cut = collect(found.ir, trace.tokens, None, most=3 * len(trace.tokens) * len(found.ir.slots))
    assert not cut.whole and len(list(layers(cut))) == 3 < whole
    assert cut.result == trace.result
    monkeypatch.setattr(limits, "MOST_WEIGHTS", 10)
    monkeypatch.setattr(limits, "MOST_PLACES", 12)
    view = view_data(cut, found.source, units(found.ir, 2))
    assert [n.code for n in view.notes] == ["left-out"] * 3
    assert "after the first 2 layers" in view.data["notes"][0]
    assert "the updates after the first 1 layers" in view.data["notes"][1]
    assert "1,166 weights" in view.data["notes"][2]
    assert view.data["units"] is None
    assert ["u" in f for f in view.data["frames"]] == [False, True, False]
    assert collect(found.ir, trace.tokens, None, most=10**6).whole


def test_a_set_number_of_layers_does_not_run_for_ever_for_a_page_that_is_full() -> None:
    found, trace = traced("parity")
    still = program("program p\ntokens 0, 1\nvar v: bool = token == 1\nvar w: bool = false\nmlp { w <- v }\noutput w")
    cut = collect(still.ir, (0, 1), 10**9, most=1000)
    assert not cut.whole and cut.result.layers == 10**9


def test_units_that_cannot_be_made_are_a_note() -> None:
    found, trace = traced("parity")
    with pytest.raises(AltacError) as raised:
        units(found.ir, 0, Limits(branches=1))
    view = view_data(trace, found.source, raised.value)
    assert view.data["units"] is None
    assert view.data["notes"][0].startswith("the page leaves out the hidden units: ")


def test_units_keep_every_weight() -> None:
    _, _, hidden, view = shown("addition")
    found = view.data["units"]
    for number, unit in enumerate(found["units"]):
        weights = dict(zip(unit["in"][::2], unit["in"][1::2], strict=True))
        dense = hidden.layer.w1.dense()[number]
        assert weights == {i: w for i, w in enumerate(dense.tolist()) if w}
        assert unit["bias"] == hidden.layer.bias[number]
        out = dict(zip(unit["out"][::2], unit["out"][1::2], strict=True))
        assert out == {i: w for i, w in enumerate(hidden.w2.dense()[:, number].tolist()) if w}


@pytest.mark.parametrize("path", sorted((ROOT / "examples").rglob("*.alta")), ids=lambda p: p.stem)
def test_listings_are_the_text(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert ["".join(t for _, t in line) for line in listing(text)] == text.splitlines()
    kinds = {kind for line in listing(text) for kind, _ in line}
    assert {"k", "c"} <= kinds
    assert "".join(t for _, _, t in AltacLexer().get_tokens_unprocessed(text)) == text


def test_the_page_is_one_file_that_nothing_in_the_program_can_break() -> None:
    _, _, _, view = shown("failing")
    html = page(view.data)
    assert html.count("</script>") == 2 and html.count("<script") == 2
    assert "<!--" not in html
    assert "%%" not in html
    assert not re.search(r'(src|href)="(?!data:,)', html)
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", html)
    (text,) = re.findall(r'<script id="data" type="application/json">(.*?)</script>', html, re.DOTALL)
    assert json.loads(text) == view.data


def test_a_file_whose_name_is_not_utf8_can_be_shown(tmp_path: Path) -> None:
    path = tmp_path / "p\udcff.alta"
    path.write_text(FAILING, encoding="utf-8")
    assert altac("view", str(path), "[1]", "-o", str(tmp_path / "page.html"), "--max-layers", "1").exit_code == 0
    assert "p\\udcff.alta" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_the_python_of_the_documentation_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    (code,) = re.findall(
        r"^```python\n(.*?)^```$", (ROOT / "docs" / "viewing.md").read_text(), re.DOTALL | re.MULTILINE
    )
    names: dict[str, Any] = {}
    exec(code, names)
    assert names["html"].startswith("<!doctype html>") and b"<svg" in names["svg"]


def altac(*args: str) -> Result:
    return CliRunner(env={"NO_COLOR": "1"}).invoke(main, list(args))


def test_the_command_writes_a_page(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    result = altac("view", PARITY, "START 1 0 1", "-o", str(path), "-O0")
    assert (result.exit_code, result.stdout) == (0, f"{path}: 4 states of 4 positions\n")
    assert '"level":0' in path.read_text(encoding="utf-8")
    assert altac("view", PARITY, "START 1 0 1", "-o", str(path), "--max-layers", "1").exit_code == 0
    assert path.read_text(encoding="utf-8").count('"l":') == 2


def test_a_run_that_fails_has_a_page_and_exits_with_1(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    result = altac("view", PARITY, "1 0", "-o", str(path))
    assert result.exit_code == 1
    assert "[undefined-read]" in result.stderr
    assert '"failed":1' in path.read_text(encoding="utf-8")


def test_nothing_is_written_where_there_is_nothing_to_show(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    assert altac("view", PARITY, "START 7", "-o", str(path)).exit_code == 1
    assert altac("view", PARITY, "START 1").exit_code == 2
    assert altac("view", PARITY, "START 1", "-o", str(tmp_path / "page.alta")).exit_code == 2
    assert altac("view", PARITY, "START 1", "-o", str(path), "-O3").exit_code == 2
    assert list(tmp_path.iterdir()) == []
    result = altac("view", PARITY, "START 1", "-o", str(tmp_path / "none" / "page.html"))
    assert result.exit_code == 1 and "[cannot-write]" in result.stderr


def test_a_warning_says_what_the_page_leaves_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_WEIGHTS", 5)
    result = altac("view", PARITY, "START 1", "-o", str(tmp_path / "page.html"))
    assert result.exit_code == 0
    assert "warning[left-out]: the page leaves out the hidden units: they have 24 weights" in result.stderr


def test_what_is_not_compiled_has_no_features_on_the_page(tmp_path: Path) -> None:
    text = (
        "program p\ntokens 0, 1\nvar bit: bool = token == 1\nvar unread: 0..3 = 0\n"
        "mlp { bit <- not bit; if unread < 3 { unread <- unread + 1 } }\noutput bit\nlayers 2\n"
    )
    found, problems = check_source(Source("p.alta", text))
    assert found is not None, problems
    drawn = found.view([1]).data["units"]
    file = tmp_path / "p.alta"
    file.write_text(text)
    inspected = json.loads(altac("inspect", str(file), "--json").stdout)
    assert len(drawn["units"]) == found.compile().sizes["mlp_width"] == inspected["mlp_width"]
    assert drawn["offsets"] == [0, -1]
