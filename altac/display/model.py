"""Compiled models as HTML and as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altac.display.html import cell, folded, heading, page, table, text

if TYPE_CHECKING:
    from altac.api import Model

_NAMES = {
    "variables": "variables", "heads": "heads", "rules": "rules at -O0", "mlp_width": "hidden units",
    "residual_width": "residual stream", "parameters": "parameters",
}  # fmt: skip


def model_text(model: Model) -> str:
    """The sizes of a model in a line, and what is certain about it."""
    sizes = ", ".join(f"{_count(model.sizes[key])} {name}" for key, name in _NAMES.items())
    return f"{_title(model)}: {sizes}\n{model.certificate.statement()}"


def model_html(model: Model) -> str:
    """The sizes, the attention heads, and the certificate."""
    sizes = [[heading(name, "left"), cell(_count(model.sizes[key]))] for key, name in _NAMES.items()]
    heads = [[heading(name, "left") for name in ("attention head", "query", "key", "offsets")]]
    for head in model.built.labels.attention_heads:
        shown = "all" if head.offsets is None else ", ".join(map(str, head.offsets))
        heads.append([cell(text, "left") for text in (head.name, head.query or "", head.key or "", shown)])
    parts = [text(_title(model)), table(sizes)]
    if len(heads) > 1:
        parts.append(folded("attention heads of the model", table(heads)))
    return page(*parts, *(text(line) for line in model.certificate.statement().splitlines()))


def _title(model: Model) -> str:
    return f"{model.program.name} at -O{model.level}, {model.certificate.dtype}"


def _count(value: int | None) -> str:
    return "too many" if value is None else f"{value:,}"
