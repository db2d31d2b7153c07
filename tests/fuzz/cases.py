"""Cases of the fuzzer: each is made of a kind and a number, and raises if something is wrong."""

from __future__ import annotations

import json
import random
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

from click.testing import CliRunner

import altac
from altac.api import check_source
from altac.backends import backend
from altac.cli import main
from altac.diagnostics import AltacError
from altac.diagnostics.json import to_json
from altac.diagnostics.render import render
from altac.ir.json import dump, load
from altac.ir.validate import validate
from altac.semantics import check
from altac.source import Source
from altac.syntax.formatter import format_source
from altac.syntax.reading import read_source
from tests import test_random_sources as programs
from tests.backends.test_against_interpreter import compare
from tests.fuzz.watch import step
from tests.lsp.test_fuzz import ask, damaged
from tests.random_programs import random_inputs
from tests.random_sources import random_source
from tests.syntax.mutants import mutants
from tests.syntax.samples import ALTA_FILES

_ROOT = Path(__file__).resolve().parents[2]
_BLOCK = re.compile(r"```alta\n(.*?)```", re.DOTALL)
_PROGRAM = re.compile(r"^program\b", re.MULTILINE)
#: Why a program may be refused that is not for this machine to compile.
_TOO_LARGE = {"too-many-rules", "too-many-units", "length-not-certified", "proof-incomplete"}


@cache
def corpus() -> tuple[str, ...]:
    """Examples, library, golden files, programs of the documentation and of the diagnostics."""
    files = [*ALTA_FILES, *sorted((_ROOT / "tests" / "golden").glob("*.alta"))]
    found = [path.read_bytes().decode("utf-8", "replace") for path in files]
    pages = [*(_ROOT / "docs").rglob("*.md"), *(_ROOT / "altac" / "diagnostics" / "examples").glob("*.md")]
    for page in sorted(pages):
        found += _BLOCK.findall(page.read_text(encoding="utf-8"))
    return tuple(found)


# mutated sources


def _by_bytes(text: str, rng: random.Random) -> bytes:
    data = bytearray(text.encode())
    for _ in range(rng.randint(1, 6)):
        place = rng.randrange(len(data) + 1)
        data[place : place + rng.choice((0, 1, 1, 4))] = rng.randbytes(rng.choice((0, 1, 1, 4)))
    return bytes(data)


def _by_lines(text: str, rng: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(lines) + 1)
        other = rng.choice(rng.choice(corpus()).splitlines(keepends=True) or ["\n"])
        lines[place : place + rng.choice((0, 1, 1, 3))] = rng.choice(([], [other], [other] * 3))
    return "".join(lines)


def mutated_source(number: int) -> None:
    """A damaged file is read, checked, formatted and opened in an editor."""
    rng = random.Random(number)
    text = rng.choice(corpus()) if rng.random() < 0.8 else random_source(random.Random(number), 0.05).text
    match rng.randrange(4):
        case 0:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "mutant.alta"
                path.write_bytes(_by_bytes(text, rng))
                try:
                    text = read_source(path).text
                except AltacError as error:
                    for problem in error.problems:
                        render(problem)
                    return
        case 1:
            text = _by_lines(text, rng)
        case 2:
            (text,) = mutants([text or "\n"], 1, number)
        case _:
            text = damaged(text, rng)
    source = Source("mutant.alta", text)
    with step("check", 2):
        program, problems = check_source(source)
    for problem in problems:
        render(problem)
        json.dumps(to_json(problem))
    assert program is not None or any(p.severity == "error" for p in problems) or not _PROGRAM.search(text)
    try:
        with step("fmt", 2):
            formatted = format_source(source)
    except AltacError:
        formatted = None
    if formatted is not None:
        assert format_source(Source("mutant.alta", formatted)) == formatted, "fmt is not idempotent"
        if program is not None:
            again, _ = check_source(Source("mutant.alta", formatted))
            assert again is not None and dump(again.ir, spans=False) == dump(program.ir, spans=False)
    if rng.random() < 0.25:
        with step("lsp", 4):
            ask(str(_ROOT / "mutant.alta"), text, rng)
    if program is not None and rng.random() < 0.2:
        _run(program, rng)


def _run(program: altac.Program, rng: random.Random) -> None:
    """A mutant that is a program runs, and what its rules say is what happens."""
    assert not list(validate(program.ir))
    inputs = random_inputs(rng, program.ir, 4)
    try:
        with step("run", 2):
            program.results(inputs, "interpreter", rng.choice((1_000, 3)))
    except AltacError:
        return
    if sum(v.domain.size for v in program.ir.variables) < 200:
        programs.check_rules_and_units(program.ir, rng, rng.randrange(1000))


# random programs


def random_text(number: int) -> None:
    """A random program through formatter, IR, interpreter, rules and units at all levels, against what its text means."""
    rng = random.Random(number)
    meant = random_source(random.Random(number), rng.choice((0.05, 0.05, 0.25)))
    source = Source("random.alta", meant.text)
    formatted = format_source(source)
    assert format_source(Source("random.alta", formatted)) == formatted
    with step("check", 2):
        checked = check(source)
    program = checked.program
    if program is None:
        codes = {p.code for p in checked.problems if p.severity == "error"}
        assert codes <= programs.ACCEPTED, codes
        return
    assert not list(validate(program))
    assert load(dump(program)) == program
    programs.check_initial_values(program, meant)
    programs.check_steps(program, meant, rng, 30)
    programs.check_interpreter(program, rng)
    programs.check_rules_and_units(program, rng, number)


