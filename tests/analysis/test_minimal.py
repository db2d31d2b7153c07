from __future__ import annotations

import itertools
import random

import pytest

from altac.analysis.conjuncts import ConjunctTests
from altac.analysis.minimal import default_code, minimal
from altac.analysis.states import collect_states
from altac.analysis.tally import clash, firings, rules_of, rules_on
from altac.api import check_source, load
from altac.diagnostics.problem import AltacError
from altac.interpreter import run
from altac.ir import (
    BoolDomain,
    EnumDomain,
    IntDomain,
    MlpRules,
    Program,
    RealDomain,
    Rule,
    SetDomain,
    Symbol,
)
from altac.source import Source
from tests.analysis import data
from tests.examples.programs import EXAMPLES
from tests.examples.scan_language import commands
from tests.random_programs import Options

CASES = data.random_cases(7, Options(), 60)
RULES = data.random_cases(8, Options(rules=True, numerical=False, sets=False), 60)


def parity_inputs(longest: int, start: bool, step: int = 1) -> list[list[str | int]]:
    """Shuffled bits, one input for each length and number of ones."""
    rng, found = random.Random(1), []
    for length in range(0 if start else 1, longest + 1):
        for ones in range(0, length + 1, step):
            bits: list[str | int] = [*[1] * ones, *[0] * (length - ones)]
            rng.shuffle(bits)
            found.append(["START", *bits] if start else bits)
    return found


@pytest.mark.parametrize(
    ("name", "start", "rules", "resets"),
    [
        ("sequential_relative", True, 3, 4),
        ("sequential_absolute", False, 3, 4),
        ("sum_modulo", True, 10, 21),
    ],
)
def test_parity_has_the_rules_of_the_paper(name: str, start: bool, rules: int, resets: int) -> None:
    """Section 4.1: 7 rules for Sequential (Relative), 31 for Sum + Modulo, from inputs of up to 20 bits."""
    parity = load(EXAMPLES / "parity" / f"{name}.alta")
    found = minimal(parity.ir, [parity.encode(i) for i in parity_inputs(20, start)])
    assert (len(found.kept), len(found.resets)) == (rules, resets)
    assert len(found) == rules + resets


def test_parity_generalises_as_in_the_paper() -> None:
    """Figure 4: the relative program to all lengths, Sum + Modulo to greater lengths but not to more ones."""
    long = [b for b in parity_inputs(30, True, 7) if len(b) > 21]
    for name in ("sequential_relative", "sum_modulo"):
        parity = load(EXAMPLES / "parity" / f"{name}.alta")
        small = minimal(parity.ir, [parity.encode(i) for i in parity_inputs(20, True)]).program
        tokens = [parity.encode(i) for i in long]
        same = [a == b for a, b in zip(run(parity.ir, tokens), run(small, tokens), strict=True)]
        if name == "sequential_relative":
            assert all(same)
        else:
            # With more ones than were ever seen no rule is left, and the parity stays false.
            assert same == [i.count(1) <= 20 or i.count(1) % 2 == 0 for i in long]
            assert 0 < same.count(False) < len(same)


def test_absolute_positions_that_do_not_occur_start_with_the_default() -> None:
    parity = load(EXAMPLES / "parity" / "sequential_absolute.alta")
    found = minimal(parity.ir, [parity.encode(i) for i in parity_inputs(5, False)])
    assert found.length == 5
    assert {r.name: (r.default, r.unseen) for r in found.restricted} == {
        "index": (0, tuple(range(5, 64))),
        "neighbour": (0, tuple(range(5, 64))),
    }
    assert found.program.variable("index").initial.values == (0, 1, 2, 3, 4, *[0] * 59)
    tokens = parity.encode([1] * 9)
    (result,) = run(found.program, [tokens])
    (right,) = run(parity.ir, [tokens])
    assert result.error is not None or result.output != right.output


