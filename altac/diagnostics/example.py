"""An example for every diagnostic: what is wrong, and the same put right.

They are Markdown files, ``examples/CODE.md``: a paragraph on why, then code fences. The language of a fence is `alta`,
`console`, `python`, or that of a data file; words after it say what it is:

* ``wrong`` and ``fixed``: the faulty version and the corrected one. A fence with neither serves both.
* ``before``: commands that both need to have been run.
* ``file=NAME``: a file beside the program.

A program without a `program` line is put into the frame `FRAME`, and so is one with no text at all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from altac.resources import example_text

Role = Literal["wrong", "fixed", "before", ""]

#: What is written after an example that is only a part of a program. After, so that line numbers agree.
FRAME = """\
program example
tokens 0, 1, START
var bit:  bool = token == 1
var mark: bool = token == START
output bit
halt when mark
"""

#: The file that commands and Python code of an example find its program in.
PROGRAM_FILE = "example.alta"

_FENCE = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A code fence of an example; ``file`` is the name of the data file that it is, if it is one."""

    language: str
    role: Role
    text: str
    file: str = ""
    complete: bool = False

    @property
    def whole(self) -> str:
        """The text of a program with the frame that it may lack."""
        if self.complete or re.search(r"^program\b", self.text, re.MULTILINE):
            return self.text
        return f"{self.text}\n{FRAME}" if self.text else FRAME


@dataclass(frozen=True)
class Example:
    """Why something is a fault, and how it looks, wrong and right."""

    code: str
    why: str
    blocks: tuple[Block, ...]

    def program(self, role: Role) -> Block | None:
        """The program in the role, or the one that serves both; None if the example needs none."""
        found = [b for b in self.blocks if b.language == "alta" and not b.file and b.role in (role, "")]
        return found[0] if found else None

    def files(self) -> tuple[Block, ...]:
        """The files beside the program."""
        return tuple(b for b in self.blocks if b.file)

    def steps(self, role: Role, language: str) -> tuple[str, ...]:
        """The texts of the console or Python fences in the role; of those that serve both, unless it is ``before``."""
        roles = ("before",) if role == "before" else (role, "")
        return tuple(b.text for b in self.blocks if b.language == language and not b.file and b.role in roles)

    @property
    def by_checking(self) -> bool:
        """Whether checking the program shows the fault, without a command line, other files or a run."""
        return all(b.language == "alta" and b.role and not b.file for b in self.blocks)


def example_of(code: str) -> Example | None:
    """The example of a diagnostic, or None if there is no such code."""
    text = example_text(code)
    if text is None:
        return None
    why = text.split("\n```", 1)[0].strip()
    return Example(code, why, tuple(_block(m[1], m[2].split(), m[3]) for m in _FENCE.finditer(text)))


def _block(language: str, words: list[str], text: str) -> Block:
    file = next((w.removeprefix("file=") for w in words if w.startswith("file=")), "")
    role: Role = "wrong" if "wrong" in words else "fixed" if "fixed" in words else "before" if "before" in words else ""
    return Block(language, role, text, file, "whole" in words)


def general(template: str) -> str:
    """A template of a message with `...` for what is filled in."""
    out, depth = "", 0
    for char in template.replace("{{", "\0").replace("}}", "\1"):
        if char == "{":
            depth += 1
            out += "..."
        elif char == "}":
            depth -= 1
        elif not depth:
            out += char
    return out.replace("\0", "{").replace("\1", "}")
