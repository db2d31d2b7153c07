"""The examples of the documentation: code fences, and the rest of a program put around those that are part of one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"

_FENCE = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Fence:
    """A code fence: its language, what follows that on the line, its text, and where it stands."""

    language: str
    note: str
    text: str
    place: str


def fences(page: Path, language: str) -> list[Fence]:
    """The fences of one language in the order of the page."""
    text = page.read_text()
    return [
        Fence(match[1], match[2].strip(), match[3], f"{page.name}:{text.count(chr(10), 0, match.start()) + 1}")
        for match in _FENCE.finditer(text)
        if match[1] == language
    ]


def whole(text: str) -> str:
    """``text`` with the lines that every program must have, where they are missing."""
    has = {line.split(" ", 1)[0] for line in text.splitlines()}
    if "program" in has:
        return text
    lines = ["program fragment"]
    if "tokens" not in has:
        lines.append("tokens 0, 1, START")
    if "output" not in has:
        lines += ["var result: bool = false", "output result", "layers 1"]
    return "\n".join([*lines, text])
