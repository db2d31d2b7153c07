"""The page: a template with style, script and data in it, so that it is one file that needs no network."""

from __future__ import annotations

import json
import re
from html import escape
from importlib.resources import files
from typing import Any

#: The scripts in the order in which they run.
SCRIPTS = ("state.js", "attention.js", "details.js", "page.js")


def embedded(data: Any) -> str:
    """``data`` as JSON that can stand in a script element: nothing in it can end the element or open a comment, and
    half a surrogate pair, as in the name of a file that is not UTF-8, is escaped, since UTF-8 cannot hold it."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    text = re.sub("[\ud800-\udfff]", lambda half: f"\\u{ord(half[0]):04x}", text)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def page(data: dict[str, Any]) -> str:
    """The HTML page of `View.data`."""
    folder = files("altac.view") / "assets"

    def asset(name: str) -> str:
        return (folder / name).read_text(encoding="utf-8")

    parts = {
        "title": escape(data["program"]),
        "style": asset("page.css"),
        "script": "\n".join(asset(name) for name in SCRIPTS),
        "data": embedded(data),
    }
    pieces = asset("page.html").split("%%")  # text, name of a part, text, ...
    return "".join(parts[piece] if number % 2 else piece for number, piece in enumerate(pieces))
