"""Modules of altac as they stand in a directory of their own."""

from __future__ import annotations

import ast
from importlib import resources

import pytest

from altac.backends import TARGETS, backend
from altac.backends.module import SUPPORT, ModuleBackend, standalone

SOURCE = '''"""A module."""

import json

from altac.backends.inference import Inference, main
from altac.transformer.configuration import Configuration

text = """from altac import nothing"""
'''

BESIDE = '''"""A program."""

import json

if __package__:
    from .inference import Inference, main
    from .configuration import Configuration
else:
    from inference import Inference, main
    from configuration import Configuration

text = """from altac import nothing"""
'''


def test_imports_are_from_files_beside_it() -> None:
    assert standalone(SOURCE, "A program.") == BESIDE
    assert standalone(SOURCE).startswith('"""A module."""')


def modules() -> list[str]:
    found = (backend(target) for target in TARGETS)
    return [*SUPPORT.values(), *(b.template for b in found if isinstance(b, ModuleBackend))]


@pytest.mark.parametrize("module", modules())
def test_nothing_of_altac_is_left(module: str) -> None:
    package, _, name = module.rpartition(".")
    text = standalone(resources.files(package).joinpath(f"{name}.py").read_text(encoding="utf-8"))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            assert not any(alias.name.startswith("altac") for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            assert node.module and not node.module.startswith("altac")
            assert node.level == 0 or node.module in SUPPORT
