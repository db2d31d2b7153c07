"""The layers of one batch of sequences of equal length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from altac.diagnostics.problem import Problem
from altac.diagnostics.runtime_errors import LayerLimit, NeverHalts
from altac.interpreter.analysis import deep_recursion
from altac.interpreter.codec import quote_input
from altac.interpreter.failures import Failed, Place, first_problem
from altac.interpreter.machine import Machine
from altac.interpreter.result import Observer, Result, State, When
from altac.interpreter.store import Array, Store, View
from altac.ir import SetDomain

Numbered = list[tuple[int, Result]]


@dataclass(frozen=True)
class Limits:
    """When to stop without halting: after ``layers`` exactly, if given, else after ``safety`` with an error."""

    layers: int | None
    safety: int


def run_batch(machine: Machine, tokens: Array, rows: Array, limits: Limits, observer: Observer | None) -> Numbered:
    """Run sequences of equal length: ``tokens`` (B, T), with the numbers ``rows`` (B,) to report them under."""
    if tokens.shape[1] == 0:  # every position of an empty sequence satisfies the halting condition
        halted = machine.halting is not None
        return [(int(row), Result((), (), 0 if halted else limits.layers or 0, halted)) for row in rows]
    batch = _Batch(machine, tokens, rows, limits, observer)
    batch.run()
    return batch.results


class _Batch:
    """Sequences that run together. One that has halted, failed or stopped changing leaves with its result."""

    def __init__(self, machine: Machine, tokens: Array, rows: Array, limits: Limits, observer: Observer | None) -> None:
        self.machine = machine
        self.program = machine.program
        self.tokens = tokens
        self.rows = rows
        self.limits = limits
        self.observer = observer
        self.store: Store = machine.start(tokens)
        self.alive = np.ones(len(tokens), bool)
        self.layer = 0
        self.remembered = 0  # the layer whose state `Store.repeats` compares with
        self.results: Numbered = []

    def run(self) -> None:
        """Run until every sequence has left."""
        self._show("start")
        self._leave_halted()
        while self.alive.any():
            if self._leave_at_limit():
                return
            self._compact()
            self.layer += 1
            self._show("attention")
            self.machine.mlp(View(self.store))
            self._leave_failed()
            changed = self.store.land()
            self._show("mlp")
            self._leave_halted()
            self._leave_unchanged(changed)
            self._leave_cycling()

    # leaving

    def _leave(self, which: Array, halted: bool, layers: int | None = None) -> None:
        final = np.broadcast_to(self.store.values[self.program.output], self.tokens.shape)
        for i in which.tolist():
            codes = tuple(final[i].tolist())
            self._report(i, codes, self.layer if layers is None else layers, halted, None)

    def _report(self, i: int, output: tuple[int, ...], layers: int, halted: bool, error: Problem | None) -> None:
        self.results.append((int(self.rows[i]), Result(tuple(self.tokens[i].tolist()), output, layers, halted, error)))
        self.alive[i] = False

    def _leave_with(self, i: int, error: Problem, keep_output: bool = False) -> None:
        final = np.broadcast_to(self.store.values[self.program.output], self.tokens.shape)
        self._report(i, tuple(final[i].tolist()) if keep_output else (), self.layer, False, error)

    def _leave_halted(self) -> None:
        if self.machine.halting is None:
            return
        slot, table = self.machine.halting
        verdict = table[self.store.values[slot].astype(np.intp) - self.machine.slots[slot].low]
        for i in np.flatnonzero(self.alive & (verdict < 0).any(axis=1)).tolist():
            self._leave_with(i, self._halt_problem(i, int(np.argmax(verdict[i] < 0))))
        self._leave(np.flatnonzero(self.alive & (verdict == 1).all(axis=1)), halted=True)

    def _leave_at_limit(self) -> bool:
        """Whether a limit is reached, and with it every sequence has left."""
        if self.limits.layers is not None:
            if self.layer < self.limits.layers:
                return False
            self._leave(np.flatnonzero(self.alive), halted=False)
            return True
        if self.layer < self.limits.safety:
            return False
        for i in np.flatnonzero(self.alive).tolist():
            self._leave_with(i, LayerLimit(layers=self.layer, input=self._quoted(i)), keep_output=True)
        return True

    def _leave_failed(self) -> None:
        bad = self.store.bad
        if bad is None:
            return
        for i in np.flatnonzero(self.alive & bad.any(axis=1)).tolist():
            with deep_recursion():
                problem = first_problem(self._place(i, int(bad[i].argmax())))
            assert problem is not None, "an error was marked that cannot be found again"
            self._leave_with(i, problem)
        self.store.bad = None

    def _leave_unchanged(self, changed: Array) -> None:
        """At a fixed point all further layers are the same: they need not be run, but for an observer of a set number."""
        if self.observer is None or self.limits.layers is None:
            self._leave(np.flatnonzero(self.alive & ~changed), halted=False, layers=self.limits.layers)

    def _leave_cycling(self) -> None:
        """Without a limit on the layers, a state that comes back comes back for ever.

        The state is compared with that of the last power of two, which is on the cycle and a period
        away sooner or later (Brent's method).
        """
        if self.limits.layers is not None:
            return
        if self.remembered:
            for i in np.flatnonzero(self.alive & self.store.repeats()).tolist():
                error = NeverHalts(first=self.remembered, layers=self.layer, input=self._quoted(i))
                self._leave_with(i, error, keep_output=True)
        if self.layer & (self.layer - 1) == 0:
            self.store.remember(self.machine.assigned)
            self.remembered = self.layer

    def _compact(self) -> None:
        """Drop the sequences that have left, once they are a quarter of all."""
        if 4 * int(np.count_nonzero(self.alive)) <= 3 * len(self.alive):
            kept = np.flatnonzero(self.alive)
            self.store.keep(kept)
            self.tokens, self.rows, self.alive = self.tokens[kept], self.rows[kept], self.alive[kept]

    # what observers and error messages need

    def _show(self, when: When) -> None:
        if self.observer is None:
            return
        moments = getattr(self.observer, "moments", None)
        if moments is not None and when not in moments:
            return
        shape = self.tokens.shape
        values = {name: np.broadcast_to(array, shape) for name, array in self.store.values.items()}
        defined = {name: np.zeros(shape, bool) for name in self.machine.heads}
        reals: dict[str, Array] = {}
        if when == "attention":
            view = View(self.store)
            for name, plan in self.machine.heads.items():
                codes = np.broadcast_to(view.raw(name), shape)
                defined[name] = codes != plan.undefined
                values[name] = codes
                if plan.mean is not None:
                    reals[name] = np.broadcast_to(plan.reals(self.store), shape)
        if moments is None:
            values = {name: np.array(array) for name, array in values.items()}
        mask = np.ones(shape, bool)
        state = State(values, defined, reals, mask, self.alive.copy(), self.rows, self.tokens)
        self.observer(self.layer, when, state)

    def _quoted(self, i: int) -> str:
        return quote_input(self.program, self.tokens[i].tolist())

    def _place(self, row: int, position: int) -> Place:
        view = View(self.store, rows=np.array([row]))

        def value(name: str) -> int | None:
            codes = view.raw(name)
            code = int(codes[0, position if codes.shape[1] > 1 else 0])
            slot = self.machine.slots[name]
            return None if slot.is_head and code > slot.high else code

        def selected(name: str) -> int:
            head = self.program.head(name)
            wanted: frozenset[int | None] = frozenset([None])
            keys: Sequence[int | None] = [None] * self.store.length
            if head.query is not None and head.key is not None:
                asked, domain = value(head.query), self.program.domain(head.query)
                assert asked is not None
                wanted = domain.family[asked] if isinstance(domain, SetDomain) else frozenset([asked])
                keys = np.broadcast_to(view.raw(head.key), (1, self.store.length))[0].tolist()
            return sum(
                1
                for j, key in enumerate(keys)
                if key in wanted
                and (head.offsets is None or j - position in head.offsets)
                and (self.program.causal is None or j <= position)
            )

        return Place(self.program, value, selected, self.layer, position, self._quoted(row))

    def _halt_problem(self, row: int, position: int) -> Problem:
        assert self.program.halt is not None
        try:
            self._place(row, position).evaluate(self.program.halt, {})
        except Failed as failed:
            return failed.problem
        raise AssertionError("the halting condition failed in its table only")
