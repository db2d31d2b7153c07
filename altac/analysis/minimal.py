"""The minimal version of a program with respect to inputs: section 3.2, appendices B.3 and C.2 of the ALTA paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from altac.analysis.conjuncts import Reduced, reduce_rules
from altac.analysis.states import States, collect_states
from altac.analysis.tally import firings, rules_of, rules_on, slots_tested
from altac.interpreter.inputs import Inputs, Skipped
from altac.ir import (
    BoolDomain,
    Domain,
    EnumDomain,
    IntDomain,
    MlpRules,
    Program,
    RealDomain,
    Rule,
    SetDomain,
    Test,
    TokenDomain,
    Variable,
)
from altac.rules.ruleset import Reset, RuleSet

#: How the file of a minimal version begins.
HEADING = "// The minimal version of "


@dataclass(frozen=True)
class Kept:
    """A rule of the minimal program.

    Attributes:
        rule: as it is there.
        original: as it is in the program.
        count: how often it applies over all inputs, layers and positions.
        removed: the conjuncts that were taken out.
        guards: the conjuncts that only keep a head from being read where it has no value. Appendix B.3 asks for their
            removal, but the program would then fail on one of the inputs.
    """

    rule: Rule
    original: Rule
    count: int
    removed: tuple[tuple[str, int], ...] = ()
    guards: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Restricted:
    """A variable that starts with ``default`` at tokens or positions that do not occur: the indices of those at which
    it would start with another value otherwise."""

    name: str
    default: int
    unseen: tuple[int, ...]


@dataclass(frozen=True)
class Minimal:
    """The minimal version of a program with respect to some inputs.

    Attributes:
        original: the program.
        program: its minimal version, with transition rules for an MLP.
        kept: the rules of the minimal version.
        dropped: the rules that never apply.
        resets: the values that heads take, one reset each, those of numerical heads among them: the paper counts
            these as rules.
        resets_dropped: the number of head values that do not occur.
        overlaps: pairs of rules of one target that exclude one another on these inputs only; empty unless conjuncts
            were removed.
        restricted: the variables whose start was restricted.
        tokens: the token indices that occur, ascending.
        unseen_tokens: those that do not.
        length: positions 0 to ``length - 1`` occur.
        inputs: the number of inputs.
        states: the number of distinct states that the MLP reads.
        evaluations: the number of all states, over inputs, layers and positions.
        tests_dropped: the ``test`` lines that the minimal version does not pass.
        skipped: the inputs that were left out, in their order.
    """

    original: Program
    program: Program
    kept: tuple[Kept, ...]
    dropped: tuple[Rule, ...]
    resets: tuple[Reset, ...]
    resets_dropped: int
    overlaps: tuple[tuple[Rule, Rule], ...]
    restricted: tuple[Restricted, ...]
    tokens: tuple[int, ...]
    unseen_tokens: tuple[int, ...]
    length: int
    inputs: int
    states: int
    evaluations: int
    tests_dropped: tuple[Test, ...]
    skipped: tuple[Skipped, ...]

    def __len__(self) -> int:
        """The number of rules as the paper counts them: updates and resets."""
        return len(self.kept) + len(self.resets)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules of the minimal version."""
        return tuple(k.rule for k in self.kept)

    @property
    def text(self) -> str:
        """The minimal version as the text of an ``.alta`` file."""
        from altac.rules.printing import rules_program

        number = f"{self.inputs:,} input{'' if self.inputs == 1 else 's'}"
        head = [
            f"{HEADING}{self.original.name} for {number} (altac minimize): {len(self.kept):,} of"
            f" {len(self.kept) + len(self.dropped):,} rules.",
            "",
        ]
        return "\n".join([*head, *rules_program(self.program, RuleSet(self.rules, ()))]) + "\n"


