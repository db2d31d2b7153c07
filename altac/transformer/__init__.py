"""Program and hidden units to Transformer weights, and running the result.

Building needs numpy alone; `TransformerRunner` and `verify` load jax when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from altac.transformer.building import BuiltModel, build
from altac.transformer.writing import write

if TYPE_CHECKING:
    from altac.transformer.runner import TransformerRunner
    from altac.transformer.verification import verify

__all__ = ["BuiltModel", "TransformerRunner", "build", "verify", "write"]

_LAZY = {"TransformerRunner": "altac.transformer.runner", "verify": "altac.transformer.verification"}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        from importlib import import_module

        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
