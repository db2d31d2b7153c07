"""altac: a language and compiler for algorithms that Transformers can run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from altac.api import Model, Program, check, check_source, load, load_model
    from altac.diagnostics import AltacError
    from altac.display.runs import Run
    from altac.syntax.postlex import grammar

__version__ = "0.1.0"
__all__ = ["AltacError", "Model", "Program", "Run", "check", "check_source", "grammar", "load", "load_model"]


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


def __getattr__(name: str) -> Any:  # kept lazy: `altac --help` should start as fast as Python does
    if name == "AltacError":
        from altac.diagnostics import AltacError

        return AltacError
    if name == "grammar":
        from altac.syntax.postlex import grammar

        return grammar
    if name in __all__:
        from altac import api

        return getattr(api, name)
    raise AttributeError(f"module 'altac' has no attribute {name!r}")
