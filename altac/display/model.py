"""Compiled models as HTML."""

from __future__ import annotations

from collections.abc import Mapping

from altac.display.html import cell, folded, heading, page, table, text
from altac.transformer import BuiltModel

_NAMES = {
    "variables": "variables", "heads": "heads", "rules": "rules at -O0", "mlp_width": "hidden units",
    "residual_width": "residual stream", "parameters": "parameters",
}  # fmt: skip


def model_html(model: BuiltModel, level: int, sizes: Mapping[str, int | None]) -> str:
    """The sizes, the attention heads, and the certificate."""
    counts = [[heading(name, "left"), cell(_count(sizes[key]))] for key, name in _NAMES.items()]
    title = f"{model.configuration.program} at -O{level}, {model.certificate.dtype}"
    heads = [[heading(name, "left") for name in ("attention head", "query", "key", "offsets")]]
    for head in model.labels.attention_heads:
        shown = "all" if head.offsets is None else ", ".join(map(str, head.offsets))
        heads.append([cell(text, "left") for text in (head.name, head.query or "", head.key or "", shown)])
    parts = [text(title), table(counts)]
    if len(heads) > 1:
        parts.append(folded("attention heads of the model", table(heads)))
    return page(*parts, *(text(line) for line in model.certificate.statement().splitlines()))


def _count(value: int | None) -> str:
    return "too many" if value is None else f"{value:,}"
