"""The wheel carries the grammar and the standard library, and both kinds of install find them."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = """\
program uses_std
import std.marks
tokens 0, 1
var x: bool = token == 1
output x
layers 0
test [1, 0] => [true, false]
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        check=True, capture_output=True,
    )  # fmt: skip
    (found,) = folder.glob("*.whl")
    return found


def test_the_wheel_has_the_files_of_the_language(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "altac/_grammar/alta.lark" in names
    for module in (ROOT / "stdlib").glob("*.alta"):
        assert f"altac/_stdlib/{module.name}" in names
    for example in (ROOT / "altac" / "diagnostics" / "examples").glob("*.md"):
        assert f"altac/diagnostics/examples/{example.name}" in names
    for asset in (ROOT / "altac" / "view" / "assets").iterdir():
        assert f"altac/view/assets/{asset.name}" in names


def run_altac(cwd: Path, path: str | None) -> str:
    """`altac test` in a fresh process; ``path`` goes before everything else on the module path."""
    (cwd / "p.alta").write_text(PROGRAM)
    env = {**os.environ, "XDG_CACHE_HOME": str(cwd / "cache")}
    if path is not None:
        env["PYTHONPATH"] = path
    script = (
        "import altac, sys; print(altac.__file__); from altac.cli import main; "
        "main(['test', 'p.alta', '--engine', 'interpreter'])"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_installed_wheel_works(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(site), str(wheel)],
        check=True, capture_output=True,
    )  # fmt: skip
    out = run_altac(tmp_path, str(site))
    assert str(site) in out
    assert "1 passed, 0 failed" in out


def test_an_editable_install_works(tmp_path: Path) -> None:
    out = run_altac(tmp_path, None)
    assert str(ROOT / "altac") in out
    assert "1 passed, 0 failed" in out
