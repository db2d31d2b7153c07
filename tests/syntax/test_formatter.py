"""The formatter where lines are too long, ended as on Windows, or written by chance: twice is once."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from altac.diagnostics import AltacError
from altac.source import Source
from altac.syntax.formatter import format_source
from altac.syntax.lexer import tokenize
from tests.random_sources import random_source
from tests.syntax.samples import ALTA_FILES

LONG = "1" * 120


def formatted(text: str) -> str:
    return format_source(Source("f", text))


@pytest.mark.parametrize("path", ALTA_FILES, ids=lambda path: path.name)
def test_the_programs_of_the_repository_are_formatted(path) -> None:  # type: ignore[no-untyped-def]
    text = path.read_bytes().decode("utf-8")
    assert formatted(text) == text


@pytest.mark.parametrize(
    "value",
    [f"{LONG}/3", f"{LONG} /3", f"{LONG}/ 3", f"{LONG}*2/3", f"3/{LONG}", f"{LONG}\n    /3", f"{LONG}/\n    3",
     f"{LONG}/3 + {LONG}*2 - 1", f"{LONG} *2", f"f({LONG}/3, {LONG} / 3)", f"{LONG}/3 // note"],
)  # fmt: skip
def test_a_line_that_stays_too_long_is_formatted_once(value: str) -> None:
    once = formatted(f"const x = {value}\n")
    assert formatted(once) == once


def test_a_sign_keeps_its_blanks_where_a_line_is_broken() -> None:
    assert formatted(f"const x = {LONG}/3\n") == f"const x =\n    {LONG}\n    /3\n"
    assert formatted(f"const x = {LONG} / 3\n") == f"const x =\n    {LONG}\n    / 3\n"


@pytest.mark.parametrize("path", ALTA_FILES[:8], ids=lambda path: path.name)
def test_windows_line_ends_are_kept(path) -> None:  # type: ignore[no-untyped-def]
    text = path.read_text(encoding="utf-8").replace("\n", "\r\n")
    assert formatted(text) == text
    untidy = text.replace(" = ", "=")
    assert untidy != text and formatted(untidy) == text


def test_mixed_line_ends_become_those_of_the_first_line() -> None:
    assert formatted("program p\r\ntokens 0, 1\nvar x: bool=true\n") == (
        "program p\r\ntokens 0, 1\r\nvar x: bool = true\r\n"
    )
    assert formatted("program p\ntokens 0, 1\r\n") == "program p\ntokens 0, 1\n"
    assert formatted("program p // note\r\n\r\n\r\n\r\ntokens 0") == "program p  // note\r\n\r\ntokens 0\r\n"
    ends = {"a\r\nb\n": "\r\n", "a\nb\r\n": "\n", "a": "\n", "": "\n", "\ra\r\r\n": "\r\n"}
    assert {text: Source("", text).line_end for text in ends} == ends


def _long_or_bracketed(text: str, rng: random.Random) -> str:
    return rng.choice([text * 12, f"({text})", f"{text}*2", f"{text} /2", f"({text}, {text * 30})"])


def _layout(_: str, rng: random.Random) -> str:
    return rng.choice(["", " ", "\n", "    ", "\t", "\n\n\n", "\r\n", " // note\n", ";"])


def _broken(text: str, rng: random.Random) -> str:
    return rng.choice([f"{text}\n", f"\n{text}", f" {text}", f"{text} // note\n"])


_MUTATIONS: dict[str, Callable[[str, random.Random], str]] = {
    "INT": _long_or_bracketed, "NAME": _long_or_bracketed, "BLANK": _layout, "NEWLINE": _layout, "SEMICOLON": _layout,
    **dict.fromkeys(("COMMA", "PLUS", "MINUS", "TIMES", "DIVIDE", "AND", "OR", "PAREN_OPEN", "BRACKET_OPEN"), _broken),
}  # fmt: skip


def mutant(text: str, rng: random.Random) -> str:
    """A text with some of its tokens long, in brackets or elsewhere on lines; it need not be a program any more."""
    rate = rng.choice([0.02, 0.1, 0.3])
    changed = (
        _MUTATIONS[t.type](t.text, rng) if t.type in _MUTATIONS and rng.random() < rate else t.text
        for t in tokenize(text)
    )
    return "".join(changed)


@pytest.mark.parametrize("seed", range(15))
def test_formatting_mutants_twice_is_formatting_them_once(seed: int) -> None:
    rng = random.Random(seed)
    read = 0
    for _ in range(20):
        text = random_source(rng).text if rng.random() < 0.5 else rng.choice(ALTA_FILES).read_text(encoding="utf-8")
        lines = text.split("\n")
        start = rng.randrange(len(lines))
        text = mutant("\n".join(lines[start : start + rng.choice([3, 10, 30])]), rng)
        try:
            once = formatted(text)
        except AltacError:
            continue
        read += 1
        assert formatted(once) == once, text
    assert read > 0
