"""What the site needs besides the pages in docs/: the navigation, a page for each program, titles of code blocks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from pygments.lexers import LEXERS

from altac.highlight import AltacLexer

ROOT = Path(__file__).parent

#: Sections of the navigation. Pages that are not written yet are left out, those that are not named come last.
SECTIONS = {
    "Learning": ["tutorial.md", "coming-from-rasp.md"],
    "How to": [
        "how-to/debug.md", "how-to/small-models.md", "how-to/exact-models.md", "how-to/pytorch.md", "how-to/components.md",
        "how-to/inputs.md", "viewing.md", "editors.md",
    ],
    "Reference": ["language.md", "commands.md", "python-api.md", "errors.md", "ir.md"],
    "Learning from traces": ["training.md", "learnability.md", "reproduction.md"],
}  # fmt: skip

#: Folders whose programs get a page; the pages in docs/ link to the files themselves, as repositories show them.
PROGRAMS = ("examples", "stdlib")

_LINK = re.compile(r"\]\(((?:\.\./)+)((?:" + "|".join(PROGRAMS) + r")/[\w/-]+)\.alta\)")
#: A link to something else of the repository; its path is seen from docs/ once the way up from a folder in it is left out.
_OUTSIDE = re.compile(r"\[([^\]]*)\]\(((?:\.\./)+)([\w./-]+)\)")
_FENCE = re.compile(r"^```(\w+) (file|error)=(\S+).*$", re.MULTILINE)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put all pages into the navigation, and have programs in colours, with altac installed or not."""
    LEXERS["AltacLexer"] = (
        AltacLexer.__module__, AltacLexer.name, tuple(AltacLexer.aliases), tuple(AltacLexer.filenames), (),
    )  # fmt: skip
    docs = Path(config.docs_dir)
    pages = {path.relative_to(docs).as_posix() for path in docs.rglob("*.md")}
    sections = {title: [name for name in names if name in pages] for title, names in SECTIONS.items()}
    named = {"index.md", *(name for names in sections.values() for name in names)}
    sections["More"] = sorted(pages - named)
    nav: list[Any] = [{"Overview": "index.md"}, *({title: names} for title, names in sections.items() if names)]
    config.nav = nav
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add a page for each program."""
    for folder in PROGRAMS:
        for path in sorted((ROOT / folder).rglob("*.alta")):
            name = path.relative_to(ROOT).with_suffix("").as_posix()
            text = f"# {name}.alta\n\n```alta\n{path.read_text(encoding='utf-8').rstrip()}\n```\n"
            files.append(File.generated(config, f"{name}.md", content=text, inclusion=InclusionLevel.NOT_IN_NAV))
    return files


def on_page_markdown(markdown: str, *, page: Any, config: MkDocsConfig, files: Files) -> str:
    """Link to the pages of programs, leave of links to other files of the repository their text, and name the files and
    errors of code blocks above them."""
    depth = page.file.src_uri.count("/") + 1

    def outside(match: re.Match[str]) -> str:
        leaves = match[2].count("../") == depth and (ROOT / match[3]).exists()
        return match[1] if leaves else match[0]

    markdown = _LINK.sub(lambda m: f"]({m[1].removeprefix('../')}{m[2]}.md)", markdown)
    markdown = _OUTSIDE.sub(outside, markdown)
    return _FENCE.sub(lambda m: f'```{m[1]} title="{m[3] if m[2] == "file" else "error: " + m[3]}"', markdown)
