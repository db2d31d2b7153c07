"""The page of `altac view` inside another page."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape


@dataclass(frozen=True)
class Frame:
    """A complete HTML page, shown in a frame of ``height`` pixels: its scripts and styles stay within it."""

    name: str
    page: str = field(repr=False)
    height: int = 700

    def _repr_html_(self) -> str:
        style = f"width: 100%; height: {self.height}px; border: 1px solid rgba(128,128,128,.4)"
        return f'<iframe srcdoc="{escape(self.page)}" title="{escape(self.name)}" style="{style}"></iframe>'
