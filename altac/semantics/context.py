"""What the parts of one check share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from altac import ir
from altac.diagnostics.name_errors import TooManySteps
from altac.diagnostics.problem import Problem
from altac.diagnostics.type_errors import BadIndex, BadOperands, ConstantDivisionByZero, FailedConversion
from altac.semantics import limits
from altac.semantics.failures import Failure, OperandError, TooLarge
from altac.semantics.limits import GiveUp
from altac.semantics.slots import Slot
from altac.semantics.values import POISON, Named, Namespace, Poison, Value
from altac.source import Source, Span
from altac.syntax import tree

#: The text of an imported file, by its path.
Reader = Callable[[str], str]


class Context:
    """One check of one main file: what has been found so far, and what is left to spend.

    ``define`` gives the value of a declaration. It is handed in, since names are looked up (`altac.semantics.names`) in the
    course of evaluating the declarations of other names (`altac.semantics.declarations`).
    """

    def __init__(
        self,
        source: Source,
        params: Mapping[str, Any],
        read: Reader | None,
        define: Callable[[Context, Namespace, Named], Value | Slot],
    ) -> None:
        self.source = source
        self.params = params
        self.read = read
        self.define = define
        #: The names of the main file, and those of imported files by their paths; the files being read.
        self.main = Namespace("", None)
        self.modules: dict[str, Namespace] = {}
        self.loading: list[str] = []
        #: What the program declares of its inputs; None until that is known.
        self.tokens: ir.TokenDomain | ir.IntDomain | None = None
        self.positions: int | None = None
        #: Variables and heads by their full names, in order of declaration.
        self.slots: dict[str, Slot] = {}
        #: The declarations whose values are being found, outermost first.
        self.in_progress: list[tuple[Namespace, str]] = []
        #: Where declared names are used, each with the place of its declaration.
        self.references: dict[Span, Span] = {}
        self.problems: dict[tuple[Any, ...], Problem] = {}
        self.steps = 0

    def report(self, problem: Problem) -> None:
        """Keep a problem; the same at the same place counts once."""
        span = problem.span
        key = (problem.code, None if span is None else (span.source.name, span.start, span.end))
        self.problems.setdefault(key, problem)

    def fail(self, problem: Problem) -> Poison:
        """Report ``problem``; stands for the value that could not be had."""
        self.report(problem)
        return POISON

    @property
    def has_errors(self) -> bool:
        """Whether anything but warnings has been found."""
        return any(p.severity == "error" for p in self.problems.values())

    def spend(self, steps: int, span: Span) -> None:
        """Count steps of evaluation. Raises `GiveUp` when they are used up."""
        self.steps += steps
        if self.steps > limits.STEPS:
            raise GiveUp(TooManySteps(span=span, limit=limits.STEPS))

    def attempt(self, node: tree.Node, compute: Callable[[], Value], what: Callable[[], tuple[str, str]]) -> Value:
        """``compute()``, with its failures reported at ``node``; ``what`` names the operation and its operands."""
        try:
            return compute()
        except OperandError as error:
            operator, operands = what()
            return self.fail(BadOperands(span=node.span, operator=operator, operands=operands, hint=error.hint))
        except Failure as failure:
            match failure.reason:
                case "division-by-zero":
                    return self.fail(ConstantDivisionByZero(span=node.span))
                case "conversion":
                    return self.fail(
                        FailedConversion(span=node.span, value=failure.value, target=what()[0], source=node.span.text)
                    )
                case "table-index" | "not-in-family":
                    return self.fail(BadIndex(span=node.span, detail="there is no entry for it"))
        except TooLarge as large:
            return self.fail(large.problem(node.span))
