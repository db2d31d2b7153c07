"""The grammar itself, its cache, and that what altac runs is what Lark understands by the grammar."""

from __future__ import annotations

import subprocess
import sys

import pytest

from altac import resources
from altac.diagnostics import Problem
from altac.source import Source
from altac.syntax import tables
from altac.syntax.builder import Builder
from altac.syntax.layout import CONTINUES, DECLARES, OPERAND_END, SOFT, Layout
from altac.syntax.lexer import tokenize
from altac.syntax.limits import MAX_DEPTH
from tests.syntax.samples import ALTA_FILES, EVERYTHING, PARITY, SUBLEQ


def test_the_grammar_has_no_conflicts() -> None:
    pytest.importorskip("interegular", reason="Lark's strict mode compares terminals with it")
    tables.make_lark(resources.grammar_text(), strict=True)


def test_every_terminal_has_a_name() -> None:
    lark = tables.make_lark(resources.grammar_text())
    assert not [t.name for t in lark.terminals if t.name.startswith("__")]


def test_the_builder_has_a_method_or_a_node_for_every_rule_and_no_other_method() -> None:
    loaded = tables.load_tables()
    wanted = {name for _, size, name, unwrap in loaded.rules if name and not (unwrap and size == 1)}
    assert {name.removeprefix("make_") for name in dir(Builder) if name.startswith("make_")} <= wanted
    builder = Builder(Source("", ""), lambda problem: None)
    assert all(callable(builder.maker(name)) for name in wanted)
    with pytest.raises(AttributeError):
        builder.maker("nothing")


def test_the_layout_speaks_of_terminals_that_exist() -> None:
    loaded = tables.load_tables()
    known = {name for state in loaded.states for name in state} | set(loaded.literals)
    assert known >= SOFT | OPERAND_END | CONTINUES | DECLARES


@pytest.mark.parametrize("text", [PARITY, SUBLEQ, EVERYTHING], ids=["parity", "subleq", "everything"])
def test_lark_reads_the_same_tokens_and_accepts_the_same_programs(text: str) -> None:
    from lark import Token

    lark = tables.make_lark(resources.grammar_text())
    ours = tokenize(text, tables.load_tables())
    theirs = list(lark.lex(text))
    assert [(t.type, t.text, t.start) for t in ours] == [(t.type, str(t), t.start_pos) for t in theirs]
    parser = lark.parse_interactive("")
    problems: list[Problem] = []
    for token in Layout(Source("", text), problems.append).arrange(ours):
        parser.feed_token(Token(token.type, token.text))
    parser.feed_token(Token("$END", ""))
    assert not problems


@pytest.mark.parametrize("path", ALTA_FILES, ids=lambda path: path.name)
def test_tokens_cover_the_text(path) -> None:  # type: ignore[no-untyped-def]
    text = path.read_text(encoding="utf-8")
    tokens = tokenize(text, tables.load_tables())
    assert "".join(token.text for token in tokens) == text


def test_the_cache_is_written_read_and_replaced_when_broken(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(tables, "cache_folder", lambda: tmp_path / "cache")
    calls: list[str] = []
    compile_grammar = tables.compile_grammar

    def counted(grammar: str) -> tables.Tables:
        calls.append(grammar)
        return compile_grammar(grammar)

    monkeypatch.setattr(tables, "compile_grammar", counted)
    load = tables._load_tables.__wrapped__
    first = load(resources.grammar_text())
    (file,) = (tmp_path / "cache").iterdir()
    second = load(resources.grammar_text())
    assert len(calls) == 1
    assert (second.states, second.start, second.keywords) == (first.states, first.start, first.keywords)
    assert [tuple(rule) for rule in second.rules] == first.rules
    file.write_text("{")
    assert len(load(resources.grammar_text()).states) == len(first.states)
    assert len(calls) == 2
    file.write_text('{"patterns": 1}')
    assert len(load(resources.grammar_text()).states) == len(first.states)
    assert len(calls) == 3


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(tables, "cache_folder", lambda: tmp_path / "file" / "cache")
    assert tables._load_tables.__wrapped__(resources.grammar_text()).states


def test_parsing_with_a_warm_cache_imports_neither_lark_nor_numpy() -> None:
    tables.load_tables()
    code = (
        "import sys; from altac.syntax.parser import parse; from altac.source import Source\n"
        "parse(Source('x', 'program p')); print(sorted({'lark', 'numpy', 'jax', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_resources_are_found_beside_the_package_and_in_it(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    assert "declaration" in resources.grammar_text()
    package = tmp_path / "altac"
    (package / "_stdlib" / "text").mkdir(parents=True)
    (package / "_grammar").mkdir()
    (package / "_grammar" / "alta.lark").write_text("packaged")
    (package / "_stdlib" / "stack.alta").write_text("// stack")
    (package / "_stdlib" / "text" / "digits.alta").write_text("// digits")
    (tmp_path / "stdlib").mkdir()
    monkeypatch.setattr(resources, "_PACKAGE", package)
    assert resources.grammar_text() == "packaged"
    assert resources.stdlib_modules() == ("std.stack", "std.text.digits")
    assert resources.stdlib_text("std.stack") == "// stack"
    assert resources.stdlib_text("text.digits") == "// digits"
    assert resources.stdlib_text("std.queue") is None
    assert resources.stdlib_path("std...stack") is None
    assert resources.stdlib_path("std.text") is None


def test_the_cache_folder_follows_the_environment(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    if sys.platform.startswith("linux"):
        assert str(resources.cache_folder()) == "/somewhere/altac"


def test_the_depth_limit_leaves_room_for_recursive_phases() -> None:
    assert sys.getrecursionlimit() > 4 * MAX_DEPTH
