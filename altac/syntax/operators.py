"""How operators are written and how tightly they bind, read off the grammar: a new operator is a line there.

The grammar is a ladder of rules, from `expression` to `primary`, each of which falls through to the next. Its operators
stand in rules named ``binary`` and ``unary``, those of comparisons in the rule ``comparator``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from lark.grammar import NonTerminal, Rule

from altac.syntax.grammar import fixed_texts, load_lark
from altac.syntax.tree import NAMED


@dataclass(frozen=True)
class Operator:
    """An operator as it is written: its terminals, the rule of the ladder that it makes an expression of, and the rules
    that its operands must be expressions of, from left to right; what binds less tightly needs parentheses."""

    terminals: tuple[str, ...]
    rule: str
    operands: tuple[str, ...]

    @property
    def text(self) -> str:
        """The operator in the language: ``+``, ``not in``."""
        return " ".join(fixed_texts()[terminal] for terminal in self.terminals)


@dataclass(frozen=True)
class Surface:
    """All operators by what the tree calls them. ``ladder`` has the rules of expressions, loosest first."""

    ladder: tuple[str, ...]
    binary: Mapping[str, Operator]
    unary: Mapping[str, Operator]

    @property
    def terminals(self) -> frozenset[str]:
        """Those of all operators."""
        return frozenset(t for group in (self.binary, self.unary) for o in group.values() for t in o.terminals)

    @property
    def prefix(self) -> frozenset[str]:
        """Terminals that stand before an operand."""
        return frozenset(operator.terminals[0] for operator in self.unary.values())

    @property
    def infix(self) -> frozenset[str]:
        """Terminals that stand between operands and never before the first one: what they begin goes on from before."""
        return frozenset(operator.terminals[0] for operator in self.binary.values()) - self.prefix

    def tightness(self, rule: str) -> int:
        """The place of a rule in the ladder."""
        return self.ladder.index(rule)


@lru_cache(maxsize=1)
def surface() -> Surface:
    """The operators of the grammar."""
    rules = load_lark().rules
    ladder = _ladder(rules, "expression")
    binary: dict[str, Operator] = {}
    unary: dict[str, Operator] = {}
    for rule in rules:
        origin, names = str(rule.origin.name), tuple(str(symbol.name) for symbol in rule.expansion)
        made = rule.alias or origin
        if made == "binary" and origin in ladder:
            operator = Operator(names[1:-1], origin, (names[0], names[-1]))
            binary[NAMED.get(operator.text, operator.text)] = operator
        elif made == "unary" and origin in ladder and len(names) > 1:
            operator = Operator(names[:-1], origin, names[-1:])
            unary[operator.text] = operator
        elif made == "comparator":
            tighter = ladder[ladder.index("comparison") + 1]
            operator = Operator(names, "comparison", (tighter, tighter))
            binary[operator.text] = operator
    return Surface(ladder, binary, unary)


def _ladder(rules: list[Rule], start: str) -> tuple[str, ...]:
    """The rules that fall through to one another from ``start`` on."""
    hands_on = {rule.origin.name for rule in rules if rule.options.expand1}
    next_: dict[str, str] = {}
    for rule in rules:
        match rule.expansion:
            case [NonTerminal(name=name)] if rule.alias is None and name in hands_on:
                next_.setdefault(str(rule.origin.name), str(name))
    found = [start]
    while found[-1] in next_:
        found.append(next_[found[-1]])
    return tuple(found)
