"""Executes a notebook with the Python that runs this, and prints it with its outputs as JSON. Run as a module."""

from __future__ import annotations

import sys

import nbformat
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient


def main(path: str, folder: str) -> None:
    """Execute the notebook at ``path`` in ``folder``. Raises if a cell does."""
    notebook = nbformat.read(path, as_version=4)
    manager = AsyncKernelManager(kernel_name="python3")
    # The kernel that is found by its name may be of another Python.
    manager._kernel_spec = KernelSpec(
        argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"], language="python"
    )
    NotebookClient(notebook, km=manager, timeout=300, resources={"metadata": {"path": folder}}).execute()
    print(nbformat.writes(notebook))


if __name__ == "__main__":
    main(*sys.argv[1:])
