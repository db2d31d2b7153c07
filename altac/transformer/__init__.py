"""Program and hidden units to Transformer weights, and running the result.

Building needs numpy alone; `TransformerRunner` and `verify` load jax when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from altac.transformer.building import BuiltModel, build

if TYPE_CHECKING:
    from altac.transformer.runner import TransformerRunner

__all__ = ["BuiltModel", "TransformerRunner", "build"]

_LAZY = {"TransformerRunner": "altac.transformer.runner"}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        from importlib import import_module

        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
