"""The page of all diagnostics, made from their registry. Run as a module to write it anew."""

from __future__ import annotations

import importlib
import pkgutil

from altac import diagnostics
from altac.diagnostics.example import FRAME, example_of, general
from altac.diagnostics.problem import REGISTRY, Problem
from tests.docs.pages import DOCS

#: Sections of the page: a title, and the modules whose diagnostics it lists.
SECTIONS = {
    "In the text of a program": ("syntax_errors",),
    "In its names and declarations": ("name_errors", "declaration_errors"),
    "In its types and expressions": ("type_errors",),
    "In its size": ("rules_errors",),
    "In an input": ("input_errors",),
    "While a program runs": ("runtime_errors",),
    "When a model is built": ("build_errors",),
    "When a program is analysed": ("learnability_errors",),
    "On the command line": ("cli_errors",),
    "In data to learn from": ("analysis_errors",),
}

_HEAD = """\
# Diagnostics

Every message of altac has a code; `altac explain CODE` shows in the terminal what stands here. What stands for `...` is filled
in from the program. An example without a `program` line is part of this one:

```alta
"""

_PIPE = "\\|"
_NAMES = {"wrong": "Wrong", "fixed": "Right", "before": "First", "": "With"}


def registry() -> list[type[Problem]]:
    """Every diagnostic by its code. One that is found while checking as well as while running is there twice."""
    for module in pkgutil.iter_modules(diagnostics.__path__):
        importlib.import_module(f"{diagnostics.__name__}.{module.name}")
    found: dict[tuple[str, str], type[Problem]] = {}
    pending = [Problem]
    while pending:
        problem = pending.pop()
        pending += problem.__subclasses__()
        if problem.code in REGISTRY and problem.__module__.startswith(diagnostics.__name__):
            found[problem.code, problem.__module__] = problem
    return [found[key] for key in sorted(found)]


def page() -> str:
    """The text of docs/errors.md."""
    parts = [f"{_HEAD}{FRAME}```\n"]
    shown: set[str] = set()
    for title, modules in SECTIONS.items():
        problems = [p for p in registry() if p.__module__.rsplit(".", 1)[1] in modules]
        rows = [
            f"| [{p.code}](#{p.code}){' (warning)' if p.severity == 'warning' else ''} |"
            f" {general(p.title).replace('|', _PIPE)} |"
            for p in problems
        ]
        parts.append("\n".join([f"\n## {title}\n", "| code | what is wrong |", "| --- | --- |", *rows]) + "\n")
        for problem in problems:
            if problem.code not in shown:  # one that is found while checking as well as while running is shown once
                parts.append(_entry(problem.code))
            shown.add(problem.code)
    return "".join(parts)


def _entry(code: str) -> str:
    found = example_of(code)
    assert found is not None
    parts = [f"\n### {code}\n\n{found.why}\n"]
    for block in found.blocks:
        name = f"`{block.file}`" if block.file else _NAMES[block.role]
        parts.append(f"\n{name}:\n\n```{block.language}\n{block.text or FRAME}```\n")
    return "".join(parts)


if __name__ == "__main__":
    (DOCS / "errors.md").write_text(page())
