"""Pygments, TextMate and Visual Studio Code agree with the grammar of the language."""

from __future__ import annotations

import importlib.util
import json
import re
import tomllib
import zipfile
from importlib import import_module
from pathlib import Path
from xml.etree import ElementTree

import pytest
from pygments.token import Comment, Error, Keyword, Name, Number, Operator, String, Token, _TokenType

from altac.highlight import AltacLexer
from altac.resources import grammar_text
from altac.syntax.keywords import BUILTINS, words
from altac.syntax.lexer import tokenize
from tests.syntax.samples import ALTA_FILES, EVERYTHING, PARITY, SUBLEQ
from tests.syntax.textmate import GRAMMAR, rules, scopes

ROOT = Path(__file__).resolve().parents[2]
TEXTS = [PARITY, SUBLEQ, EVERYTHING]


def test_the_keywords_are_those_of_the_grammar() -> None:
    listed = set(re.findall(r'^[A-Z]+: "([a-z]+)"$', grammar_text(), re.MULTILINE))
    assert set(words().keywords) == listed
    assert set(words().reserved) | set(words().soft) == listed
    assert not set(words().reserved) & set(words().soft)
    for group in (words().declarations, words().constants, words().operators):
        assert set(group) < listed
    assert {"<-", "=>", "..", "=="} <= set(words().symbols)


def test_reserved_words_are_exactly_those_that_cannot_be_names() -> None:
    from altac.source import Source
    from altac.syntax.parser import parse

    for word in words().keywords:
        codes = [problem.code for problem in parse(Source("", f"var {word}: bool = true")).problems]
        assert codes == (["reserved-word"] if word in words().reserved else []), word


def test_textmate_has_the_same_keywords() -> None:
    found: set[str] = set()
    groups: dict[str, set[str]] = {}
    for rule in rules(GRAMMAR["patterns"]):
        listed = re.fullmatch(r"\\b\(\?:([a-zA-Z|]+)\)(?:\\b|\(\?=.*)", rule.get("match", ""))
        if listed and not rule["name"].startswith(("support", "variable.parameter")):
            groups[rule["name"]] = set(listed[1].split("|"))
            found |= groups[rule["name"]]
    assert found == set(words().keywords)
    assert groups["keyword.declaration.alta"] == set(words().declarations)
    assert groups["constant.language.alta"] | groups["variable.language.alta"] == set(words().constants)
    assert groups["keyword.operator.word.alta"] == set(words().operators) - {"in"}
    support = [r["match"] for r in rules(GRAMMAR["patterns"]) if r.get("name", "").startswith("support")]
    assert set(re.findall(r"\w{3,}", " ".join(m.replace("\\b", " ") for m in support))) == BUILTINS


@pytest.mark.parametrize("text", TEXTS, ids=["parity", "subleq", "everything"])
def test_textmate_scopes_every_token_of_the_samples(text: str) -> None:
    _check_scopes(text)


@pytest.mark.parametrize("path", ALTA_FILES, ids=lambda path: path.name)
def test_textmate_scopes_every_token_of_the_programs(path: Path) -> None:
    _check_scopes(path.read_text(encoding="utf-8"))


_SCOPE = {"COMMENT": "comment", "STRING": "string", "INT": "constant.numeric", "DECIMAL": "constant.numeric"}


def _check_scopes(text: str) -> None:
    for line in text.splitlines():
        given = scopes(line)
        assert not any(scope.startswith("invalid") for scope, _ in given), line
        after_dot = False
        for token in tokenize(line):
            wanted = _SCOPE.get(token.type)
            if wanted is None and token.text in words().keywords and not after_dot:
                wanted = r"keyword|storage|constant\.language|variable|entity"
            if wanted is not None:
                assert any(re.match(wanted, scope) and piece == token.text for scope, piece in given), (line, token)
            after_dot = token.type == "DOT"


def test_textmate_scopes_by_example() -> None:
    assert scopes("var x: bool = token  // note") == [
        ("keyword.declaration.alta", "var"),
        ("variable.other.declaration.alta", "x"),
        ("punctuation.separator.alta", ":"),
        ("support.type.alta", "bool"),
        ("keyword.operator.assignment.alta", "="),
        ("variable.language.alta", "token"),
        ("comment.line.double-slash.alta", "// note"),
    ]
    assert scopes(r'"a\n\q//"')[1:] == [
        ("constant.character.escape.alta", r"\n"),
        ("invalid.illegal.escape.alta", r"\q"),
    ]
    assert scopes("0..size <- r.test")[:3] == [
        ("constant.numeric.integer.alta", "0"),
        ("keyword.operator.range.alta", ".."),
        ("keyword.operator.update.alta", "<-"),
    ]
    assert ("variable.other.member.alta", "test") in scopes("0..size <- r.test")


# --- Pygments ---------------------------------------------------------------------------------


