"""What is said of a name, a keyword or a builtin when the pointer rests on it."""

from __future__ import annotations

from lsprotocol import types

from altac.lsp import names
from altac.lsp.counts import Counts
from altac.lsp.facts import Facts, SlotFact
from altac.lsp.positions import PositionCodec
from altac.lsp.project import Project
from altac.lsp.words import BUILTINS, KEYWORDS
from altac.source import Span
from altac.syntax import tree
from altac.syntax.comments import comment_text, doc_comment
from altac.syntax.lexer import tokenize

_LINES = 12


def hover(
    project: Project, path: str, position: types.Position, facts: Facts | None, counts: Counts | None
) -> types.Hover | None:
    """Declaration, documentation and what the checker knows. ``facts`` and ``counts`` may be those of an earlier text."""
    index = project.index(path)
    if index is None:
        return None
    offset = project.positions.offset_of(index.module.source, position)
    use = index.at(offset)
    if use is None:
        return _word(index, offset, project.positions)
    found = use.definition
    parts = [f"```alta\n{declaration(found)}\n```"]
    facts_text = _facts(found, facts)
    if facts_text:
        parts.append(facts_text)
    if counts is not None:
        counted = _counts(use, facts, counts)
        if counted:
            parts.append(counted)
    doc = documentation(project, found)
    if doc:
        parts.append(doc)
    return types.Hover(
        types.MarkupContent(types.MarkupKind.Markdown, "\n\n".join(parts)), project.positions.range_of(use.span)
    )


def declaration(found: names.Definition) -> str:
    """The declaration as it is written, without the body of a block."""
    node = found.node
    span = node.span
    match node:
        case tree.FnDecl(body=tree.Block() as body):
            text = span.source.text[span.start : body.span.start].rstrip()
        case tree.ComponentDecl():
            text = span.text.split("{", 1)[0].rstrip()
        case tree.EnumMember():
            text = f"{found.container}.{span.text}"
        case tree.TokenItem():
            text = f"tokens {span.text}"
        case tree.Parameter():
            text = f"{span.text}  // an argument of {found.container}"
        case tree.For() | tree.Clause():
            names_ = ", ".join(name.text for name in node.names)
            text = f"for {names_} in {node.iterable.span.text}"
        case _:
            text = span.text
    lines = text.splitlines()
    return "\n".join([*lines[:_LINES], *(["..."] if len(lines) > _LINES else [])])


def documentation(project: Project, found: names.Definition) -> str:
    """The comment above a declaration or at the end of its line; for a module, the one at its head."""
    if found.kind == "module":
        module = None if found.target is None else project.module(found.target)
        return "" if module is None else module.tree.doc
    if found.kind in ("argument", "local"):
        return ""
    span = found.node.span
    above = doc_comment(span)
    source = span.source
    rest = source.text[span.end : source.line_bounds(span.end)[1]].strip(" \t,;")
    return above or (comment_text(rest) if rest.startswith("//") else "")


def slot_facts(found: names.Definition, facts: Facts | None) -> list[SlotFact]:
    """What is known of a variable or head: one fact for each instance of its component."""
    if facts is None or found.kind not in ("variable", "head"):
        return []
    return facts.slots.get((found.span.source.name, found.container, found.name), [])


def _facts(found: names.Definition, facts: Facts | None) -> str:
    slots = slot_facts(found, facts)
    if len(slots) == 1:
        return _slot(slots[0])
    if slots:
        return "\n".join(f"- `{slot.name}`: {_slot(slot)}" for slot in slots[:_LINES])
    if facts is not None and found.kind in ("parameter", "constant", "type", "enum"):
        value = facts.values.get((found.span.source.name, found.container, found.name))
        written = getattr(found.node, "value", None) or getattr(found.node, "type", None)
        if value is not None and (written is None or written.span.text != value):
            return f"{'is' if found.kind in ('type', 'enum') else 'value'} `{value}`" if found.kind != "enum" else ""
    return ""


def _slot(slot: SlotFact) -> str:
    text = f"type `{slot.type}`"
    if slot.initial:
        text += f", initially `{slot.initial}`"
    if slot.family is not None:
        shown = ", ".join(slot.family[:8]) + (", ..." if len(slot.family) > 8 else "")
        text += f", inferred family of {len(slot.family)}: `{shown}`"
    return text


def _counts(use: names.Use, facts: Facts | None, counts: Counts) -> str:
    parts = []
    if use.writes:
        rules = counts.update(use.span)
        if rules is not None:
            parts.append(f"this update: {_number(rules, 'rule')}")
    slots = [slot.name for slot in slot_facts(use.definition, facts)]
    if slots and use.definition.kind == "variable":
        rules = sum(counts.rules.get(name, 0) for name in slots)
        text = f"all updates of `{use.definition.name}`: {_number(rules, 'rule')} at `-O0`"
        if counts.units is not None:
            text += f", {_number(sum(counts.units.get(name, 0) for name in slots), 'hidden unit')} at `-O2`"
        parts.append(text)
    elif use.definition.kind == "program":
        text = f"{_number(counts.total, 'rule')} at `-O0`"
        if counts.width is not None:
            text += f", {_number(counts.width, 'hidden unit')} at `-O2`"
        parts.append(text)
    return "; ".join(parts)


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _word(index: names.Index, offset: int, positions: PositionCodec) -> types.Hover | None:
    source = index.module.source
    start, end = source.line_bounds(offset)
    for token in tokenize(source.text[start:end]):
        if token.start <= offset - start <= token.end and token.type not in ("STRING", "COMMENT"):
            text = KEYWORDS.get(token.text) or BUILTINS.get(token.text)
            if text is not None:
                content = types.MarkupContent(types.MarkupKind.Markdown, f"`{token.text}`: {text}")
                return types.Hover(content, positions.range_of(Span(source, start + token.start, start + token.end)))
    return None
