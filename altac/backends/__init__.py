"""Targets: the libraries in which a built model can run, and be written for.

A backend is a package of `altac.backends` with a ``BACKEND`` that follows the protocol
`altac.backends.protocol.Backend`, and a line in `TARGETS`. It is imported when it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from altac.diagnostics.problem import AltacError, did_you_mean

if TYPE_CHECKING:
    from altac.backends.protocol import Backend

#: Target -> the package of its backend.
TARGETS = {
    "flax": "altac.backends.flax",
    "numpy": "altac.backends.numpy",
    "torch": "altac.backends.torch",
}
DEFAULT = "flax"


def backend(target: str) -> Backend:
    """The backend of a target.

    Raises:
        AltacError: there is no such target.
    """
    if target not in TARGETS:
        from altac.diagnostics.build_errors import UnknownTarget

        raise AltacError(
            UnknownTarget(target=target, known=", ".join(TARGETS), suggestion=did_you_mean(target, TARGETS))
        )
    found: Backend = import_module(TARGETS[target]).BACKEND
    return found
