"""The documentation builds as a site whose links all lead somewhere, and which loads nothing from elsewhere."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.docs.pages import DOCS
from tests.view.test_page import ARGS, CHROMIUM

ROOT = DOCS.parent


def build(folder: Path, site: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(site)],
        cwd=folder, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = build(ROOT, folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_every_page_is_in_the_navigation(site: Path) -> None:
    home = (site / "index.html").read_text()
    navigation = home[home.index("md-nav--primary") :]
    for page in DOCS.rglob("*.md"):
        name = page.relative_to(DOCS).with_suffix(".html").as_posix()
        assert (site / name).is_file()
        assert f'href="{name}"' in navigation


def test_every_program_has_a_page(site: Path) -> None:
    for folder in ("examples", "stdlib"):
        for program in (ROOT / folder).rglob("*.alta"):
            page = (site / program.relative_to(ROOT)).with_suffix(".html").read_text()
            assert '<span class="k' in page, "no colours"
    assert 'href="examples/addition.html"' in (site / "index.html").read_text()


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text()
        loaded = re.findall(r'<(?:script|img|iframe|source)\b[^>]*\bsrc="?([^">\s]+)', text)
        loaded += re.findall(r'<link\b(?![^>]*rel="?(?:canonical|next|prev))[^>]*\bhref="?([^">\s]+)', text)
        assert loaded
        assert not [address for address in loaded if "//" in address], page
    for style in site.rglob("*.css"):
        assert not re.search(r"(url\(|@import)\s*['\"]?(https?:)?//", style.read_text()), style


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
@pytest.mark.parametrize("page", ["index.html", "how-to/debug.html"])
def test_pages_opened_from_disk_can_be_searched(site: Path, page: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        shown = browser.new_page()
        asked: list[str] = []
        shown.on("request", lambda request: asked.append(request.url))
        shown.goto((site / page).as_uri())
        shown.locator("input[name=query]").press_sequentially("residual stream")  # the search listens to keys
        found = shown.locator(".md-search-result__meta", has_text="matching documents")
        found.wait_for(timeout=20_000)
        assert shown.locator(".md-search-result__item").count() > 3
        assert all(url.startswith(site.as_uri()) or not url.startswith(("http", "file")) for url in asked)
        browser.close()


def test_code_blocks_are_named_and_coloured(site: Path) -> None:
    tutorial = (site / "tutorial.html").read_text()
    assert '<span class="filename">largest.alta</span>' in tutorial
    assert "```" not in re.sub("<[^>]*>", "", tutorial)
    assert '<span class="filename">error: chained-comparison</span>' in (site / "language.html").read_text()


@pytest.mark.parametrize(
    "text",
    ["[gone](gone.md)", "[gone](tutorial.md#gone)", "[gone](#gone)", "[gone](../examples/gone.alta)", "[gone](/x.md)"],
)
def test_links_that_lead_nowhere_are_refused(text: str, tmp_path: Path) -> None:
    shutil.copytree(DOCS, tmp_path / "docs")
    for name in ("examples", "stdlib"):
        (tmp_path / name).symlink_to(ROOT / name)
    for name in ("mkdocs.yml", "mkdocs_hook.py"):
        shutil.copy(ROOT / name, tmp_path)
    with (tmp_path / "docs" / "index.md").open("a") as file:
        file.write(f"\n{text}\n")
    done = build(tmp_path, tmp_path / "site")
    assert done.returncode != 0
    assert "gone" in done.stderr or "/x.md" in done.stderr
