"""The recipes for those who carry on name files that exist, and no more than they promise."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")

#: Recipe -> files that it may touch.
MOST = {"An operator": 6, "A diagnostic": 5, "A statement": 6, "A backend": 2}


def test_the_files_exist() -> None:
    named = [n for n in re.findall(r"`([\w./-]+)`", TEXT) if "/" in n]
    assert len(named) > 15
    assert [n for n in named if not (ROOT / n).exists()] == []


def test_the_recipes_are_short() -> None:
    for title, most in MOST.items():
        recipe = TEXT.split(f"## {title}\n")[1].split("\n## ")[0]
        assert len(re.findall(r"^\d+\. ", recipe, re.MULTILINE)) <= most


def test_the_commands_are_targets_of_make() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^    make ([\w-]+)", TEXT, re.MULTILINE)
    assert {"quick", "test", "test-slow"} <= set(targets)
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)
