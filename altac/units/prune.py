"""Dead variables and heads: what nothing that a run shows can depend on."""

from __future__ import annotations

from dataclasses import replace

from altac.ir import Assign, If, Let, MlpCode, MlpRules, Program, Stmt
from altac.ir.traversal import lets_read, slots_read, updates


def live_slots(program: Program) -> frozenset[str]:
    """The variables and heads that what a run shows can depend on: outputs, halting, and the layer at which it ends.

    A run without a limit ends when its state comes back, and the state is that of all variables: there, whatever is
    updated is live.
    """
    depends: dict[str, set[str]] = {name: set() for name in program.variable_names}
    for target, reads in updates(program):
        depends[target] |= reads
    for head in program.heads:
        depends[head.name] = {name for name in (head.query, head.key, head.value) if name is not None}
    live: set[str] = set()
    waiting = {program.output}
    if program.halt is not None:
        waiting |= slots_read(program.halt)
        if program.max_layers is None:  # without either, a run needs a limit from outside
            waiting |= {target for target, _ in updates(program)}
    while waiting:
        name = waiting.pop()
        live.add(name)
        waiting |= depends[name] - live
    return frozenset(live)


def prune(program: Program) -> Program:
    """``program`` without dead variables and heads, and without the updates of these.

    On every input on which no position of ``program`` fails it gives the same outputs, layers, halting and problem,
    whatever limit a run is given.
    """
    live = live_slots(program)
    if len(live) == len(program.slots):
        return program
    match program.mlp:
        case MlpRules(rules=rules):
            mlp: MlpCode | MlpRules = MlpRules(tuple(r for r in rules if r.target in live))
        case MlpCode(body=body):
            mlp = MlpCode(_block(body, live, set()))
    variables = tuple(v for v in program.variables if v.name in live)
    heads = tuple(h for h in program.heads if h.name in live)
    return replace(program, variables=variables, heads=heads, mlp=mlp)


def _block(body: tuple[Stmt, ...], live: frozenset[str], needed: set[str]) -> tuple[Stmt, ...]:
    """The statements that updates of live variables need; ``needed`` collects the lets they read from outside."""
    kept: list[Stmt] = []
    for stmt in reversed(body):
        match stmt:
            case Assign(target=target, value=value):
                if target in live:
                    needed |= lets_read(value)
                    kept.append(stmt)
            case Let(name=name, value=value):
                if name in needed:
                    needed.discard(name)
                    needed |= lets_read(value)
                    kept.append(stmt)
            case If(condition=condition, then=then, orelse=orelse):
                inner: set[str] = set()
                first, second = _block(then, live, inner), _block(orelse, live, inner)
                if first or second:
                    needed |= inner | lets_read(condition)
                    kept.append(replace(stmt, then=first, orelse=second))
    return tuple(reversed(kept))
