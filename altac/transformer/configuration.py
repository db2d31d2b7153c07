"""What a model has to know besides its weights, and what describes it: config.json as frozen values.

This file needs the standard library alone, since it is written beside models that need it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

#: What marks a configuration, and the version of its form.
FORMAT: Literal["altac-transformer"] = "altac-transformer"
VERSION: Literal[2] = 2

#: How the hidden units were shown to do what the program says: on every path, or on some of them, at random.
Proof = Literal["exhaustive", "sampled"]

T = TypeVar("T")

#: Digits of the longest integer that is read.
_DIGITS = 4000


@dataclass(frozen=True)
class Token:
    """A token: its name in JSON, and how text spells it (empty: not at all)."""

    name: str | int
    spelling: str


@dataclass(frozen=True)
class Frame:
    """Token indices around every input: ``before``, the input, ``after``, then ``fill`` up to ``length`` tokens (no filling
    if it is None)."""

    before: tuple[int, ...]
    after: tuple[int, ...]
    fill: int | None
    length: int


@dataclass(frozen=True)
class OutputVariable:
    """The variable that is read off at the end, and the value of each logit.

    ``low`` is the code of the first. ``spellings`` is None if its type has no spelling, else values are joined by
    ``separator``, those without a spelling left out.
    """

    variable: str
    low: int
    values: tuple[int | str | bool | float | list[Any], ...]
    spellings: tuple[str, ...] | None
    separator: str


@dataclass(frozen=True)
class Causal:
    """How a program goes on: with the last position's output plus ``shift`` as a token, until the token ``stop`` or ``limit``
    tokens."""

    stop: int | None
    limit: int | None
    shift: int


@dataclass(frozen=True)
class Sizes:
    """Widths of the residual stream, of what hidden units read (``features``) and of the last hidden layer (``hidden``), and the
    numbers of attention heads and weights."""

    residual: int
    heads: int
    features: int
    hidden: int
    parameters: int


@dataclass(frozen=True)
class Guarantee:
    """What is certain about the model; ``statement`` says it in words.

    ``margin`` is the least distance of a mean from a threshold, over its error (None: there are no means). ``sampled`` names the
    variables whose hidden units were not compared with the program on every path.
    """

    logit_gap: float
    margin: float | None
    statement: str
    proof: Proof
    sampled: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """All of config.json. ``max_length``, ``max_layers`` and ``positions`` are None where there is no limit."""

    format: Literal["altac-transformer"] = FORMAT
    version: Literal[2] = VERSION
    program: str
    params: Mapping[str, str]
    dtype: str
    level: int
    max_length: int | None
    max_layers: int | None
    positions: int | None
    text: Literal["characters", "words"]
    tokens: tuple[Token, ...]
    frame: Frame
    output: OutputVariable
    causal: Causal | None
    sizes: Sizes
    certificate: Guarantee

    def to_json(self) -> str:
        """The text of config.json."""
        return json_text(plain(self))

    @classmethod
    def from_json(cls, text: str) -> Configuration:
        """The configuration that `to_json` gave.

        Raises:
            ValueError: the text is no JSON, of another version, or a field of it is missing, unknown or of the wrong type.
        """
        return read_json(cls, text)


def json_text(data: Mapping[str, Any]) -> str:
    """JSON with one line per field, and one per record of a list of records, so that it can be read."""
    lines = []
    for key, value in data.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            items = ",\n".join("    " + json.dumps(v, ensure_ascii=False) for v in value)
            text = f"[\n{items}\n  ]"
        else:
            text = json.dumps(value, ensure_ascii=False)
        lines.append(f"  {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def plain(value: Any) -> Any:
    """A dataclass, and what is in it, as JSON data."""
    if is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {key: plain(v) for key, v in value.items()}
    if isinstance(value, tuple | list):
        return [plain(v) for v in value]
    return value


def read_json(kind: type[T], text: str) -> T:
    """A dataclass ``kind`` from the JSON of its fields; ValueError names the field that is wrong."""
    found: T = _record(kind, parse_json(text), "")
    return found


def parse_json(text: str) -> Any:
    """The value of JSON text. ValueError says why it is none, or none that altac writes."""
    try:
        return json.loads(text, parse_constant=_no_number, parse_int=_integer)
    except json.JSONDecodeError as error:
        raise ValueError(f"no JSON: {error}") from None
    except RecursionError:
        raise ValueError("no JSON that altac writes: it is nested too deeply") from None


def _no_number(name: str) -> Any:
    raise ValueError(f"no JSON: {name} is no number")


def _integer(digits: str) -> int:
    if len(digits) > _DIGITS:
        raise ValueError(f"no JSON that altac writes: a number of {len(digits)} digits")
    return int(digits)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _record(kind: Any, data: Any, at: str) -> Any:
    if not isinstance(data, dict):
        raise _wrong(at, data, "an object")
    found = {}
    for field in fields(kind):
        inner = f"{at}.{field.name}" if at else field.name
        if field.name not in data:
            raise ValueError(f"`{inner}` is missing")
        found[field.name] = _value(_hints(kind)[field.name], data[field.name], inner)
    for name in data:
        if name not in found:
            raise ValueError(f"`{at}.{name}` is not known" if at else f"`{name}` is not known")
    return kind(**found)


def _value(kind: Any, data: Any, at: str) -> Any:
    """``data`` as a value of the annotated type ``kind``."""
    origin, of = get_origin(kind), get_args(kind)
    if is_dataclass(kind):
        return _record(kind, data, at)
    if origin is Literal:
        if data not in of or type(data) not in map(type, of):
            raise _wrong(at, data, " or ".join(map(json.dumps, of)))
        return data
    if origin in (Union, UnionType):
        return _choice(of, data, at)
    if origin is tuple:  # of any length
        if not isinstance(data, list):
            raise _wrong(at, data, "an array")
        return tuple(_value(of[0], item, f"{at}[{i}]") for i, item in enumerate(data))
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(data, dict):
            raise _wrong(at, data, "an object")
        return {key: _value(of[1], item, f"{at}.{key}") for key, item in data.items()}
    if not _is(kind, data):
        raise _wrong(at, data, _NAMES[origin or kind])
    return float(data) if kind is float else data


def _choice(kinds: tuple[Any, ...], data: Any, at: str) -> Any:
    """``data`` as a value of one of several types; at most one of them has parts."""
    structured = [k for k in kinds if is_dataclass(k) or get_origin(k) is tuple]
    simple = [k for k in kinds if k not in structured]
    if any(_is(k, data) for k in simple):
        return data
    if structured:
        return _value(structured[0], data, at)
    raise _wrong(at, data, " or ".join(_NAMES[get_origin(k) or k] for k in simple))


_NAMES: dict[Any, str] = {
    NoneType: "null", bool: "true or false", int: "an integer", float: "a number", str: "a text", list: "an array",
}  # fmt: skip


def _is(kind: Any, data: Any) -> bool:
    plain_kind = get_origin(kind) or kind
    return type(data) is plain_kind or (plain_kind is float and type(data) is int)


def _wrong(at: str, data: Any, wanted: str) -> ValueError:
    shown = json.dumps(data, ensure_ascii=False)
    shown = shown if len(shown) <= 60 else shown[:56] + " ..."
    return ValueError(f"`{at}` is {shown}, not {wanted}" if at else f"{shown} is not {wanted}")
