"""Semantic tokens: what each word is, from the lexer and the resolved names."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from altac.lsp import names
from altac.lsp.project import Project
from altac.syntax.keywords import BUILTINS, words
from altac.syntax.lexer import tokenize

TYPES = (
    "namespace", "type", "enum", "enumMember", "class", "parameter", "variable", "property", "function", "keyword",
    "comment", "string", "number", "operator",
)  # fmt: skip
MODIFIERS = ("declaration", "readonly", "modification", "defaultLibrary")
LEGEND = types.SemanticTokensLegend(list(TYPES), list(MODIFIERS))

_OF_KIND: dict[names.Kind, tuple[str, tuple[str, ...]]] = {
    "program": ("namespace", ()), "module": ("namespace", ()), "parameter": ("variable", ("readonly",)),
    "constant": ("variable", ("readonly",)), "type": ("type", ()), "enum": ("enum", ()), "member": ("enumMember", ()),
    "token": ("enumMember", ()), "variable": ("variable", ()), "head": ("property", ()), "function": ("function", ()),
    "procedure": ("function", ()), "component": ("class", ()), "instance": ("variable", ("readonly",)),
    "argument": ("parameter", ()), "local": ("variable", ("readonly",)),
}  # fmt: skip
_OF_TOKEN = {
    "COMMENT": "comment", "STRING": "string", "BAD_STRING": "string", "INT": "number", "DECIMAL": "number",
    "UPDATE": "operator", "ARROW": "operator", "EQUAL": "operator", "DIFFERENT": "operator", "AT_MOST": "operator",
    "AT_LEAST": "operator", "LESS": "operator", "GREATER": "operator", "ASSIGN": "operator", "RANGE": "operator",
    "BAR": "operator", "PLUS": "operator", "MINUS": "operator", "TIMES": "operator", "DIVIDE": "operator",
    "MODULO": "operator",
}  # fmt: skip


def semantic_tokens(project: Project, path: str) -> types.SemanticTokens:
    """The tokens of a whole file, encoded as the protocol wants them."""
    index = project.index(path)
    data: list[int] = []
    if index is None:
        return types.SemanticTokens(data)
    source = index.module.source
    line = column = 0
    for start, text, kind, modifiers in classify(index):
        place = project.positions.position_of(source, start)
        data += [
            place.line - line, place.character - column if place.line == line else place.character,
            project.positions.length(text), TYPES.index(kind), sum(1 << MODIFIERS.index(m) for m in modifiers),
        ]  # fmt: skip
        line, column = place.line, place.character
    return types.SemanticTokens(data)


def classify(index: names.Index) -> Iterator[tuple[int, str, str, tuple[str, ...]]]:
    """Offset, text, type and modifiers of each token that has a type, in order."""
    uses = {use.span.start: use for use in index.uses}
    keywords = set(words().keywords)
    tokens = [t for t in tokenize(index.module.source.text) if t.type != "BLANK"]
    before = ""
    for token, following in zip(tokens, [*tokens[1:], None]):
        use = uses.get(token.start)
        known = _OF_TOKEN.get(token.type)
        if known is not None:
            yield token.start, token.text, known, ()
        elif use is not None and use.span.end == token.end:
            kind, modifiers = _OF_KIND[use.definition.kind]
            extra = ("declaration",) if use.declares else ("modification",) if use.writes else ()
            yield token.start, token.text, kind, (*modifiers, *extra)
        elif token.text.isidentifier() and (before == "DOT" or following is not None and following.type == "COLON"):
            yield token.start, token.text, "property", ()
        elif token.type == "NAME" and token.text in BUILTINS:
            kind = "type" if token.text in ("bool", "Token") else "function"
            yield token.start, token.text, kind, ("defaultLibrary",)
        elif token.type != "NAME" and token.text in keywords:
            yield token.start, token.text, "keyword", ()
        before = token.type
