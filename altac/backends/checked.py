"""The checked mode of a built model: where a run reads an undefined head, or has another error, and the model may do anything.

The layers are run again, one by one, and after the attention of each the statements of the program are gone through with
the values that the residual stream holds. Up to the first error these are the interpreter's, so the first error is too.
This file needs numpy, configuration.py, guards.py and operators.py alone, since it is written beside models that need it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from altac.backends.guards import TEXT, read_bytes
from altac.ir.operators import OPERATORS
from altac.transformer.configuration import parse_json

Array = np.ndarray[Any, Any]

#: Stands for the code of a head that has none.
_UNDEFINED = -(1 << 40)


class Fault(NamedTuple):
    """The first error of a run: ``layer`` counts from 1, ``position`` from 0; ``head`` is the undefined one that is read,
    "" if the error is another."""

    layer: int
    position: int
    head: str


class _Slot(NamedTuple):
    """A variable or head: its features from ``first`` on, its least code. For a head also its attention head, whether that
    compares a query, and whether it computes a mean."""

    first: int
    low: int
    size: int
    attention: int = -1
    asks: bool = False
    mean: bool = False


class _FaultError(Exception):
    """Evaluation came to an error: the undefined head that was read, "" for any other."""


class Checker:
    """Finds the faults of runs.

    ``program`` is the program that was compiled as the JSON of its IR, ``labels`` the content of labels.json, ``gap`` the logit
    of a match.
    """

    def __init__(self, program: Mapping[str, Any], labels: Mapping[str, Any], gap: float) -> None:
        self._gap = gap
        self._program = program
        residual = [dimension["slot"] for dimension in labels["residual"]]
        features = residual + [bucket["slot"] for bucket in labels.get("buckets", ())]
        heads = {
            output["head"]: (number, head.get("query") is not None, output.get("mean", False))
            for number, head in enumerate(labels["attention_heads"])
            for output in head["outputs"]
        }
        self._slots = {}
        for slot in (*program["variables"], *program["heads"]):
            name, domain = slot["name"], slot["domain"]
            low = domain["int"][0] if isinstance(domain, dict) and "int" in domain else 0
            number, asks, mean = heads.get(name, (-1, False, False))
            first = features.index(name, len(residual) if mean else 0)
            size = features[first:].count(name)
            self._slots[name] = _Slot(first, low, size, number, asks, mean)
        self._known: dict[tuple[int, ...], str | None] = {}

    @classmethod
    def read(cls, directory: Path, gap: float) -> Checker:
        """That of the model in ``directory``. ValueError names the file that is missing, or not as altac wrote it: what is
        altered could say of no input that it is sound."""
        digests = _digests(directory)
        found: list[Any] = []
        for name in ("checks.json", "labels.json"):
            data = read_bytes(directory / name)
            if digests.get(name) != sha256(data).hexdigest():
                raise ValueError(f"{name}: it was altered since altac wrote it, so that nothing can be checked with it")
            found.append(json.loads(data))
        return cls(found[0], found[1], gap)

    def faults(self, model: Any, tokens: Array, mask: Array, layers: Sequence[int]) -> list[Fault | None]:
        """The first fault of every row of a batch (B, T) in its first ``layers`` layers: the lowest layer, then position.

        ``model`` is an `Inference`: its Transformer computes the states, on arrays of its own library.
        """
        transformer, own_mask = model.transformer, model.own(mask)
        found: list[Fault | None] = [None] * len(tokens)
        biases = transformer.attention.biases(tokens.shape[1]) if transformer.heads else None
        x = transformer.embed(model.own(tokens), own_mask)
        for layer in range(1, max(layers, default=0) + 1):
            going = np.array([layer <= last and fault is None for last, fault in zip(layers, found, strict=True)])
            if not going.any():
                break
            present = mask & going[:, None]
            codes = self._codes(model, x, biases, own_mask)[present]
            states, which = np.unique(codes, axis=0, return_inverse=True)
            heads = [self._fault(tuple(state)) for state in states.tolist()]
            which = which.reshape(-1)  # numpy 2.0 gives it two dimensions
            wrong = np.array([head is not None for head in heads], bool)[which]
            for (row, position), state in zip(np.argwhere(present)[wrong].tolist(), which[wrong].tolist(), strict=True):
                found[row] = found[row] or Fault(layer, position, heads[state] or "")
            x = transformer.layer(x, biases, own_mask)
        return found

    def _codes(self, model: Any, x: Any, biases: Any, mask: Any) -> Array:
        """The codes of all slots after attention, (B, T, slots); `_UNDEFINED` where a head is."""
        transformer = model.transformer
        features = model.back(transformer.mlp.features(transformer.attend(x, biases, mask)))
        logits = None if biases is None else model.back(transformer.attention.logits(x, biases, mask))
        found = []
        for slot in self._slots.values():
            codes = features[..., slot.first : slot.first + slot.size].argmax(axis=-1) + slot.low
            if logits is not None and slot.attention >= 0:
                least = self._gap / 2 if slot.asks else -self._gap / 2
                selected = (logits[:, slot.attention] > least).sum(axis=-1)
                codes = np.where((selected == 0) if slot.mean else (selected != 1), _UNDEFINED, codes)
            found.append(codes)
        return np.stack(found, axis=-1)

    def _fault(self, codes: tuple[int, ...]) -> str | None:
        if codes not in self._known:
            self._known[codes] = self._evaluated(dict(zip(self._slots, codes, strict=True)))
        return self._known[codes]

    def _evaluated(self, codes: Mapping[str, int]) -> str | None:
        try:
            if "rules" in self._program:
                self._rules(codes)
            else:
                self._block(self._program["mlp"], codes, {})
        except _FaultError as fault:
            return str(fault)
        except RecursionError:
            raise ValueError("the program is nested too deeply to be checked") from None
        return None

    def _rules(self, codes: Mapping[str, int]) -> None:
        updates: dict[str, int] = {}
        for rule in self._program["rules"]:
            if all(_read(name, codes) == code for name, code in rule["if"]):
                self._update(rule["set"], rule["to"])
                if updates.setdefault(rule["set"], rule["to"]) != rule["to"]:
                    raise _FaultError("")

    def _block(self, body: Sequence[Any], codes: Mapping[str, int], lets: Mapping[str, int]) -> None:
        lets = dict(lets)
        for statement in body:
            match statement:
                case {"let": name, "be": value}:
                    lets[name] = _value(value, codes, lets)
                case {"set": name, "to": value}:
                    self._update(name, _value(value, codes, lets))
                case {"if": arms}:
                    taken = (arm["do"] for arm in arms if _value(arm["when"], codes, lets))
                    self._block(next(taken, statement.get("else", ())), codes, lets)

    def _update(self, name: str, code: int) -> None:
        slot = self._slots[name]
        if not slot.low <= code < slot.low + slot.size:
            raise _FaultError("")


def _digests(directory: Path) -> dict[str, str]:
    """The SHA-256 of every file of a model, by its name, as altac.json has them."""
    data = read_bytes(directory / "altac.json", TEXT)
    try:
        return {file["name"]: file["sha256"] for file in parse_json(data.decode())["files"]}
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"altac.json: not as altac wrote it: {error}") from None


def _read(name: str, codes: Mapping[str, int]) -> int:
    code = codes[name]
    if code == _UNDEFINED:
        raise _FaultError(name)
    return code


def _value(expr: Any, codes: Mapping[str, int], lets: Mapping[str, int]) -> int:
    """The value of an expression of docs/ir.md, from left to right and no more of it than is needed."""

    def of(part: Any) -> int:
        return _value(part, codes, lets)

    match expr:
        case int() | {"const": int()}:
            return expr if isinstance(expr, int) else int(expr["const"])
        case {"read": name}:
            return _read(name, codes)
        case {"let": name}:
            return lets[name]
        case {"not": operand}:
            return 1 - of(operand)
        case {"and": [left, right]}:
            return of(right) if of(left) else 0
        case {"or": [left, right]}:
            return 1 if of(left) else of(right)
        case {"if": [condition, then, orelse]}:
            return of(then) if of(condition) else of(orelse)
        case {"in": [operand, values]}:
            return int(of(operand) in values)
        case {"table": table}:
            return _entry(table, [of(index) for index in expr["indices"]], expr["lows"], expr["shape"])
    name = next(op for op in OPERATORS if op in expr)
    left, right = map(of, expr[name])
    if right in OPERATORS[name].undefined:
        raise _FaultError("")
    return OPERATORS[name].apply(left, right)


def _entry(table: Sequence[int | None], indices: Sequence[int], lows: Sequence[int], shape: Sequence[int]) -> int:
    at = 0
    for index, low, size in zip(indices, lows, shape, strict=True):
        if not 0 <= index - low < size:
            raise _FaultError("")
        at = at * size + index - low
    entry = table[at]
    if entry is None:
        raise _FaultError("")
    return entry