@pytest.mark.parametrize("text", TEXTS, ids=["parity", "subleq", "everything"])
def test_pygments_reads_the_samples(text: str) -> None:
    _check_pygments(text)


@pytest.mark.parametrize("path", ALTA_FILES, ids=lambda path: path.name)
def test_pygments_reads_the_programs(path: Path) -> None:
    _check_pygments(path.read_text(encoding="utf-8"))


def _within(kind: _TokenType, *groups: _TokenType) -> bool:
    return any(kind[: len(group)] == group for group in groups)


def _check_pygments(text: str) -> None:
    pieces = list(AltacLexer().get_tokens_unprocessed(text))
    assert "".join(piece for _, _, piece in pieces) == text
    assert all(text[start : start + len(piece)] == piece for start, _, piece in pieces)
    assert not [piece for _, kind, piece in pieces if _within(kind, Error)]
    previous = ""
    for _, kind, piece in pieces:
        if piece in words().keywords and previous != "." and not _within(kind, Comment, String):
            assert _within(kind, Keyword, Operator.Word, Name), piece
            if _within(kind, Name) and piece in words().reserved:
                assert piece in ("token", "position")
        if piece.strip():
            previous = piece


def test_pygments_by_example() -> None:
    def kinds(text: str) -> list[tuple[object, str]]:
        return [(kind, piece) for _, kind, piece in AltacLexer().get_tokens_unprocessed(text) if piece.strip()]

    assert kinds('fn f(x) = len(x.test) div 2.5 // "n"') == [
        (Keyword.Declaration, "fn"), (Name.Function, "f"), (Token.Punctuation, "("), (Name, "x"),
        (Token.Punctuation, ")"), (Operator, "="), (Name.Builtin, "len"), (Token.Punctuation, "("), (Name, "x"),
        (Token.Punctuation, "."), (Name.Attribute, "test"), (Token.Punctuation, ")"), (Operator.Word, "div"),
        (Number.Float, "2.5"), (Comment.Single, '// "n"'),
    ]  # fmt: skip
    assert kinds(r'"a\n"') == [(String.Double, '"a'), (String.Escape, r"\n"), (String.Double, '"')]
    assert kinds("'a' & b") == [(Error, "'a'"), (Error, "&"), (Name, "b")]
    assert kinds("var to = true") == [
        (Keyword.Declaration, "var"), (Name.Variable, "to"), (Operator, "="), (Keyword.Constant, "true"),
    ]  # fmt: skip


def test_pygments_is_told_of_the_lexer() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    module, name = project["project"]["entry-points"]["pygments.lexers"]["altac"].split(":")
    assert getattr(import_module(module), name) is AltacLexer
    assert "*.alta" in AltacLexer.filenames


# --- Visual Studio Code -----------------------------------------------------------------------


def test_the_extension_packs_what_it_names(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("make_vsix", ROOT / "editors" / "vscode" / "make_vsix.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.make_vsix(tmp_path / "a.vsix")
    module.make_vsix(tmp_path / "b.vsix")
    assert (tmp_path / "a.vsix").read_bytes() == (tmp_path / "b.vsix").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.vsix") as archive:
        names = set(archive.namelist())
        package = json.loads(archive.read("extension/package.json"))
        manifest = ElementTree.fromstring(archive.read("extension.vsixmanifest"))
        types = ElementTree.fromstring(archive.read("[Content_Types].xml"))
        grammar = json.loads(archive.read("extension/syntaxes/alta.tmLanguage.json"))
    (language,) = package["contributes"]["languages"]
    (contributed,) = package["contributes"]["grammars"]
    for path in (language["configuration"], contributed["path"]):
        assert "extension/" + path.removeprefix("./") in names
    assert grammar == GRAMMAR
    assert contributed["scopeName"] == GRAMMAR["scopeName"]
    assert language["extensions"] == [".alta"]
    schema = "{http://schemas.microsoft.com/developer/vsx-schema/2011}"
    identity = manifest.find(f"{schema}Metadata/{schema}Identity")
    assert identity is not None
    assert (identity.get("Id"), identity.get("Version")) == (package["name"], package["version"])
    for asset in manifest.iter(f"{schema}Asset"):
        assert asset.get("Path") in names
    extensions = {child.get("Extension") for child in types}
    parts = {str(child.get("PartName")).removeprefix("/") for child in types}
    assert {Path(name).suffix for name in names - parts if name != "[Content_Types].xml"} <= extensions
    assert "extension/" + package["main"].removeprefix("./") in names


def test_the_language_configuration_is_sound() -> None:
    configuration = json.loads((ROOT / "editors/vscode/language-configuration.json").read_text(encoding="utf-8"))
    assert configuration["comments"]["lineComment"] == "//"
    for pattern in configuration["indentationRules"].values():
        re.compile(pattern)
    assert re.search(configuration["indentationRules"]["increaseIndentPattern"], "mlp {  // here")
