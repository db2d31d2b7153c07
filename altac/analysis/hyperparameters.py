"""Hyperparameters of training on traces: presets, and files of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal

from altac.diagnostics.analysis_errors import BadHyperparameter, UnreadableHyperparameters
from altac.diagnostics.problem import AltacError, did_you_mean
from altac.untrusted import parse_json, parse_toml, read_file, reason_of

Optimizer = Literal["adam", "adafactor"]
#: Which variables the trained MLP writes: all, as in the paper, or only those that the program ever updates.
Outputs = Literal["all", "assigned"]

#: Bytes in a file of hyperparameters.
MAX_BYTES = 65_536
#: Hidden layers, and steps, which are counted in 32 bits.
MAX_LAYERS, MAX_STEPS = 64, 2**31 - 1
#: Seeds are numbers of 32 bits.
MAX_SEED = 2**32 - 1


@dataclass(frozen=True)
class Hyperparameters:
    """How an MLP is trained on traces (table 1 of the ALTA paper).

    ``hidden`` are the sizes of the hidden layers, with ReLU between them. ``noise`` is the standard deviation of
    Gaussian noise on the inputs. The learning rate falls to zero along a cosine if ``decay`` is set. ``every`` is the
    number of steps between two checkpoints. ``outputs`` are the variables that the MLP writes.
    """

    hidden: tuple[int, ...] = (256, 256)
    optimizer: Optimizer = "adam"
    learning_rate: float = 1e-3
    decay: bool = True
    batch: int = 256
    steps: int = 4_000
    noise: float = 0.1
    every: int = 1_000
    outputs: Outputs = "all"

    def __post_init__(self) -> None:
        for name in ("batch", "steps", "every"):
            if getattr(self, name) < 1:
                raise AltacError(
                    BadHyperparameter(name=name, value=shown(getattr(self, name)), wanted="a number from 1")
                )
        for name in ("steps", "every"):
            if getattr(self, name) > MAX_STEPS:
                raise AltacError(
                    BadHyperparameter(name=name, value=shown(getattr(self, name)), wanted=f"at most {MAX_STEPS:,}")
                )
        if not 0 < len(self.hidden) <= MAX_LAYERS or min(self.hidden) < 1:
            wanted = f"sizes from 1, of 1 to {MAX_LAYERS} layers"
            raise AltacError(BadHyperparameter(name="hidden", value=shown(list(self.hidden)), wanted=wanted))
        if not 0 < self.learning_rate < float("inf"):
            raise AltacError(
                BadHyperparameter(name="learning_rate", value=shown(self.learning_rate), wanted="a positive number")
            )
        if not 0 <= self.noise < float("inf"):
            raise AltacError(BadHyperparameter(name="noise", value=shown(self.noise), wanted="a number from 0"))
        for name, choices in (("optimizer", ("adam", "adafactor")), ("outputs", ("all", "assigned"))):
            if getattr(self, name) not in choices:
                raise AltacError(BadHyperparameter(name=name, value=getattr(self, name), wanted=" or ".join(choices)))

    def json(self) -> dict[str, Any]:
        return {**asdict(self), "hidden": list(self.hidden)}


#: Minutes on two CPU cores, and the settings of the paper for its sequential absolute program, which need an accelerator.
PRESETS = {
    "quick": Hyperparameters(),
    "paper": Hyperparameters(
        hidden=(4096, 4096, 4096, 4096), learning_rate=1e-4, decay=False, steps=50_000, every=5_000
    ),
}


def read_hyperparameters(path: str | os.PathLike[str], base: Hyperparameters) -> Hyperparameters:
    """The hyperparameters in a TOML or JSON file; what it leaves out is as in ``base``.

    Raises:
        AltacError: the file cannot be read, or has an entry that is none or has a wrong value.
    """
    name = os.fspath(path)
    try:
        data = read_file(path, MAX_BYTES)
        if len(data) > MAX_BYTES:
            raise ValueError(f"it is longer than {MAX_BYTES:,} bytes")
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise ValueError(f"it is not UTF-8: it has the byte 0x{data[error.start]:02X}") from None
        found = parse_json(text) if name.endswith(".json") else parse_toml(text)
        if not isinstance(found, dict):
            raise ValueError("it is not a table of names and values")
    except (OSError, ValueError) as error:
        raise AltacError(UnreadableHyperparameters(path=name, reason=reason_of(error))) from None
    return adapted(base, found)


def adapted(base: Hyperparameters, changes: Mapping[str, Any]) -> Hyperparameters:
    """``base`` with some hyperparameters changed. Raises `AltacError` for one that there is not, or a wrong value."""
    return replace(base, **{name: _checked(name, value) for name, value in changes.items()})


_KINDS: dict[str, tuple[type, ...]] = {
    "hidden": (list,), "optimizer": (str,), "learning_rate": (float, int), "decay": (bool,),
    "batch": (int,), "steps": (int,), "noise": (float, int), "every": (int,), "outputs": (str,),
}  # fmt: skip


def _checked(name: str, value: Any) -> Any:
    known = [f.name for f in fields(Hyperparameters)]
    if name not in known:
        close = did_you_mean(name, known)
        wanted = f"`{close}`" if close else "one of " + ", ".join(known)
        raise AltacError(BadHyperparameter(name=name, value="", wanted=wanted))
    kinds = _KINDS[name]
    if name == "hidden" and isinstance(value, tuple):
        value = list(value)
    sound = isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))
    if sound and name == "hidden":
        sound = all(isinstance(size, int) and not isinstance(size, bool) for size in value)
        return tuple(value) if sound else _wrong(name, value)
    if sound and float in kinds:
        try:
            return float(value)
        except OverflowError:
            sound = False
    return value if sound else _wrong(name, value)


def _wrong(name: str, value: Any) -> Any:
    wanted = {list: "a list of whole numbers", str: "text", float: "a number", bool: "true or false"}
    raise AltacError(
        BadHyperparameter(name=name, value=shown(value), wanted=wanted.get(_KINDS[name][0], "a whole number"))
    )


def shown(value: object) -> str:
    """A value for a message, cut short: it may be anything that fits into a file."""
    try:
        text = str(value)
    except (RecursionError, ValueError):  # nested deeply, or with more digits than Python writes
        return "what it is"
    return text if len(text) <= 60 else text[:56] + " ..."
