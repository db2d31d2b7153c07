"""Between what users write and codes: inputs as text or JSON, outputs as JSON values and text.

Text is cut into tokens by their spellings, the longest match first: anywhere in `characters` mode,
at blanks in `words` mode. A string is a JSON array only where the spellings cannot read it as text.
The frame of the program is put around every input, text or JSON.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal
from unicodedata import normalize

from altac.diagnostics.input_errors import (
    BadInput,
    BadJson,
    InputExceedsFrame,
    InputTooLong,
    UnknownToken,
)
from altac.diagnostics.problem import AltacError, did_you_mean
from altac.ir import (
    BoolDomain,
    Domain,
    EnumDomain,
    IntDomain,
    Program,
    RealDomain,
    SetDomain,
    TokenDomain,
    pieces_of,
)

Json = int | str | bool | float | list["Json"]

#: Forms of Unicode in which a text may be written.
_FORMS: tuple[Literal["NFC", "NFD"], ...] = ("NFC", "NFD")
_SHOWN_TOKENS = 12
_SHOWN_INPUT = 160
_SHOWN_ITEM = 60


def read_input(program: Program, item: object) -> tuple[int, ...]:
    """Token indices, frame included, of an input: text, JSON text of an array, or a sequence of names and numbers.

    Raises `AltacError` with a problem of `altac.diagnostics.input_errors`.
    """
    return apply_frame(program, read_tokens(program, item))


def read_tokens(program: Program, item: object) -> tuple[int, ...]:
    """As `read_input`, without the frame and without regard to its length."""
    if isinstance(item, str):
        return _read_string(program, item)
    if isinstance(item, list | tuple):
        return _items(program, item)
    raise AltacError(BadInput(found=_kind(item)))


def _read_string(program: Program, text: str) -> tuple[int, ...]:
    """The tokens of text, or of a JSON array that no spelling can read as text."""
    try:
        return read_text(program, text)
    except AltacError as no_text:
        if not text.lstrip().startswith("["):
            raise
        try:
            items = read_array(text)
        except AltacError as no_array:
            slip = any(s.spelling.startswith("[") for s in program.symbols)  # more likely in a text than in an array
            raise (no_text if slip else no_array) from None
    return _items(program, items)


def apply_frame(program: Program, tokens: Sequence[int]) -> tuple[int, ...]:
    """``tokens`` with the program's frame around them; raises `AltacError` if they do not fit."""
    frame = program.frame
    framed = (*frame.before, *tokens, *frame.after)
    if frame.fill is not None:
        if len(framed) > frame.length:
            room = frame.length - len(frame.before) - len(frame.after)
            raise AltacError(InputExceedsFrame(length=len(tokens), room=room, frame=frame.length))
        framed += (frame.fill,) * (frame.length - len(framed))
    if program.positions is not None and len(framed) > program.positions:
        extra = len(framed) - len(tokens)
        note = f"{extra} of them from the frame, " if extra else ""
        raise AltacError(InputTooLong(length=len(framed), positions=program.positions, framed=note))
    return framed


def input_json(program: Program, tokens: Sequence[int]) -> list[str | int]:
    """The names of tokens, numbers for integer tokens."""
    symbols = program.symbols
    return [symbols[t].name for t in tokens]


def quote_input(program: Program, tokens: Sequence[int]) -> str:
    """An input for a message: JSON, cut short if it is long."""
    symbols = program.symbols
    text = json.dumps([symbols[t].name if 0 <= t < len(symbols) else t for t in tokens], ensure_ascii=False)
    return text if len(text) <= _SHOWN_INPUT else text[: _SHOWN_INPUT - 4] + " ..."


def output_json(program: Program, codes: Sequence[int]) -> list[Json]:
    """Values of the output variable: numbers for integers, names for enums and tokens, booleans for bool."""
    domain = program.domain(program.output)
    known = {code: value_json(domain, code) for code in set(codes)}
    return [known[code] for code in codes]


def value_json(domain: Domain, code: int) -> Json:
    """One value as JSON: a real as the nearest float, a set as the array of its elements."""
    match domain:
        case BoolDomain():
            return bool(code)
        case IntDomain():
            return code
        case EnumDomain(members=symbols) | TokenDomain(tokens=symbols):
            return symbols[code].name
        case RealDomain(buckets=buckets):
            return float(buckets[code])
        case SetDomain(element=element, family=family):
            return [value_json(element, c) for c in sorted(family[code])]


