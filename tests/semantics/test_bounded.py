"""What takes no longer than a look: chains are no nesting, one mistake in a loop is one error, and limits say their names."""

from __future__ import annotations

import pytest

from altac.api import Program, check_source
from altac.diagnostics.problem import did_you_mean
from altac.ir.json import dump, load
from altac.semantics import limits
from altac.source import Source
from altac.syntax.formatter import format_source
from altac.syntax.limits import MAX_CHAIN, MAX_TOKENS

HEAD = "program p\ntokens 0, 1\n"
TAIL = "\noutput a\nlayers 1\n"


def codes(text: str) -> list[str]:
    return [p.code for p in check_source(Source("p.alta", text))[1] if p.severity == "error"]


def program(text: str) -> Program:
    found, problems = check_source(Source("p.alta", text))
    assert found is not None, problems
    return found


def elses(count: int, arm: str) -> str:
    return " else ".join(arm.replace("N", str(i % 10)) for i in range(count))


CHAINS = {
    "or": "var a: bool = token == 1\nmlp { a <- " + " or ".join(["a"] * 1_000) + " }",
    "sum": "var a: 0..1 = token\nmlp { a <- (" + " + ".join(["a"] * 1_500) + ") % 2 }",
    "initial": "var a: 0..1 = (" + " + ".join(["token"] * 5_000) + ") % 2\nmlp { }",
    "comparisons": "var a: 0..3 = token\nvar b: bool = false\nmlp { b <- "
    + " or ".join(["a < 1 and a > 5"] * 500)
    + " }",
    "else if": "var a: 0..9 = token\nvar n: 0..9 = 0\nmlp { " + elses(600, "if n == N { a <- N }") + " }",
    "else if with values": "var a: 0..9 = token\nmlp { a <- " + elses(600, "if a == N { N }") + " else { 0 } }",
}


@pytest.mark.parametrize("name", CHAINS)
def test_long_chains_are_no_nesting(name: str) -> None:
    found = program(HEAD + CHAINS[name] + TAIL)
    assert dump(load(dump(found.ir))) == dump(found.ir)
    text = format_source(found.source)
    assert format_source(Source("p.alta", text)) == text
    assert dump(program(text).ir, spans=False) == dump(found.ir, spans=False)
    (expected,) = found.run([[0, 1, 1]])
    assert expected.error is None
    for level in (0, 2):
        assert found.compile(level).run([[0, 1, 1]]) == [expected]


def test_chains_have_an_end() -> None:
    def chain(operators: int) -> str:
        return HEAD + "var a: 0..1 = (" + "+".join(["token"] * (operators + 1)) + ") % 2\nmlp { }" + TAIL

    assert codes(chain(MAX_CHAIN)) == []
    assert codes(chain(MAX_CHAIN + 1)) == ["chain-too-long"]


def test_real_nesting_still_has_one() -> None:
    for deep in ("(" * 300 + "token" + ")" * 300, "-" * 300 + "token", "[" * 300 + "]" * 300):
        assert codes(HEAD + f"var a: 0..1 = {deep}\nmlp {{ }}" + TAIL) == ["nested-too-deeply"]


@pytest.mark.parametrize(
    "code",
    [
        "mlp { for i in 1..1000 { for j in 1..100 { a <- mark } } }",
        "mlp { a <- a }\nconst T = [mark for i in 0..300 for j in 0..300 for k in 0..300]",
        "mlp { a <- a }\nconst T = [[mark for j in 0..300] for i in 0..300]",
        "mlp { a <- f(a) }\nfn f(x) = x or mark",
        "mlp { a <- " + "k" * 8_000 + " }\nconst " + "k" * 7_999 + "m = 1",
    ],
)
def test_one_mistake_is_one_error(code: str) -> None:
    assert codes(HEAD + "var a: bool = token == 1\n" + code + TAIL) == ["unknown-name"]


def test_what_cannot_be_gone_through_is_one_error() -> None:
    found = codes(HEAD + "const T = [i for i in 0..1000000000]\nvar a: 0..1 = T[0]\nmlp { }" + TAIL)
    assert found == ["not-iterable"]


@pytest.mark.parametrize(
    "code",
    [
        "const A = q\nconst B = [x for x in A]\nconst C = B[0]",
        "const B = [[y for y in q][0] for x in 0..3]",
        "const B = {x for x in 0..3 if q}\nconst C = [x for x in 0..3][len(B)]",
        "mlp { for x in 0..3 { for y in q { a <- y } } }",
    ],
)
def test_what_follows_from_an_unknown_value_is_no_error(code: str) -> None:
    mlp = "" if "mlp" in code else "mlp { a <- a }\n"
    assert codes(HEAD + "var a: bool = token == 1\n" + mlp + code + TAIL) == ["unknown-name"]


