"""A program made ready to run, and the layers of one batch of sequences of equal length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from altac.diagnostics.problem import Problem
from altac.diagnostics.runtime_errors import LayerLimit
from altac.interpreter.analysis import assigned_variables, deep_recursion, slots_read, uniform_slots
from altac.interpreter.attention import plan_heads
from altac.interpreter.codec import quote_input
from altac.interpreter.compile import TABLE_LIMIT, Compiler, slots_of
from altac.interpreter.explain import Failed, Place, first_problem
from altac.interpreter.result import Observer, Result, State, When
from altac.interpreter.rules import compile_rules
from altac.interpreter.store import Array, Store, View, dtype_for
from altac.ir import MlpCode, Program, SetDomain, Variable


@dataclass(frozen=True)
class Limits:
    """When to stop without halting: after ``layers`` exactly, if given, else after ``safety`` with an error."""

    layers: int | None
    safety: int


class Machine:
    """A compiled program. ``table_limit`` and ``table_after`` tune tabulation (see `Compiler`)."""

    def __init__(self, program: Program, table_limit: int = TABLE_LIMIT, table_after: int | None = None) -> None:
        self.program = program
        with deep_recursion():
            self.slots = slots_of(program)
            self.uniform = uniform_slots(program)
            self.heads = plan_heads(program, assigned_variables(program))
            if isinstance(program.mlp, MlpCode):
                self.mlp = Compiler(self.slots, table_limit, table_after).block(program.mlp.body)
            else:
                self.mlp = compile_rules(program.mlp, self.slots)
            self.halting = _halting_table(program)

    # one batch

    def run_batch(
        self, tokens: Array, rows: Array, limits: Limits, observer: Observer | None
    ) -> list[tuple[int, Result]]:
        """Run sequences of equal length; ``tokens`` (B, T), ``rows`` (B,) the numbers under which to report them."""
        results: list[tuple[int, Result]] = []
        if tokens.shape[1] == 0:  # every position of an empty sequence satisfies the halting condition
            halted = self.halting is not None
            layers = 0 if halted else limits.layers or 0
            return [(int(row), Result((), (), layers, halted)) for row in rows]
        store = Store(self._initial(tokens), len(tokens), tokens.shape[1], self._head)
        alive = np.ones(len(tokens), bool)
        output = self.program.output

        def leave(which: Array, layers: int, halted: bool, error: Problem | None = None) -> None:
            final = np.broadcast_to(store.values[output], tokens.shape)
            for i in which.tolist():
                codes = tuple(final[i].tolist()) if error is None or isinstance(error, LayerLimit) else ()
                results.append((int(rows[i]), Result(tuple(tokens[i].tolist()), codes, layers, halted, error)))
            alive[which] = False

        def show(layer: int, when: When) -> None:
            if observer is not None:
                observer(layer, when, self._state(store, when, alive, rows, tokens))

        def halt(layer: int) -> None:
            if self.halting is None:
                return
            slot, table = self.halting
            verdict = table[store.values[slot].astype(np.intp) - self.slots[slot].low]
            for i in np.flatnonzero(alive & (verdict < 0).any(axis=1)).tolist():
                position = int(np.argmax(verdict[i] < 0))
                leave(np.array([i]), layer, False, self._halt_problem(store, i, position, layer, tokens))
            leave(np.flatnonzero(alive & (verdict == 1).all(axis=1)), layer, True)

        show(0, "start")
        halt(0)
        layer = 0
        while alive.any():
            if limits.layers is not None and layer >= limits.layers:
                leave(np.flatnonzero(alive), layer, False)
                break
            if limits.layers is None and layer >= limits.safety:
                for i in np.flatnonzero(alive).tolist():
                    text = quote_input(self.program, tokens[i].tolist())
                    leave(np.array([i]), layer, False, LayerLimit(layers=layer, input=text))
                break
            dead = len(alive) - int(np.count_nonzero(alive))
            if dead * 4 >= len(alive):
                kept = np.flatnonzero(alive)
                store.keep(kept)
                tokens, rows, alive = tokens[kept], rows[kept], alive[kept]
            layer += 1
            if observer is not None:
                show(layer, "attention")
            self.mlp(View(store))
            if store.bad is not None:
                for i in np.flatnonzero(alive & store.bad.any(axis=1)).tolist():
                    problem = self._problem(store, i, int(store.bad[i].argmax()), layer, tokens)
                    leave(np.array([i]), layer, False, problem)
                store.bad = None
            changed = np.zeros(len(alive), bool)
            store.land(changed)
            show(layer, "mlp")
            halt(layer)
            if observer is None or limits.layers is None:
                fixed = layer if limits.layers is None else limits.layers
                leave(np.flatnonzero(alive & ~changed), fixed, False)
        return results

    def _initial(self, tokens: Array) -> dict[str, Array]:
        return {v.name: self._initial_values(v, tokens) for v in self.program.variables}

    def _initial_values(self, variable: Variable, tokens: Array) -> Array:
        count, length = tokens.shape
        slot = self.slots[variable.name]
        table = np.array(variable.initial.values, dtype_for(slot.low, slot.high))
        if variable.name in self.uniform:
            return np.full((count, 1), table[0])
        if variable.initial.by == "constant":
            return np.full((count, length), table[0])
        if variable.initial.by == "token":
            return table[tokens]
        return np.broadcast_to(table[:length], (count, length)).copy()

    def _head(self, store: Store, name: str, rows: Array | None) -> Array:
        return self.heads[name].codes(store, rows)

    # what observers and error messages need

    def _state(self, store: Store, when: When, alive: Array, rows: Array, tokens: Array) -> State:
        shape = tokens.shape
        values = {name: np.broadcast_to(array, shape) for name, array in store.values.items()}
        defined = {name: np.zeros(shape, bool) for name in self.heads}
        reals: dict[str, Array] = {}
        if when == "attention":
            view = View(store)
            for name, plan in self.heads.items():
                codes = np.broadcast_to(view.raw(name), shape)
                defined[name] = codes != plan.undefined
                values[name] = codes
                if plan.mean is not None:
                    reals[name] = np.broadcast_to(plan.reals(store), shape)
        values = {name: np.array(array) for name, array in values.items()}
        return State(values, defined, reals, np.ones(shape, bool), alive.copy(), rows, tokens)

    def _place(self, store: Store, row: int, position: int, layer: int, tokens: Array) -> Place:
        view = View(store, rows=np.array([row]))

        def value(name: str) -> int | None:
            codes = view.raw(name)
            code = int(codes[0, position if codes.shape[1] > 1 else 0])
            slot = self.slots[name]
            return None if slot.is_head and code > slot.high else code

        def selected(name: str) -> int:
            head = self.program.head(name)
            asked = value(head.query) if head.query is not None else None
            domain = self.program.domain(head.query) if head.query is not None else None
            wanted = domain.family[asked] if isinstance(domain, SetDomain) and asked is not None else {asked}
            keys: Sequence[int | None] = [None] * store.length
            if head.key is not None:
                keys = np.broadcast_to(view.raw(head.key), (1, store.length))[0].tolist()
            return sum(
                1
                for j, key in enumerate(keys)
                if key in wanted
                and (head.offsets is None or j - position in head.offsets)
                and (self.program.causal is None or j <= position)
            )

        text = quote_input(self.program, tokens[row].tolist())
        return Place(self.program, value, selected, layer, position, text)

    def _problem(self, store: Store, row: int, position: int, layer: int, tokens: Array) -> Problem:
        with deep_recursion():
            problem = first_problem(self._place(store, row, position, layer, tokens))
        assert problem is not None, f"an error was marked at position {position} that cannot be found again"
        return problem

    def _halt_problem(self, store: Store, row: int, position: int, layer: int, tokens: Array) -> Problem:
        assert self.program.halt is not None
        try:
            self._place(store, row, position, layer, tokens).evaluate(self.program.halt, {})
        except Failed as failed:
            return failed.problem
        raise AssertionError("the halting condition failed in the table only")


def _halting_table(program: Program) -> tuple[str, Array] | None:
    """The variable of the halting condition, and for each of its codes 1 (holds), 0 or -1 (an error)."""
    if program.halt is None:
        return None
    names = sorted(slots_read(program.halt, {}))
    name = names[0] if names else program.output  # a constant condition holds for every code, or for none
    domain = program.domain(name)
    table = []
    for code in range(domain.low, domain.low + domain.size):
        place = Place(program, {name: code}.get, lambda _: 0, 0, 0, "")
        try:
            table.append(1 if place.evaluate(program.halt, {}) else 0)
        except Failed:
            table.append(-1)
    return name, np.array(table, np.int8)
