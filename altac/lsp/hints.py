"""Inlay hints: types and families that the checker inferred, where the author left them out."""

from __future__ import annotations

from lsprotocol import types

from altac.lsp.facts import Facts
from altac.lsp.hover import slot_facts
from altac.lsp.project import Project
from altac.syntax import tree

_LENGTH = 60


def inlay_hints(project: Project, path: str, within: types.Range, facts: Facts | None) -> list[types.InlayHint]:
    """The hints inside a range. Those of a variable whose instances differ are left out."""
    module = project.module(path)
    if module is None or facts is None:
        return []
    source = module.source
    asked = project.positions.span_of(source, within)
    hints = []
    for definition in module.definitions:
        node = definition.node
        if not isinstance(node, tree.VarDecl | tree.HeadDecl) or not asked.start <= definition.span.start <= asked.end:
            continue
        known = {(fact.type, fact.family) for fact in slot_facts(definition, facts)}
        if len(known) != 1:
            continue
        kind, family = known.pop()
        if node.type is None:
            hints.append(_hint(project.positions.position_of(source, definition.span.end), f": {kind}"))
        elif family is not None and isinstance(node.type, tree.SetType) and node.type.family is None:
            text = _short(f" in [{', '.join(family)}]")
            hint = _hint(project.positions.position_of(source, node.type.span.end), text)
            hint.tooltip = f"the family inferred from all updates: {len(family)} sets"
            hints.append(hint)
    return hints


def _hint(position: types.Position, text: str) -> types.InlayHint:
    return types.InlayHint(position, text, types.InlayHintKind.Type)


def _short(text: str) -> str:
    return text if len(text) <= _LENGTH else text[: _LENGTH - 4] + "...]"
