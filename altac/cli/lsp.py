"""``altac lsp``"""

from __future__ import annotations

import os
import sys

import click


@click.command()
@click.option("--stdio", is_flag=True, help="Speak over stdin and stdout; the only way, and taken if left out.")
def lsp(stdio: bool) -> None:
    """Serve an editor: the language server, over stdin and stdout."""
    from altac.lsp.features import register
    from altac.lsp.server import serve

    if sys.__stdout__ is not None:
        sys.stdout = sys.__stdout__  # the server has its own answer to an editor that leaves
    code = serve(register)
    sys.stderr.flush()
    os._exit(code)  # a check under way is of no use to anyone now
