"""What a backend is: the two protocols between built models and the libraries they run in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from altac.backends.inference import Run
from altac.transformer import BuiltModel, Configuration


class Model(Protocol):
    """A model in its library. `altac.backends.inference.Inference` is one around any Transformer."""

    @property
    def configuration(self) -> Configuration: ...

    def run(self, inputs: Sequence[Sequence[int]], max_layers: int | None = None) -> list[Run]:
        """Run framed token indices of any lengths, at most ``max_layers`` layers (None: the limit of the program)."""

    def too_long(self, length: int) -> bool:
        """Whether an input of this length is longer than the model is made for."""


class Backend(Protocol):
    """A target of `altac build`. Importing it imports no library; `model` and `load` do."""

    @property
    def name(self) -> str:
        """The name of the target."""

    @property
    def description(self) -> str:
        """What it writes, in a line."""

    @property
    def carries(self) -> str:
        """Which programs it can carry, in a line."""

    @property
    def requires(self) -> tuple[str, ...]:
        """The packages that a written model needs; altac is none of them."""

    def files(self, built: BuiltModel) -> Mapping[str, bytes]:
        """The files of a model, by name; without `altac.json` and the program, which every directory has.

        Raises:
            AltacError: the target cannot carry the model.
        """

    def model(self, built: BuiltModel, *, checked: bool = False) -> Model:
        """The model in this process; ``checked``: runs say where they first have an error. Raises as `files` does, and
        `AltacError` if its library is not installed."""

    def load(self, directory: Path) -> Model:
        """The model that the files in ``directory`` are, with the code and the library that they are for.

        What a directory holds that is not as `files` made it may raise anything.
        """
