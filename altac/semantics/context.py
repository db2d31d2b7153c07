"""What the parts of one check share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from altac import ir
from altac.diagnostics.name_errors import TooManySteps, UnknownArgument, UnknownMember, UnknownName
from altac.diagnostics.problem import Problem, did_you_mean
from altac.diagnostics.syntax_errors import TooManyErrors
from altac.diagnostics.type_errors import BadIndex, BadOperands, ConstantDivisionByZero, FailedConversion
from altac.semantics import limits
from altac.semantics.failures import Failure, OperandError, TooLarge
from altac.semantics.limits import GiveUp
from altac.semantics.scopes import Env
from altac.semantics.slots import Slot
from altac.semantics.values import POISON, Named, Namespace, Poison, Value
from altac.source import Source, Span
from altac.syntax import tree

#: The text of an imported file, by its path.
Reader = Callable[[str], str]


class Context:
    """One check of one main file: what has been found so far, and what is left to spend.

    ``define`` gives the value of a declaration, ``typed`` a value that is of a written type. They are handed in, since names are
    looked up (`altac.semantics.names`) in the course of evaluating the declarations of other names
    (`altac.semantics.declarations`), and arguments checked in that of evaluating types (`altac.semantics.type_expressions`).
    """

    def __init__(
        self,
        source: Source,
        params: Mapping[str, Any],
        read: Reader | None,
        define: Callable[[Context, Namespace, Named], Value | Slot],
        typed: Callable[[Context, Value, tree.TypeExpr | None, Env, tree.Expr], Value],
    ) -> None:
        self.source = source
        self.params = params
        self.read = read
        self.define = define
        self.typed = typed
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
        self.instances = 0
        #: The indices of enums and tokens by their names, by the identity of their domains.
        self._indices: dict[int, tuple[ir.EnumDomain | ir.TokenDomain, dict[str | int, list[int]]]] = {}

    def report(self, problem: Problem) -> None:
        """Keep a problem; the same at the same place counts once. Raises `GiveUp` for one error more than are reported."""
        key = _key(problem.code, problem.span)
        if key in self.problems:
            return
        if problem.severity == "error" and len(self.problems) >= limits.ERRORS:
            if sum(p.severity == "error" for p in self.problems.values()) >= limits.ERRORS:
                raise GiveUp(TooManyErrors(span=problem.span, limit=limits.ERRORS))
        self.problems[key] = problem

    def stop(self, problem: Problem) -> None:
        """Keep the problem with which checking ends."""
        self.problems[_key(problem.code, problem.span)] = problem

    def unknown(
        self, problem: type[UnknownName | UnknownMember | UnknownArgument], name: str, span: Span, known: Iterable[str],
        **fields: Any,
    ) -> Poison:  # fmt: skip
        """Report a name that is none of those ``known``, with the one that is most likely meant. In a loop, that is looked for
        once."""
        if _key(problem.code, span) not in self.problems:
            self.report(problem(span=span, name=name, suggestion=did_you_mean(name, known), **fields))
        return POISON

    def fail(self, problem: Problem) -> Poison:
        """Report ``problem``; stands for the value that could not be had."""
        self.report(problem)
        return POISON

    def faulty(self, span: Span) -> bool:
        """Whether something in ``span`` has been reported."""
        places = (p.span for p in self.problems.values() if p.span is not None and p.span.source == span.source)
        return any(span.start <= place.start < span.end for place in places)

    @property
    def has_errors(self) -> bool:
        """Whether anything but warnings has been found."""
        return any(p.severity == "error" for p in self.problems.values())

    def indices(self, domain: ir.EnumDomain | ir.TokenDomain, name: str) -> list[int]:
        """The indices of the members of ``domain`` that are called ``name``."""
        known = self._indices.get(id(domain))
        if known is None:
            names: dict[str | int, list[int]] = {}
            for index, symbol in enumerate(domain.members if isinstance(domain, ir.EnumDomain) else domain.tokens):
                names.setdefault(symbol.name, []).append(index)
            known = self._indices[id(domain)] = (domain, names)
        return known[1].get(name, [])

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


def _key(code: str, span: Span | None) -> tuple[Any, ...]:
    return (code, None if span is None else (span.source.name, span.start, span.end))