def test_addition_of_three_digits_adds_any() -> None:
    """Section 4.2: the minimal version for inputs of up to 3 digits generalises."""
    addition = load(EXAMPLES / "addition.alta")
    rng = random.Random(0)

    def text(a: int, b: int) -> str:
        width = max(len(str(a)), len(str(b)))
        return f"s{a:0{width}}+{b:0{width}}e"

    train = [addition.encode(text(a, rng.randrange(10 ** rng.randint(1, 3)))) for a in range(1000) for _ in range(3)]
    found = minimal(addition.ir, train)
    assert len(found.dropped) > 150
    pairs = [(rng.randrange(10**n), rng.randrange(10**n)) for n in range(1, 40) for _ in range(5)]
    results = run(found.program, [addition.encode(text(a, b)) for a, b in pairs])
    assert [int(addition.decode(r).text or "") for r in results] == [a + b for a, b in pairs]


@pytest.mark.slow
def test_scan_by_length_generalises_as_in_the_paper() -> None:
    """Section 4.4: the minimal version for the 16,990 commands of at most 22 actions does the 3,920 longer ones."""
    scan = load(EXAMPLES / "scan" / "scan.alta")
    short = [scan.encode(c) for c, actions in commands() if len(actions.split()) <= 22]
    long = [scan.encode(c) for c, actions in commands() if len(actions.split()) > 22]
    assert (len(short), len(long)) == (16_990, 3_920)
    found = minimal(scan.ir, short)
    assert len(found.kept) < 1_000
    assert run(found.program, long) == run(scan.ir, long)


def test_firings_are_those_of_single_steps() -> None:
    for program, inputs in CASES:
        rules = rules_of(program)
        seen = collect_states(program, inputs)
        reference = data.states(program, inputs)
        assert seen.counts.sum() == reference.total()
        assert len(seen) == len(reference)
        expected = [sum(n for s, n in reference.items() if data.applies(program, r, s)) for r in rules]
        assert firings(seen, rules).tolist() == expected


@pytest.mark.parametrize("conjuncts", [False, True])
def test_the_minimal_version_does_the_same_on_the_inputs(conjuncts: bool) -> None:
    dropped = removed = written = 0
    for program, inputs in CASES + RULES:
        found = minimal(program, inputs, conjuncts=conjuncts)
        dropped += len(found.dropped)
        removed += sum(len(k.removed) for k in found.kept)
        assert run(found.program, inputs) == run(program, inputs)
        reread, problems = check_source(Source("min.alta", found.text))
        if reread is None:
            # Random programs have heads that the language does not let a program have.
            assert {p.code for p in problems} <= {"head-value", "query-key-disjoint"}, (found.text, problems)
            continue
        written += 1
        expected = [(r.output, r.layers, r.error) for r in run(program, inputs)]
        assert [(r.output, r.layers, r.error) for r in run(reread.ir, inputs)] == expected
        assert isinstance(reread.ir.mlp, MlpRules)
        assert len(reread.ir.mlp.rules) == len(found.kept)
    assert dropped > 500
    assert written > 60
    assert (removed > 50) == conjuncts


def test_the_minimal_version_compiles() -> None:
    addition = load(EXAMPLES / "addition.alta")
    numbers = random.Random(0).sample(range(100, 1000), 400)
    found = minimal(addition.ir, [addition.encode(f"s{a}+{b}e") for a, b in zip(numbers, numbers[7:], strict=False)])
    reread, _ = check_source(Source("min.alta", found.text))
    assert reread is not None
    outcomes = reread.compile(2, max_length=16).run(["s107+128e", "s1234+5678e"])
    assert [o.text for o in outcomes] == ["0235", "06912"]


def changes(
    program: Program, rules: tuple[Rule, ...], without: Rule, left: Rule | None, reference: list[data.State]
) -> bool:
    """Whether the MLP does something else on some state, or fails, when ``left`` replaces a rule, by appendix B.3."""
    new = [r for r in rules if r is not without] + ([left] if left is not None else [])
    for state in reference:
        outputs = []
        for some in (rules, new):
            applying = [r for r in some if data.applies(program, r, state)]
            if len({r.target for r in applying}) < len(applying):
                return True  # no rule set any more: two apply to one target
            outputs.append({r.target: r.value for r in applying})
        if outputs[0] != outputs[1] or (left is not None and data.reads_nothing(program, left, state)):
            return True
    return False


