"""Declarations as pieces of text, so that one can be replaced without touching the others."""

from __future__ import annotations

from dataclasses import dataclass

from altac.source import Source
from altac.syntax import tree
from altac.syntax.parser import parse

#: Words that begin a declaration.
STARTS = (
    "program", "import", "param", "const", "type", "enum", "tokens", "text", "positions", "frame", "var", "head", "fn",
    "component", "use", "mlp", "rules", "output", "halt", "layers", "causal", "test",
)  # fmt: skip


@dataclass(frozen=True)
class Declaration:
    """A declaration in a text: its keyword, its name if it has one, and the characters ``start:end``."""

    keyword: str
    name: str
    start: int
    end: int


def declarations(text: str) -> list[Declaration]:
    """The declarations of ``text`` in order."""
    found = []
    for decl in parse(Source("<session>", text)).tree.declarations:
        name = getattr(decl, "name", None)
        named = name.text if isinstance(name, tree.Name) and not isinstance(decl, tree.ProgramDecl) else ""
        keyword = text[decl.span.start : decl.span.end].split(None, 1)[0].rstrip("{")
        found.append(Declaration(keyword, named, decl.span.start, decl.span.end))
    return found


def is_declaration(entry: str) -> bool:
    """Whether an entry is meant as a declaration rather than an input."""
    words = entry.replace("{", " ").split(None, 1)
    if not words or words[0] not in STARTS:
        return False
    # `walk left` may be an input of a program whose tokens are words such as `use` or `test`.
    return not parse(Source("<entry>", entry)).problems or len(words) > 1 or words[0] in ("mlp", "rules")


def replaced(text: str, entry: str) -> str:
    """``text`` with the declarations of ``entry`` in place of those that they redefine, or added at the end.

    Named declarations redefine those of their name; `mlp`, `rules`, `output` and the like those of their keyword;
    tests and imports are added.
    """
    for new in declarations(entry) or [Declaration("", "", 0, len(entry))]:
        piece = entry[new.start : new.end]
        old = [d for d in declarations(text) if _same(d, new)]
        if old:
            text = text[: old[0].start] + piece + text[old[0].end :]
        else:
            text = (text.rstrip() + "\n" if text.strip() else "") + piece + "\n"
    return text


def _same(old: Declaration, new: Declaration) -> bool:
    if new.name:
        return old.name == new.name
    if {old.keyword, new.keyword} <= {"mlp", "rules"}:
        return True
    return old.keyword == new.keyword and new.keyword not in ("test", "import", "")


def is_open(entry: str) -> bool:
    """Whether an entry goes on: a bracket is not closed yet."""
    depth = 0
    quoted = escaped = False
    position = 0
    while position < len(entry):
        char = entry[position]
        if quoted:
            quoted = char not in '"\n' or escaped
            escaped = char == "\\" and not escaped
        elif char == '"':
            quoted = True
        elif entry.startswith("//", position):
            position = entry.find("\n", position)
            if position < 0:
                break
        else:
            depth += (char in "([{") - (char in ")]}")
        position += 1
    return depth > 0
