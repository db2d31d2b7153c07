"""Pages that are followed literally: their files are written, their commands and Python code run, what comes out compared.

Run as a module to paste the real outputs into the pages.
"""

from __future__ import annotations

import doctest
import io
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import chdir, contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from altac.cli import main as main_command
from altac.repl.session import Session
from tests.docs.pages import DOCS

#: The pages that are followed, each in an empty folder that holds the examples. errors.md is made of the examples that
#: tests/diagnostics/test_examples.py runs.
PAGES = sorted(page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md") if page.name != "errors.md")

EXAMPLES = DOCS.parent / "examples"
_FENCE = re.compile(r"^```(\w+)(?: file=(\S+))?[^\n]*\n(.*?)^```$", re.DOTALL | re.MULTILINE)

#: What differs from run to run.
_VARIES = re.compile(
    r"(?<=loss )[\d.e-]+|\b\d+(\.\d+)? ?s\b|(?<=\"seconds\": )[\d.]+|(?<=  seconds) +[\d.]+|\b\d\.\d+e-?\d+\b"
)


def replay(page: Path, folder: Path) -> Iterator[tuple[re.Match[str], str]]:
    """Every `console` and `pycon` fence of the page with the transcript of what it says as it runs in ``folder``.

    A fence with ``file=NAME`` is written to that file, a `python` fence is run. The Python code of a page is one program.
    """
    (folder / "examples").symlink_to(EXAMPLES)
    names: dict[str, Any] = {"__name__": "page"}
    for match in _FENCE.finditer(page.read_text()):
        language, file, text = match.groups()
        if file:
            (folder / file).parent.mkdir(exist_ok=True)
            (folder / file).write_text(text)
        elif language == "python":
            with chdir(folder), redirect_stdout(io.StringIO()):
                exec(compile(text, page.name, "exec"), names)
        elif language == "pycon":
            with chdir(folder), _importable(folder):
                yield match, "".join(_session(text, names))
        elif language == "console":
            with chdir(folder):
                yield match, "".join(f"{line}\n" for line in _console(text, folder))


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """What lies in ``folder`` can be imported, as where Python is started there; no other page sees it."""
    before = set(sys.modules)
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in set(sys.modules) - before:
            found = getattr(sys.modules[name], "__file__", None)
            if found is not None and Path(found).is_relative_to(folder):
                del sys.modules[name]


def steady(transcript: str) -> str:
    """A transcript without what differs from run to run."""
    return _VARIES.sub("~", transcript)


def _console(text: str, folder: Path) -> Iterator[str]:
    """The commands after `$`, and the entries after `alta>` in the session that one of them has begun, with what they say."""
    session = Session()
    for line in text.splitlines():
        if line.startswith("$ altac repl "):
            yield line
            yield from _lines(session.handle(f":load {line.removeprefix('$ altac repl ')}"))
        elif line.startswith("$ "):
            yield line
            yield from output(line[2:], folder)
        elif line.startswith("alta> "):
            yield line
            yield from _lines(session.handle(line.removeprefix("alta> ")))


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines()]


def output(command: str, folder: Path) -> list[str]:
    """What an altac or python command prints in ``folder``, line by line."""
    program, *arguments = shlex.split(command)
    environment = {"NO_COLOR": "1", "COLUMNS": "100", "JAX_PLATFORMS": "cpu"}
    if program == "altac":  # in this process, which has loaded jax already
        with chdir(folder):
            return _lines(CliRunner(env=environment).invoke(main_command, arguments, catch_exceptions=False).output)
    assert program == "python", command
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env={**os.environ, **environment}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    return _lines(done.stdout)


def _session(text: str, names: dict[str, Any]) -> Iterator[str]:
    """What an interactive session shows that the code after the prompts is typed into."""
    for example in doctest.DocTestParser().get_examples(text):
        for number, line in enumerate(example.source.splitlines()):
            yield f"{'...' if number else '>>>'} {line}".rstrip() + "\n"
        shown = io.StringIO()
        with redirect_stdout(shown):
            before, sys.displayhook = sys.displayhook, sys.__displayhook__
            try:
                exec(compile(example.source, "<session>", "single"), names)
            except Exception as error:
                print(f"Traceback (most recent call last):\n  ...\n{_qualified(type(error))}: {error}")
            finally:
                sys.displayhook = before
        yield "".join(f"{line.rstrip()}\n" for line in shown.getvalue().splitlines())


def _qualified(kind: type) -> str:
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def main() -> None:
    """Write the transcripts of all pages into them, or of those that are named."""
    for name in sys.argv[1:] or PAGES:
        page = DOCS / name
        with tempfile.TemporaryDirectory() as folder:
            text = page.read_text()
            for match, transcript in reversed(list(replay(page, Path(folder)))):
                if steady(match[3]) != steady(transcript):
                    text = text[: match.start(3)] + transcript + text[match.end(3) :]
        page.write_text(text)


if __name__ == "__main__":
    main()
