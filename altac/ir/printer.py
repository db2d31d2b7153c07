"""A readable text form of the IR, for debugging and golden tests. It is not parsed back."""

from __future__ import annotations

from collections.abc import Iterator

from altac.ir.domains import BoolDomain, Domain, EnumDomain, IntDomain, RealDomain, SetDomain, TokenDomain, label
from altac.ir.expressions import (
    And,
    Arithmetic,
    Compare,
    Const,
    Expr,
    IfExpr,
    LetRead,
    Lookup,
    Member,
    Not,
    Or,
    Read,
)
from altac.ir.operators import AND, ATOM, COMPARE, NOT, OPERATORS, OR
from altac.ir.program import Assign, Head, If, Initial, Let, MlpCode, Program, Stmt, Variable

_WIDE_TABLE = 24


def print_program(program: Program) -> str:
    """The whole program, a line per declaration, with a line break at the end."""
    return "\n".join(_program(program)) + "\n"


def print_expr(expr: Expr, program: Program | None = None) -> str:
    """An expression on one line; constants compared with a slot of ``program`` are shown as its values."""
    return _expr(expr, program)[0]


def print_block(body: tuple[Stmt, ...], program: Program | None = None, indent: int = 0) -> str:
    """Statements, a line each, without a line break at the end."""
    return "\n".join(_block(body, program, indent))


def print_domain(domain: Domain) -> str:
    """A domain with all its values."""
    match domain:
        case BoolDomain():
            return "bool"
        case IntDomain(low, high):
            return f"{low}..{high}"
        case EnumDomain(name, members):
            return f"{name} {{{', '.join(str(m.name) for m in members)}}}"
        case TokenDomain():
            return "Token"
        case RealDomain(buckets):
            return f"real in {{{', '.join(map(str, buckets))}}}"
        case SetDomain(element, family):
            sets = ", ".join(label(domain, i) for i in range(len(family)))
            return f"set of {print_domain(element)} in [{sets}]"


def _program(program: Program) -> Iterator[str]:
    yield f"program {program.name}"
    tokens = program.tokens
    if isinstance(tokens, IntDomain):
        yield f"tokens {print_domain(tokens)}"
    else:
        yield "tokens " + ", ".join(label(tokens, i) for i in range(tokens.size))
    if program.positions is not None:
        yield f"positions {program.positions}"
    frame = program.frame
    if frame.before or frame.after or frame.fill is not None:
        parts = [label(tokens, t + tokens.low) for t in frame.before]
        parts += ["input", *(label(tokens, t + tokens.low) for t in frame.after)]
        if frame.fill is not None:
            parts.append(f"{label(tokens, frame.fill + tokens.low)} to {frame.length}")
        yield "frame " + ", ".join(parts)
    yield from (_variable(variable) for variable in program.variables)
    yield from (_head(head) for head in program.heads)
    if isinstance(program.mlp, MlpCode):
        yield "mlp {"
        yield from _block(program.mlp.body, program, 1)
        yield "}"
    else:
        yield "rules {"
        for rule in program.mlp.rules:
            tests = ", ".join(f"{n} = {label(program.domain(n), code)}" for n, code in rule.antecedent)
            yield f"    {tests} => {rule.target} <- {label(program.domain(rule.target), rule.value)}"
        yield "}"
    yield f"output {program.output}"
    if program.halt is not None:
        yield f"halt when {print_expr(program.halt, program)}"
    if program.max_layers is not None:
        yield f"layers {program.max_layers}"
    if program.causal is not None:
        stop, limit = program.causal.stop, program.causal.limit
        until = "" if stop is None else f" until {label(tokens, stop + tokens.low)}"
        yield f"causal{until}" + ("" if limit is None else f" limit {limit}")


def _variable(variable: Variable) -> str:
    return f"var {variable.name}: {print_domain(variable.domain)} = {_initial(variable.domain, variable.initial)}"


def _initial(domain: Domain, initial: Initial) -> str:
    values = [label(domain, code) for code in initial.values]
    if initial.by == "constant":
        return values[0]
    shown = values if len(values) <= _WIDE_TABLE else [*values[:_WIDE_TABLE], "..."]
    return f"[{', '.join(shown)}][{initial.by}]"


