"""Golden diagnostics: each `x.alta` in tests/golden has what the command line prints about it in `x.err`.

The first line may name the command, `// $ run FILE "[1, 2]"`; without one it is `check FILE`. An `x.err` without an
`x.alta` has what is printed about the wrong version of the example of that diagnostic, `altac/diagnostics/examples/x.md`; so
it is for a new diagnostic that no other file shows. `--update-golden` writes the `.err` files.
"""

from __future__ import annotations

import re
import shlex
from importlib import import_module
from pathlib import Path

import pytest
from click.testing import CliRunner

from altac import diagnostics
from altac.cli import main
from altac.diagnostics.example import example_of
from tests.diagnostics.examples import shown_command

FOLDER = Path(__file__).parent / "golden"


def printed(args: list[str]) -> str:
    """What a command prints on stderr, and its exit status."""
    result = CliRunner(env={"NO_COLOR": "1"}).invoke(main, args, catch_exceptions=False)
    return f"{result.stderr.rstrip()}\n[exit {result.exit_code}]\n"


def command(path: Path) -> list[str]:
    """The command of a golden file, with the file's name in it."""
    first = path.read_bytes().split(b"\n", 1)[0].decode("utf-8", "replace")
    words = shlex.split(first[4:].strip()) if first.startswith("// $") else ["check", "FILE"]
    return [path.name if w == "FILE" else w for w in words]


def registered() -> set[str]:
    for module in sorted(Path(diagnostics.__file__).parent.glob("*_errors.py")):
        import_module(f"altac.diagnostics.{module.stem}")
    return {code for code, kind in diagnostics.REGISTRY.items() if kind.__module__.startswith("altac.")}


def shown() -> set[str]:
    """The codes in the recorded messages."""
    return {code for p in FOLDER.glob("*.err") for code in re.findall(r"\[([\w-]+)\]:", p.read_text(encoding="utf-8"))}


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
    "not-well-formed",
    "other-run",
    "plot-too-large",
    "token-index-range",
    "chain-too-long",
    "too-complex",
    "too-many-inputs",
    "too-many-words",
    "unit-not-exact",
    "units-refuted",
    "unknown-dtype",
    "unreadable-hyperparameters",
}  # fmt: skip


NAMES = sorted({p.stem for p in FOLDER.iterdir() if p.is_file()} | registered() - shown() - ELSEWHERE)


@pytest.mark.parametrize("name", NAMES)
def test_diagnostics_are_as_recorded(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    path = FOLDER / f"{name}.alta"
    if path.exists():
        monkeypatch.chdir(FOLDER)
        text = printed(command(path))
    else:
        example = example_of(name)
        assert example is not None, f"write altac/diagnostics/examples/{name}.md"
        monkeypatch.chdir(tmp_path)
        text = printed(shown_command(example, tmp_path))
        assert f"[{name}]:" in text
    expected = path.with_suffix(".err")
    if request.config.getoption("--update-golden"):
        expected.write_text(text, encoding="utf-8")
    assert "internal error" not in text
    assert expected.exists(), "record it: pytest tests/test_golden.py --update-golden"
    assert text == expected.read_text(encoding="utf-8")


def test_there_are_at_least_eighty() -> None:
    assert len(NAMES) >= 80


def test_what_has_no_golden_file_is_tested_elsewhere() -> None:
    modules = (p for p in Path(__file__).parent.rglob("test_*.py") if p.name != "test_golden.py")
    others = "\n".join(p.read_text(encoding="utf-8") for p in modules)
    assert not {c for c in ELSEWHERE if f'"{c}"' not in others and f"[{c}]" not in others}
