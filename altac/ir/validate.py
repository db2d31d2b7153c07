"""What makes a `Program` well formed, as a table of checks that can run on any program.

The checker only makes valid programs; these checks are for tests and for programs built by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import pairwise
from math import prod
from typing import get_args

from altac.ir.domains import BoolDomain, Domain, EnumDomain, IntDomain, RealDomain, SetDomain, TokenDomain
from altac.ir.expressions import (
    Arithmetic,
    Compare,
    Const,
    Expr,
    LetRead,
    Lookup,
    Missing,
    Read,
)
from altac.ir.operators import ArithmeticOp, CompareOp
from altac.ir.program import Assign, If, Let, MlpCode, MlpRules, Program, Stmt
from altac.ir.traversal import nodes, slots_read

Faults = Iterator[str]


def validate(program: Program) -> list[str]:
    """Everything that is wrong with ``program``; empty if it is well formed."""
    return [fault for check in CHECKS.values() for fault in check(program)]


def comparable(query: Domain, key: Domain) -> bool:
    """Whether a query can be compared with a key: integers with integers, otherwise the same type."""
    if isinstance(query, SetDomain):
        return not isinstance(query.element, SetDomain) and comparable(query.element, key)
    if isinstance(query, IntDomain) and isinstance(key, IntDomain):
        return True
    return query == key and is_categorical(query)


def is_categorical(domain: Domain) -> bool:
    return not isinstance(domain, RealDomain | SetDomain)


def _names(program: Program) -> Faults:
    seen: set[str] = set()
    for slot in program.slots:
        if not slot.name.isprintable() or not slot.name:
            yield f"the name {slot.name!r} is empty or not printable"
        if slot.name in seen:
            yield f"two variables or heads are called {slot.name!r}"
        seen.add(slot.name)


def _domains(program: Program) -> Faults:
    yield from (f"tokens: {fault}" for fault in _domain(program.tokens))
    for slot in program.slots:
        yield from (f"{slot.name}: {fault}" for fault in _domain(slot.domain))


def _domain(domain: Domain) -> Faults:
    match domain:
        case BoolDomain():
            return
        case IntDomain(low, high):
            if low > high:
                yield f"the range {low}..{high} is empty"
        case EnumDomain(members=symbols) | TokenDomain(tokens=symbols):
            if not symbols:
                yield "no members"
            if len({s.name for s in symbols}) < len(symbols):
                yield "two members have the same name"
        case RealDomain(buckets=buckets):
            if not buckets:
                yield "no buckets"
            if not all(isinstance(b, Fraction) for b in buckets):
                yield "a bucket is not a Fraction"
            elif any(a >= b for a, b in pairwise(buckets)):
                yield "the buckets do not ascend strictly"
        case SetDomain(element=element, family=family):
            if not family:
                yield "an empty family"
            if len(set(family)) < len(family):
                yield "a set occurs twice in the family"
            if not is_categorical(element):
                yield "the elements of its sets are not categorical"
            else:
                yield from _domain(element)
                if not all(_holds(element, code) for codes in family for code in codes):
                    yield "a set of the family has a code outside the element type"


def _holds(domain: Domain, code: int) -> bool:
    return domain.low <= code < domain.low + domain.size


def _initials(program: Program) -> Faults:
    for variable in program.variables:
        initial = variable.initial
        sizes = {"constant": 1, "token": program.tokens.size, "position": program.positions}
        if initial.by not in sizes:
            yield f"{variable.name}: initial value by {initial.by!r}"
            continue
        size = sizes[initial.by]
        if size is None:
            yield f"{variable.name} depends on the position, but the program has no `positions`"
        elif len(initial.values) != size:
            yield f"{variable.name}: {len(initial.values)} initial values by {initial.by}, but {size} are needed"
        if not all(_holds(variable.domain, code) for code in initial.values):
            yield f"{variable.name}: an initial code is outside its domain"


def _heads(program: Program) -> Faults:
    variables = {v.name: v.domain for v in program.variables}
    for head in program.heads:
        if (head.query is None) != (head.key is None):
            yield f"{head.name}: query and key go together"
            continue
        used = [n for n in (head.query, head.key, head.value) if n is not None]
        unknown = [n for n in used if n not in variables]
        if unknown:
            yield f"{head.name}: {', '.join(unknown)} is not a variable"
            continue
        if head.query is None and head.offsets is None:
            yield f"{head.name}: neither a query nor offsets"
        if head.offsets is not None and not head.offsets:
            yield f"{head.name}: the set of offsets is empty"
        if head.query is not None and head.key is not None:
            if not is_categorical(variables[head.key]):
                yield f"{head.name}: its key {head.key} is not categorical"
            elif not comparable(variables[head.query], variables[head.key]):
                yield f"{head.name}: query {head.query} and key {head.key} cannot be compared"
        value = variables[head.value]
        numeric = isinstance(value, RealDomain | IntDomain | BoolDomain)
        if isinstance(head.domain, RealDomain):
            if not numeric:
                yield f"{head.name}: its output is real, but {head.value} is no number"
        elif head.domain != value:
            yield f"{head.name}: its output has not the type of {head.value}"


def _code(program: Program) -> Faults:
    if not isinstance(program.mlp, MlpCode):
        return
    slots = {s.name for s in program.slots}
    variables = set(program.variable_names)
    blocks: list[tuple[tuple[Stmt, ...], frozenset[str]]] = [(program.mlp.body, frozenset())]
    while blocks:
        body, lets = blocks.pop()
        for stmt in body:
            match stmt:
                case Let(name, value):
                    yield from _expression(value, slots, lets)
                    lets |= {name}
                case Assign(target, value):
                    if target not in variables:
                        yield f"an update of {target}, which is not a variable"
                    yield from _expression(value, slots, lets)
                case If(condition, then, orelse):
                    yield from _expression(condition, slots, lets)
                    blocks += [(then, lets), (orelse, lets)]


def _expression(root: Expr, slots: set[str], lets: frozenset[str]) -> Faults:
    for expr in nodes(root):
        match expr:
            case Const(value):
                if type(value) is not int:
                    yield f"the constant {value!r} is not an int"
            case Read(name):
                if name not in slots:
                    yield f"a read of {name}, which is neither a variable nor a head"
            case LetRead(name):
                if name not in lets:
                    yield f"a read of {name}, which no enclosing let binds"
            case Arithmetic(op) if op not in get_args(ArithmeticOp):
                yield f"the arithmetic operator {op!r}"
            case Compare(op) if op not in get_args(CompareOp):
                yield f"the comparison operator {op!r}"
            case Lookup(indices, lows, shape, table, missing):
                if not len(indices) == len(lows) == len(shape):
                    yield f"a lookup with {len(indices)} indices, {len(lows)} lows and {len(shape)} sizes"
                elif prod(shape) != len(table) or min(shape, default=0) < 0:
                    yield f"a lookup of shape {shape} with {len(table)} entries"
                if missing not in get_args(Missing):
                    yield f"a lookup that misses for the reason {missing!r}"


def _rules(program: Program) -> Faults:
    if not isinstance(program.mlp, MlpRules):
        return
    slots = {s.name: s.domain for s in program.slots}
    variables = set(program.variable_names)
    for number, rule in enumerate(program.mlp.rules):
        names = [name for name, _ in rule.antecedent]
        if len(set(names)) < len(names):
            yield f"rule {number} tests a variable twice"
        for name, code in rule.antecedent:
            if name not in slots:
                yield f"rule {number} reads {name}, which is neither a variable nor a head"
            elif not _holds(slots[name], code):
                yield f"rule {number} tests {name} for {code}, outside its domain"
        if rule.target not in variables:
            yield f"rule {number} updates {rule.target}, which is not a variable"
        elif not _holds(slots[rule.target], rule.value):
            yield f"rule {number} gives {rule.target} the code {rule.value}, outside its domain"
        elif rule.target not in names:
            yield f"rule {number} does not test the old value of its target {rule.target}"


def _output(program: Program) -> Faults:
    if program.output not in program.variable_names:
        yield f"the output {program.output} is not a variable"
    elif not is_categorical(program.variable(program.output).domain):
        yield f"the output {program.output} is not categorical"


def _halt(program: Program) -> Faults:
    if program.halt is None:
        return
    variables = {v.name: v.domain for v in program.variables}
    yield from (f"halt: {fault}" for fault in _expression(program.halt, set(variables), frozenset()))
    read = slots_read(program.halt)
    if len(read) > 1:
        yield f"halt: reads several variables: {', '.join(sorted(read))}"
    for name in sorted(read & set(variables)):
        if not is_categorical(variables[name]):
            yield f"halt: {name} is not categorical"


def _limits(program: Program) -> Faults:
    if program.max_layers is not None and program.max_layers < 0:
        yield f"{program.max_layers} layers"
    if program.positions is not None and program.positions < 1:
        yield f"{program.positions} positions"
    if program.text not in ("characters", "words"):
        yield f"text as {program.text!r}"


def _frame(program: Program) -> Faults:
    frame = program.frame
    fill = () if frame.fill is None else (frame.fill,)
    if not all(0 <= token < program.tokens.size for token in (*frame.before, *frame.after, *fill)):
        yield "a token of the frame is outside the vocabulary"
    fixed = len(frame.before) + len(frame.after)
    length = frame.length if frame.fill is not None else fixed
    if length < fixed:
        yield f"the frame has {fixed} tokens around the input, but a length of {length}"
    if program.positions is not None and length > program.positions:
        yield f"the frame has a length of {length}, but there are {program.positions} positions"


def _causal(program: Program) -> Faults:
    causal = program.causal
    if causal is None:
        return
    if causal.stop is None and causal.limit is None:
        yield "causal: neither a stop token nor a limit"
    if causal.stop is not None and not 0 <= causal.stop < program.tokens.size:
        yield "causal: the stop token is outside the vocabulary"
    if causal.limit is not None and causal.limit < 0:
        yield f"causal: a limit of {causal.limit}"
    if program.output in program.variable_names:
        domain = program.variable(program.output).domain
        if domain != program.tokens and not (isinstance(domain, IntDomain) and isinstance(program.tokens, IntDomain)):
            yield f"causal: the output {program.output} is not a token"


#: Every check by its name.
CHECKS: dict[str, Callable[[Program], Faults]] = {
    "names": _names,
    "domains": _domains,
    "initials": _initials,
    "heads": _heads,
    "code": _code,
    "rules": _rules,
    "output": _output,
    "halt": _halt,
    "limits": _limits,
    "frame": _frame,
    "causal": _causal,
}
