"""Runs the LALR table over tokens: shifts, reductions, and what the parser could accept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from altac.syntax.lexer import Token
from altac.syntax.limits import MAX_DEPTH
from altac.syntax.tables import Tables

END = "$END"

#: Levels of the tree that a rule adds, if not one: `else if` becomes a block that holds a statement.
_LEVELS = {"if": 3}


class Machine:
    """The stacks of an LALR parser. ``make`` turns (callback, values of the symbols) into a value."""

    def __init__(self, tables: Tables, make: Callable[[str], Callable[[Sequence[Any]], Any]]) -> None:
        self.tables = tables
        self.states = [tables.start]
        self.values: list[Any] = []
        self.depths: list[int] = []  # of the trees in `values`
        self.too_deep: list[int] = []  # where a tree grew over the limit: the starts of its last symbols
        self._final = tables.states[tables.start]["file"]
        makers = {name: make(name) for _, size, name, unwrap in tables.rules if name and not (unwrap and size == 1)}
        self._rules = [
            (origin, size, makers.get(name), unwrap and size == 1) for origin, size, name, unwrap in tables.rules
        ]
        self._unwound: dict[tuple[int, int, str], int] = {}

    @property
    def done(self) -> bool:
        """Whether the whole file has been reduced; its value is then ``values[0]``."""
        return self.states[-1] == self._final

    def feed(self, token: Token) -> bool:
        """Reduce as the token demands and shift it. False: it has no place here (some reductions may be done)."""
        states, values, depths, table = self.states, self.values, self.depths, self.tables.states
        kind = token.type
        while True:
            action = table[states[-1]].get(kind)
            if action is None or self.done:
                return self.done and kind == END
            if action >= 0:
                states.append(action)
                values.append(token)
                depths.append(0)
                return True
            origin, size, maker, unit = self._rules[-1 - action]
            if unit:
                states[-1] = self._unwind(states[-2], states[-1], kind)
                continue
            kids = values[len(values) - size :]
            depth = max(depths[len(depths) - size :], default=0)
            if size:
                del states[-size:]
                del values[-size:]
                del depths[-size:]
            if maker is not None:
                depth += _LEVELS.get(origin, 1)
                if depth > MAX_DEPTH >= depth - _LEVELS.get(origin, 1):
                    self.too_deep.append(token.start)
            values.append(_reduce(kids, maker))
            depths.append(depth)
            states.append(table[states[-1]][origin])

    def _unwind(self, below: int, state: int, kind: str) -> int:
        """The state after all reductions by rules that hand their one symbol on, as from a name up the ladder of
        operators to an expression. They leave the values alone, and the same ladders are climbed again and again."""
        key = below, state, kind
        found = self._unwound.get(key)
        if found is None:
            table = self.tables.states
            found = state
            while True:
                action = table[found].get(kind, 0)
                if action >= 0 or not self._rules[-1 - action][3]:
                    break
                found = table[below][self._rules[-1 - action][0]]
            self._unwound[key] = found
        return found

    def accepts(self, *kinds: str) -> bool:
        """Whether tokens of these types could be fed one after the other."""
        states, table, rules = list(self.states), self.tables.states, self._rules
        for kind in kinds:
            while True:
                action = table[states[-1]].get(kind)
                if action is None or states[-1] == self._final:
                    if states[-1] != self._final or kind != END:
                        return False
                    break
                if action >= 0:
                    states.append(action)
                    break
                origin, size, _, _ = rules[-1 - action]
                if size:
                    del states[-size:]
                states.append(table[states[-1]][origin])
        return True

    def acceptable(self) -> set[str]:
        """The types of the tokens that could come next."""
        return {kind for kind in self.tables.states[self.states[-1]] if kind.isupper() and self.accepts(kind)}

    def cut(self, height: int) -> None:
        """Forget everything above the first ``height`` states."""
        del self.states[height:]
        del self.values[height - 1 :]
        del self.depths[height - 1 :]


def _reduce(kids: list[Any], maker: Callable[[Sequence[Any]], Any] | None) -> Any:
    """Values of helper rules are lists, spliced into the rule that uses them. The list of a repetition is its
    rule's first symbol: it grows in place, so that a long repetition takes linear time."""
    if any(isinstance(kid, list) for kid in kids):
        flat: list[Any] = kids[0] if isinstance(kids[0], list) else [kids[0]]
        for kid in kids[1:]:
            if isinstance(kid, list):
                flat.extend(kid)
            else:
                flat.append(kid)
        kids = flat
    if maker is None:
        return kids
    return maker(kids)
