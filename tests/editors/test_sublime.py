"""The Sublime Text syntax and the Helix configuration."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from altac.cli import COMMANDS
from altac.syntax.keywords import BUILTINS, words
from altac.syntax.lexer import tokenize
from tests.syntax.samples import ALTA_FILES, EVERYTHING, SIGNS

EDITORS = Path(__file__).resolve().parents[2] / "editors"
SYNTAX: dict[str, Any] = yaml.safe_load((EDITORS / "sublime" / "alta.sublime-syntax").read_text(encoding="utf-8"))
VARIABLES: dict[str, str] = SYNTAX["variables"]


def filled(pattern: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{\{(\w+)\}\}", lambda m: VARIABLES[m[1]], pattern))


CONTEXTS = {
    name: [(filled(rule["match"]), rule) for rule in rules if "match" in rule]
    for name, rules in SYNTAX["contexts"].items()
}


def scopes(line: str) -> list[tuple[str, str]]:
    """Scope and text of what the syntax finds in a line: the earliest match, of several the first rule."""
    found: list[tuple[str, str]] = []
    place, stack = 0, ["main"]
    while True:
        matches = [
            (m.start(), i, m, rule) for i, (p, rule) in enumerate(CONTEXTS[stack[-1]]) if (m := p.search(line, place))
        ]
        if not matches:
            return found
        _, _, match, rule = min(matches, key=lambda entry: entry[:2])
        if "scope" in rule and match.group():
            found.append((rule["scope"], match.group()))
        found += [(scope, match[number]) for number, scope in rule.get("captures", {}).items()]
        if "push" in rule:
            stack.append(rule["push"])
        elif rule.get("pop"):
            stack.pop()
        if match.end() == place == len(line):
            return found
        place = match.end() if match.group() or match.start() > place or rule.get("pop") else place + 1


def test_the_words_are_those_of_the_grammar() -> None:
    listed = {name: VARIABLES[name].split("|") for name in VARIABLES if name != "name"}
    types, functions = listed.pop("builtin_type"), listed.pop("builtin")
    assert sorted(sum(listed.values(), [])) == sorted(words().keywords)
    assert set(listed["declaration"]) == set(words().declarations)
    assert set(types + functions) == BUILTINS
    assert SYNTAX["file_extensions"] == ["alta"] and SYNTAX["scope"] == "source.alta"


WANTED = {"COMMENT": "comment", "INT": "constant.numeric", "DECIMAL": "constant.numeric"}


@pytest.mark.parametrize("text", [EVERYTHING, *(p.read_text(encoding="utf-8") for p in ALTA_FILES)])
def test_every_token_has_its_scope(text: str) -> None:
    for line in text.splitlines():
        given = scopes(line)
        assert not any(scope.startswith("invalid") for scope, _ in given), line
        before = ""
        for token in tokenize(line):
            wanted = WANTED.get(token.type)
            if wanted is None and before == "DOT" and token.text.isidentifier():
                wanted = r"variable\.other\.member"
            elif wanted is None and token.text in words().keywords:
                wanted = r"keyword|storage|constant\.language|variable|entity"
            if wanted is not None:
                assert any(re.match(wanted, scope) and piece == token.text for scope, piece in given), (
                    line,
                    token,
                    given,
                )
            before = token.type if token.type != "BLANK" else before


def test_every_operator_has_its_scope() -> None:
    for sign in SIGNS:
        assert "".join(text for scope, text in scopes(f"x {sign} y") if scope.startswith("keyword")) == sign


def test_scopes_by_example() -> None:
    assert scopes(r'fn f(x) = "a\n\q" // no') == [
        ("keyword.declaration.function.alta", "fn"), ("entity.name.function.alta", "f"),
        ("punctuation.section.alta", "("), ("punctuation.section.alta", ")"), ("keyword.operator.alta", "="),
        ("punctuation.definition.string.begin.alta", '"'), ("constant.character.escape.alta", r"\n"),
        ("invalid.illegal.escape.alta", r"\q"), ("punctuation.definition.string.end.alta", '"'),
        ("comment.line.double-slash.alta", "// no"),
    ]  # fmt: skip


def test_helix_starts_commands_that_there_are() -> None:
    found = tomllib.loads((EDITORS / "helix" / "languages.toml").read_text(encoding="utf-8"))
    server = found["language-server"]["altac"]
    (language,) = found["language"]
    assert language["language-servers"] == ["altac"] and language["file-types"] == ["alta"]
    assert language["comment-token"] == "//"
    for command, arguments in ((server["command"], server["args"]), language["formatter"].values()):
        assert command == "altac" and arguments[0] in COMMANDS
