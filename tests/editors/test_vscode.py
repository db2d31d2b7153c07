"""The Visual Studio Code extension, run by Node.js with a stand-in for the editor."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from altac.cli import COMMANDS

VSCODE = Path(__file__).resolve().parents[2] / "editors" / "vscode"
DRIVER = Path(__file__).with_name("vscode_driver.js")
PACKAGE = json.loads((VSCODE / "package.json").read_text(encoding="utf-8"))

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")
needs_client = pytest.mark.skipif(
    not (VSCODE / "node_modules").is_dir(), reason="the language client was not fetched (npm ci in editors/vscode)"
)


def make_vsix(output: Path, **options: Any) -> None:
    spec = importlib.util.spec_from_file_location("make_vsix", VSCODE / "make_vsix.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.make_vsix(output, **options)


def drive(extension: Path, library: str, *arguments: str) -> Any:
    command = ["node", str(DRIVER), str(extension), library, *arguments]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@needs_node
def test_the_extension_starts_the_server_and_runs_programs() -> None:
    found = drive(VSCODE / "extension.js", "stub")
    (started,) = found["started"]
    run = started["server"]["run"]
    assert (run["command"], run["args"]) == (found["node"], ["lsp"]) and run["args"][0] in COMMANDS
    assert {entry["language"] for entry in started["client"]["documentSelector"]} == {"alta"}
    assert found["registered"] == [entry["command"] for entry in PACKAGE["contributes"]["commands"]]
    assert found["saved"] is True
    # What was typed reaches the program as it is, through no shell.
    given = '1 + "2; rm -rf /"'
    file = "/tmp/my programs/parity.alta"
    assert [task["execution"]["args"] for task in found["tasks"]] == [
        ["run", file, "--", given], ["trace", file, "--", given],
    ]  # fmt: skip
    assert all(task["execution"]["process"] == found["node"] for task in found["tasks"])
    assert {task["execution"]["args"][0] for task in found["tasks"]} <= set(COMMANDS)
    # The input of the first test line is proposed, then what was typed last.
    assert json.loads(found["first"]) == ["START", "+", 1, True] and found["second"] == given
    assert found["messages"][0] == "altac: open an .alta program first."
    # One message each for a server that breaks off and a command that there is not.
    assert f"cannot start `{found['node']} lsp`: spawn EACCES" in found["messages"][1]
    assert found["messages"][2:] == [
        "altac was not found: `altac.path` is `${workspaceFolder}/altac`, which has no value here. "
        "Install it with `pip install altac`, or set `altac.path`."
    ]
    assert found["stopped"] == 1


@needs_node
def test_altac_is_found(tmp_path: Path) -> None:
    def command(path: str) -> str:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")
        return str(file)

    def located(setting: str = "", **more: Any) -> str:
        around = {
            "folders": [{"name": "a", "path": str(tmp_path / "a")}, {"name": "b", "path": str(tmp_path / "b c")}],
            "home": str(tmp_path / "home"), "env": {"PATH": f"{tmp_path}/none:{tmp_path}/usr/bin:.", "X": "env"}, "trusted": True,
        }  # fmt: skip
        found = drive(VSCODE / "locate.js", "locate", setting, json.dumps({**around, **more}))
        return str(found.get("command", found.get("missing")))

    assert "no `altac` in a virtual environment" in located()
    usual = command("usr/bin/altac")
    assert located() == usual
    in_home, in_second = command("home/env/bin/altac"), command("b c/venv/bin/altac")
    assert located() == in_second and located(trusted=False) == usual
    active = command("conda/bin/altac")
    assert located(interpreter=str(tmp_path / "conda/bin/python")) == active
    assert located(trusted=False, env={"VIRTUAL_ENV": str(tmp_path / "conda")}) == active
    assert located("~/env/bin/altac") == located("${userHome}/${env:X}/bin/altac") == in_home
    assert located("${workspaceFolder:b}/venv/bin/altac") == located("../b c/venv/bin/altac") == in_second
    own = command("a/.venv/bin/altac")
    assert located() == located("${workspaceFolder}/.venv/bin/altac") == located(".venv/bin/altac") == own
    assert located("altac") == "altac"
    for wrong in ("~/none", "${workspaceFolder}/none", "${env:NONE}/altac", "${workspaceFolder:none}/altac", "${what}"):
        assert wrong in located(wrong)
    assert "has no value here" in located("${workspaceFolder}/altac", folders=[])


@needs_node
def test_without_a_language_client_the_commands_work() -> None:
    found = drive(VSCODE / "extension.js", "missing")
    assert found["started"] == [] and len(found["tasks"]) == 2


def test_the_manifest_names_what_the_code_uses() -> None:
    code = (VSCODE / "extension.js").read_text(encoding="utf-8")
    commands = set(re.findall(r'registerCommand\("([\w.]+)"', code))
    assert commands == {entry["command"] for entry in PACKAGE["contributes"]["commands"]}
    settings = PACKAGE["contributes"]["configuration"]["properties"]
    assert {f"altac.{name}" for name in re.findall(r'getConfiguration\("altac"\)\.get\("(\w+)"', code)} <= set(settings)
    lock = json.loads((VSCODE / "package-lock.json").read_text(encoding="utf-8"))
    assert lock["packages"][""]["dependencies"] == PACKAGE["dependencies"]
    assert not any("resolved" in entry for entry in lock["packages"].values())


def test_enter_takes_no_suggestion_that_changes_nothing() -> None:
    assert PACKAGE["contributes"]["configurationDefaults"]["[alta]"]["editor.acceptSuggestionOnEnter"] == "smart"


def test_packed_without_modules_it_asks_for_none(tmp_path: Path) -> None:
    make_vsix(tmp_path / "bare.vsix", modules=tmp_path / "nothing")
    with zipfile.ZipFile(tmp_path / "bare.vsix") as archive:
        assert json.loads(archive.read("extension/package.json"))["dependencies"] == {}
        assert not any("node_modules" in name for name in archive.namelist())


@needs_node
@needs_client
def test_the_packed_language_client_can_be_loaded(tmp_path: Path) -> None:
    make_vsix(tmp_path / "full.vsix")
    with zipfile.ZipFile(tmp_path / "full.vsix") as archive:
        archive.extractall(tmp_path / "installed")
    found = drive(tmp_path / "installed" / "extension" / "extension.js", "real")
    assert found == {"client": "function", "stdio": 0}


@needs_node
@needs_client
def test_the_packed_library_speaks_with_the_server() -> None:
    found = drive(VSCODE / "extension.js", "wire", sys.executable, "-m", "altac", "lsp")
    assert "unknown-name" in found["diagnostics"] and found["code"] == 0
    provided = {name for name, value in found["capabilities"].items() if value}
    assert {
        "completionProvider", "hoverProvider", "definitionProvider", "typeDefinitionProvider", "referencesProvider",
        "documentHighlightProvider", "documentSymbolProvider", "workspaceSymbolProvider", "codeActionProvider",
        "documentFormattingProvider", "renameProvider", "semanticTokensProvider", "inlayHintProvider",
        "signatureHelpProvider", "textDocumentSync",
    } <= provided  # fmt: skip
