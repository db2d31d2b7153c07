"""Parts of values: ``a[i]``, ``a.name``, and what ``let (a, b) = ...`` takes apart."""

from __future__ import annotations

from fractions import Fraction

from altac import ir
from altac.diagnostics.name_errors import UnknownMember
from altac.diagnostics.type_errors import (
    BadIndex,
    BadOperands,
    BadUnpacking,
    NeverValid,
    NoField,
    NotIndexable,
    NotIterable,
    NotStatic,
)
from altac.semantics import operators
from altac.semantics.context import Context
from altac.semantics.failures import Failure, OperandError
from altac.semantics.scopes import Env
from altac.semantics.tables import settle, tabulate
from altac.semantics.values import (
    POISON,
    AmbiguousV,
    BuiltinV,
    ComponentV,
    Dim,
    FnV,
    Hole,
    ListV,
    MapV,
    Poison,
    RangeV,
    RecordV,
    Rt,
    ScopeV,
    SymbolV,
    Tab,
    TypeV,
    Value,
    depends_on_run,
    is_runtime,
)
from altac.semantics.wording import kind, show
from altac.source import Span
from altac.syntax import tree


def index(context: Context, base: Value, at: Value, node: tree.Index) -> Value:
    """``base[at]``"""
    if base is POISON or at is POISON:
        return POISON
    if isinstance(base, (Rt, SymbolV, FnV, bool, int, Fraction)):
        return context.fail(NotIndexable(span=node.base.span, found=kind(base), variable=isinstance(base, Rt)))
    if not is_runtime(base) and not depends_on_run(at):
        return _known_entry(context, base, at, node)
    if isinstance(base, (ListV, tuple, RangeV)) and isinstance(at, Rt):
        value = _row(context, base, at, node)
    else:
        value = context.attempt(
            node,
            lambda: settle(tabulate(_entry, base, at), node.span),
            lambda: ("[ ]", f"{kind(base)} and {kind(at)}"),
        )
    if isinstance(value, Tab) and value.entries and all(isinstance(e, Hole) for e in value.entries):
        return context.fail(NeverValid(span=node.index.span))
    return value


def _known_entry(context: Context, base: Value, at: Value, node: tree.Index) -> Value:
    try:
        return _entry(base, at)
    except OperandError:
        return context.fail(NotIndexable(span=node.base.span, found=kind(base)))
    except Failure:
        if isinstance(base, MapV):
            keys = ", ".join(show(key) for key in list(base.entries)[:10])
            hint = f"the keys are {keys}{', ...' if len(base.entries) > 10 else ''}"
            return context.fail(BadIndex(span=node.index.span, detail=f"no key is {show(at)}", hint=hint))
        count = len(operators.items_of(base))
        detail = f"{show(at)}: it has {count} {'entry' if count == 1 else 'entries'}"
        if isinstance(at, int) and -count <= at < 0:
            hint = f"indices start at 0, and none is counted from the end: write {count + at}"
            return context.fail(BadIndex(span=node.index.span, detail=detail, hint=hint))
        return context.fail(BadIndex(span=node.index.span, detail=detail))


def _row(context: Context, base: ListV | tuple[Value, ...] | RangeV, at: Rt, node: tree.Index) -> Value:
    """A list indexed by a run-time value: the list itself is the table."""
    items = operators.items_of(base)
    low, high = operators.interval(at)
    if isinstance(at.domain, ir.TokenDomain):
        hint = "index with `int(...)`"
        return context.fail(BadOperands(span=node.span, operator="[ ]", operands="list and Token", hint=hint))
    if high < 0 or low >= len(items):
        return context.fail(NeverValid(span=node.index.span))
    if any(is_runtime(i) for i in items):
        return context.fail(NotStatic(span=node.base.span, what="a table indexed by a run-time value"))
    return settle(Tab((Dim(at, 0, len(items)),), list(items)), node.span)


def _entry(base: Value, at: Value) -> Value:
    """``base[at]`` of compile-time values. Raises `OperandError` or `Failure`."""
    if isinstance(base, MapV):
        for key, value in base.entries.items():
            if key == at and kind(key) == kind(at):
                return value
            if isinstance(at, SymbolV) and isinstance(key, (str, int)) and isinstance(at.domain, ir.TokenDomain):
                if str(at.domain.tokens[at.index].name) == str(key):
                    return value
        raise Failure("table-index")
    if isinstance(base, frozenset):
        raise OperandError
    items = operators.items_of(base)
    if isinstance(at, RangeV) and not at.letters:
        return ListV(items[at.low : at.high + 1])
    if isinstance(at, SymbolV) and isinstance(at.domain, ir.EnumDomain):
        at = at.index
    if not isinstance(at, int):
        raise OperandError
    if not 0 <= at < len(items):
        raise Failure("table-index")
    return items[at]


def field(context: Context, base: Value, node: tree.FieldAccess) -> Value:
    """``base.name`` of a value or an enum; what modules and instances have is found by `altac.semantics.names.member`."""
    name = node.field.text
    match base:
        case Poison():
            return POISON
        case TypeV(type=ir.EnumDomain(members=members) as domain):
            for i, symbol in enumerate(members):
                if symbol.name == name:
                    return SymbolV(domain, i)
            return context.unknown(UnknownMember, name, node.field.span, [str(m.name) for m in members], of=base.name)
        case RecordV() | Tab():
            try:
                return operators.lift(lambda record: _get_field(record, name), base, span=node.span)
            except OperandError:
                fields = _field_names(base)
                if not fields:
                    return context.fail(NoField(span=node.field.span, name=name, found=kind(base)))
                return context.unknown(UnknownMember, name, node.field.span, fields, of="the record")
        case (
            bool() | int() | Fraction() | str() | tuple() | frozenset() | ListV() | MapV() | RangeV() | SymbolV()
            | AmbiguousV() | TypeV() | BuiltinV() | FnV() | ComponentV() | ScopeV() | Rt()
        ):  # fmt: skip
            return context.fail(NoField(span=node.field.span, name=name, found=kind(base)))


def _get_field(record: Value, name: str) -> Value:
    if not isinstance(record, RecordV) or name not in record.names:
        raise OperandError
    return record.items[record.names.index(name)]


def _field_names(value: RecordV | Tab) -> list[str]:
    records = [value] if isinstance(value, RecordV) else value.entries[:1]
    return [name for record in records if isinstance(record, RecordV) for name in record.names]


def items(context: Context, value: Value, node: tree.Expr) -> tuple[Value, ...] | None:
    """What ``for`` goes through; None, and a report, if it cannot."""
    if value is POISON:
        return None
    if is_runtime(value):
        context.report(NotStatic(span=node.span, what="what `for` goes through"))
        return None
    try:
        return operators.items_of(value)
    except OperandError as error:
        context.report(NotIterable(span=node.span, found=kind(value), hint=error.hint))
        return None


def bind(context: Context, names: tuple[tree.Name, ...], value: Value, env: Env, span: Span) -> bool:
    """Bind one name to ``value``, or several to its parts; False, and a report, if it has not as many."""
    parts: tuple[Value, ...] = (value,)
    if len(names) > 1:
        whole = value.items if isinstance(value, RecordV | ListV) else value
        if whole is POISON:
            parts = (POISON,) * len(names)
        elif not isinstance(whole, tuple) or len(whole) != len(names):
            found = f"{len(whole)} parts" if isinstance(whole, tuple) else kind(whole)
            context.report(BadUnpacking(span=span, names=len(names), found=found))
            return False
        else:
            parts = whole
    for name, part in zip(names, parts, strict=True):
        if name.text != "_":
            env.names[name.text] = part
    return True
