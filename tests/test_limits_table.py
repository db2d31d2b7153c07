"""The table of limits in the reference: its numbers are those of the code, and its errors come above them and not at them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from altac import interpreter, untrusted
from altac.analysis import hyperparameters
from altac.diagnostics import rules_errors
from altac.diagnostics.problem import REGISTRY, AltacError
from altac.interpreter import engine, inputs
from altac.interpreter.inputs import items
from altac.limits import DEFAULT
from altac.semantics import check, limits
from altac.source import Source
from altac.syntax import limits as written
from tests.docs.pages import DOCS

#: What each row of the table is called in the code.
NUMBERS = {
    "characters of a file": written.MAX_CHARACTERS,
    "words, signs and line ends of a file": written.MAX_TOKENS,
    "operators in a row, `else if` included": written.MAX_CHAIN,
    "levels of nesting (a call or a block is two)": written.MAX_DEPTH,
    "digits of a number that is written": written.MAX_DIGITS,
    "errors shown of the text of a file": written.MAX_PROBLEMS,
    "values of a type, tokens of a range": limits.TYPE,
    "positions, tokens of a frame": limits.COUNT,
    "sets of an inferred family": limits.FAMILY,
    "entries of a table": limits.TABLE,
    "combinations of values of a match": limits.MATCH,
    "items of a list, characters of a string": limits.LENGTH,
    "bits of two numbers that are added or multiplied": limits.BITS,
    "steps of compile-time evaluation": limits.STEPS,
    "calls inside calls": limits.CALLS,
    "imports inside imports": limits.NESTING,
    "components inside components": limits.NESTING,
    "instances of components": limits.INSTANCES,
    "errors reported for a program": limits.ERRORS,
    "declarations that need one another's values": limits.DECLARATIONS,
    "statements of the MLP once loops are unrolled": limits.STATEMENTS,
    "branches in the expansion to rules": DEFAULT.branches,
    "layers of a run without a limit": interpreter.SAFETY_LIMIT,
    "tokens of a causal run without a limit": engine.GENERATION_LIMIT,
    "characters of a line of inputs": inputs.MAX_LINE,
    "inputs that are needed at once (all but those of `altac run`)": inputs.MAX_INPUTS,
    "tokens of all inputs that are needed at once": inputs.MAX_TOKENS,
    "nested brackets in a line of inputs": untrusted.MAX_DEPTH,
    "nested brackets in a file of hyperparameters": untrusted.MAX_DEPTH,
    "bytes of a file of hyperparameters": hyperparameters.MAX_BYTES,
    "hidden layers of a trained MLP": hyperparameters.MAX_LAYERS,
    "steps of training": hyperparameters.MAX_STEPS,
}


def table() -> dict[str, tuple[int, str]]:
    """The rows of the reference: what, how many, and which error."""
    section = (DOCS / "language.md").read_text(encoding="utf-8").split("\n## Limits\n")[1]
    found = re.findall(r"^\| (.+) \| ([\d,]+) \| `([a-z0-9-]+)` \|$", section, re.M)
    assert len(found) == section.count("\n| ") - 2, "every row has three cells"
    return {what: (int(number.replace(",", "")), code) for what, number, code in found}


def test_the_table_has_the_numbers_of_the_code_and_errors_that_exist() -> None:
    assert {what: number for what, (number, _) in table().items()} == NUMBERS
    assert {code for _, code in table().values()} <= set(REGISTRY) | {rules_errors.TooManyRules.code}


def test_every_limit_of_the_checker_is_in_the_table() -> None:
    constants = {name: value for module in (limits, written) for name, value in vars(module).items() if name.isupper()}
    del constants["ROUNDS"]  # the sets of a family are too many before
    assert set(constants.values()) <= set(NUMBERS.values()), constants


def program(*lines: str) -> str:
    return "\n".join(("program p", "tokens 0, 1", "var a: bool = token == 1", *lines, "output a", "layers 1", ""))


def chain(count: int) -> str:
    names = [f"const c{i} = c{i + 1}" for i in range(count - 1)]
    return program(*names, f"const c{count - 1} = 1", "mlp { a <- c0 == 1 }")


def components(count: int) -> str:
    inner = [f"component C{i}() {{ use c = C{i + 1}() }}" for i in range(count - 1)]
    return program(*inner, f"component C{count - 1}() {{ const x = 1 }}", "use c = C0()", "mlp { a <- not a }")


#: A program that uses so much of what a row is about.
PROGRAMS: dict[str, Callable[[int], str]] = {
    "characters of a file": lambda n: (text := program()) + " " * (n - len(text)),
    "levels of nesting (a call or a block is two)": lambda n: program(f"const x = {'[' * (n - 1)}1{']' * (n - 1)}"),
    "digits of a number that is written": lambda n: program(f"const x = {'1' * n}"),
    "errors shown of the text of a file": lambda n: program(*["const = 1"] * n),
    "values of a type, tokens of a range": lambda n: program(f"var x: 1..{n} = 1"),
    "positions, tokens of a frame": lambda n: program(f"positions {n}"),
    "combinations of values of a match": lambda n: program(
        f"var x: 1..{n // 4} = 1", "var y: 0..3 = 0", "mlp { a <- match (x, y) { (1, 0) => true, _ => false } }"
    ),
    "items of a list, characters of a string": lambda n: program(
        f"const x = len(1..{n})", f"const y = [1] + (1..{n - 1})"
    ),
    "bits of two numbers that are added or multiplied": lambda n: program(
        f"const x = {2 ** (n // 2 - 1)} * {2 ** (n // 2 - 1)}"
    ),
    "entries of a table": lambda n: program(
        "var x: 0..1023 = 0",
        f"var y: 0..{-(-n // 1024) - 1} = 0",
        "var r: real in {0, 1} = 0",
        "mlp { r <- x / 3 + y / 7 }",
    ),
    "sets of an inferred family": lambda n: program(
        "var s: set of 0..9999 = {}", f"var k: 1..{n - 1} = 1", "mlp { s <- {k} }"
    ),
    "steps of compile-time evaluation": lambda n: program(f"const x = [i for i in 1..{n}]"),
    "statements of the MLP once loops are unrolled": lambda n: program(f"mlp {{ for i in 1..{n} {{ a <- not a }} }}"),
    "calls inside calls": lambda n: program("fn f(n) = if n == 0 { 0 } else { f(n - 1) }", f"const x = f({n - 1})"),
    "components inside components": components,
    "declarations that need one another's values": chain,
}


#: How far from a limit programs are tried, below and above it, where not right at it: since the rest of the program counts too,
#: since there can be only so many by fours, or since it would take seconds.
DISTANCES = {
    "levels of nesting (a call or a block is two)": (20, 1),
    "combinations of values of a match": (0, 4),
    "bits of two numbers that are added or multiplied": (8, 8),
    "declarations that need one another's values": (0, 2),
    "entries of a table": (1_000_000, 1),
    "steps of compile-time evaluation": (390_000, 1),
    "statements of the MLP once loops are unrolled": (119_000, 1),
}


def codes(text: str) -> set[str]:
    return {problem.code for problem in check(Source("p", text)).problems}


#: Those that take seconds to reach.
LONG = {"steps of compile-time evaluation", "statements of the MLP once loops are unrolled"}


@pytest.mark.parametrize("what", [pytest.param(w, marks=pytest.mark.slow if w in LONG else ()) for w in PROGRAMS])
def test_a_limit_can_be_met_and_not_exceeded(what: str) -> None:
    number, code = table()[what]
    below, above = DISTANCES.get(what, (0, 1))
    assert code not in codes(PROGRAMS[what](number - below))
    assert code in codes(PROGRAMS[what](number + above))


def test_imports_inside_imports() -> None:
    number, code = table()["imports inside imports"]

    def found(depth: int) -> set[str]:
        def read(path: str) -> str:
            index = int(Path(path).stem[1:])
            return "const x = 1\n" if index == depth else f'import "m{index + 1}.alta" as next\n'

        return {p.code for p in check(Source("p", program('import "m1.alta" as first')), None, read).problems}

    assert code not in found(number)
    assert code in found(number + 1)


def test_lines_of_inputs(tmp_path: Path) -> None:
    number, code = table()["characters of a line of inputs"]
    path = tmp_path / "inputs.jsonl"
    for length in (number, number + 1):
        path.write_text('"' + "0" * (length - 2) + '"\n[0]\n')
        first, second = items(path)
        assert (first.problem is not None and first.problem.code == code) == (length > number)
        assert second.given == [0]


def test_nested_brackets(tmp_path: Path) -> None:
    """What fits is read, and then refused for what it is."""
    number, code = table()["nested brackets in a line of inputs"]
    path = tmp_path / "inputs.jsonl"
    for depth in (number, number + 1):
        path.write_text("[" * depth + "]" * depth + "\n")
        (found,) = items(path)
        assert found.problem is not None and found.problem.code == code
        assert ("nested too deeply" in found.problem.render_title()) == (depth > number)
    number, code = table()["nested brackets in a file of hyperparameters"]
    for name, start, end in (("h.toml", "{a=", "}"), ("h.toml", "[", "]"), ("h.json", '{"a":', "}")):
        for depth in (number, number + 1):
            value = start * depth + "1" + end * depth
            (tmp_path / name).write_text(value if name == "h.json" else f"steps = {value}")
            with pytest.raises(AltacError) as caught:
                hyperparameters.read_hyperparameters(tmp_path / name, hyperparameters.Hyperparameters())
            assert (caught.value.problems[0].code == code) == (depth > number)


def test_files_of_hyperparameters(tmp_path: Path) -> None:
    path = tmp_path / "h.toml"
    rows = table()
    size, hidden, steps = (
        next(v for k, v in rows.items() if k.startswith(s)) for s in ("bytes", "hidden", "steps of t")
    )
    cases = (
        ("steps = 5\n" + "#" * (size[0] - 11) + "\n", size, "#"),
        (f"hidden = {[8] * hidden[0]}\n", hidden, "hidden = [8, " + ", ".join(["8"] * hidden[0]) + "]\n"),
        (f"steps = {steps[0]}\n", steps, f"steps = {steps[0] + 1}\n"),
    )
    for text, (_, code), above in cases:
        path.write_text(text)
        hyperparameters.read_hyperparameters(path, hyperparameters.Hyperparameters())
        path.write_text(text + above if above == "#" else above)
        with pytest.raises(AltacError) as caught:
            hyperparameters.read_hyperparameters(path, hyperparameters.Hyperparameters())
        assert caught.value.problems[0].code == code


def test_inputs_that_are_needed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    checked = check(Source("p", program())).program
    assert checked is not None
    monkeypatch.setattr(inputs, "MAX_INPUTS", 3)
    monkeypatch.setattr(inputs, "MAX_TOKENS", 10)
    for fits in ([[0]] * 3, [[0] * 10]):
        inputs.read_inputs(checked, fits)
    for given in ([[0]] * 4, [[0] * 11]):
        with pytest.raises(AltacError) as caught:
            inputs.read_inputs(checked, given)
        assert caught.value.problems[0].code == table()["tokens of all inputs that are needed at once"][1]