def random_model(number: int) -> None:
    """A random program as a model of every library, against the interpreter on several inputs."""
    rng = random.Random(number)
    program = check(Source("random.alta", random_source(random.Random(number), 0.05).text)).program
    if program is None:
        return
    inputs = [t for _ in range(3) for t in random_inputs(rng, program)]
    unlimited = program.halt is None and program.max_layers is None
    try:
        compare(program, inputs, number % 3, [3] if unlimited else [None, 2])
    except AltacError as error:
        if error.problems[0].code not in _TOO_LARGE:
            raise


# hostile files

_PARITY = _ROOT / "examples" / "parity" / "sequential_relative.alta"
_INPUTS = '["START", 1, 0, 1]\n"START 1 1"\n["START"]\n["START", 0, 1]\n'
_HYPERPARAMETERS = "hidden = [16]\nsteps = 3\nbatch = 4\nlearning_rate = 0.01\n"
_TRAIN = ("train", "@p.alta", "--inputs", "@in.jsonl", "--hyperparameters", "@h.toml")
_STRANGE = (
    b"\0", b"\xff\xfe", b"[" * 5000, b"{" * 5000, b"1" * 6000, b'"', b"\n", b"\r", b"NaN", b"-1", b"1e999", b"null", b"[[]]",
    b'{"a": 1}', b"\xe2\x80\xa8", b"true", b"99999999999999999999", b"=", b'"\\ud800"', b"",
)  # fmt: skip


def _spoilt(data: bytes, rng: random.Random) -> bytes:
    match rng.randrange(5):
        case 0:
            return data[: rng.randrange(len(data) + 1)]
        case 1:
            return b""
        case _:
            spoilt = bytearray(data)
            for _ in range(rng.randint(1, 4)):
                place = rng.randrange(len(spoilt) + 1)
                spoilt[place : place + rng.choice((0, 1, 8))] = rng.choice((*_STRANGE, rng.randbytes(3)))
            return bytes(spoilt)


@cache
def _workshop() -> Path:
    """A folder with a model of each target, the checkpoints of a training, traces, and their sources."""
    folder = Path(tempfile.mkdtemp(prefix="altac-fuzz-"))
    (folder / "p.alta").write_text(_PARITY.read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "in.jsonl").write_text(_INPUTS, encoding="utf-8")
    (folder / "h.toml").write_text(_HYPERPARAMETERS, encoding="utf-8")
    for arguments in (
        ("build", "@p.alta", "-o", "@flax"), ("build", "@p.alta", "-o", "@numpy", "--target", "numpy"),
        (*_TRAIN, "-o", "@trained"),
    ):  # fmt: skip
        done = _command(folder, *arguments)
        assert done == 0, (arguments, done)
    return folder


def _command(folder: Path, *arguments: str) -> int:
    """The exit status of a command, whose arguments after @ are in the folder; raises what it raises."""
    done = CliRunner().invoke(main, [str(folder / a[1:]) if a.startswith("@") else a for a in arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert "internal error" not in done.output and "Traceback" not in done.output, done.output
    return done.exit_code


def hostile_file(number: int) -> None:
    """A file that a command reads is damaged, or is none."""
    rng = random.Random(number)
    files = _files()
    name = rng.choice(sorted(files))
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        top = Path(name).parts[0]
        for part in {top, "p.alta", "in.jsonl", "h.toml"}:
            source = _workshop() / part
            (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / part)
        target = folder / name
        if rng.random() < 0.1:
            target.unlink()
            rng.choice((lambda: None, target.mkdir, lambda: target.symlink_to(target)))()
        else:
            target.write_bytes(_spoilt(target.read_bytes(), rng))
        for arguments in files[name]:
            with step(" ".join(arguments[:1]), 8):
                assert _command(folder, *arguments) in (0, 1, 2)
        if top in ("flax", "numpy") and target.suffix in (".json", ".safetensors"):
            with step("load", 4):
                _load(top, folder / top)


def _load(target: str, folder: Path) -> None:
    """A model is loaded and run as its users do; it may be refused."""
    try:
        backend(target).load(folder).run([[0, 1]])
    except (ValueError, TypeError):
        return


@cache
def _files() -> Mapping[str, tuple[tuple[str, ...], ...]]:
    """The files that can be damaged, each with the commands that read it."""
    inputs = ("@p.alta", "--inputs", "@in.jsonl")
    found: dict[str, tuple[tuple[str, ...], ...]] = {
        "in.jsonl": (
            ("run", *inputs), ("minimize", *inputs), ("theorem", *inputs, "--skip-failing"),
            ("trace", *inputs, "-o", "@t.jsonl", "--skip-failing"),
        ),
        "h.toml": (_TRAIN,),
    }  # fmt: skip
    for path in _workshop().rglob("*"):
        name = path.relative_to(_workshop()).as_posix()
        if path.is_file() and "__pycache__" not in name and "/" in name:
            top = name.split("/")[0]
            trained = top == "trained"
            found[name] = (
                (*_TRAIN, "-o", "@trained")
                if trained
                else ("verify", f"@{top}", "--samples", "5", "--exhaustive", "20"),
            )
    return found


#: The kinds by name, with the share of the time that each gets.
KINDS: Mapping[str, tuple[Callable[[int], None], float]] = {
    "sources": (mutated_source, 0.4), "programs": (random_text, 0.3), "models": (random_model, 0.15),
    "files": (hostile_file, 0.15),
}  # fmt: skip


def numbers(seed: int) -> Iterator[int]:
    """The numbers of the cases of a run."""
    rng = random.Random(seed)
    while True:
        yield rng.randrange(1 << 40)