def minimal(
    program: Program,
    inputs: Inputs | Sequence[Sequence[int]],
    *,
    conjuncts: bool = False,
    max_layers: int | None = None,
    skip_failing: bool = False,
) -> Minimal:
    """The minimal version of ``program`` with respect to ``inputs``, sequences of token indices with the frame applied.

    Its rules are those that apply in some run (appendix C.2). Its variables start with `default_code` at tokens and
    positions that occur in none. On the inputs it does what the program does. Elsewhere a variable for
    which no rule is left keeps its value.

    Args:
        conjuncts: also remove conjuncts until the rule set is minimal in the sense of appendix B.3.
        max_layers: the limit on the layers of the runs, instead of the program's own.
        skip_failing: leave out inputs on which the program fails.

    Raises:
        AltacError: there are no inputs, the program fails on one, never stops, or has too many rules.
    """
    rules = rules_of(program)
    tested = slots_tested(rules) | {h.name for h in program.heads}
    states = collect_states(program, inputs, tested, max_layers=max_layers, skip_failing=skip_failing)
    rules = rules_on(program, states, rules)
    counts = firings(states, rules).tolist()
    applying = [(rule, count) for rule, count in zip(rules, counts, strict=True) if count]
    reduced = [Reduced(rule) for rule, _ in applying]
    overlaps: tuple[tuple[Rule, Rule], ...] = ()
    if conjuncts:
        reduced, overlaps = reduce_rules(program, states, [rule for rule, _ in applying])
    kept = tuple(
        Kept(r.rule, rule, count, r.removed, r.guards) for (rule, count), r in zip(applying, reduced, strict=True)
    )
    starts = [_restricted(v, states) for v in program.variables]
    small = replace(
        program, variables=tuple(v for v, _ in starts), mlp=MlpRules(tuple(k.rule for k in kept)), tests=(), params=()
    )
    passed = [_passes(small, test) for test in program.tests]
    resets = tuple(_resets(program, states))
    seen = set(states.tokens)
    return Minimal(
        original=program,
        program=replace(small, tests=tuple(t for t, ok in zip(program.tests, passed, strict=True) if ok)),
        kept=kept,
        dropped=tuple(rule for rule, count in zip(rules, counts, strict=True) if not count),
        resets=resets,
        resets_dropped=sum(h.domain.size for h in program.heads) - len(resets),
        overlaps=overlaps,
        restricted=tuple(r for _, r in starts if r is not None),
        tokens=states.tokens,
        unseen_tokens=tuple(t for t in range(program.tokens.size) if t not in seen),
        length=states.length,
        inputs=states.inputs,
        states=len(states),
        evaluations=int(states.counts.sum()),
        tests_dropped=tuple(t for t, ok in zip(program.tests, passed, strict=True) if not ok),
        skipped=states.skipped,
    )


def default_code(domain: Domain) -> int:
    """The value of a variable at tokens and positions that do not occur: false, 0, the empty set, or the first of
    the domain."""
    match domain:
        case BoolDomain() | EnumDomain() | TokenDomain():
            return 0
        case IntDomain(low=low, high=high):
            return 0 if low <= 0 <= high else low
        case RealDomain(buckets=buckets):
            return buckets.index(0) if 0 in buckets else 0
        case SetDomain(family=family):
            return family.index(frozenset()) if frozenset() in family else 0


def _restricted(variable: Variable, states: States) -> tuple[Variable, Restricted | None]:
    start = variable.initial
    if start.by == "constant":
        return variable, None
    seen = set(states.tokens if start.by == "token" else range(states.length))
    default = default_code(variable.domain)
    values = tuple(code if i in seen else default for i, code in enumerate(start.values))
    changed = tuple(i for i, (a, b) in enumerate(zip(start.values, values, strict=True)) if a != b)
    if not changed:
        return variable, None
    return replace(variable, initial=replace(start, values=values)), Restricted(variable.name, default, changed)


def _resets(program: Program, states: States) -> list[Reset]:
    found = []
    for head in program.heads:
        codes, _ = states.project([head.name])
        last = head.domain.low + head.domain.size - 1
        found += [Reset(head.name, code) for code in sorted(codes[:, 0].tolist()) if code <= last]
    return found


def _passes(program: Program, test: Test) -> bool:
    from altac.diagnostics.problem import AltacError
    from altac.interpreter import run
    from altac.interpreter.codec import output_json, output_text, read_input

    given = test.input if isinstance(test.input, str) else list(test.input)
    try:
        (result,) = run(program, [read_input(program, given)])
    except AltacError:
        return False
    if result.error is not None:
        return False
    if isinstance(test.expected, str):
        return output_text(program, result.output) == test.expected
    return tuple(output_json(program, result.output)) == test.expected
