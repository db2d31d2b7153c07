"""Vim and Neovim, run without a terminal on the files of ``editors/vim``."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from altac.source import Source
from altac.syntax.keywords import BUILTINS, words
from altac.syntax.lexer import tokenize
from altac.syntax.printer import format_source
from tests.syntax.samples import ALTA_FILES, EVERYTHING, SIGNS

ROOT = Path(__file__).resolve().parents[2]
RUNTIME = ROOT / "editors" / "vim"
SYNTAX = (RUNTIME / "syntax" / "alta.vim").read_text(encoding="utf-8")
SCAN = ROOT / "examples" / "scan" / "scan.alta"

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p), "JAX_PLATFORMS": "cpu"}

EDITORS = [
    pytest.param(name, marks=pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} is not installed"))
    for name in ("vim", "nvim")
]
needs_nvim = pytest.mark.skipif(shutil.which("nvim") is None, reason="nvim is not installed")


def run(editor: str, file: Path, script: Path, home: Path) -> subprocess.CompletedProcess[str]:
    """Open ``file`` with nothing but our runtime files, source ``script`` and leave."""
    flags = ["-Nu", "NONE", "-es"] if editor == "vim" else ["--headless", "-u", "NONE"]
    command = [
        editor, *flags, "-i", "NONE", "--cmd", f"set runtimepath^={RUNTIME} | filetype plugin indent on | syntax on",
        "-c", f"edit {file}", "-S", str(script), "-c", "qa!",
    ]  # fmt: skip
    environment = {**ENVIRONMENT, "HOME": str(home), "XDG_CONFIG_HOME": str(home), "XDG_STATE_HOME": str(home)}
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, check=False
    )


def answer(editor: str, text: str, tmp_path: Path, expression: str, before: str = "") -> Any:
    """The value of a Vim expression with ``text`` in view."""
    file, script, out = tmp_path / "program.alta", tmp_path / "script.vim", tmp_path / "out.json"
    file.write_text(text, encoding="utf-8")
    script.write_text(f"{before}\ncall writefile([json_encode({expression})], '{out}')\n", encoding="utf-8")
    done = run(editor, file, script, tmp_path)
    assert out.exists(), done.stderr + done.stdout
    return json.loads(out.read_text(encoding="utf-8"))


def groups(text: str, editor: str, tmp_path: Path) -> list[list[str]]:
    """The syntax group of every byte of every line."""
    of_line = "map(range(1, strlen(getline(l))), {_, c -> synIDattr(synID(l, c, 1), 'name')})"
    loop = f"let r = []\nfor l in range(1, line('$'))\ncall add(r, {of_line})\nendfor\nreturn r"
    found: list[list[str]] = answer(editor, text, tmp_path, "Groups()", f"function! Groups()\n{loop}\nendfunction")
    return found


def test_the_words_are_those_of_the_grammar() -> None:
    listed: dict[str, set[str]] = {}
    for group, found in re.findall(r"^syntax keyword (\w+) ([\w ]+)$", SYNTAX, re.MULTILINE):
        listed.setdefault(group, set()).update(found.split())
    listed.pop("altaTodo")
    types = listed.pop("altaType")
    assert set().union(*listed.values()) == set(words().keywords)
    assert sum(map(len, listed.values())) == len(words().keywords)
    assert listed["altaDeclaration"] == set(words().declarations)
    assert listed["altaOperatorWord"] == set(words().operators) - {"in"}
    (functions,) = re.findall(r"syntax match altaBuiltin \"\\<\\%\((.*)\\\)", SYNTAX)
    assert types | set(functions.split(r"\|")) == BUILTINS


KINDS = {"COMMENT": "altaComment", "STRING": "altaString|altaEscape", "INT": "altaNumber", "DECIMAL": "altaNumber"}


@pytest.mark.parametrize("editor", EDITORS)
def test_every_token_has_its_colour(editor: str, tmp_path: Path) -> None:
    text = "\n".join([EVERYTHING, *(p.read_text(encoding="utf-8") for p in ALTA_FILES)])
    text = text.encode("ascii", "replace").decode()
    coloured = groups(text, editor, tmp_path)
    for line, given in zip(text.splitlines(), coloured):
        before = ""
        for token in tokenize(line):
            found = set(given[token.start : token.end])
            if token.type in KINDS:
                assert all(re.fullmatch(KINDS[token.type] + "|altaTodo", g) for g in found), (line, token, found)
            elif before == "DOT" and token.text.isidentifier():
                assert found == {"altaField"}, (line, token, found)
            elif token.text in words().reserved:
                assert all(re.match("alta(?!Field|Name|Comment|String)", g) for g in found), (line, token, found)
            if token.type != "BLANK":
                before = token.type
        assert "altaBadEscape" not in given


@pytest.mark.parametrize("editor", EDITORS)
def test_every_operator_has_its_colour(editor: str, tmp_path: Path) -> None:
    for sign, given in zip(SIGNS, groups("\n".join(f"x {sign} y" for sign in SIGNS), editor, tmp_path), strict=True):
        assert all(re.fullmatch("altaOperator|altaOperatorWord|altaRepeat", g) for g in given[2:-2]), sign


@pytest.mark.parametrize("editor", EDITORS)
def test_colours_by_example(editor: str, tmp_path: Path) -> None:
    (given,) = groups(r'fn f(x) = len(x.test) div 2.5 <- "a\n\q" // TODO', editor, tmp_path)
    line = r'fn f(x) = len(x.test) div 2.5 <- "a\n\q" // TODO'
    shown = {
        piece: given[line.index(piece)]
        for piece in ("fn", "f(", "len", "test", "div", "2.5", "<-", r"\n", r"\q", "TODO")
    }
    assert shown == {
        "fn": "altaDeclaration", "f(": "altaName", "len": "altaBuiltin", "test": "altaField", "div": "altaOperatorWord",
        "2.5": "altaNumber", "<-": "altaOperator", r"\n": "altaEscape", r"\q": "altaBadEscape", "TODO": "altaTodo",
    }  # fmt: skip


@pytest.mark.parametrize("editor", EDITORS)
def test_the_file_type_sets_up_the_buffer(editor: str, tmp_path: Path) -> None:
    found = answer(editor, "program p\n", tmp_path, "[&filetype, &commentstring, &shiftwidth, &expandtab, &indentexpr]")
    assert found == ["alta", "// %s", 4, 1, "AltaIndent()"]


@pytest.mark.parametrize("editor", EDITORS)
def test_indentation_gives_back_the_examples(editor: str, tmp_path: Path) -> None:
    """Where only blocks indent, indenting flat text makes it what it was."""
    text = (ROOT / "examples" / "addition.alta").read_text(encoding="utf-8")
    flat = "\n".join(line.strip() for line in text.split("\n"))
    lines = answer(editor, flat, tmp_path, "getline(1, '$')", "silent normal! gg=G")
    assert lines == text.rstrip("\n").split("\n")


@pytest.mark.parametrize("editor", EDITORS)
def test_make_fills_the_quickfix_list(editor: str, tmp_path: Path) -> None:
    text = "program p\ntokens 0, 1\nvar x: bool = tru\noutput x\nlayers 0\nconst H = 7 // 2\n"
    before = f"unlet current_compiler\nlet g:altac_command = '{sys.executable} -m altac'\ncompiler altac\nsilent! make!"
    expression = "map(getqflist(), {_, e -> [bufname(e.bufnr), e.lnum, e.col, e.type, e.text]})"
    found = answer(editor, text, tmp_path, expression, before)
    assert [entry[1:4] for entry in found] == [[3, 15, "E"], [6, 13, "W"]]
    assert [entry[4] for entry in found] == ["unknown name `tru`", "`// 2` is a comment, not a division"]
    assert all(entry[0].endswith("program.alta") for entry in found)


@pytest.mark.parametrize("editor", EDITORS)
def test_the_format_command_is_altac_fmt(editor: str, tmp_path: Path) -> None:
    untidy = "program   p\ntokens 0,1\n\n\n\nvar x:bool=token==1\noutput x\nlayers 1\n"
    before = f"let g:altac_command = '{sys.executable} -m altac'\nsilent! AltacFormat"
    lines = answer(editor, untidy, tmp_path, "getline(1, '$')", before)
    assert lines == format_source(Source("p", untidy)).rstrip("\n").split("\n")
    broken = untidy + "var ("
    assert answer(editor, broken, tmp_path, "getline(1, '$')", before) == broken.split("\n")


# --- the language server in Neovim ------------------------------------------------------------------

LUA = r"""
local out = { errors = {} }
require('altac').setup({ cmd = { '%s', '-m', 'altac', 'lsp' } })
vim.cmd('edit %s')
local function clients() return (vim.lsp.get_clients or vim.lsp.get_active_clients)() end
vim.wait(30000, function() return #clients() == 1 and clients()[1].initialized end, 50)
out.attached = vim.lsp.buf_is_attached(0, clients()[1].id)
vim.wait(30000, function() return #vim.diagnostic.get(0) > 0 end, 50)
for _, d in ipairs(vim.diagnostic.get(0)) do
    table.insert(out.errors, { d.code, d.lnum, d.col, d.end_col, d.message })
end
vim.api.nvim_buf_set_lines(0, 2, 3, true, { '// \240\159\152\128', 'var x: bool = true' })
vim.wait(30000, function() return #vim.diagnostic.get(0) == 0 end, 50)
out.left = #vim.diagnostic.get(0)
vim.api.nvim_win_set_cursor(0, { 5, 7 })
local function ask(method)
    local found = vim.lsp.buf_request_sync(0, method, vim.lsp.util.make_position_params(), 30000)
    local _, first = next(found)
    return first.result
end
out.definition = ask('textDocument/definition').range.start
out.hover = ask('textDocument/hover').contents.value
vim.lsp.buf.rename('y')
vim.wait(30000, function() return vim.api.nvim_buf_get_lines(0, 4, 5, true)[1] == 'output y' end, 50)
out.lines = vim.api.nvim_buf_get_lines(0, 0, -1, true)
vim.fn.writefile({ vim.json.encode(out) }, '%s')
"""


@needs_nvim
def test_neovim_attaches_and_works(tmp_path: Path) -> None:
    program, script, out = tmp_path / "program.alta", tmp_path / "script.lua", tmp_path / "out.json"
    program.write_text("program p\ntokens 0, 1\nvar x: bool = tru\noutput x\nlayers 0\n", encoding="utf-8")
    script.write_text(LUA % (sys.executable, program, out), encoding="utf-8")
    (tmp_path / "empty.txt").write_text("")
    done = run("nvim", tmp_path / "empty.txt", script, tmp_path)
    assert out.exists(), done.stderr + done.stdout
    found = json.loads(out.read_text(encoding="utf-8"))
    assert found["attached"] is True
    (error,) = found["errors"]
    assert error[:4] == ["unknown-name", 2, 14, 17] and "unknown name `tru`" in error[4]
    assert found["left"] == 0
    assert found["definition"] == {"line": 3, "character": 4}
    assert "var x: bool = true" in found["hover"] and "type `bool`" in found["hover"]
    assert found["lines"][2:5] == ["// 😀", "var y: bool = true", "output y"]


@needs_nvim
def test_the_configuration_for_new_neovims_can_be_read(tmp_path: Path) -> None:
    found = answer("nvim", "", tmp_path, f"luaeval('dofile(_A)', '{RUNTIME / 'lsp' / 'altac.lua'}')")
    assert found == {"cmd": ["altac", "lsp"], "filetypes": ["alta"], "root_markers": [".git"]}
