"""Backends that write a Python module: model.py beside what it needs of altac, so that altac itself is not needed."""

from __future__ import annotations

import importlib
import json
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from itertools import count
from pathlib import Path
from types import ModuleType

from altac.backends.checked import Checker
from altac.backends.description import docstring, readme
from altac.backends.protocol import Model
from altac.diagnostics.cli_errors import MissingExtra
from altac.diagnostics.problem import AltacError
from altac.ir.json import dump
from altac.transformer import BuiltModel
from altac.transformer.configuration import FORMAT

#: The modules of altac that model.py imports, by the name they have beside it.
SUPPORT = {
    "inference": "altac.backends.inference", "checked": "altac.backends.checked", "guards": "altac.backends.guards",
    "configuration": "altac.transformer.configuration", "operators": "altac.ir.operators",
}  # fmt: skip

_QUOTES = '"""'
_IMPORTS = re.compile(r"(?:^from altac\.\S+ import .+\n)+", re.MULTILINE)
_numbers = count(1)


@dataclass(frozen=True)
class ModuleBackend:
    """A backend whose model.py is the module ``template``; see `altac.backends.protocol.Backend` for the other fields.

    ``template`` has a class ``Model`` of a configuration and weights by name, and a function ``load`` of a directory.
    ``usage`` is Python code that shows how to use its Transformer. ``extra`` is that of altac which installs what the
    library needs, if altac itself does not.
    """

    name: str
    description: str
    carries: str
    requires: tuple[str, ...]
    template: str
    usage: str
    extra: str = ""

    def files(self, built: BuiltModel) -> Mapping[str, bytes]:
        """model.py and its support, the weights, configuration and labels, and a README."""
        from safetensors.numpy import save

        support = {f"{name}.py": standalone(_source(module)) for name, module in SUPPORT.items()}
        return {
            "model.py": standalone(_source(self.template), docstring(built, self.usage)).encode(),
            **{name: text.encode() for name, text in support.items()},
            "model.safetensors": save(dict(built.weights), {"format": FORMAT, "program": built.program.name}),
            "config.json": built.configuration.to_json().encode(),
            "labels.json": built.labels.to_json().encode(),
            "checks.json": dump(built.program, spans=False).encode(),
            "README.md": readme(built, self.requires, self.usage).encode(),
        }

    def model(self, built: BuiltModel, *, checked: bool = False) -> Model:
        """The class ``Model`` of the template, with what was built."""
        checker = None
        if checked:
            labels, gap = json.loads(built.labels.to_json()), built.configuration.certificate.logit_gap
            checker = Checker(json.loads(dump(built.program, spans=False)), labels, gap)
        with self._importing():
            module = importlib.import_module(self.template)
        found: Model = module.Model(built.configuration, built.weights, checker)
        return found

    def load(self, directory: Path) -> Model:
        """What the model.py in ``directory`` loads."""
        with self._importing():
            module = load_module(directory)
        found: Model = module.load()
        return found

    @contextmanager
    def _importing(self) -> Iterator[None]:
        try:
            yield
        except ModuleNotFoundError as error:
            if not self.extra or error.name not in self.requires:
                raise
            raise AltacError(
                MissingExtra(what=f"a model for {self.name}", package=error.name, extra=self.extra)
            ) from None


def standalone(source: str, docstring: str | None = None) -> str:
    """The source of a module as it stands in a directory of its own: imports from altac are imports from files beside it.

    ``docstring`` takes the place of the module's own.
    """
    if docstring is not None:
        head, _, rest = source.partition(_QUOTES)
        _, _, body = rest.partition(_QUOTES)
        source = head + _QUOTES + docstring + _QUOTES + body
    return _IMPORTS.sub(lambda block: _beside(block[0]), source)


def _beside(block: str) -> str:
    """The imports of ``block`` from files in the same folder, be it a package or on the module path."""
    names = re.findall(r"^from \S+\.(\w+) (import .+)$", block, re.MULTILINE)
    inside = "".join(f"    from .{module} {what}\n" for module, what in names)
    outside = "".join(f"    from {module} {what}\n" for module, what in names)
    return f"if __package__:\n{inside}else:\n{outside}"


def _source(module: str) -> str:
    package, _, name = module.rpartition(".")
    return resources.files(package).joinpath(f"{name}.py").read_text(encoding="utf-8")


def load_module(directory: Path) -> ModuleType:
    """The model.py in ``directory`` as a module of this process, apart from those of other directories.

    Byte code that lies in the directory is neither used nor written: what runs is what can be read there.
    """
    name = f"altac_built_{next(_numbers)}"
    package = ModuleType(name)
    package.__path__ = [str(directory.resolve())]
    sys.modules[name] = package
    before = sys.pycache_prefix
    with tempfile.TemporaryDirectory() as elsewhere:
        sys.pycache_prefix = elsewhere
        try:
            return importlib.import_module(f"{name}.model")
        finally:
            sys.pycache_prefix = before
