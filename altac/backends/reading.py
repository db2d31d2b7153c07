"""A built directory back into this process: the model in its library, and the program that it was built from."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from altac.backends import backend
from altac.backends.manifest import MANIFEST, PROGRAM, Manifest
from altac.backends.protocol import Model
from altac.backends.runner import TransformerRunner
from altac.backends.verification import Report, verify
from altac.diagnostics.build_errors import AlteredModel, UnreadableModel
from altac.diagnostics.problem import AltacError
from altac.durable import recover
from altac.interpreter.inputs import Given, Inputs, read_inputs
from altac.ir import Program
from altac.ir.json import load


@dataclass(frozen=True)
class LoadedModel:
    """The model of a directory, for ``target``, and its program."""

    target: str
    program: Program
    model: Model

    @property
    def runner(self) -> TransformerRunner:
        """Runs the model with the interpreter's results."""
        return TransformerRunner(self.program, self.model)

    def verify(
        self, *, inputs: Given | None = None, skip_failing: bool = False, exhaustive: int = 1500, samples: int = 400,
        seed: int = 0, max_layers: int | None = None,
    ) -> Report:  # fmt: skip
        """Compare the model with the interpreter; see `altac.backends.verification`. Raises `AltacError`."""
        found = Inputs.of(()) if inputs is None else read_inputs(self.program, inputs, skip_failing)
        return verify(
            self.program, self.runner, target=self.target, inputs=found, skip_failing=skip_failing,
            exhaustive=exhaustive, samples=samples, seed=seed, max_layers=max_layers,
        )  # fmt: skip


def read(directory: str | os.PathLike[str]) -> LoadedModel:
    """The model and the program in a directory that `altac.backends.writing.write` wrote.

    Code in the directory is run, but only if it is what was written.

    Raises:
        AltacError: the directory holds no built model, or one that was changed, that is for an unknown target, or that cannot be
            loaded, because a library is missing for instance.
    """
    path = Path(directory)
    recover(path)
    try:
        manifest = Manifest.read(path)
    except OSError:
        raise _unreadable(directory, f"it has no {MANIFEST}, so altac has not built it") from None
    except ValueError as error:
        raise _unreadable(directory, f"{MANIFEST}: {error}") from None
    found = backend(manifest.target)
    altered = tuple(manifest.altered(path))
    if altered:
        raise AltacError(AlteredModel(path=str(directory), files=", ".join(altered)))
    try:
        program = load((path / PROGRAM).read_text(encoding="utf-8"))
        model = found.load(path)
    except AltacError:
        raise
    except Exception as error:  # its files are sound: what its library raises is for the user to see
        raise _unreadable(directory, f"{type(error).__name__}: {error}") from error
    return LoadedModel(manifest.target, program, model)


def _unreadable(path: str | os.PathLike[str], reason: str) -> AltacError:
    return AltacError(UnreadableModel(path=str(path), reason=reason))
