"""``test`` lines."""

from __future__ import annotations

from altac import ir
from altac.diagnostics.declaration_errors import BadTest
from altac.semantics.context import Context
from altac.semantics.expressions import evaluate
from altac.semantics.fitting import fit
from altac.semantics.scopes import Env
from altac.semantics.slots import Slot
from altac.semantics.types import Type
from altac.semantics.values import POISON, ListV, SymbolV, Value
from altac.semantics.wording import kind
from altac.syntax import tree


def test_line(context: Context, decl: tree.TestDecl, output: Slot | None) -> ir.Test | None:
    """What a ``test`` line says; None, and a report, if something is wrong with it."""
    given = _items(context, decl.input, context.tokens, "the input of a test")
    domain = None if output is None else output.domain
    expected = _items(context, decl.expected, domain, "the expected output of a test")
    return None if given is None or expected is None else ir.Test(given, expected, decl.span)


def _items(context: Context, node: tree.Expr, type_: Type | None, what: str) -> str | tuple[str | int, ...] | None:
    """A list or string of a test, each item as its JSON value."""
    if isinstance(node, tree.StringLit):
        return node.value
    env = Env(context.main)
    values: list[tuple[Value, tree.Expr]]
    if isinstance(node, tree.ListLit):
        values = [(evaluate(context, item, env), item) for item in node.items]
    else:
        value = evaluate(context, node, env)
        if isinstance(value, str):
            return value
        if not isinstance(value, ListV):
            if value is not POISON:
                context.report(BadTest(span=node.span, what=what, found=kind(value)))
            return None
        values = [(item, node) for item in value.items]
    if type_ is None:
        return None
    result: list[str | int] = []
    for found, item in values:
        value = fit(context, found, type_, item)
        if isinstance(value, SymbolV):
            members = value.domain.tokens if isinstance(value.domain, ir.TokenDomain) else value.domain.members
            result.append(members[value.index].name)
        elif isinstance(value, int):
            result.append(value)
        else:
            return None
    return tuple(result)
