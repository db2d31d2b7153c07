"""Styled lines: their text, their columns, and what becomes of them on a terminal."""

from __future__ import annotations

import io
import re

import pytest

from altac.styled import Line, ansi, cells, columns, folded, plain, rich_text, terminal, unstyled, wants_color

LINE: Line = (("error", "error"), (": ", "plain"), ("[bold]x[/]", "strong"))


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_text_of_a_line_is_its_parts() -> None:
    assert unstyled(LINE) == "error: [bold]x[/]"
    assert unstyled(plain("a")) == "a"


def test_colours_are_those_of_a_common_terminal() -> None:
    assert ansi([LINE, plain("")]) == "\x1b[1;31merror\x1b[0m: \x1b[1m[bold]x[/]\x1b[0m\n"
    assert ansi([]) == ""


def test_columns_of_wide_and_combining_letters() -> None:
    assert (cells("漢字"), cells("e\u0301"), cells("abc")) == (4, 1, 3)


def test_control_characters_do_not_get_through() -> None:
    assert "\x1b" not in rich_text(plain("a\x1b[31mb\x07")).plain


@pytest.mark.parametrize("width", [10, 17, 40])
def test_folded_lines_fit_and_lose_nothing(width: int) -> None:
    console = terminal(Screen(), width=width)
    assert console is not None
    text = "  label   some words of a value, and averyveryverylongwordtoo"
    parts = [part.plain for part in folded(console, rich_text(plain(text)), 10)]
    assert all(cells(part) <= width for part in parts)
    assert re.sub(r"\s", "", "".join(parts)) == re.sub(r"\s", "", text)
    if width > 20:
        assert parts[0].startswith("  label   some") and all(part.startswith(" " * 10) for part in parts[1:])


def test_what_is_no_terminal_has_no_console(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert terminal(io.StringIO()) is None
    assert columns(io.StringIO()) == 100
    monkeypatch.setenv("COLUMNS", "47")
    assert columns(io.StringIO()) == 47
    monkeypatch.setenv("COLUMNS", "many")
    assert columns(io.StringIO()) == 100


def test_colours_are_wanted_on_terminals_that_have_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert wants_color(Screen()) and not wants_color(io.StringIO())
    monkeypatch.setenv("TERM", "dumb")
    assert not wants_color(Screen())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    assert not wants_color(Screen())
