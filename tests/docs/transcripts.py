"""Pages that are followed literally: their files are written, their commands run, what they print is compared.

Run as a module to paste the real outputs into the pages.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.docs.pages import DOCS

#: The pages that are followed, each in an empty folder that holds the examples.
PAGES = ("index.md", "tutorial.md", "commands.md", "viewing.md", "learnability.md", "training.md", "coming-from-rasp.md")

EXAMPLES = DOCS.parent / "examples"
_FENCE = re.compile(r"^```((?:alta|json|toml) file=(\S+)|console)\n(.*?)^```$", re.DOTALL | re.MULTILINE)

#: What differs from run to run.
_VARIES = re.compile(r"(?<=loss )[\d.e-]+|\b\d+(\.\d+)? ?s\b|(?<=\"seconds\": )[\d.]+|\b\d\.\d+e-?\d+\b")


def replay(page: Path, folder: Path) -> Iterator[tuple[re.Match[str], str]]:
    """Every console fence of the page with the transcript of its commands as they run in ``folder``."""
    (folder / "examples").symlink_to(EXAMPLES)
    for match in _FENCE.finditer(page.read_text()):
        if match[2]:
            (folder / match[2]).write_text(match[3])
            continue
        lines = []
        for line in match[3].splitlines():
            if line.startswith("$ "):
                lines += [line, *_output(line[2:], folder)]
        yield match, "\n".join(lines) + "\n"


def steady(transcript: str) -> str:
    """A transcript without what differs from run to run."""
    return _VARIES.sub("~", transcript)


def _output(command: str, folder: Path) -> list[str]:
    program, *arguments = shlex.split(command)
    start = {"altac": str(Path(sys.executable).with_name("altac")), "python": sys.executable}[program]
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "100", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [start, *arguments], cwd=folder, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    return [line.rstrip() for line in done.stdout.splitlines()]


def main() -> None:
    """Write the transcripts of all pages into them."""
    for name in PAGES:
        page = DOCS / name
        with tempfile.TemporaryDirectory() as folder:
            text = page.read_text()
            for match, transcript in reversed(list(replay(page, Path(folder)))):
                if steady(match[3]) != steady(transcript):
                    text = text[: match.start(3)] + transcript + text[match.end(3) :]
        page.write_text(text)


if __name__ == "__main__":
    main()
