"""Golden diagnostics: each `x.alta` in tests/golden has what the command line prints about it in `x.err`.

The first line may name the command, `// $ run FILE "[1, 2]"`; without one it is `check FILE`.
"""

from __future__ import annotations

import shlex
from importlib import import_module
from pathlib import Path

import pytest
from click.testing import CliRunner

from altac import diagnostics
from altac.cli import main

FOLDER = Path(__file__).parent / "golden"
FILES = sorted(FOLDER.glob("*.alta"))


def printed(path: Path) -> str:
    """What the command of a golden file prints on stderr, and its exit status."""
    first = path.read_bytes().split(b"\n", 1)[0].decode("utf-8", "replace")
    words = shlex.split(first[4:].strip()) if first.startswith("// $") else ["check", "FILE"]
    args = [path.name if w == "FILE" else w for w in words]
    result = CliRunner(env={"NO_COLOR": "1"}).invoke(main, args, catch_exceptions=False)
    return f"{result.stderr.rstrip()}\n[exit {result.exit_code}]\n"


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_diagnostics_are_as_recorded(
    path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.chdir(FOLDER)
    expected = path.with_suffix(".err")
    text = printed(path)
    if request.config.getoption("--update-golden"):
        expected.write_text(text, encoding="utf-8")
    assert "internal error" not in text
    assert text == expected.read_text(encoding="utf-8")


def registered() -> set[str]:
    for module in sorted(Path(diagnostics.__file__).parent.glob("*_errors.py")):
        import_module(f"altac.diagnostics.{module.stem}")
    return {code for code, kind in diagnostics.REGISTRY.items() if kind.__module__.startswith("altac.")}


#: Codes that need a huge file, a slow run, other files or the Python API: a test of their own names each of them.
ELSEWHERE = {
    "bad-hyperparameter",
    "bad-input",
    "cannot-write",
    "diverged",
    "file-too-large",
    "imports-too-deep",
    "input-exceeds-model",
    "layer-limit",
    "left-out",
    "missing-extra",
    "negative-layers",
    "no-dask",
    "no-scheduler",
    "not-trainable",
    "other-run",
    "plot-too-large",
    "token-index-range",
    "too-complex",
    "unit-not-exact",
    "unknown-dtype",
    "unreadable-hyperparameters",
}  # fmt: skip


def test_every_diagnostic_has_a_golden_file() -> None:
    shown = "\n".join(p.read_text(encoding="utf-8") for p in FOLDER.glob("*.err"))
    missing = {c for c in registered() if f"[{c}]:" not in shown} - ELSEWHERE
    assert not missing, f"no golden file shows {sorted(missing)}"


def test_there_are_at_least_eighty() -> None:
    assert len(FILES) >= 80


def test_what_has_no_golden_file_is_tested_elsewhere() -> None:
    modules = (p for p in Path(__file__).parent.rglob("test_*.py") if p.name != "test_golden.py")
    others = "\n".join(p.read_text(encoding="utf-8") for p in modules)
    assert not {c for c in ELSEWHERE if f'"{c}"' not in others and f"[{c}]" not in others}
