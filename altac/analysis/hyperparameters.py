"""Hyperparameters of training on traces: presets, and files of them."""

from __future__ import annotations

import json
import tomllib
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from altac.diagnostics.analysis_errors import BadHyperparameter, UnreadableHyperparameters
from altac.diagnostics.problem import AltacError, did_you_mean

Optimizer = Literal["adam", "adafactor"]
#: Which variables the trained MLP writes: all, as in the paper, or only those that the program ever updates.
Outputs = Literal["all", "assigned"]


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
                raise AltacError(BadHyperparameter(name=name, value=str(getattr(self, name)), wanted="a number from 1"))
        if not self.hidden or min(self.hidden) < 1:
            raise AltacError(BadHyperparameter(name="hidden", value=str(list(self.hidden)), wanted="sizes from 1"))
        if not 0 < self.learning_rate < float("inf"):
            raise AltacError(
                BadHyperparameter(name="learning_rate", value=str(self.learning_rate), wanted="a positive number")
            )
        if not 0 <= self.noise < float("inf"):
            raise AltacError(BadHyperparameter(name="noise", value=str(self.noise), wanted="a number from 0"))
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


def read_hyperparameters(path: str, base: Hyperparameters) -> Hyperparameters:
    """The hyperparameters in a TOML or JSON file; what it leaves out is as in ``base``.

    Raises:
        AltacError: the file cannot be read, or has an entry that is none or has a wrong value.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
        data = json.loads(text) if path.endswith(".json") else tomllib.loads(text)
        if not isinstance(data, dict):
            raise ValueError("it is not a table of names and values")
    except (OSError, ValueError, RecursionError) as error:
        reason = str(getattr(error, "strerror", None) or error)
        raise AltacError(UnreadableHyperparameters(path=path, reason=reason)) from None
    return replace(base, **{name: _checked(name, value) for name, value in data.items()})


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
    sound = isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))
    if sound and name == "hidden":
        sound = all(isinstance(size, int) and not isinstance(size, bool) for size in value)
        return tuple(value) if sound else _wrong(name, value)
    return value if sound else _wrong(name, value)


def _wrong(name: str, value: Any) -> Any:
    wanted = {list: "a list of whole numbers", str: "text", float: "a number", bool: "true or false"}
    raise AltacError(
        BadHyperparameter(name=name, value=str(value), wanted=wanted.get(_KINDS[name][0], "a whole number"))
    )