def test_with_conjuncts_removed_rules_are_minimal_by_definition() -> None:
    """Definition 1 of appendix B.3, tried out: removing any rule or conjunct changes the output on some state."""
    for program, inputs in CASES[:40] + RULES[:20]:
        found = minimal(program, inputs, conjuncts=True)
        reference = list(data.states(program, inputs))
        for rule in found.rules:
            assert changes(program, found.rules, rule, None, reference)
            for conjunct in rule.antecedent:
                if conjunct[0] != rule.target:
                    left = Rule(tuple(c for c in rule.antecedent if c != conjunct), rule.target, rule.value)
                    assert changes(program, found.rules, rule, left, reference), (rule, conjunct)


def test_what_is_called_unneeded_makes_no_difference() -> None:
    checked = 0
    for program, inputs in CASES[:40]:
        seen = collect_states(program, inputs)
        rules = rules_on(program, seen, rules_of(program))
        tests, reference = ConjunctTests(program, seen), list(data.states(program, inputs))
        for rule, count in zip(rules, firings(seen, rules).tolist(), strict=True):
            if not count:
                continue
            for conjunct in itertools.islice(tests.of(rule).unneeded(), 2):
                left = Rule(tuple(c for c in rule.antecedent if c != conjunct), rule.target, rule.value)
                assert not changes(program, rules, rule, left, reference)
                checked += 1
    assert checked > 20


GUARDED = """\
program guarded
tokens 0, 1
positions 4
var bit: bool = token == 1
var first: bool = position == 0
var seen: bool = false
head left = bit at -1
mlp {{ {0} }}
output seen
layers 1
"""


def test_a_guard_of_a_head_stays() -> None:
    program = data.program(GUARDED.format("if not first and left { seen <- true }"))
    found = minimal(program, [(0, 1, 0, 1)], conjuncts=True)
    (kept,) = found.kept
    assert [n for n, _ in kept.rule.antecedent] == ["first", "left", "seen"]
    assert kept.guards == (("first", 0),)
    assert run(found.program, [(0, 1, 0, 1)]) == run(program, [(0, 1, 0, 1)])


def test_a_missing_rule_leaves_the_variable_as_it_is() -> None:
    program = data.program(GUARDED.format("if bit { seen <- true }"))
    found = minimal(program, [(0, 0)])
    assert found.kept == ()
    assert len(found.dropped) == 1
    (result,) = run(found.program, [(1, 1)])
    assert result.error is None
    assert result.output == (0, 0)


OVERLAPPING = """\
program overlapping
tokens 0, 1
positions 4
var a: 0..1 = token
var b: 0..1 = min(position, 1)
var x: 0..2 = 0
rules {
    a = 1, b = 0, x = 0 => x <- 1
    a = 0, b = 1, x = 0 => x <- 2
}
output x
layers 1
"""


def test_rules_may_be_exclusive_on_the_inputs_only() -> None:
    """No input begins with 0, so neither rule needs the test of ``a = 1`` or ``b = 1``, but then both apply to a 0 there."""
    program = data.program(OVERLAPPING)
    found = minimal(program, [(1, 1), (1, 0)], conjuncts=True)
    assert [k.removed for k in found.kept] == [(("a", 1),), (("b", 1),)]
    assert found.overlaps == (found.rules,)
    (result,) = run(found.program, [(0,)])
    assert result.error is not None
    assert result.error.code == "rule-conflict"


def test_rules_stay_exclusive_where_they_can() -> None:
    """Each rule needs one of its tests, and the same one: then a state satisfies one at most."""
    program = data.program(OVERLAPPING)
    found = minimal(program, [(1, 0)], conjuncts=True)
    assert [len(k.removed) for k in found.kept] == [1, 1]
    assert found.overlaps == ()


def test_rules_that_overlap_on_a_state_are_cut_apart() -> None:
    text = OVERLAPPING.replace("a = 1, b = 0, x = 0 => x <- 1", "a = 1, x = 0 => x <- 2").replace("a = 0, b", "b")
    program = data.program(text)
    seen = collect_states(program, [(0, 1)])
    rules = rules_of(program)
    assert clash(seen, rules)
    assert not clash(seen, rules_on(program, seen, rules))
    found = minimal(program, [(0, 1)])
    assert run(found.program, [(0, 1)]) == run(program, [(0, 1)])


