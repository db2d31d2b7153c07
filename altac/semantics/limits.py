"""What a program may ask of the checker. Each limit has an error of its own that names it."""

from __future__ import annotations

from typing import Final

from altac.diagnostics.problem import Problem

#: Steps of compile-time evaluation.
STEPS: Final = 400_000
#: Calls inside calls.
CALLS: Final = 120
#: Imports inside imports, components inside components.
NESTING: Final = 50
#: Instances of components.
INSTANCES: Final = 2_000
#: Errors that are reported for one program.
ERRORS: Final = 100
#: Declarations that need one another's values.
DECLARATIONS: Final = 400
#: Statements of the MLP once functions are inlined and loops unrolled.
STATEMENTS: Final = 120_000
#: Times that the MLP is gone through until no family of sets grows any more.
ROUNDS: Final = 5_000
#: Values of a type: integers of a range, buckets of a real, sets of a declared family.
TYPE: Final = 1 << 16
#: Positions, tokens of a frame.
COUNT: Final = 1 << 16
#: Sets of an inferred family.
FAMILY: Final = 4_096
#: Entries of a table.
TABLE: Final = 1 << 20
#: Combinations of values for which a `match` is checked to be exhaustive.
MATCH: Final = 200_000
#: Items of a list, characters of a string.
LENGTH: Final = 1 << 20
#: Bits of a number, numerator and denominator together.
BITS: Final = 4_096


class GiveUp(Exception):
    """A limit is reached: checking stops with this problem."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
