"""Names: what each file, component instance and block declares, and how a name is found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from altac.source import Span
from altac.syntax import tree

Named = (
    tree.ParamDecl
    | tree.ConstDecl
    | tree.TypeDecl
    | tree.EnumDecl
    | tree.VarDecl
    | tree.HeadDecl
    | tree.FnDecl
    | tree.ComponentDecl
    | tree.UseDecl
)


@dataclass(eq=False)
class Namespace:
    """The names of a file or of a component instance.

    ``prefix`` goes before the names of its slots (``stack.``); ``parent`` is the file a component was declared in;
    ``bound`` holds component arguments. Values of declarations are found on first use and kept in ``values``.
    ``lost`` has the names that text with syntax errors may declare; None stands for any name (a failed import).
    """

    prefix: str
    parent: Namespace | None
    declarations: dict[str, Named] = field(default_factory=dict)
    bound: dict[str, Any] = field(default_factory=dict)
    modules: dict[str, tuple[Namespace, tree.ImportDecl]] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)  # enum member -> enums of this namespace
    body: tuple[tree.Decl, ...] = ()
    is_main: bool = False
    lost: set[str] | None = field(default_factory=set)

    def chain(self) -> Iterator[Namespace]:
        """This namespace and those around it, innermost first."""
        space: Namespace | None = self
        while space is not None:
            yield space
            space = space.parent

    def names(self) -> Iterator[str]:
        """All names that can be written here, for suggestions."""
        for space in self.chain():
            yield from space.declarations
            yield from space.bound
            yield from space.modules
            yield from space.members


class Env:
    """Where an expression is evaluated: the namespace, the names bound by blocks, and what may be read.

    ``token`` and ``position`` hold the value of those keywords while an initial value is evaluated.
    """

    __slots__ = ("depth", "initial", "names", "runtime", "space", "spans")

    def __init__(
        self,
        space: Namespace,
        names: dict[str, Any] | None = None,
        *,
        runtime: bool = False,
        initial: InitialContext | None = None,
        depth: int = 0,
        spans: dict[str, Span] | None = None,
    ) -> None:
        self.space = space
        self.names = names if names is not None else {}
        self.runtime = runtime
        self.initial = initial
        self.depth = depth
        self.spans = spans if spans is not None else {}

    def child(self) -> Env:
        """A block inside this one."""
        return Env(
            self.space, dict(self.names), runtime=self.runtime, initial=self.initial, depth=self.depth,
            spans=dict(self.spans),
        )  # fmt: skip

    def call(self, space: Namespace, names: dict[str, Any]) -> Env:
        """The body of a function declared in ``space``."""
        return Env(space, names, runtime=self.runtime, initial=self.initial, depth=self.depth + 1)


@dataclass
class InitialContext:
    """The token and position for which an initial value is evaluated, and whether they were asked for."""

    token: Any
    position: int
    token_used: Span | None = None
    position_used: Span | None = None