def test_tokens_that_do_not_occur_start_with_the_default() -> None:
    program = data.program("program p\ntokens 1..5\nvar v: 1..5 = token\nmlp {}\noutput v\nlayers 0\n")
    found = minimal(program, [(1, 3)])
    assert found.tokens == (1, 3)
    assert found.unseen_tokens == (0, 2, 4)
    assert found.program.variable("v").initial.values == (1, 2, 1, 4, 1)
    assert [(r.name, r.default, r.unseen) for r in found.restricted] == [("v", 1, (2, 4))]


def test_tokens_that_a_causal_program_makes_occur() -> None:
    program = data.program(
        "program p\ntokens 0..3\nvar v: 0..3 = token\nmlp { if v < 2 { v <- v + 1 } }\noutput v\nlayers 1\ncausal limit 3\n"
    )
    found = minimal(program, [(0,)])
    assert found.tokens == (0, 1)
    assert len(found.kept) == 2


def test_defaults() -> None:
    names = tuple(Symbol(n, n) for n in "abc")
    assert default_code(BoolDomain()) == 0
    assert default_code(IntDomain(-3, 3)) == 0
    assert default_code(IntDomain(2, 5)) == 2
    assert default_code(EnumDomain("E", names)) == 0
    assert default_code(SetDomain(BoolDomain(), (frozenset({1}), frozenset()))) == 1
    assert default_code(SetDomain(BoolDomain(), (frozenset({1}), frozenset({0})))) == 0
    from fractions import Fraction

    assert default_code(RealDomain((Fraction(-1), Fraction(0), Fraction(1)))) == 1
    assert default_code(RealDomain((Fraction(1, 2), Fraction(1)))) == 0


def test_negative_codes_and_many_slots_are_packed_without_loss() -> None:
    subleq = load(EXAMPLES / "subleq.alta")
    inputs = [subleq.encode([3, 4, -1, 5, 3]), subleq.encode([3, 3, -1, 5])]
    seen = collect_states(subleq.ir, inputs)
    reference = data.states(subleq.ir, inputs)
    last = {h.name: h.domain.low + h.domain.size for h in subleq.ir.heads}
    mine = {
        tuple(None if c == last.get(n) else c for n, c in zip(seen.names, row, strict=True)): count
        for row, count in zip(seen.columns().tolist(), seen.counts.tolist(), strict=True)
    }
    assert mine == dict(reference)
    assert len(seen.names) == len(subleq.ir.slots)


def test_test_lines_that_do_not_pass_any_more_are_left_out() -> None:
    addition = load(EXAMPLES / "addition.alta")
    found = minimal(addition.ir, [addition.encode("s1+2e")])
    assert found.tests_dropped
    assert len(found.program.tests) + len(found.tests_dropped) == len(addition.ir.tests)
    reread, _ = check_source(Source("min.alta", found.text))
    assert reread is not None
    assert all(t.passed for t in reread.test())


def test_inputs_that_fail() -> None:
    program = data.program(GUARDED.format("if not seen and left { seen <- true }"))
    with pytest.raises(AltacError) as caught:
        minimal(program, [(), (0, 1), (1,)])
    assert [p.code for p in caught.value.problems] == ["failing-input", "undefined-read"]
    assert caught.value.problems[0].render_title() == "the program fails on input 2, and on 1 more"
    found = minimal(program, [(), (0, 1), (1,)], skip_failing=True)
    assert [(s.place, s.number) for s in found.skipped] == [("input 2", 2), ("input 3", 3)]
    assert found.inputs == 1
    assert found.evaluations == 0
    with pytest.raises(AltacError) as caught:
        minimal(program, [(0, 1), (1,)], skip_failing=True)
    assert caught.value.problems[0].render_title() == "the program fails on all 2 inputs, first on input 1"
    with pytest.raises(AltacError) as caught:
        minimal(program, [])
    assert [p.code for p in caught.value.problems] == ["no-inputs"]
