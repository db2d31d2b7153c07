"""What the parts of a check share, and what names stand for."""

from __future__ import annotations

import pytest

from altac import ir
from altac.diagnostics.name_errors import UnknownName
from altac.semantics import limits
from altac.semantics.context import Context
from altac.semantics.failures import Failure, OperandError, TooLarge
from altac.semantics.limits import GiveUp
from altac.semantics.names import declared, lookup, member
from altac.semantics.scopes import Env
from altac.semantics.slots import Slot
from altac.semantics.type_expressions import typed
from altac.semantics.values import POISON, AmbiguousV, Dim, Named, Namespace, Rt, ScopeV, SymbolV, TypeV, Value
from altac.source import Source, Span
from altac.syntax import tree

SOURCE = Source("x.alta", "name other")
SPAN = Span(SOURCE, 0, 4)
NODE = tree.Ref(SPAN, "name")
STATE = ir.EnumDomain("State", (ir.Symbol("Run", ""), ir.Symbol("Done", "")))
PHASE = ir.EnumDomain("Phase", (ir.Symbol("Done", ""),))


class Defined:
    """Gives the values of declarations from a table, and notes which were asked for."""

    def __init__(self, **values: Value | Slot) -> None:
        self.values = values
        self.asked: list[str] = []

    def __call__(self, context: Context, space: Namespace, decl: Named) -> Value | Slot:
        self.asked.append(decl.name.text)
        return self.values[decl.name.text]


def context_of(**values: Value | Slot) -> tuple[Context, Defined]:
    """A check whose main file declares the given values as constants."""
    define = Defined(**values)
    context = Context(SOURCE, {}, None, define, typed)
    context.main.declarations = {name: constant(name) for name in values}
    return context, define


def constant(name: str) -> tree.ConstDecl:
    return tree.ConstDecl(SPAN, tree.Name(SPAN, name), None, NODE)


def codes(context: Context) -> list[str]:
    return [problem.code for problem in context.problems.values()]


def test_a_problem_counts_once_at_a_place() -> None:
    context, _ = context_of()
    for span in (SPAN, SPAN, Span(SOURCE, 5, 10), None, None):
        assert context.fail(UnknownName(span=span, name="x")) is POISON
    assert codes(context) == ["unknown-name"] * 3
    assert context.has_errors


def test_steps_are_counted() -> None:
    context, _ = context_of()
    context.spend(limits.STEPS, SPAN)
    with pytest.raises(GiveUp) as stop:
        context.spend(1, SPAN)
    assert stop.value.problem.code == "too-many-steps"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OperandError("do it"), "bad-operands"),
        (Failure("division-by-zero"), "constant-division-by-zero"),
        (Failure("table-index"), "index-out-of-range"),
        (TooLarge([Dim(Rt(ir.Read("v"), ir.IntDomain(0, 9)), 0, 10)]), "table-too-large"),
    ],
)
def test_failed_attempts_are_reported(error: Exception, code: str) -> None:
    def compute() -> Value:
        raise error

    context, _ = context_of()
    assert context.attempt(NODE, compute, lambda: ("+", "int and bool")) is POISON
    assert codes(context) == [code]


def test_a_declaration_is_worked_out_once_and_when_it_is_needed() -> None:
    context, define = context_of(a=1, b=2)
    assert define.asked == []
    env = Env(context.main)
    assert [lookup(context, name, SPAN, env) for name in "aba"] == [1, 2, 1]
    assert define.asked == ["a", "b"]


def test_a_declaration_that_needs_itself() -> None:
    context, _ = context_of(a=1, b=2)
    context.define = lambda c, space, decl: declared(c, space, "b" if decl.name.text == "a" else "a")
    assert declared(context, context.main, "a") is POISON
    (problem,) = context.problems.values()
    assert problem.render_title().endswith(": a -> b -> a")


def test_the_nearest_name_is_meant() -> None:
    context, _ = context_of(a=1, b=2, c=3)
    inner = Namespace("part.", context.main, bound={"b": 20, "c": 30})
    env = Env(inner, {"c": 300})
    assert [lookup(context, name, SPAN, env) for name in "abc"] == [1, 20, 300]


def test_members_of_enums_are_found_without_them() -> None:
    context, _ = context_of(State=TypeV(STATE, "State"), Phase=TypeV(PHASE, "Phase"))
    context.main.members = {"Run": ["State"], "Done": ["State", "Phase"]}
    env = Env(context.main)
    assert lookup(context, "Run", SPAN, env) == SymbolV(STATE, 0)
    done = lookup(context, "Done", SPAN, env)
    assert isinstance(done, AmbiguousV)
    assert done.candidates == (SymbolV(STATE, 1), SymbolV(PHASE, 0))
    assert member(context, ScopeV("module", "m", context.main), tree.Name(SPAN, "Done"), env) == SymbolV(STATE, 1)


def test_a_slot_is_read_only_while_the_program_runs() -> None:
    decl = tree.VarDecl(SPAN, tree.Name(SPAN, "v"), None, NODE)
    context, _ = context_of(v=Slot("v", decl, ir.BoolDomain()), w=Slot("w", decl))
    assert lookup(context, "v", SPAN, Env(context.main)) is POISON
    assert codes(context) == ["variable-in-constant"]
    found = lookup(context, "v", SPAN, Env(context.main, runtime=True))
    assert isinstance(found, Rt)
    assert (found.expr, found.domain) == (ir.Read("v", SPAN), ir.BoolDomain())
    assert lookup(context, "w", SPAN, Env(context.main, runtime=True)) is POISON  # its declaration is wrong
    assert len(context.problems) == 1


def test_names_of_a_lost_import_are_not_reported() -> None:
    context, _ = context_of()
    assert lookup(context, "gone", SPAN, Env(context.main)) is POISON
    assert codes(context) == ["unknown-name"]
    context.main.lost = {"gone"}
    context.problems.clear()
    assert lookup(context, "gone", SPAN, Env(context.main)) is POISON
    assert not context.problems
