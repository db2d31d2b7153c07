"""The grammar itself, its cache, and the tokens that Lark makes by it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from altac import resources
from altac.source import Source
from altac.syntax import grammar
from altac.syntax.builder import Builder
from altac.syntax.layout import CONTINUES, DECLARES, OPERAND_END, SOFT
from altac.syntax.lexer import tokenize
from altac.syntax.limits import MAX_DEPTH
from tests.syntax.samples import ALTA_FILES


def test_the_grammar_has_no_conflicts() -> None:
    pytest.importorskip("interegular", reason="Lark's strict mode compares terminals with it")
    grammar.make_lark(resources.grammar_text(), grammar.RawTokens(), strict=True)


def test_every_terminal_has_a_name() -> None:
    assert not [t.name for t in grammar.load_lark().terminals if t.name.startswith("__")]


def test_the_builder_has_a_method_or_a_node_for_every_rule_and_no_other_method() -> None:
    wanted = {
        str(rule.alias or rule.origin.name)
        for rule in grammar.load_lark().rules
        if not rule.origin.name.startswith("_")  # spliced into the rule that uses it
        and (rule.alias or len(rule.expansion) > 1 or not rule.options.expand1)
    }
    assert {name.removeprefix("make_") for name in dir(Builder) if name.startswith("make_")} <= wanted
    builder = Builder(Source("", ""), lambda problem: None)
    assert all(callable(builder.maker(name)) for name in wanted)
    with pytest.raises(AttributeError):
        builder.maker("nothing")


def test_the_layout_speaks_of_terminals_that_exist() -> None:
    known = {terminal.name for terminal in grammar.load_lark().terminals}
    assert known >= SOFT | OPERAND_END | CONTINUES | DECLARES


@pytest.mark.parametrize("path", ALTA_FILES, ids=lambda path: path.name)
def test_tokens_cover_the_text(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tokens = tokenize(text)
    assert "".join(token.text for token in tokens) == text
    assert all(text[token.start : token.end] == token.text for token in tokens)


def _counting_analyses(monkeypatch: pytest.MonkeyPatch, cache: Path) -> list[str]:
    """Have the cache lie in a folder; the grammars that Lark analyses from now on."""
    from lark.parsers.lalr_analysis import LALR_Analyzer

    monkeypatch.setattr(grammar, "cache_folder", lambda: cache)
    analysed: list[str] = []
    compute = LALR_Analyzer.compute_lalr

    def counted(self: LALR_Analyzer) -> None:
        analysed.append("file")
        compute(self)

    monkeypatch.setattr(LALR_Analyzer, "compute_lalr", counted)
    return analysed


def test_the_cache_is_written_read_and_replaced_when_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    analysed = _counting_analyses(monkeypatch, tmp_path / "cache")
    load = grammar._load_lark.__wrapped__
    first = load(resources.grammar_text())
    (file,) = (tmp_path / "cache").iterdir()
    second = load(resources.grammar_text())
    assert len(analysed) == 1
    assert second.rules == first.rules
    assert [t.name for t in second.terminals] == [t.name for t in first.terminals]
    whole = file.read_bytes()
    for broken in (b"{", whole[:1000], whole.replace(b"disjunction", b"disjunktion")[:-10]):
        analysed.clear()
        file.write_bytes(broken)
        assert load(resources.grammar_text()).rules == first.rules
        assert len(analysed) == 1
        assert load(resources.grammar_text()).rules == first.rules  # it was replaced
        assert len(analysed) == 1


def test_another_grammar_has_another_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    analysed = _counting_analyses(monkeypatch, tmp_path)
    load = grammar._load_lark.__wrapped__
    for text in (resources.grammar_text(), resources.grammar_text() + "\n// changed\n"):
        load(text)
    assert len(analysed) == len(list(tmp_path.iterdir())) == 2


def test_a_cache_that_cannot_be_written_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(grammar, "cache_folder", lambda: tmp_path / "file" / "cache")
    assert grammar._load_lark.__wrapped__(resources.grammar_text()).rules
    assert capfd.readouterr() == ("", "")


def test_parsing_imports_neither_numpy_nor_jax_nor_rich() -> None:
    code = (
        "import sys; from altac.syntax.parser import parse; from altac.source import Source\n"
        "parse(Source('x', 'program p')); print(sorted({'numpy', 'jax', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_is_shown_without_lark() -> None:
    code = (
        "import sys\nfrom altac.cli import main\n"
        "assert main(['--help'], standalone_mode=False) == 0\n"
        "assert not {'lark', 'numpy', 'rich'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)


def test_resources_are_found_beside_the_package_and_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
    assert (path := resources.stdlib_path("std.stack")) is not None and path.read_text() == "// stack"
    assert (path := resources.stdlib_path("text.digits")) is not None and path.read_text() == "// digits"
    assert resources.stdlib_path("std.queue") is None
    assert resources.stdlib_path("std...stack") is None
    assert resources.stdlib_path("std.text") is None


def test_the_cache_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    if sys.platform.startswith("linux"):
        assert str(resources.cache_folder()) == "/somewhere/altac"


def test_the_depth_limit_leaves_room_for_recursive_phases() -> None:
    assert sys.getrecursionlimit() > 4 * MAX_DEPTH