def test_suggestions_are_bounded() -> None:
    names = [f"name_{i:05}" for i in range(50_000)]
    assert did_you_mean("name_00007x", names) in names
    assert did_you_mean("k" * 100_000, ["k" * 100_001]) == ""
    assert did_you_mean("K" * 8_000, ["k" * 8_000]) == "k" * 8_000


def test_instances_have_a_limit() -> None:
    parts = ["component C0() { const one = 1 }"]
    parts += [f"component C{i}() {{ use a = C{i - 1}(); use b = C{i - 1}() }}" for i in range(1, 31)]
    uses = "\n".join(f"use u{i} = C0()" for i in range(limits.INSTANCES))
    body = "\nvar a: bool = token == 1\nmlp { a <- not a }" + TAIL
    assert codes(HEAD + "\n".join(parts) + "\nuse c = C30()" + body) == ["too-many-instances"]
    assert codes(HEAD + parts[0] + "\n" + uses + body) == []
    assert codes(HEAD + parts[0] + "\n" + uses + "\nuse more = C0()" + body) == ["too-many-instances"]


def test_enums_and_frames_have_the_limits_of_types_and_counts() -> None:
    def enum(size: int) -> list[str]:
        names = ", ".join(f"M{i}" for i in range(size))
        return codes(HEAD + f"enum E {{ {names} }}\nvar a: E = M0\nmlp {{ a <- a }}" + TAIL)

    def frame(before: int, after: int) -> list[str]:
        return codes(
            HEAD + f"frame 0 * {before}, input, 1 * {after}\nvar a: bool = token == 1\nmlp {{ a <- a }}" + TAIL
        )

    assert enum(limits.TYPE) == [] and enum(limits.TYPE + 1) == ["type-too-large"]
    assert frame(limits.COUNT // 2, limits.COUNT // 2) == []
    assert frame(limits.COUNT // 2 + 1, limits.COUNT // 2) == ["bad-count"]


def test_errors_have_a_limit() -> None:
    def faults(count: int) -> list[str]:
        return codes(
            HEAD + "var a: 0..1 = 0\n" + "".join(f"const C{i} = q{i}\n" for i in range(count)) + "mlp { }" + TAIL
        )

    assert faults(limits.ERRORS) == ["unknown-name"] * limits.ERRORS
    assert sorted(faults(limits.ERRORS + 50)) == ["too-many-errors", *["unknown-name"] * limits.ERRORS]


def test_words_have_a_limit() -> None:
    assert codes("program p\n" + "!" * 3_000_000) == ["too-many-words"]
    assert "too-many-words" not in codes("// " + "word " * (MAX_TOKENS // 2) + "\nprogram p\n")


@pytest.mark.parametrize("brackets", ["[]", "()"])
def test_lists_that_share_their_parts_are_gone_through_within_the_steps(brackets: str) -> None:
    """Each holds the one before twice, so that the last has more ways to its end than could be walked."""
    first, last = brackets[0], brackets[1]
    lists = [f"const L0 = {first}1, 2{last}", *(f"const L{i} = {first}L{i - 1}, L{i - 1}{last}" for i in range(1, 60))]
    for value, code in {
        "L59 == L59": "too-many-steps", "L58 == L59[0]": "too-many-steps", "L59 in [L59]": "too-many-steps",
        "L59 != 3": "too-many-steps", "{L59}": "too-many-steps", "{L59: 1}": "too-many-steps", "sorted(L59)": "too-many-steps",
        "{x for x in L59}": "too-many-steps", "L59 * 2": "bad-operands", "{1: 2}[L59]": "index-out-of-range",
        "len(L59)": "", "L59[1][0]": "", "zip(L59, L59)": "",
    }.items():  # fmt: skip
        text = HEAD + "var a: bool = token == 1\nmlp { a <- a }\n" + "\n".join([*lists, f"const Q = {value}"]) + TAIL
        assert codes(text) == ([code] if code else []), value


def test_a_chain_is_no_nesting_in_any_phase() -> None:
    chain = elses(2_500, "if n == N and a < 8 { a <- N }")
    text = HEAD + f"var a: 0..9 = token\nvar n: 0..9 = token\nmlp {{ {chain} }}" + TAIL
    found = program(text)
    assert not found.warnings
    formatted = format_source(Source("p.alta", text))
    assert formatted.count("else if") == 2_499
    assert dump(program(formatted).ir, spans=False) == dump(found.ir, spans=False)
    assert dump(load(dump(found.ir))) == dump(found.ir)
    assert found.compile(1).run([[0, 1]])[0].output == found.run([[0, 1]])[0].output
