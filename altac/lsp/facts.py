"""What the checker found out of variables, heads and constants, kept for hovers and hints."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from altac.lsp.project import source_path
from altac.syntax import tree

if TYPE_CHECKING:
    from altac import ir
    from altac.semantics.context import Context
    from altac.semantics.slots import Slot

#: Where something is declared, in a way that survives edits elsewhere: path, component (or nothing) and name.
Place = tuple[str, str, str]


@dataclass(frozen=True)
class SlotFact:
    """A variable or head under its full name; ``family`` holds the sets of an inferred family as text."""

    name: str
    type: str
    is_head: bool
    initial: str
    family: tuple[str, ...] | None = None


@dataclass(eq=False)
class Facts:
    """Facts by the place of the declaration. A variable of a component has one for every instance."""

    slots: dict[Place, list[SlotFact]] = field(default_factory=dict)
    values: dict[Place, str] = field(default_factory=dict)
    program: ir.Program | None = None

    def collect(self, context: Context) -> None:
        """Take over what a finished check knows. Values that stayed unknown are left out."""
        from altac.semantics.slots import Slot
        from altac.semantics.types import describe
        from altac.semantics.values import POISON, ComponentV, FnV, ScopeV, TypeV
        from altac.semantics.wording import show

        spaces = (context.main, *context.modules.values())
        holders: dict[int, str] = {}
        for space in spaces:
            _holders(space.body, "", holders)
        for slot in context.slots.values():
            if slot.decl is None or slot.closed_domain is None:
                continue
            name = slot.decl.name
            place = (source_path(name.span.source.name), holders.get(id(slot.decl), ""), name.text)
            self.slots.setdefault(place, []).append(_slot(slot, slot.closed_domain))
        for space in spaces:
            for text, value in list(space.values.items()):
                declared = space.declarations.get(text)
                if declared is None or value is POISON or isinstance(value, Slot | FnV | ComponentV | ScopeV):
                    continue
                place = (source_path(declared.name.span.source.name), "", text)
                if isinstance(value, TypeV):
                    self.values[place] = describe(value.type)
                elif isinstance(declared, tree.ParamDecl | tree.ConstDecl):
                    self.values[place] = show(value, 200)


def _holders(body: tuple[tree.Decl, ...], container: str, found: dict[int, str]) -> None:
    """The component around each declaration, by the identity of its node."""
    for declaration in body:
        found[id(declaration)] = container
        if isinstance(declaration, tree.ComponentDecl):
            _holders(declaration.body, declaration.name.text, found)


def _slot(slot: Slot, domain: ir.Domain) -> SlotFact:
    from altac import ir
    from altac.semantics.types import OpenSet, describe

    family = None
    if isinstance(slot.domain, OpenSet):
        family = tuple(ir.label(domain, code) for code in range(domain.size))
    return SlotFact(slot.name, describe(domain), slot.is_head, _initial(slot.initial, domain), family)


def _initial(initial: ir.Initial | None, domain: ir.Domain) -> str:
    """The initial values as text: one, or the first few by token or position."""
    from altac import ir

    if initial is None:
        return ""
    shown = [ir.label(domain, code) for code in initial.values[:8]]
    if initial.by == "constant":
        return shown[0] if shown else ""
    more = ", ..." if len(initial.values) > 8 else ""
    return f"by {initial.by}: {', '.join(shown)}{more}"
