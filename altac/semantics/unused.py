"""Names in functions and components, also in those that no one calls or uses.

Bodies are checked fully where they are used, with the types of their arguments; this finds misspelt names in the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from altac.diagnostics.name_errors import UnknownName
from altac.semantics.builtins import FUNCTIONS
from altac.semantics.context import Context
from altac.semantics.names import symbols
from altac.semantics.values import Namespace
from altac.syntax import tree

_WORDS = {"token", "position", "bool", "Token", "int", "string", "real", *FUNCTIONS}


def check_names(context: Context, space: Namespace) -> None:
    """Report names in the functions and components of ``space`` that nothing declares."""
    if space.lost != set():
        return
    for decl in space.body:
        if isinstance(decl, tree.FnDecl | tree.ComponentDecl):
            bound = set(_bound(decl))
            for ref in _references(decl):
                name = ref.name
                if name in bound or name in _WORDS or space.declares(name):
                    continue
                if not symbols(context, name, space):
                    context.unknown(UnknownName, name, ref.span, [*bound, *space.names(), *_WORDS])


def _bound(node: Any) -> Iterator[str]:
    """Every name that is declared anywhere inside ``node``."""
    for each in _inside(node):
        yield from _declares(each)


def _declares(node: Any) -> Iterator[str]:
    match node:
        case tree.Let(names=names) | tree.For(names=names) | tree.Clause(names=names):
            yield from (n.text for n in names)
        case tree.ImportDecl():
            return
        case tree.Parameter(name=name) | tree.EnumMember(name=name):
            yield name.text
        case (
            tree.ParamDecl(name=name) | tree.ConstDecl(name=name) | tree.TypeDecl(name=name) | tree.EnumDecl(name=name)
            | tree.VarDecl(name=name) | tree.HeadDecl(name=name) | tree.FnDecl(name=name) | tree.UseDecl(name=name)
            | tree.ComponentDecl(name=name)
        ):  # fmt: skip
            yield name.text
        case _:
            pass


def _references(node: Any) -> Iterator[tree.Ref]:
    return (each for each in _inside(node) if isinstance(each, tree.Ref))


def _inside(node: Any) -> Iterator[Any]:
    """``node`` and what is inside it, in the order of the text, without recursion: chains are long. Not what an import names."""
    pending = [node]
    while pending:
        each = pending.pop()
        yield each
        if not isinstance(each, tree.ImportDecl):
            pending.extend(reversed(list(_children(each))))


def _children(node: Any) -> Iterator[Any]:
    if isinstance(node, tuple):
        yield from node
    elif isinstance(node, tree.Node):
        for field in fields(node):
            if field.name != "span":
                value = getattr(node, field.name)
                if isinstance(value, tuple | tree.Node):
                    yield value