def _head(head: Head) -> str:
    offsets = "" if head.offsets is None else " at " + _offsets(head.offsets)
    output = print_domain(head.domain)
    if head.query is None:
        return f"head {head.name}: {output} = {head.value}{offsets}"
    return f"head {head.name}: {output} = attend(query: {head.query}, key: {head.key}, value: {head.value}){offsets}"


def _offsets(offsets: frozenset[int]) -> str:
    ordered = sorted(offsets)
    if len(ordered) == 1:
        return str(ordered[0])
    if len(ordered) > 2 and ordered[-1] - ordered[0] == len(ordered) - 1:
        return f"{ordered[0]}..{ordered[-1]}"
    return "{" + ", ".join(map(str, ordered)) + "}"


def _block(body: tuple[Stmt, ...], program: Program | None, indent: int) -> Iterator[str]:
    pad = "    " * indent
    for stmt in body:
        match stmt:
            case Let(name, value):
                yield f"{pad}let {name} = {print_expr(value, program)}"
            case Assign(target, value):
                yield f"{pad}{target} <- {_value_of(target, value, program)}"
            case If():
                yield from _if(stmt, program, indent)


def _if(stmt: If, program: Program | None, indent: int) -> Iterator[str]:
    pad = "    " * indent
    start = "if"
    while True:
        yield f"{pad}{start} {print_expr(stmt.condition, program)} {{"
        yield from _block(stmt.then, program, indent + 1)
        match stmt.orelse:
            case ():
                break
            case (If() as stmt,):
                start = "} else if"
            case other:
                yield f"{pad}}} else {{"
                yield from _block(other, program, indent + 1)
                break
    yield f"{pad}}}"


def _value_of(slot: str, value: Expr, program: Program | None) -> str:
    """A value as one of the slot's type, if it is a constant of it."""
    if isinstance(value, Const) and program is not None:
        domain = program.domain(slot)
        if domain.low <= value.value < domain.low + domain.size:
            return label(domain, value.value)
    return print_expr(value, program)


def _expr(expr: Expr, program: Program | None) -> tuple[str, int]:
    """The text and how tightly it binds."""

    def part(child: Expr, level: int) -> str:
        text, own = _expr(child, program)
        return text if own >= level else f"({text})"

    match expr:
        case Const(value):
            return str(value), ATOM if value >= 0 else ATOM - 1
        case Read(name) | LetRead(name):
            return name, ATOM
        case Not(operand):
            return f"not {part(operand, NOT)}", NOT
        case And(left, right):
            return f"{part(left, AND)} and {part(right, AND + 1)}", AND
        case Or(left, right):
            return f"{part(left, OR)} or {part(right, OR + 1)}", OR
        case Arithmetic(op, left, right):
            row = OPERATORS[op]
            if row.level is None:
                return f"{row.spelling}({part(left, 0)}, {part(right, 0)})", ATOM
            return f"{part(left, row.level)} {row.spelling} {part(right, row.level + 1)}", row.level
        case Compare(op, left, right):
            level = COMPARE
            if isinstance(left, Read) and isinstance(right, Const):
                return f"{left.name} {op} {_value_of(left.name, right, program)}", level
            return f"{part(left, level + 1)} {op} {part(right, level + 1)}", level
        case Member(operand, values):
            slot = operand.name if isinstance(operand, Read) else None
            shown = [str(v) if slot is None else _value_of(slot, Const(v), program) for v in sorted(values)]
            return f"{part(operand, COMPARE + 1)} in {{{', '.join(shown)}}}", COMPARE
        case IfExpr(condition, then, orelse):
            return f"if {part(condition, 0)} {{ {part(then, 0)} }} else {{ {part(orelse, 0)} }}", 0
        case Lookup():
            return _lookup(expr, program), ATOM


def _lookup(expr: Lookup, program: Program | None) -> str:
    """``[1, 0, _][x]``: entries in row-major order; the lowest index of a dimension is shown if it is not 0."""
    entries = ["_" if e is None else str(e) for e in expr.table]
    shown = ", ".join(
        entries if len(entries) <= _WIDE_TABLE else [*entries[:_WIDE_TABLE], f"... {len(entries)} in all"]
    )
    indices = []
    for index, low in zip(expr.indices, expr.lows, strict=True):
        text = print_expr(index, program)
        indices.append(text if low == 0 else f"{text} from {low}")
    sizes = "" if len(expr.shape) == 1 else f"{' x '.join(map(str, expr.shape))}: "
    return f"[{sizes}{shown}][{', '.join(indices)}]"
