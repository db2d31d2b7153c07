"""Every target: what it says of itself, and that what it writes runs with the packages it names and nothing else."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from altac.backends import backend
from altac.backends.writing import write
from altac.ir import MlpCode, Program, Symbol, TokenDomain
from altac.transformer import BuiltModel
from altac.units import units
from tests import programs
from tests.models import INSTALLED, build

#: What some target may need, and no other may import.
LIBRARIES = {"altac", "jax", "flax", "safetensors", "ml_dtypes", "optax", "torch"}


@pytest.fixture(scope="module")
def parity() -> BuiltModel:
    program = programs.parity_relative()
    return build(program, units(program, 2))


@pytest.mark.parametrize("target", INSTALLED)
def test_a_target_describes_itself(target: str) -> None:
    found = backend(target)
    assert found.name == target
    assert found.description and found.carries and found.requires


def test_asking_for_a_target_loads_no_library() -> None:
    script = (
        "import sys\nfrom altac.backends import TARGETS, backend\nassert 'numpy' not in sys.modules\n"
        "for name in TARGETS: backend(name)\nassert not {'jax', 'flax', 'torch'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def python(target: str, code: str, folder: Path) -> list[str]:
    """The lines that Python code prints in ``folder`` where only the packages that a target needs are installed."""
    needed = {*backend(target).requires}
    allowed = needed | ({"ml_dtypes", "optax"} if "flax" in needed else set())  # which these import themselves
    hidden = "".join(f"sys.modules[{name!r}] = None\n" for name in sorted(LIBRARIES - allowed))
    env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {"JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{hidden}{code}"],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("target", INSTALLED)
def test_a_written_model_needs_what_it_says(parity: BuiltModel, tmp_path: Path, target: str) -> None:
    write(parity, tmp_path / "model", target)
    code = (
        "import numpy as np\n"
        "from model import load\n"
        "m = load()\n"
        "print(m(['START', 1, 0, 1])['output'])\n"
        "print([run.output for run in m.run([m.encode(['START', 1, 1, 0]), m.encode(['START', 1])])])\n"
        "found = m.transformer(np.array([m.encode(['START', 1, 1, 0])]))\n"
        "print(np.argmax(found.logits, -1).tolist(), found.layers.tolist(), found.halted.tolist())\n"
    )
    assert python(target, code, tmp_path / "model") == [
        "[False, True, True, False]", "[[0, 1, 0, 0], [0, 1]]", "[[0, 1, 0, 0]] [3] [True]",
    ]  # fmt: skip


@pytest.mark.parametrize("target", INSTALLED)
def test_a_written_model_is_a_package_too(parity: BuiltModel, tmp_path: Path, target: str) -> None:
    program = programs.countdown()
    write(parity, tmp_path / "parity", target)
    write(build(program, units(program, 2)), tmp_path / "countdown", target)
    code = (
        "from countdown.model import load as first\nfrom parity.model import load as second\n"
        "print(first()('4')['output'], second()(['START', 1])['output'])\n"
    )
    assert python(target, code, tmp_path) == ["[3, 2, 1, 0] [False, True]"]


@pytest.mark.parametrize("target", INSTALLED)
def test_the_command_line_of_a_model(parity: BuiltModel, tmp_path: Path, target: str) -> None:
    write(parity, tmp_path / "model", target)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        env = os.environ | {"JAX_PLATFORMS": "cpu"}
        return subprocess.run(
            [sys.executable, str(tmp_path / "model" / "model.py"), *arguments], env=env, capture_output=True, text=True,
            check=False,
        )  # fmt: skip

    done = run("START 1 1", '["START", 0]')
    assert [json.loads(line)["output"] for line in done.stdout.splitlines()] == [[False, True, False], [False, False]]
    done = run("START 1 2")
    assert (done.returncode, done.stderr) == (1, "START 1 2: no token is spelled '2'\n")


@pytest.mark.parametrize("target", INSTALLED)
def test_bfloat16_weights_are_read_back_as_they_are(target: str, tmp_path: Path) -> None:
    program = programs.parity_sum(10)
    built = build(program, units(program, 2), dtype="bfloat16")
    write(built, tmp_path / "model", target)
    loaded, direct = backend(target).load(tmp_path / "model"), backend(target).model(built)
    inputs = [(2, *[1] * k, 0) for k in range(10)]
    assert [tuple(run) for run in loaded.run(inputs)] == [tuple(run) for run in direct.run(inputs)]


@pytest.mark.parametrize("target", INSTALLED)
def test_a_broken_configuration_names_its_field(parity: BuiltModel, tmp_path: Path, target: str) -> None:
    write(parity, tmp_path / "model", target)
    config = tmp_path / "model" / "config.json"
    config.write_text(config.read_text().replace('"fill": null', '"fill": "x"'))
    with pytest.raises(ValueError, match='`frame.fill` is "x", not an integer or null'):
        backend(target).load(tmp_path / "model")


HOSTILE = (
    "\0", "\x1b[31m", "'", '"', "'''", '"""', "\\", "\\N{x}", "\\u", "\r", "\n", "\t", "\u2028", "\x85", "\x0c", "{x}",
    "%s", "\ufeff", "日本", "\U0001f600", "\u202e", '"' * 7, "trailing\\",
)  # fmt: skip


@pytest.mark.parametrize("target", INSTALLED)
def test_no_spelling_or_comment_breaks_the_code(target: str, tmp_path: Path) -> None:
    """Tokens are in the docstring of model.py, and so are the name and the comment of a program."""
    symbols = tuple(Symbol(f"t{i}" if i % 2 else text, text) for i, text in enumerate(HOSTILE))
    domain = TokenDomain(symbols)
    codes = range(domain.low, domain.low + len(HOSTILE))
    value = replace(programs.by_token(domain, "value", codes), doc=" ".join(HOSTILE))
    program = Program("class", domain, (value,), (), MlpCode(()), "value", max_layers=1, doc='"""\\' + "\0\\N\r" * 3)
    write(build(program, units(program, 2)), tmp_path / "model", target)
    code = (
        "from model import load\nimport json\nm = load()\n"
        "print(m.run([list(range(len(m.configuration.tokens)))])[0].output)\n"
        "print(json.dumps([token.spelling for token in m.configuration.tokens]))\n"
    )
    output, spellings = python(target, code, tmp_path / "model")
    assert json.loads(output) == list(range(len(HOSTILE)))
    assert tuple(json.loads(spellings)) == HOSTILE
    ast.parse((tmp_path / "model" / "model.py").read_bytes())
