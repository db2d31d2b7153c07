"""Source text as coloured lines."""

from __future__ import annotations

from altac.source import LINE_END

#: Class of a piece by its Pygments type, or the nearest type above it.
_CLASSES = {
    "Comment": "c", "Keyword": "k", "Keyword.Constant": "n", "Number": "n", "String": "s", "Operator.Word": "k",
    "Name.Function": "f", "Name.Class": "f", "Name.Builtin": "b", "Keyword.Type": "b",
}  # fmt: skip


def listing(text: str) -> list[list[list[str]]]:
    """The lines of ``text``, each as pieces ``[class, text]``; the pieces of a line are all of it. What follows a
    last line break is no line."""
    from altac.highlight import AltacLexer

    lines: list[list[list[str]]] = [[]]
    for _, kind, piece in AltacLexer().get_tokens_unprocessed(text):
        name = str(kind).removeprefix("Token.")
        while name and name not in _CLASSES:
            name = name.rpartition(".")[0]
        for number, part in enumerate(LINE_END.split(piece)):
            if number:
                lines.append([])
            if part:
                lines[-1].append([_CLASSES.get(name, ""), part])
    return lines[:-1] if len(lines) > 1 and not lines[-1] else lines
