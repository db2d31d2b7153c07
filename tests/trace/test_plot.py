"""Traces as pictures."""

from __future__ import annotations

import struct
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import altac
from altac.api import check_source
from altac.cli import main
from altac.diagnostics.problem import AltacError
from altac.source import Source
from altac.trace import Trace, collect
from altac.trace import plot as plotting
from altac.trace.plot import changing, panels, plot

ROOT = Path(__file__).parents[2]
PARITY = ROOT / "examples" / "parity" / "sequential_relative.alta"
ADDITION = ROOT / "examples" / "addition.alta"
SORT = ROOT / "examples" / "sort_unique.alta"


def run(*args: str) -> Result:
    return CliRunner(env={"NO_COLOR": "1"}).invoke(main, ["trace", *args])


def texts(svg: str) -> list[str]:
    """The texts of a picture: matplotlib notes each in a comment before its glyphs."""
    parser = ET.XMLParser(target=ET.TreeBuilder(insert_comments=True))
    root = ET.fromstring(svg, parser)
    return [(e.text or "").strip() for e in root.iter() if callable(e.tag)]


def parity() -> Trace:
    program = altac.load(PARITY)
    return collect(program.ir, program.encode("START 1 0 1"))


def test_panels_of_variables_hold_the_states() -> None:
    (panel,) = panels(parity(), ["parity"])
    assert (panel.title, panel.rows, panel.tokens) == ("parity", ("0", "1", "2", "3"), ("START", "1", "0", "1"))
    rows = [[c.text for c in panel.cells if c.row == r] for r in range(4)]
    assert rows == [
        ["false", "true", "false", "true"], ["false", "true", "false", "true"],
        ["false", "true", "true", "true"], ["false", "true", "true", "false"],
    ]  # fmt: skip
    assert [(c.row, c.column) for c in panel.cells if c.changed] == [(2, 2), (3, 3)]
    assert panel.arrows == ()


def test_panels_of_heads_hold_who_attends_to_whom() -> None:
    (panel,) = panels(parity(), [], ["parity_left"], 1, 2)
    assert panel.rows == ("1", "2")
    assert panel.arrows == tuple((row, i, i + 1, False) for row in range(2) for i in range(3))
    assert [c.text for c in panel.cells] == ["-", "false", "true", "false", "-", "false", "true", "false"]


def test_a_selection_of_several_is_marked_for_categorical_heads_only() -> None:
    program = altac.load(SORT)
    trace = collect(program.ir, program.encode("START 9 0 15"))
    mean, following = panels(trace, [], ["place.mean", "next"], 1, 1)
    assert {a[2]: [b[1] for b in mean.arrows if b[2] == a[2]] for a in mean.arrows}[3] == [0, 1, 2]
    assert not any(clash for *_, clash in mean.arrows)
    assert all(clash for *_, clash in following.arrows) and len(following.arrows) == 4
    assert [c.text for c in mean.cells] == ["1", "0.5", "1", "0.3333"]


def test_what_changes_is_shown_if_nothing_is_chosen() -> None:
    program = altac.load(ADDITION)
    assert changing(collect(program.ir, program.encode("s1+2e"))) == ["step", "at_a", "at_b", "at_sum", "sum"]
    assert changing(parity()) == ["parity", "done"]


def test_a_failing_layer_shows_what_it_read_and_where_it_failed() -> None:
    program = altac.load(PARITY)
    trace = collect(program.ir, program.encode([1, 0]))
    variable, head = panels(trace, ["done"], ["done_left"])
    assert [(c.row, c.column) for c in variable.cells if c.failed] == [(1, 0)]
    assert [(c.row, c.column) for c in head.cells if c.failed] == [(0, 0)]
    assert not any(c.changed for c in variable.cells)


def test_rows_of_a_causal_program_name_token_and_layer() -> None:
    program, problems = check_source(
        Source("c.alta", "program c\ntokens 0..9\nvar n: Token = token\noutput n\ncausal limit 3\nlayers 1")
    )
    assert program is not None, problems
    (panel,) = panels(collect(program.ir, (4,)), ["n"])
    assert panel.rows == ("1.0", "1.1", "2.0", "2.1")
    assert panel.tokens == ("4", "4")
    assert len(panel.cells) == 1 + 1 + 2 + 2


