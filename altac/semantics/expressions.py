"""Expressions to values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from fractions import Fraction
from functools import partial

from altac import ir
from altac.diagnostics.name_errors import (
    ArgumentTwice,
    ComponentAsValue,
    DuplicateKey,
    DuplicateName,
    MissingArgument,
    NotCallable,
    ProcedureAsValue,
    RecursionTooDeep,
    UnknownArgument,
    WrongArguments,
)
from altac.diagnostics.type_errors import (
    BranchesDiffer,
    ChainedComparison,
    Mismatch,
    NoElse,
    NotAValue,
    NotBool,
    NotStatic,
)
from altac.semantics import access, builtins, limits, operators, patterns
from altac.semantics.context import Context
from altac.semantics.failures import OperandError, TooLarge
from altac.semantics.fitting import resolve_both
from altac.semantics.functions import is_pure
from altac.semantics.limits import GiveUp
from altac.semantics.names import lookup, member
from altac.semantics.scopes import Env
from altac.semantics.tables import as_tab, choose, settle
from altac.semantics.values import (
    POISON,
    AmbiguousV,
    BuiltinV,
    ComponentV,
    FnV,
    ListV,
    MapV,
    Namespace,
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
    extent,
    is_runtime,
)
from altac.semantics.wording import kind, show
from altac.source import Span
from altac.syntax import tree

#: How what is gone through may depend on a variable.
_TABLE = (
    "make a table of all cases and index that by the variable: `const ABOVE = [{m for m in 0..8 if m > n} for n in 0..8]`,"
    " then `ABOVE[n]`"
)


def evaluate(context: Context, node: tree.Expr, env: Env) -> Value:
    """The value of an expression; POISON, and a report, if it has none. Raises `GiveUp` at a limit."""
    context.spend(1, node.span)
    match node:
        case tree.BoolLit(value=value) | tree.IntLit(value=value) | tree.RealLit(value=value):
            return value
        case tree.StringLit(value=text):
            return text
        case tree.Ref(name=name):
            return lookup(context, name, node.span, env)
        case tree.Unary():
            return _unary(context, node, env)
        case tree.Binary():
            return _binary(context, node, env)
        case tree.ChainedComparison():
            return context.fail(ChainedComparison(span=node.span))
        case tree.ListLit(items=items):
            return _collected(context, items, env, ListV)
        case tree.TupleLit(items=items):
            return _collected(context, items, env, tuple)
        case tree.SetLit(items=items):
            return _set(context, [(evaluate(context, i, env), i.span) for i in items], node.span)
        case tree.RecordLit():
            return _record(context, node, env)
        case tree.MapLit(items=items):
            return _map(context, [(evaluate(context, k, env), evaluate(context, v, env), k.span) for k, v in items])
        case tree.Comprehension():
            return _comprehension(context, node, env)
        case tree.Call():
            return _call(context, node, env)
        case tree.Index(base=base, index=at):
            return access.index(context, evaluate(context, base, env), evaluate(context, at, env), node)
        case tree.FieldAccess(base=base):
            whole = evaluate(context, base, env)
            if isinstance(whole, ScopeV):
                return member(context, whole, node.field, env)
            return access.field(context, whole, node)
        case tree.If():
            return _conditional(context, node, env)
        case tree.Match():
            return _match(context, node, env)
        case tree.SyntaxErrorExpr():
            return POISON


# --- operators ------------------------------------------------------------------------------------


def _unary(context: Context, node: tree.Unary, env: Env) -> Value:
    value = evaluate(context, node.operand, env)
    if value is POISON:
        return POISON
    function = operators.negate if node.op == "not" else operators.unary_minus
    return context.attempt(node, lambda: function(value, node.span), lambda: (node.op, kind(value)))


def _binary(context: Context, node: tree.Binary, env: Env) -> Value:
    chain = [node]
    while isinstance(chain[-1].left, tree.Binary):  # a chain may be longer than calls can nest
        chain.append(chain[-1].left)
    value = evaluate(context, chain[-1].left, env)
    for link in reversed(chain):
        if link is not node:
            context.spend(1, link.span)
        value = _operation(context, link, value, env)
    return value


def _operation(context: Context, node: tree.Binary, left: Value, env: Env) -> Value:
    """An operator on the value of its left operand."""
    if node.op in ("and", "or"):
        return _logical(context, node, left, env)
    right = evaluate(context, node.right, env)
    if left is POISON or right is POISON:
        return POISON
    if node.op in ("==", "!=", "in", "not in"):
        _look_through(context, node.span, left, right)
    left, right = resolve_both(context, left, right)
    if left is POISON or right is POISON:
        return POISON
    if (
        node.op == ".."
        and operators.is_int(left)
        and operators.is_int(right)
        and (is_runtime(left) or is_runtime(right))
    ):
        return context.fail(NotStatic(span=node.span, what="a bound of a range", hint=_TABLE))
    if node.op == "+" or not isinstance(right, RangeV):
        context.spend((_length(left) + _length(right)) // 4, node.span)
    return context.attempt(
        node,
        lambda: operators.hinted(node.op, left, right, node.span),
        lambda: (node.op, f"{kind(left)} and {kind(right)}"),
    )


def _logical(context: Context, node: tree.Binary, left: Value, env: Env) -> Value:
    """``and`` and ``or``, whose right operand is looked at only where it is needed."""
    if left is not POISON and not operators.is_bool(left):
        left = context.fail(NotBool(span=node.left.span, found=kind(left), context=f"`{node.op}`"))
    if left is (node.op == "or"):
        return left
    right = evaluate(context, node.right, env)
    if right is not POISON and not operators.is_bool(right):
        return context.fail(NotBool(span=node.right.span, found=kind(right), context=f"`{node.op}`"))
    if left is POISON or right is POISON:
        return POISON
    function = operators.conjunction if node.op == "and" else operators.disjunction
    return function(left, right, node.span)


def _look_through(context: Context, span: Span, *values: Value) -> None:
    """Count the steps of an operation that looks at all that is in ``values``."""
    for value in values:
        context.spend(extent(value, 4 * limits.STEPS) // 4, span)


def _length(value: Value) -> int:
    """How many items an operation on ``value`` goes through."""
    if isinstance(value, (tuple, frozenset, str)):
        return len(value)
    if isinstance(value, (ListV, MapV)):
        return len(value.items if isinstance(value, ListV) else value.entries)
    return min(value.size, limits.LENGTH) if isinstance(value, RangeV) else 0


# --- collections ----------------------------------------------------------------------------------


def _collected(
    context: Context, items: tuple[tree.Expr, ...], env: Env, make: Callable[[tuple[Value, ...]], Value]
) -> Value:
    values = tuple([evaluate(context, i, env) for i in items])
    return POISON if any(v is POISON for v in values) else make(values)


def _record(context: Context, node: tree.RecordLit, env: Env) -> Value:
    names = tuple(n.text for n, _ in node.fields)
    for i, (name, _) in enumerate(node.fields):
        if name.text in names[:i]:
            first = node.fields[names.index(name.text)][0].span
            return context.fail(DuplicateName(span=name.span, name=name.text, other=first))
    return _collected(context, tuple(v for _, v in node.fields), env, lambda values: RecordV(names, values))


def _set(context: Context, items: list[tuple[Value, Span]], span: Span) -> Value:
    if any(value is POISON for value, _ in items):
        return POISON
    for value, place in items:
        _look_through(context, place, value)
        if isinstance(value, (FnV, ComponentV, ScopeV, TypeV, BuiltinV)):
            return context.fail(Mismatch(span=place, expected="a value", found=kind(value)))
    values = [as_tab(v) if depends_on_run(v) else v for v, _ in items]
    try:
        return operators.lift(lambda *values: frozenset(values), *values, span=span)
    except TooLarge as large:
        return context.fail(large.problem(span))


def _map(context: Context, items: list[tuple[Value, Value, Span]]) -> Value:
    entries: dict[Value, Value] = {}
    for key, value, span in items:
        if key is POISON or value is POISON:
            return POISON
        _look_through(context, span, key)
        if depends_on_run(key):
            return context.fail(NotStatic(span=span, what="a key of a map"))
        if key in entries:
            return context.fail(DuplicateKey(span=span, key=show(key)))
        entries[key] = value
    return MapV(entries)


def _comprehension(context: Context, node: tree.Comprehension, env: Env) -> Value:
    span = node.element.span
    found: list[Value] = []
    for inner in _iterate(context, node.clauses, env):
        value = POISON if inner is None else evaluate(context, node.element, inner)
        if value is POISON:  # the others would mostly say the same
            return POISON
        found.append(value)
    match node.kind:
        case "list":
            return ListV(tuple(found))
        case "set":
            return _set(context, [(v, span) for v in found], node.span)
        case "map":
            return _map(context, [(pair[0], pair[1], span) for pair in found if isinstance(pair, tuple)])


def _iterate(context: Context, clauses: tuple[tree.Clause, ...], env: Env) -> Iterator[Env | None]:
    """An environment per element of a comprehension; None, and a report, if it is not known whether there is one."""
    if not clauses:
        yield env
        return
    first, rest = clauses[0], clauses[1:]
    for inner in each(context, first.names, first.iterable, env):
        holds = () if inner is None else [_holds(context, condition, inner) for condition in first.conditions]
        if inner is None or None in holds:
            yield None
        elif all(holds):
            yield from _iterate(context, rest, inner)


def _holds(context: Context, condition: tree.Expr, env: Env) -> bool | None:
    """Whether a condition holds; None, and a report, if it is none that is known."""
    value = evaluate(context, condition, env)
    if isinstance(value, bool):
        return value
    if is_runtime(value):
        context.report(NotStatic(span=condition.span, what="the condition of a comprehension", hint=_TABLE))
    elif value is not POISON:
        context.report(NotBool(span=condition.span, found=kind(value), context="`if`"))
    return None


def each(context: Context, names: tuple[tree.Name, ...], iterable: tree.Expr, env: Env) -> Iterator[Env | None]:
    """A block environment per item of ``iterable``, with ``names`` bound; None, and a report, in the place of what is unknown."""
    found = access.items(context, evaluate(context, iterable, env), iterable)
    if found is None:
        yield None
        return
    for item in found:
        inner = env.child(general=True)
        if not access.bind(context, names, item, inner, iterable.span):
            yield None
            return
        yield inner


# --- calls ----------------------------------------------------------------------------------------


def _call(context: Context, node: tree.Call, env: Env) -> Value:
    function = evaluate(context, node.function, env)
    match function:
        case Poison():
            for argument in node.arguments:
                evaluate(context, argument.value, env)
            return POISON
        case FnV(decl=decl, namespace=namespace):
            if isinstance(decl.body, tree.Block) and not is_pure(context, decl.body, namespace):
                return context.fail(ProcedureAsValue(span=node.span, name=decl.name.text))
            inner = called(context, function, node, env)
            if inner is None:
                return POISON
            body = decl.body
            return _block(context, body, inner) if isinstance(body, tree.Block) else evaluate(context, body, inner)
        case BuiltinV():
            return _builtin(context, function, node, env)
        case TypeV():
            return _convert(context, function, node, env)
        case ComponentV():
            return context.fail(ComponentAsValue(span=node.span, name=function.decl.name.text))
        case (
            bool() | int() | Fraction() | str() | tuple() | frozenset() | ListV() | RecordV() | MapV() | RangeV()
            | SymbolV() | AmbiguousV() | ScopeV() | Rt() | Tab()
        ):  # fmt: skip
            return context.fail(NotCallable(span=node.function.span, found=kind(function)))


def called(context: Context, function: FnV, node: tree.Call, env: Env) -> Env | None:
    """The environment of the body of ``function`` when it is called, or None if the arguments do not fit."""
    decl = function.decl
    bound = arguments(context, node, decl.parameters, function.namespace, env, decl.name)
    if bound is None:
        return None
    inner = env.call(function.namespace, bound)
    if inner.depth > limits.CALLS:
        raise GiveUp(RecursionTooDeep(span=node.span, name=decl.name.text, limit=limits.CALLS))
    return inner


def arguments(
    context: Context,
    node: tree.Call | tree.UseDecl,
    parameters: tuple[tree.Parameter, ...],
    space: Namespace,
    env: Env,
    name: tree.Name,
) -> dict[str, Value] | None:
    """The values of parameters by name, or None if the arguments do not fit. ``name`` is that of what has the parameters,
    ``space`` where their defaults are written."""
    bound: dict[str, Value] = {}
    places: dict[str, tree.Expr] = {}
    known = [p.name.text for p in parameters]
    sound = True
    for i, argument in enumerate(node.arguments):
        value = evaluate(context, argument.value, env)
        if argument.name is not None:
            key = argument.name.text
            if key not in known:
                context.unknown(UnknownArgument, key, argument.name.span, known, of=name.text)
                sound = False
                continue
        elif i < len(known):
            key = known[i]
        else:
            found = len(node.arguments)
            context.report(
                WrongArguments(span=node.span, name=name.text, expected=len(known), found=found, declared=name.span)
            )
            return None
        if key in bound:
            context.report(ArgumentTwice(span=argument.span, name=key))
            sound = False
        bound[key], places[key] = value, argument.value
    missing = [p.name.text for p in parameters if p.name.text not in bound and p.default is None]
    if missing and sound:
        context.report(MissingArgument(span=node.span, name=name.text, missing=", ".join(missing), declared=name.span))
        return None
    for parameter in parameters:
        key = parameter.name.text
        inner = Env(space, dict(bound), runtime=env.runtime)
        if key not in bound and parameter.default is not None:
            bound[key], places[key] = evaluate(context, parameter.default, inner), parameter.default
        if parameter.type is not None and key in bound:
            bound[key] = context.typed(context, bound[key], parameter.type, inner, places[key])
    return bound if sound else None


def _builtin(context: Context, function: BuiltinV, node: tree.Call, env: Env) -> Value:
    values = [evaluate(context, a.value, env) for a in node.arguments]
    for argument in node.arguments:
        if argument.name is not None:
            return context.unknown(UnknownArgument, argument.name.text, argument.name.span, (), of=function.name)
    if any(v is POISON for v in values):
        return POISON
    if function.name == "sorted":
        _look_through(context, node.span, *values)
    context.spend(sum(map(_length, values)) // 4, node.span)
    return context.attempt(
        node,
        lambda: builtins.call(function.name, values, node.span),
        lambda: (function.name, ", ".join(map(kind, values)) or "nothing"),
    )


def _convert(context: Context, target: TypeV, node: tree.Call, env: Env) -> Value:
    if len(node.arguments) != 1:
        found = len(node.arguments)
        return context.fail(WrongArguments(span=node.span, name=target.name, expected=1, found=found, declared=None))
    value = evaluate(context, node.arguments[0].value, env)
    if value is POISON:
        return POISON
    return context.attempt(
        node, lambda: builtins.convert(target.type, value, node.span), lambda: (target.name, kind(value))
    )


# --- if, match and blocks as expressions ----------------------------------------------------------


def _conditional(context: Context, node: tree.If, env: Env) -> Value:
    condition = evaluate(context, node.condition, env)
    if node.orelse is None:
        return context.fail(NoElse(span=node.span))
    if condition is POISON:
        _block(context, node.then, env)
        _block(context, node.orelse, env)
        return POISON
    if not operators.is_bool(condition):
        return context.fail(NotBool(span=node.condition.span, found=kind(condition), context="`if`"))
    if isinstance(condition, bool):
        return _block(context, node.then if condition else node.orelse, env)
    return _choose(context, condition, _block(context, node.then, env), _block(context, node.orelse, env), node.span)


def _choose(context: Context, condition: Rt, then: Value, orelse: Value, span: Span) -> Value:
    """``then`` where ``condition`` holds, else ``orelse``."""
    if then is POISON or orelse is POISON:
        return POISON
    with suppress(OperandError):  # the name of no token: the types differ
        then, orelse = operators.literal_token(then, orelse), operators.literal_token(orelse, then)
    if operators.categorical(then, orelse) and kind(then) == kind(orelse):
        first, second = operators.rt(then), operators.rt(orelse)
        domain = first.domain
        if isinstance(domain, ir.IntDomain):
            (a, b), (c, d) = operators.interval(first), operators.interval(second)
            domain = ir.IntDomain(min(a, c), max(b, d))
        return Rt(ir.IfExpr(condition.expr, first.expr, second.expr, span), domain)
    kinds = {kind(then), kind(orelse)}
    if len(kinds) > 1 and kinds != {"int", "real"}:
        return context.fail(BranchesDiffer(span=span, first=kind(then), second=kind(orelse)))
    return context.attempt(
        tree.Node(span),
        lambda: settle(choose(condition, then, orelse, lambda name: context.slots[name].is_head), span),
        lambda: ("if", "these branches"),
    )


def _block(context: Context, node: tree.Block, env: Env) -> Value:
    """The value of a block: some lets, then an expression."""
    inner = env.child()
    for i, statement in enumerate(node.statements):
        match statement:
            case tree.Let(names=names, type=type_, value=value):
                held = context.typed(context, evaluate(context, value, inner), type_, inner, value)
                access.bind(context, names, held, inner, value.span)
            case tree.ExprStmt(value=value) if i == len(node.statements) - 1:
                return evaluate(context, value, inner)
            case _:
                return context.fail(NotAValue(span=statement.span))
    return context.fail(NotAValue(span=node.span))


def _match(context: Context, node: tree.Match, env: Env) -> Value:
    subject = evaluate(context, node.subject, env)
    if subject is POISON:
        return POISON
    arms = patterns.arms(context, node, subject, partial(evaluate, context, env=env.of_pattern()), env.general)
    if arms is None:
        return POISON
    result: Value | None = None
    for arm in reversed(arms):
        value = _block(context, arm.body, env)
        if result is None or isinstance(arm.test, bool):
            result = value
        else:
            result = _choose(context, arm.test, value, result, node.span)
    return POISON if result is None else result
