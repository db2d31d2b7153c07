"""Expressions to values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from altac import ir
from altac.semantics import builtins, errors, operators
from altac.semantics.operators import OperandError
from altac.semantics.scopes import Env
from altac.semantics.tables import Failure, TooLarge, choose, settle, tabulate
from altac.semantics.values import (
    POISON,
    BuiltinV,
    ComponentV,
    Dim,
    FnV,
    ListV,
    MapV,
    RangeV,
    RecordV,
    Rt,
    ScopeV,
    SymbolV,
    Tab,
    TypeV,
    Value,
    is_runtime,
    kind,
    show,
)
from altac.source import Span
from altac.syntax import tree

if TYPE_CHECKING:
    from altac.semantics.checker import Checker

#: Steps of compile-time evaluation of one program.
STEPS = 1_000_000
#: Nested calls of functions.
CALL_DEPTH = 120


class Evaluator:
    """Evaluates expressions; the names and the problems are the checker's."""

    def __init__(self, checker: Checker) -> None:
        self.checker = checker
        self.steps = 0

    def fail(self, problem: Any) -> Value:
        """Report ``problem``; stands for the value that could not be had."""
        self.checker.report(problem)
        return POISON

    def spend(self, steps: int, span: Span) -> None:
        """Count steps, and give up on a program that takes too many."""
        self.steps += steps
        if self.steps > STEPS:
            raise errors.GiveUp(errors.TooManySteps(span=span, limit=STEPS))

    def __call__(self, node: tree.Expr, env: Env) -> Value:
        self.spend(1, node.span)
        match node:
            case tree.BoolLit(value=value) | tree.IntLit(value=value) | tree.RealLit(value=value):
                return value
            case tree.StringLit(value=text):
                return text
            case tree.Ref(name=name):
                return self.reference(name, node.span, env)
            case tree.Unary():
                return self.unary(node, env)
            case tree.Binary():
                return self.binary(node, env)
            case tree.ChainedComparison():
                return self.fail(errors.ChainedComparison(span=node.span))
            case tree.ListLit(items=items):
                return self.collect(items, env, ListV)
            case tree.TupleLit(items=items):
                return self.collect(items, env, tuple)
            case tree.SetLit(items=items):
                return self.set_of([(self(i, env), i.span) for i in items], node.span)
            case tree.RecordLit():
                return self.record(node, env)
            case tree.MapLit(items=items):
                return self.map_of([(self(k, env), self(v, env), k.span) for k, v in items])
            case tree.Comprehension():
                return self.comprehension(node, env)
            case tree.Call():
                return self.call(node, env)
            case tree.Index(base=base, index=index):
                return self.index(self(base, env), self(index, env), node)
            case tree.FieldAccess():
                return self.field(node, env)
            case tree.If():
                return self.conditional(node, env)
            case tree.Match():
                return self.match(node, env)
            case tree.SyntaxErrorExpr():
                return POISON

    # --- names --------------------------------------------------------------------------------

    def reference(self, name: str, span: Span, env: Env) -> Value:
        if name in env.names:
            return env.names[name]
        if name in ("token", "position"):
            return self.keyword(name, span, env)
        return self.checker.lookup(name, span, env)

    def keyword(self, name: str, span: Span, env: Env) -> Value:
        context = env.initial
        if context is None:
            return self.fail(errors.OutsideInitial(span=span, name=name))
        if name == "token":
            context.token_used = context.token_used or span
            return context.token
        context.position_used = context.position_used or span
        return context.position

    def field(self, node: tree.FieldAccess, env: Env) -> Value:
        base = self(node.base, env)
        name = node.field.text
        if base is POISON:
            return POISON
        if isinstance(base, ScopeV):
            return self.checker.member(base, node.field, env)
        if isinstance(base, TypeV) and isinstance(base.type, ir.EnumDomain):
            for index, symbol in enumerate(base.type.members):
                if symbol.name == name:
                    return SymbolV(base.type, index)
            return self.fail(errors.unknown_member(node.field, [str(m.name) for m in base.type.members], base.name))
        if isinstance(base, (RecordV, Tab)):
            try:
                return operators.lift(lambda r: _get_field(r, name), base, span=node.span)
            except OperandError:
                known = base.names if isinstance(base, RecordV) else _names(base)
                return self.fail(errors.unknown_member(node.field, list(known), "the record"))
        return self.fail(errors.NoField(span=node.field.span, name=name, found=kind(base)))

    # --- operators ----------------------------------------------------------------------------

    def guarded(self, node: tree.Node, compute: Callable[[], Value], what: Callable[[], tuple[str, str]]) -> Value:
        """``compute()``, with its failures reported at ``node``."""
        try:
            return compute()
        except OperandError as error:
            operator, operands = what()
            return self.fail(errors.BadOperands(span=node.span, operator=operator, operands=operands, hint=error.hint))
        except Failure as failure:
            if failure.reason == "division-by-zero":
                return self.fail(errors.ConstantDivisionByZero(span=node.span))
            return self.fail(errors.BadIndex(span=node.span, detail="there is no entry for it"))
        except TooLarge as large:
            return self.fail(errors.table_too_large(node.span, large))

    def unary(self, node: tree.Unary, env: Env) -> Value:
        value = self(node.operand, env)
        if value is POISON:
            return POISON
        function = operators.negate if node.op == "not" else operators.unary_minus
        return self.guarded(node, lambda: function(value, node.span), lambda: (node.op, kind(value)))

    def binary(self, node: tree.Binary, env: Env) -> Value:
        left = self(node.left, env)
        if node.op in ("and", "or"):
            return self.logical(node, left, env)
        right = self(node.right, env)
        if left is POISON or right is POISON:
            return POISON
        left, right = self.checker.resolve_pair(left, right, node)
        if left is POISON or right is POISON:
            return POISON
        if node.op == "+" or not isinstance(right, RangeV):
            self.spend((_length(left) + _length(right)) // 4, node.span)
        return self.guarded(
            node,
            lambda: operators.binary(node.op, left, right, node.span),
            lambda: (node.op, f"{kind(left)} and {kind(right)}"),
        )

    def logical(self, node: tree.Binary, left: Value, env: Env) -> Value:
        if left is not POISON and not operators.is_bool(left):
            self.fail(errors.NotBool(span=node.left.span, found=kind(left), context=f"`{node.op}`"))
            left = POISON
        if left is (node.op == "or"):
            return left
        right = self(node.right, env)
        if right is not POISON and not operators.is_bool(right):
            self.fail(errors.NotBool(span=node.right.span, found=kind(right), context=f"`{node.op}`"))
            return POISON
        if left is POISON or right is POISON:
            return POISON
        function = operators.conjunction if node.op == "and" else operators.disjunction
        return function(left, right, node.span)

    # --- collections --------------------------------------------------------------------------

    def collect(self, items: tuple[tree.Expr, ...], env: Env, make: Callable[[tuple[Value, ...]], Value]) -> Value:
        values = tuple(self(i, env) for i in items)
        return POISON if any(v is POISON for v in values) else make(values)

    def record(self, node: tree.RecordLit, env: Env) -> Value:
        names = tuple(n.text for n, _ in node.fields)
        for i, (name, _) in enumerate(node.fields):
            if name.text in names[:i]:
                return self.fail(
                    errors.DuplicateName(
                        span=name.span, name=name.text, other=node.fields[names.index(name.text)][0].span
                    )
                )
        values = tuple(self(v, env) for _, v in node.fields)
        return POISON if any(v is POISON for v in values) else RecordV(names, values)

    def set_of(self, items: list[tuple[Value, Span]], span: Span) -> Value:
        values = [v for v, _ in items]
        if any(v is POISON for v in values):
            return POISON
        for value, place in items:
            if isinstance(value, (FnV, ComponentV, ScopeV, TypeV, BuiltinV)):
                return self.fail(errors.Mismatch(span=place, expected="a value", found=kind(value)))
        try:
            return operators.lift(lambda *v: frozenset(v), *values, span=span)
        except TooLarge as large:
            return self.fail(errors.table_too_large(span, large))

    def map_of(self, items: list[tuple[Value, Value, Span]]) -> Value:
        entries: dict[Value, Value] = {}
        for key, value, span in items:
            if key is POISON or value is POISON:
                return POISON
            if is_runtime(key):
                return self.fail(errors.NotStatic(span=span, what="a key of a map"))
            if key in entries:
                return self.fail(errors.DuplicateKey(span=span, key=show(key)))
            entries[key] = value
        return MapV(entries)

    def comprehension(self, node: tree.Comprehension, env: Env) -> Value:
        found: list[tuple[Value, Span]] = []
        for inner in self.iterate(node.clauses, env):
            found.append((self(node.element, inner), node.element.span))
        if any(v is POISON for v, _ in found):
            return POISON
        match node.kind:
            case "list":
                return ListV(tuple(v for v, _ in found))
            case "set":
                return self.set_of(found, node.span)
            case "map":
                return self.map_of([(v[0], v[1], s) for v, s in found])

    def iterate(self, clauses: tuple[tree.Clause, ...], env: Env) -> Iterator[Env]:
        if not clauses:
            yield env
            return
        first, rest = clauses[0], clauses[1:]
        for inner in self.each(first.names, first.iterable, env):
            holds = True
            for condition in first.conditions:
                value = self(condition, inner)
                if value is POISON:
                    holds = False
                elif is_runtime(value):
                    self.fail(errors.NotStatic(span=condition.span, what="the condition of a comprehension"))
                    holds = False
                elif not isinstance(value, bool):
                    self.fail(errors.NotBool(span=condition.span, found=kind(value), context="`if`"))
                    holds = False
                else:
                    holds = holds and value
            if holds:
                yield from self.iterate(rest, inner)

    def each(self, names: tuple[tree.Name, ...], iterable: tree.Expr, env: Env) -> Iterator[Env]:
        """A block environment per item of ``iterable``, with ``names`` bound."""
        value = self(iterable, env)
        if value is POISON:
            return
        if isinstance(value, Tab | Rt):
            self.fail(errors.NotStatic(span=iterable.span, what="what `for` goes through"))
            return
        try:
            items = operators.items_of(value)
        except OperandError as error:
            self.fail(errors.NotIterable(span=iterable.span, found=kind(value), hint=error.hint))
            return
        for item in items:
            inner = env.child()
            if not self.bind(names, item, inner, iterable.span):
                return
            yield inner

    def bind(self, names: tuple[tree.Name, ...], value: Value, env: Env, span: Span) -> bool:
        """Bind one name to ``value``, or several to its parts."""
        parts: tuple[Value, ...] = (value,)
        if len(names) > 1:
            if isinstance(value, RecordV | ListV):
                value = value.items
            if value is POISON:
                parts = (POISON,) * len(names)
            elif not isinstance(value, tuple) or len(value) != len(names):
                size = f"{len(value)} parts" if isinstance(value, tuple) else kind(value)
                self.fail(errors.BadUnpacking(span=span, names=len(names), found=size))
                return False
            else:
                parts = value
        for name, part in zip(names, parts, strict=True):
            if name.text == "_":
                continue
            env.names[name.text] = part
        return True

    # --- indexing and calls -------------------------------------------------------------------

    def index(self, base: Value, index: Value, node: tree.Index) -> Value:
        if base is POISON or index is POISON:
            return POISON
        if isinstance(base, (Rt, SymbolV, FnV, bool, int, Fraction)):
            return self.fail(errors.NotIndexable(span=node.base.span, found=kind(base)))
        if not is_runtime(base) and not is_runtime(index):
            try:
                return _entry(base, index)
            except OperandError:
                return self.fail(errors.NotIndexable(span=node.base.span, found=kind(base)))
            except Failure:
                size = (
                    f"it has {len(operators.items_of(base))} entries"
                    if not isinstance(base, MapV)
                    else "the map has no such key"
                )
                return self.fail(errors.BadIndex(span=node.index.span, detail=f"{show(index)}: {size}"))
        if not is_runtime(base) and isinstance(base, (ListV, tuple, RangeV)) and isinstance(index, Rt):
            value = self._row(base, index, node)
        else:
            value = self.guarded(
                node,
                lambda: settle(tabulate(_entry, base, index), node.span),
                lambda: ("[ ]", f"{kind(base)} and {kind(index)}"),
            )
        if isinstance(value, Tab) and value.entries and all(isinstance(e, builtins.Hole) for e in value.entries):
            return self.fail(errors.NeverValid(span=node.index.span))
        return value

    def _row(self, base: Value, index: Rt, node: tree.Index) -> Value:
        """A list indexed by a run-time value: the list itself is the table."""
        items = operators.items_of(base)
        low, high = operators.interval(index)
        if not operators.is_int(index) and isinstance(index.domain, ir.TokenDomain):
            return self.fail(
                errors.BadOperands(
                    span=node.span, operator="[ ]", operands="list and Token", hint="index with `int(...)`"
                )
            )
        if high < 0 or low >= len(items):
            return self.fail(errors.NeverValid(span=node.index.span))
        if any(is_runtime(i) for i in items):
            return self.fail(errors.NotStatic(span=node.base.span, what="a table indexed by a run-time value"))
        return settle(Tab((Dim(index, 0, len(items)),), list(items)), node.span)

    def call(self, node: tree.Call, env: Env) -> Value:
        function = self(node.function, env)
        if function is POISON:
            for argument in node.arguments:
                self(argument.value, env)
            return POISON
        match function:
            case FnV():
                body = function.decl.body
                if isinstance(body, tree.Block) and not self.checker.is_pure(body, function.namespace):
                    return self.fail(errors.ProcedureAsValue(span=node.span, name=function.decl.name.text))
                bound = self.arguments(node, function.decl.parameters, function.namespace, env, function.decl.name)
                return POISON if bound is None else self.body(function, bound, env, node)
            case BuiltinV(name=name):
                return self.builtin(name, node, env)
            case TypeV():
                return self.convert(function, node, env)
            case ComponentV():
                return self.fail(errors.ComponentAsValue(span=node.span, name=function.decl.name.text))
            case _:
                return self.fail(errors.NotCallable(span=node.function.span, found=kind(function)))

    def body(self, function: FnV, bound: dict[str, Value], env: Env, node: tree.Call) -> Value:
        inner = env.call(function.namespace, bound)
        if inner.depth > CALL_DEPTH:
            raise errors.GiveUp(errors.RecursionTooDeep(span=node.span, name=function.decl.name.text, limit=CALL_DEPTH))
        body = function.decl.body
        return self.block(body, inner) if isinstance(body, tree.Block) else self(body, inner)

    def arguments(
        self,
        node: tree.Call | tree.UseDecl,
        parameters: tuple[tree.Parameter, ...],
        space: Any,
        env: Env,
        name: tree.Name,
    ) -> dict[str, Value] | None:
        """The values of parameters by name, or None if the arguments do not fit."""
        bound: dict[str, Value] = {}
        known = [p.name.text for p in parameters]
        sound = True
        for i, argument in enumerate(node.arguments):
            value = self(argument.value, env)
            if argument.name is not None:
                key = argument.name.text
                if key not in known:
                    self.fail(errors.unknown_argument(argument.name, known, name.text))
                    sound = False
                    continue
            elif i < len(known):
                key = known[i]
            else:
                self.fail(
                    errors.WrongArguments(
                        span=node.span,
                        name=name.text,
                        expected=len(known),
                        found=len(node.arguments),
                        declared=name.span,
                    )
                )
                return None
            if key in bound:
                self.fail(errors.ArgumentTwice(span=argument.span, name=key))
                sound = False
            bound[key] = value
        missing = [p for p in parameters if p.name.text not in bound and p.default is None]
        if missing and sound:
            self.fail(
                errors.MissingArgument(
                    span=node.span, name=name.text, missing=", ".join(p.name.text for p in missing), declared=name.span
                )
            )
            return None
        for parameter in parameters:
            if parameter.name.text not in bound and parameter.default is not None:
                bound[parameter.name.text] = self(parameter.default, Env(space, dict(bound), runtime=env.runtime))
        return bound if sound else None

    def builtin(self, name: str, node: tree.Call, env: Env) -> Value:
        values = [self(a.value, env) for a in node.arguments]
        if any(a.name is not None for a in node.arguments):
            return self.fail(errors.unknown_argument(next(a.name for a in node.arguments if a.name), [], name))
        if any(v is POISON for v in values):
            return POISON
        self.spend(sum(map(_length, values)) // 4, node.span)
        return self.guarded(
            node,
            lambda: builtins.call(name, values, node.span),
            lambda: (name, ", ".join(map(kind, values)) or "nothing"),
        )

    def convert(self, target: TypeV, node: tree.Call, env: Env) -> Value:
        if len(node.arguments) != 1:
            return self.fail(
                errors.WrongArguments(
                    span=node.span, name=target.name, expected=1, found=len(node.arguments), declared=None
                )
            )
        value = self(node.arguments[0].value, env)
        if value is POISON:
            return POISON
        return self.guarded(
            node, lambda: builtins.convert(target.type, value, node.span), lambda: (target.name, kind(value))
        )

    # --- if, match and blocks as expressions --------------------------------------------------

    def conditional(self, node: tree.If, env: Env) -> Value:
        condition = self(node.condition, env)
        if node.orelse is None:
            return self.fail(errors.NoElse(span=node.span))
        if condition is POISON:
            self.block(node.then, env)
            self.block(node.orelse, env)
            return POISON
        if not operators.is_bool(condition):
            return self.fail(errors.NotBool(span=node.condition.span, found=kind(condition), context="`if`"))
        if isinstance(condition, bool):
            return self.block(node.then if condition else node.orelse, env)
        return self.choose(condition, self.block(node.then, env), self.block(node.orelse, env), node.span)

    def choose(self, condition: Rt, then: Value, orelse: Value, span: Span) -> Value:
        """``then`` where ``condition`` holds, else ``orelse``."""
        if then is POISON or orelse is POISON:
            return POISON
        then, orelse = operators._literal_token(then, orelse), operators._literal_token(orelse, then)
        if operators._categorical(then, orelse) and (kind(then) == kind(orelse)):
            domain = operators.rt(then).domain
            if operators.is_int(then):
                (a, b), (c, d) = operators.interval(then), operators.interval(orelse)
                domain = ir.IntDomain(min(a, c), max(b, d))
            children = [v for v in (condition, then, orelse) if isinstance(v, Rt)]
            return Rt(
                ir.IfExpr(condition.expr, operators.rt(then).expr, operators.rt(orelse).expr, span), domain, *children
            )
        kinds = {kind(then), kind(orelse)}
        if len(kinds) > 1 and kinds != {"int", "real"}:
            return self.fail(errors.BranchesDiffer(span=span, first=kind(then), second=kind(orelse)))
        return self.guarded(
            tree.Node(span),
            lambda: settle(choose(condition, then, orelse, lambda name: self.checker.slots[name].is_head), span),
            lambda: ("if", "these branches"),
        )

    def block(self, node: tree.Block, env: Env) -> Value:
        """The value of a block: some lets, then an expression."""
        inner = env.child()
        for i, statement in enumerate(node.statements):
            match statement:
                case tree.Let(names=names, value=value):
                    self.bind(names, self(value, inner), inner, value.span)
                case tree.ExprStmt(value=value) if i == len(node.statements) - 1:
                    return self(value, inner)
                case _:
                    return self.fail(errors.NotAValue(span=statement.span))
        return self.fail(errors.NotAValue(span=node.span))

    def match(self, node: tree.Match, env: Env) -> Value:
        subject = self(node.subject, env)
        if subject is POISON:
            return POISON
        arms = self.checker.patterns.arms(node, subject, env)
        if arms is None:
            return POISON
        result: Value = None
        for test, body in reversed(arms):
            value = self.block(body, env)
            if test is True:
                result = value
            elif test is not False:
                result = value if result is None else self.choose(test, value, result, node.span)
        return POISON if result is None else result


def _length(value: Value) -> int:
    """How many items an operation on ``value`` goes through."""
    match value:
        case ListV(items=items):
            return len(items)
        case RangeV():
            return min(value.size, operators.LENGTH_LIMIT)
        case tuple() | frozenset() | str():
            return len(value)
        case MapV(entries=entries):
            return len(entries)
    return 0


def _get_field(record: Value, name: str) -> Value:
    if not isinstance(record, RecordV):
        raise OperandError
    try:
        return record.get(name)
    except KeyError:
        raise OperandError from None


def _names(tab: Tab) -> list[str]:
    return [n for e in tab.entries[:1] if isinstance(e, RecordV) for n in e.names]


def _entry(base: Value, index: Value) -> Value:
    if isinstance(base, MapV):
        for key, value in base.entries.items():
            if key == index and kind(key) == kind(index):
                return value
            if isinstance(index, SymbolV) and isinstance(key, (str, int)) and isinstance(index.domain, ir.TokenDomain):
                if str(index.domain.tokens[index.index].name) == str(key):
                    return value
        raise Failure("table-index")
    if isinstance(base, frozenset):
        raise OperandError
    items = operators.items_of(base)
    if isinstance(index, RangeV):
        return ListV(items[index.low : index.high + 1])
    if isinstance(index, SymbolV) and isinstance(index.domain, ir.EnumDomain):
        index = index.index
    if isinstance(index, Fraction) or not isinstance(index, int):
        raise OperandError
    if not 0 <= int(index) < len(items):
        raise Failure("table-index")
    return items[int(index)]
