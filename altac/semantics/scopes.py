"""Where an expression stands: what it may name, and what it may read."""

from __future__ import annotations

from dataclasses import dataclass

from altac.semantics.values import Namespace, Value
from altac.source import Span


@dataclass
class InitialContext:
    """The token and position for which an initial value is evaluated, and whether they were asked for."""

    token: Value
    position: int
    token_used: Span | None = None
    position_used: Span | None = None


class Env:
    """Where an expression is evaluated: the namespace, the names bound by blocks, and what may be read.

    ``runtime`` says whether variables and heads may be; ``initial`` has the values of ``token`` and ``position`` while an
    initial value is evaluated. ``depth`` counts the calls around. ``general`` says whether the same text is evaluated for other
    values too: in functions, components and loops. ``pattern`` says that it is that of an arm.
    """

    __slots__ = ("depth", "general", "initial", "names", "pattern", "runtime", "space")

    def __init__(
        self,
        space: Namespace,
        names: dict[str, Value] | None = None,
        *,
        runtime: bool = False,
        initial: InitialContext | None = None,
        depth: int = 0,
        general: bool = False,
    ) -> None:
        self.space = space
        self.names = names if names is not None else {}
        self.runtime = runtime
        self.initial = initial
        self.depth = depth
        self.general = general or space.parent is not None
        self.pattern = False

    def child(self, *, general: bool = False) -> Env:
        """A block inside this one; a ``general`` one is evaluated for several values."""
        return Env(
            self.space, dict(self.names), runtime=self.runtime, initial=self.initial, depth=self.depth,
            general=general or self.general,
        )  # fmt: skip

    def of_pattern(self) -> Env:
        """The same place, for the pattern of an arm."""
        inner = self.child()
        inner.pattern = True
        return inner

    def call(self, space: Namespace, names: dict[str, Value]) -> Env:
        """The body of a function declared in ``space``."""
        return Env(space, names, runtime=self.runtime, initial=self.initial, depth=self.depth + 1, general=True)