def test_svg_shows_tokens_layers_and_values(tmp_path: Path) -> None:
    path = tmp_path / "p.svg"
    result = run(str(PARITY), "START 1 0 1", "--plot", str(path), "--variables", "done, parity", "--heads", "done_left")
    assert (result.exit_code, result.output) == (0, f"{path}: done, parity, done_left\n")
    found = texts(path.read_text(encoding="utf-8"))
    assert {"done", "parity", "done_left", "START", "layer", "3"} <= set(found)
    assert found.count("true") == 10 + 9 + 6
    assert list(tmp_path.iterdir()) == [path]


def test_png_has_the_size_of_its_panels(tmp_path: Path) -> None:
    path = tmp_path / "p.PNG"
    assert run(str(ADDITION), "s12+39e", "--plot", str(path), "--layers", "2..4").exit_code == 0
    content = path.read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", content[16:24])
    assert 200 < width < 2200 and 200 < height < 4000


def test_pictures_are_the_same_every_time() -> None:
    shown = panels(parity(), ["parity"], ["parity_left"])
    assert plot(shown, "svg") == plot(shown, "svg")


def test_any_token_can_be_drawn() -> None:
    """Mathematical notation is not interpreted, and a character that the font lacks is no warning."""
    program, problems = check_source(
        Source(
            "t.alta", 'program t\ntokens "$x$", "\\\\frac", " ", "猫", "<&"\nvar v: Token = token\noutput v\nlayers 1'
        )
    )
    assert program is not None, problems
    svg = plot(panels(collect(program.ir, (0, 1, 2, 3, 4)), ["v"]), "svg").decode()
    assert {"$x$", "\\frac", "␣"} <= set(texts(svg))


def test_a_run_that_fails_is_drawn_and_exits_with_1(tmp_path: Path) -> None:
    path = tmp_path / "p.svg"
    result = run(str(PARITY), "[1, 0]", "--plot", str(path))
    assert result.exit_code == 1
    assert "[undefined-read]" in result.stderr
    assert path.exists()


def test_an_empty_input_is_drawn(tmp_path: Path) -> None:
    assert run(str(PARITY), "[]", "--plot", str(tmp_path / "p.svg")).exit_code == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--plot", "p.pdf"], "'p.pdf' must end in .svg or .png"),
        (["--plot", "p.svg", "--variables", "pariti"], "there is no variable 'pariti'. Did you mean 'parity'?"),
        (["--plot", "p.svg", "--heads", "parity"], "there is no head 'parity'."),
        (["--plot", "p.svg", "--json"], "none of --only, --json and --inputs"),
        (["--variables", "parity"], "--variables and --heads are for --plot"),
    ],
)
def test_wrong_options_are_explained(
    options: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(str(PARITY), "START 1", *options)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())
    assert list(tmp_path.iterdir()) == []


def test_without_matplotlib_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = run(str(PARITY), "START 1", "--plot", str(tmp_path / "p.svg"))
    assert result.exit_code == 1
    assert "error[missing-extra]: a plot needs matplotlib, which is not installed" in result.stderr
    assert "pip install 'altac[plot]'" in result.stderr
    assert list(tmp_path.iterdir()) == []
    assert run(str(PARITY), "START 1").exit_code == 0
    with pytest.raises(AltacError) as raised:
        plot([], "png")
    assert raised.value.problems[0].code == "missing-extra"


def test_what_cannot_be_read_is_not_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plotting, "MOST_CELLS", 20)
    result = run(str(PARITY), "START 1 0 1", "--plot", str(tmp_path / "p.svg"))
    assert result.exit_code == 1
    assert "error[plot-too-large]: the plot would show 32 values; 20 are the most" in result.stderr
    assert run(str(PARITY), "START 1 0 1", "--plot", str(tmp_path / "p.svg"), "--layers", "1..2").exit_code == 0
    with pytest.raises(AltacError) as raised:
        panels(parity(), ["parity", "done"])
    assert raised.value.problems[0].code == "plot-too-large"
