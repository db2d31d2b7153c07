"""Checkpoints and metrics of a training run, in a folder: each file whole or not at all."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from altac.diagnostics.analysis_errors import OtherRun
from altac.diagnostics.cli_errors import CannotWrite
from altac.diagnostics.problem import AltacError
from altac.durable import write_file
from altac.untrusted import open_file, parse_json, reason_of


@dataclass(frozen=True)
class Metrics:
    """At a step: the mean ``loss`` since the last entry, and the fraction of training items that come out ``exact``."""

    step: int
    loss: float
    exact: float
    seconds: float


class Store:
    """Keeps the state of a run. ``fingerprint`` says which run it is: what it depends on, by name."""

    def __init__(self, folder: Path, fingerprint: dict[str, str]) -> None:
        self.folder = folder
        self.fingerprint = fingerprint
        self.path = folder / "checkpoint.safetensors"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            foreign = [name for name in _REPLACED if (folder / name).exists()]
        except OSError as error:
            self._refuse(error)
        if foreign and not self.path.exists():
            reason = f"it holds {foreign[0]}, and no run that could go on: give another folder"
            raise AltacError(CannotWrite(path=str(folder), reason=reason))

    @property
    def kept(self) -> str:
        """Where the last state is, if there is one."""
        return str(self.path) if self.path.exists() else ""

    def _refuse(self, error: OSError) -> None:
        raise AltacError(CannotWrite(path=str(self.folder), reason=reason_of(error))) from None

    def save(self, parameters: Any, state: Any, metrics: list[Metrics]) -> None:
        """Replace the checkpoint, then the metrics: each as a whole."""
        from safetensors.numpy import save

        leaves = jax.tree.leaves((parameters, state))
        tensors = {f"{i:04}": np.asarray(leaf) for i, leaf in enumerate(leaves)}
        lines = "".join(json.dumps(vars(m)) + "\n" for m in metrics)
        try:
            write_file(self.path, save(tensors, {**self.fingerprint, "metrics": lines}))
            write_file(self.folder / "metrics.jsonl", lines)
        except OSError as error:
            self._refuse(error)

    def load(self, parameters: Any, state: Any) -> tuple[Any, Any, list[Metrics]] | None:
        """The last checkpoint; None if there is none. Raises `AltacError` if it is of another run."""
        from safetensors import SafetensorError, safe_open

        if not self.path.exists():
            return None
        like, shape = jax.tree.flatten((parameters, state))
        try:
            open_file(self.path, regular=True).close()
            with safe_open(self.path, framework="numpy") as file:
                known = file.metadata() or {}
                for what, value in self.fingerprint.items():
                    if known.get(what) != value:
                        raise AltacError(OtherRun(path=str(self.folder), what=_WORDS.get(what, what)))
                shapes = [tuple(file.get_slice(f"{i:04}").get_shape()) for i in range(len(like))]
                if shapes != [leaf.shape for leaf in like]:
                    raise ValueError("arrays of other shapes")
                leaves = [jnp.asarray(file.get_tensor(f"{i:04}"), leaf.dtype) for i, leaf in enumerate(like)]
            metrics = [Metrics(**parse_json(line)) for line in known["metrics"].splitlines()]
            if not metrics or not all(isinstance(number, int | float) for m in metrics for number in vars(m).values()):
                raise ValueError("no metrics")
        except (SafetensorError, OSError, ValueError, TypeError, KeyError):
            raise AltacError(OtherRun(path=str(self.folder), what="format of its checkpoint")) from None
        restored = jax.tree.unflatten(shape, leaves)
        return restored[0], restored[1], metrics


#: What a run replaces, and what stands in a folder that is a model.
_REPLACED = ("result.json", "metrics.jsonl", "altac.json")
_WORDS = {"hyperparameters": "choice of hyperparameters", "data": "training set"}
