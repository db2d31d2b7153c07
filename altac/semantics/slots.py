"""Variables and heads."""

from __future__ import annotations

from dataclasses import dataclass, field

from altac import ir
from altac.semantics.types import OpenSet
from altac.source import Span
from altac.syntax import tree


@dataclass(eq=False)
class Slot:
    """A variable or head under its full name, such as ``stack.top``.

    Filled in while its declaration is worked out: ``domain`` and ``initial`` (of a head: ``head``) stay None if the
    declaration is wrong. ``decl`` is None for the hidden variable of a constant query. ``inferred`` has the sets of an
    inferred family, as far as they are known.
    """

    name: str
    decl: tree.VarDecl | tree.HeadDecl | None
    domain: ir.Domain | OpenSet | None = None
    initial: ir.Initial | None = None
    head: ir.Head | None = None
    inferred: list[frozenset[int]] = field(default_factory=list)

    @property
    def is_head(self) -> bool:
        """Whether it is written by attention and not by the MLP."""
        return isinstance(self.decl, tree.HeadDecl)

    @property
    def span(self) -> Span | None:
        """Where it is declared."""
        return None if self.decl is None else self.decl.name.span

    @property
    def family(self) -> list[frozenset[int]]:
        """The sets that it may hold, if it holds sets, by their codes."""
        return list(self.domain.family) if isinstance(self.domain, ir.SetDomain) else self.inferred

    @property
    def closed_domain(self) -> ir.Domain | None:
        """The domain, with what was inferred of its family."""
        if isinstance(self.domain, OpenSet):
            return ir.SetDomain(self.domain.element, tuple(self.inferred))
        return self.domain
