"""The page of all diagnostics, made from their registry. Run as a module to write it anew."""

from __future__ import annotations

import importlib
import pkgutil

from altac import diagnostics
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
    "In data to learn from": ("analysis_errors", "learnability_errors"),
}

_HEAD = """\
# Diagnostics

Every message of altac has a code. `altac explain CODE` says more about one. What stands in `...` is filled in from
the program.
"""


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
    parts = [_HEAD]
    for title, modules in SECTIONS.items():
        rows = [
            f"| `{problem.code}`{' (warning)' if problem.severity == 'warning' else ''} | {_shown(problem.title)} |"
            for problem in registry()
            if problem.__module__.rsplit(".", 1)[1] in modules
        ]
        if rows:
            parts.append("\n".join([f"\n## {title}\n", "| code | what is wrong |", "| --- | --- |", *rows]) + "\n")
    return "".join(parts)


def _shown(template: str) -> str:
    out, depth = "", 0
    for char in template.replace("{{", "\0").replace("}}", "\1"):
        if char == "{":
            depth += 1
            out += "..."
        elif char == "}":
            depth -= 1
        elif not depth:
            out += char
    return out.replace("\0", "{").replace("\1", "}").replace("|", "\\|")


if __name__ == "__main__":
    (DOCS / "errors.md").write_text(page())
