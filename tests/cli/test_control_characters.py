"""What is written reads back: control characters in programs and data come through pipes, and drive no terminal."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import altac
from altac.api import check_source
from altac.repl.session import Session
from altac.rules.printing import rules_program
from altac.source import Source, quoted
from altac.styled import escaped, is_control
from altac.syntax.parser import parse
from altac.syntax.printer import print_tree
from altac.syntax.tree import TokensDecl
from altac.trace import table
from tests.cli.test_terminal import run

#: Characters that drive terminals, end lines somewhere, or turn the direction of writing.
CONTROLS = [
    *map(chr, range(32)),
    *map(chr, range(127, 160)),
    *"\u2028\u2029\u202e\u2066\u200f\ufeff",
    "\x1b[31m",
    "\x1b]0;t\x07",
]
LOADED = [c for c in CONTROLS if c not in "\n\t"]


def parsed(text: str) -> altac.Program:
    program, problems = check_source(Source("p", text))
    assert program is not None, problems
    return program


def program_text(*spellings: str) -> str:
    tokens = ", ".join(quoted(s) for s in spellings)
    return (
        f"program p // \x1b[31m\ntokens {tokens}\nvar x: Token = token\nvar same: bool = false\n"
        f"mlp {{ if x == {quoted(spellings[0])} {{ same <- true }} }}\noutput x\nhalt when same\nlayers 1\n"
        f"test [{tokens}] => [{tokens}]\n"
    )


def test_a_quoted_string_prints_and_reads_back() -> None:
    text = "".join(CONTROLS) + 'a"\\b 😀'
    assert quoted(text).isprintable()
    (declaration,) = parse(Source("p", f"tokens {quoted(text)}")).tree.declarations
    assert isinstance(declaration, TokensDecl)
    assert print_tree(declaration) == f"tokens {quoted(text)}"


def test_rules_as_a_program_print_and_read_back() -> None:
    program = parsed(program_text(*CONTROLS))
    lines = list(rules_program(program.ir, program.rules()))
    assert all(line.isprintable() for line in lines)
    again = parsed("\n".join(lines))
    assert again.ir.symbols == program.ir.symbols
    assert [(t.input, t.expected) for t in again.ir.tests] == [(t.input, t.expected) for t in program.ir.tests]
    assert all(outcome.passed for outcome in again.test())


def test_tables_print() -> None:
    program = parsed(program_text(*CONTROLS))
    trace = program.trace(CONTROLS)
    assert all(line.isprintable() for line in table(trace, trace.snapshots, width=60))
    session = Session()
    session.handle("program p")
    session.change(program_text(*CONTROLS), "")
    for entry in (
        ":show",
        ":test",
        ":rules",
        json.dumps(CONTROLS),
        f":step {json.dumps(CONTROLS)}",
        ":heads",
        ":fired 0",
    ):
        assert not any(map(is_control, session.handle(entry))), entry


def test_what_joins_letters_is_no_control() -> None:
    assert escaped("a\tb\n\u3000👩\u200d💻\u00a0") == "a\tb\n\u3000👩\u200d💻\u00a0"
    assert escaped("\x1b[31m\x9b\u202e") == "\\u{1b}[31m\\u{9b}\\u{202e}"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("controls") / "p.alta"
    path.write_text(program_text(*LOADED), encoding="utf-8", newline="")
    return path


def piped(*args: str, given: str = "") -> str:
    """The standard output of a command in a pipe."""
    done = subprocess.run([sys.executable, "-m", "altac", *args], input=given.encode(), capture_output=True, check=True)
    return done.stdout.decode()


def test_pipes_get_the_text(file: Path) -> None:
    given = json.dumps(LOADED[1:])
    assert piped("run", str(file), given) == " ".join(LOADED[1:]) + "\n"
    assert json.loads(piped("run", str(file), given, "--json"))["output"] == LOADED[1:]
    assert " ".join(LOADED[1:]) in piped("trace", str(file), given)
    assert "// \x1b[31m" in piped("fmt", "-", given=file.read_text(encoding="utf-8"))
    rules = piped("rules", "--format", "alta", str(file))
    assert parsed(rules).ir.symbols == altac.load(file).ir.symbols


def test_terminals_get_escapes(file: Path) -> None:
    given, plain = json.dumps(LOADED[1:]), {"NO_COLOR": "1"}
    for args in (("run",), ("trace",), ("run", "--json"), ("trace", "--json"), ("rules", "--format", "json")):
        command = (args[0], str(file), *args[1:]) if args[0] == "rules" else (args[0], str(file), given, *args[1:])
        seen = run(*command, columns=80, environment=plain)
        assert seen and not any(map(is_control, seen)), args
        if "--json" in args:
            assert json.loads(seen.splitlines()[-1])
    assert "\\u{1b}[31m" in run("run", str(file), given, columns=80, environment=plain)
    changed = file.with_name("changed.alta")
    changed.write_text(file.read_text(encoding="utf-8").replace("var x:", "var   x:"), encoding="utf-8")
    seen = run("fmt", "--diff", str(changed), columns=80, environment=plain)
    assert "\\u{1b}[31m" in seen and not any(map(is_control, seen))


def test_a_difference_has_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "p.alta"
    path.write_text("// a\u2028b\x85c\nprogram   p\ntokens 0, 1\n", encoding="utf-8", newline="")
    done = subprocess.run([sys.executable, "-m", "altac", "fmt", "--diff", str(path)], capture_output=True, check=False)
    assert " // a\u2028b\x85c\n-program   p\n+program p\n" in done.stdout.decode()