def output_text(program: Program, codes: Sequence[int]) -> str | None:
    """The spellings of the output, blanks and padding left out; None if its type has no spelling.

    They are joined without anything between them in `characters` mode if each is at most one character, else
    by blanks.
    """
    domain = program.domain(program.output)
    match domain:
        case EnumDomain(members=symbols) | TokenDomain(tokens=symbols):
            spellings = dict(enumerate(s.spelling for s in symbols))
        case IntDomain(low, high):
            spellings = {code: str(code) for code in (*set(codes), low, high)}
        case _:
            return None
    fill = program.frame.fill
    if fill is not None and domain == program.tokens and isinstance(program.symbols[fill].name, str):
        spellings[fill] = ""
    close = program.text == "characters" and all(len(s) <= 1 for s in spellings.values())
    return ("" if close else " ").join(filter(None, (spellings[code] for code in codes)))


def read_array(text: str) -> list[object]:
    """The items of a JSON array, for `read_input`. Raises `AltacError` if ``text`` is none."""
    reason, column = "expected `[`", 1
    try:
        found = json.loads(text)
        if isinstance(found, list):
            return found
    except json.JSONDecodeError as error:
        reason, column = error.msg[:1].lower() + error.msg[1:], error.colno
    except (ValueError, RecursionError):
        reason = "too large or too deeply nested"
    shown = text if len(text) <= _SHOWN_INPUT else text[: _SHOWN_INPUT - 4] + " ..."
    raise AltacError(BadJson(reason=reason, column=column, text=shown))


def _items(program: Program, items: Sequence[object]) -> tuple[int, ...]:
    names: dict[object, int] = {}
    for i, symbol in enumerate(program.symbols):
        names.setdefault(symbol.name, i)
    for i, symbol in enumerate(program.symbols):
        if symbol.spelling:
            names.setdefault(symbol.spelling, i)
    found = []
    for index, item in enumerate(items):
        token = names.get(item) if isinstance(item, str | int) and not isinstance(item, bool) else None
        if token is None:
            raise AltacError(_unknown(program, item, index))
        found.append(token)
    return tuple(found)


def read_text(program: Program, text: str) -> tuple[int, ...]:
    """The tokens that ``text`` spells, without the frame. Raises `AltacError` where no spelling goes on."""
    found, stuck = _spelled(program, text)
    if stuck is None:
        return found
    others = [] if text.isascii() else [form for form in _FORMS if _spelled(program, normalize(form, text))[1] is None]
    raise AltacError(replace(_unknown(program, stuck, len(found)), form=others[0] if others else ""))


def _spelled(program: Program, text: str) -> tuple[tuple[int, ...], str | None]:
    """The tokens that ``text`` spells, and the piece at which no spelling goes on, if there is one."""
    spelled: dict[tuple[str, ...], int] = {}
    for i, symbol in enumerate(program.symbols):
        if symbol.spelling:
            spelled.setdefault(pieces_of(symbol.spelling, program.text), i)
    pieces = pieces_of(text, program.text)
    longest = max(map(len, spelled), default=0)
    found: list[int] = []
    at = 0
    while at < len(pieces):
        for size in range(min(longest, len(pieces) - at), 0, -1):
            token = spelled.get(pieces[at : at + size])
            if token is not None:
                found.append(token)
                at += size
                break
        else:
            return tuple(found), pieces[at]
    return tuple(found), None


def _unknown(program: Program, item: object, index: int) -> UnknownToken:
    symbols = program.symbols
    names = [json.dumps(s.name, ensure_ascii=False) for s in symbols]
    if isinstance(program.tokens, IntDomain):
        listed = f"the integers {program.tokens.low}..{program.tokens.high}"
    else:
        listed = ", ".join(names[:_SHOWN_TOKENS]) + (", ..." if len(names) > _SHOWN_TOKENS else "")
    suggestion = ""
    if isinstance(item, str) and item:
        candidates = {str(s.name): json.dumps(s.name, ensure_ascii=False) for s in symbols}
        candidates |= {s.spelling: json.dumps(s.spelling, ensure_ascii=False) for s in symbols if s.spelling}
        match = did_you_mean(item, candidates)
        if len(item) < 3 and match.lower() != item.lower():
            match = ""  # any short token is within one edit of another
        suggestion = candidates.get(match, "")
    shown = json.dumps(item, ensure_ascii=False) if isinstance(item, str | int | float | None) else _kind(item)
    shown = shown if len(shown) <= _SHOWN_ITEM else shown[: _SHOWN_ITEM - 4] + " ..."
    return UnknownToken(item=shown, index=index, program=program.name, tokens=listed, suggestion=suggestion)


def _kind(item: object) -> str:
    if isinstance(item, bool) or item is None:
        return json.dumps(item)
    if isinstance(item, int | float):
        return f"the number {item}"
    kinds = {"dict": "an object", "list": "an array", "tuple": "a tuple", "str": "a text"}
    return kinds.get(type(item).__name__, f"a Python {type(item).__name__}")
