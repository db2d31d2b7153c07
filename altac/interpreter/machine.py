"""A program made ready to run: its heads planned, its MLP compiled, its halting condition tabulated."""

from __future__ import annotations

import numpy as np

from altac.interpreter.analysis import assigned_variables, deep_recursion, uniform_slots
from altac.interpreter.attention import plan_heads
from altac.interpreter.compile import TABLE_LIMIT, Compiler, slots_of
from altac.interpreter.store import Array, Store, dtype_for
from altac.interpreter.transitions import compile_rules
from altac.ir import MlpCode, Program, Variable
from altac.ir.evaluate import halting


class Machine:
    """A compiled program. ``table_limit`` and ``table_after`` tune tabulation (see `Compiler`)."""

    def __init__(self, program: Program, table_limit: int = TABLE_LIMIT, table_after: int | None = None) -> None:
        self.program = program
        with deep_recursion():
            self.slots = slots_of(program)
            self.uniform = uniform_slots(program)
            self.assigned = assigned_variables(program)
            self.heads = plan_heads(program, self.assigned)
            if isinstance(program.mlp, MlpCode):
                self.mlp = Compiler(self.slots, table_limit, table_after).block(program.mlp.body)
            else:
                self.mlp = compile_rules(program.mlp, self.slots)
            self.halting = _halting_table(program)

    def start(self, tokens: Array) -> Store:
        """The state before the first layer, of sequences of token indices (B, T)."""
        values = {v.name: self._initial(v, tokens) for v in self.program.variables}
        return Store(values, len(tokens), tokens.shape[1], self._head)

    def _initial(self, variable: Variable, tokens: Array) -> Array:
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


def _halting_table(program: Program) -> tuple[str, Array] | None:
    """The variable of the halting condition, and for each of its codes 1 (holds), 0 or -1 (an error)."""
    found = halting(program)
    if found is None:
        return None
    name, holds = found
    return name, np.array([-1 if value is None else value for value in holds.values()], np.int8)
