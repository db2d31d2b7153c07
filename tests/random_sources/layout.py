"""The same text, laid out by someone in a hurry: comments, blank lines, uneven blanks, lines that are broken or joined."""

from __future__ import annotations

import random
import re

#: Where a line may be broken: after a comma or an operator, and before one that no line can begin with.
_BREAK = re.compile(r"(?<=,) | (?=(?:and|or|xor|\+|==|!=|<=|>=|<|>) )|(?<= and) |(?<= \+) |(?<= or) ")


def laid_out(rng: random.Random, parts: list[list[str]]) -> list[str]:
    """The lines of declarations."""
    found = ["// A random program.", "// It means nothing."] if rng.random() < 0.3 else []
    for part in parts:
        for line in part:
            if rng.random() < 0.04:
                found.append("    // about the next line")
            found += _uneven(rng, line)
        found += [""] * rng.choice([0, 0, 1, 2])
    return found


def _uneven(rng: random.Random, line: str) -> list[str]:
    lines = [line]
    plain = '"' not in line
    if plain and rng.random() < 0.1:
        line = line.replace(" ", "  ", rng.randint(1, 3))
        lines = [line]
    if plain and rng.random() < 0.1:
        breaks = [m.start() for m in _BREAK.finditer(line)]
        if breaks:
            at = rng.choice(breaks)
            lines = [line[:at] + rng.choice(["", "  // here"]), "  " * rng.randint(0, 6) + line[at + 1 :]]
    if rng.random() < 0.1:
        lines[0] = "  " + lines[0]
    if rng.random() < 0.05:
        lines[-1] += "  // why"
    return lines
