"""altac in notebooks: ``%load_ext altac.jupyter`` brings the magics of `altac.jupyter.magics`.

IPython loads this; nothing here imports it before.
"""

from __future__ import annotations

from typing import Any


def load_ipython_extension(shell: Any) -> None:
    """Add ``%%alta`` and ``%alta`` to an interactive shell. Called by ``%load_ext``."""
    from altac.jupyter.magics import Magics

    magics = Magics(shell)
    shell.register_magic_function(magics.alta, "line_cell", "alta")


def unload_ipython_extension(shell: Any) -> None:
    """Take them away again. Called by ``%unload_ext``."""
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop("alta", None)
