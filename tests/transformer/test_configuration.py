"""config.json: the same after writing and reading, and refused where it is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from altac.ir import Program
from altac.transformer import Configuration
from altac.units import units
from tests import programs
from tests.models import build


@pytest.mark.parametrize("make", programs.ALL, ids=lambda f: f.__name__)
def test_a_configuration_reads_back(make: Callable[[], Program]) -> None:
    program = make()
    configuration = build(program, units(program, 1)).configuration
    text = configuration.to_json()
    assert Configuration.from_json(text) == configuration
    assert Configuration.from_json(text).to_json() == text


def test_it_is_written_to_be_read() -> None:
    program = programs.framed()
    lines = build(program, units(program, 1)).configuration.to_json().splitlines()
    assert lines[1:3] == ['  "format": "altac-transformer",', '  "version": 2,']
    assert '    {"name": "turn left", "spelling": "turn left"},' in lines
    assert '  "frame": {"before": [0], "after": [3], "fill": 4, "length": 8},' in lines


CHANGES: list[tuple[Callable[[dict[str, Any]], object], str]] = [
    (lambda c: c.pop("tokens"), "`tokens` is missing"),
    (lambda c: c["frame"].pop("length"), "`frame.length` is missing"),
    (lambda c: c.update(version=1), "`version` is 1, not 2"),
    (lambda c: c.update(version=2.0), "`version` is 2.0, not 2"),
    (lambda c: c.update(format="other"), '`format` is "other", not "altac-transformer"'),
    (lambda c: c.update(text="lines"), '`text` is "lines", not "characters" or "words"'),
    (lambda c: c.update(level=True), "`level` is true, not an integer"),
    (lambda c: c.update(positions="8"), '`positions` is "8", not an integer or null'),
    (lambda c: c.update(params=["A"]), '`params` is ["A"], not an object'),
    (lambda c: c.update(params={"A": 1}), "`params.A` is 1, not a text"),
    (lambda c: c.update(tokens={}), "`tokens` is {}, not an array"),
    (lambda c: c["tokens"][1].update(name=None), "`tokens[1].name` is null, not a text or an integer"),
    (lambda c: c["tokens"].append("x"), '`tokens[5]` is "x", not an object'),
    (lambda c: c["output"].update(spellings=3), "`output.spellings` is 3, not an array"),
    (lambda c: c["output"]["values"].append(None), "`output.values[3]` is null, not "),
    (lambda c: c["sizes"].update(width=3), "`sizes.width` is not known"),
    (lambda c: c.update(extra=3), "`extra` is not known"),
    (lambda c: c.update(causal={"stop": 1, "limit": 2}), "`causal.shift` is missing"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "message"), CHANGES, ids=[m for _, m in CHANGES])
def test_the_field_that_is_wrong_is_named(change: Callable[[dict[str, Any]], object], message: str) -> None:
    program = programs.framed()
    data = json.loads(build(program, units(program, 1)).configuration.to_json())
    change(data)
    with pytest.raises(ValueError) as raised:
        Configuration.from_json(json.dumps(data))
    assert str(raised.value).startswith(message)


@pytest.mark.parametrize(("text", "message"), [("{", "no JSON: "), ("[]", "[] is not an object"), ("{}", "`format`")])
def test_what_is_no_configuration_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError) as raised:
        Configuration.from_json(text)
    assert str(raised.value).startswith(message)
