"""Files import one another in one direction: not at their top only, but in functions and for types too."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import altac

ROOT = Path(altac.__file__).parent


def modules() -> dict[str, Path]:
    """The files of altac by the names of their modules."""
    found = {}
    for path in ROOT.rglob("*.py"):
        parts = ("altac", *path.relative_to(ROOT).with_suffix("").parts)
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(path: Path, known: set[str]) -> set[str]:
    """The modules that a file imports anywhere in it; of a name in a module, that module."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (names & known) or {node.module}
    return found & known


def graph() -> dict[str, set[str]]:
    """Every file of altac with what it imports of altac."""
    files = modules()
    return {name: imported(path, set(files)) - {name} for name, path in files.items()}


def circle(graph: Mapping[str, set[str]]) -> list[str]:
    """A circle of files, if there is one."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


def sections() -> list[list[str]]:
    """The modules and packages that the headings of ARCHITECTURE.md name, in its order."""
    text = (ROOT.parent / "ARCHITECTURE.md").read_text(encoding="utf-8")
    headings = re.findall(r"(?m)^## (.*)$", text)
    return [[p.replace("/", ".") for p in re.findall(r"`(altac/\w+)(?:\.py)?`", h)] for h in headings]


def test_there_is_no_circle() -> None:
    found = graph()
    assert len(found) > 200
    assert not circle(found)


def test_the_order_of_the_architecture() -> None:
    """No file imports one of a later section; and every file has a section, but for the package's own two."""
    section = {name: i for i, names in enumerate(sections()) for name in names}
    found = graph()
    for name, imports in found.items():
        top = ".".join(name.split(".")[:2])
        if top in ("altac", "altac.__main__"):
            continue
        later = {i for i in imports if i != "altac" and section[".".join(i.split(".")[:2])] > section[top]}
        assert not later, name


def test_the_walk_through_the_checker_is_in_order() -> None:
    """In ARCHITECTURE.md, every file of altac/semantics is named, and imports only files that are named before it."""
    walk = (ROOT.parent / "ARCHITECTURE.md").read_text(encoding="utf-8")
    section = walk.split("## `altac/semantics`\n")[1].split("\n## ")[0]
    named = list(dict.fromkeys(re.findall(r"`(\w+)\.py`", section)))
    files = modules()
    inside = {name: path for name, path in files.items() if name.startswith("altac.semantics.")}
    assert {f"altac.semantics.{name}" for name in named} == set(inside)
    before: set[str] = set()
    for name in named:
        assert imported(inside[f"altac.semantics.{name}"], set(inside)) <= before, name
        before.add(f"altac.semantics.{name}")


def test_a_circle_is_found(tmp_path: Path) -> None:
    for name, text in {
        "top": "import b", "function": "def f():\n    from b import x", "types": "if TYPE_CHECKING:\n    from b import x",
        "package": "from a import b", "other": "from c import d",
    }.items():  # fmt: skip
        (tmp_path / name).write_text(text)
    found = {p.name: imported(p, {"b", "a.b"}) for p in tmp_path.iterdir()}
    assert found == {"top": {"b"}, "function": {"b"}, "types": {"b"}, "package": {"a.b"}, "other": set()}


def test_a_circle_of_files_is_found() -> None:
    assert set(circle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})) == {"a", "b", "c"}
    assert not circle({"a": {"b", "c"}, "b": {"c"}, "c": set()})
