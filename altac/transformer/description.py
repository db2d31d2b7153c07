"""What a built model says about itself: labels of the attention heads, the docstring of its module, its README."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from altac.ir import Head, Variable, label
from altac.transformer.attention import Group
from altac.transformer.certificate import Certificate
from altac.transformer.layout import Layout, is_numerical

if TYPE_CHECKING:
    from altac.transformer.building import BuiltModel

_LISTED = 40


def attention_labels(layout: Layout, groups: list[Group], certificate: Certificate) -> list[dict[str, Any]]:
    """What each attention head does, with the source line of every head of the program that it computes."""
    scales = {m.head.name: m.scale for m in certificate.means}
    found = []
    for group in groups:
        outputs = []
        for head in group.heads:
            entry: dict[str, Any] = {"head": head.name, "value": head.value}
            if head.name in scales:
                entry |= {"mean": True, "scale": scales[head.name]}
            if head.span is not None:
                entry |= {"source": str(head.span), "line": head.span.line}
            outputs.append(entry)
        found.append({
            "name": ", ".join(h.name for h in group.heads), "query": group.query, "key": group.key,
            "offsets": None if group.offsets is None else sorted(group.offsets), "outputs": outputs,
        })  # fmt: skip
    return found


def docstring(built: BuiltModel) -> str:
    """The docstring of model.py: what the program is, and where everything is in the residual stream."""
    program, layout = built.program, built.layout
    lines = [f"The Transformer that runs the program `{program.name}`, with weights set by altac.", ""]
    lines += [line.rstrip() for line in program.doc.splitlines()] + ([""] if program.doc else [])
    lines += ["Use:", "", "    from model import load", "    model = load()"]
    lines += ['    model("...")                          # text or a list of tokens, see config.json']
    lines += ["    model.transformer(tokens, mask)       # batches of token indices, (B, T)", ""]
    lines.append(f"Residual stream ({layout.width} dimensions):")
    lines.append("")
    shown = program.slots[:_LISTED]
    width = max(len(_dimensions(layout, slot)) for slot in shown)
    lines += [f"    {_dimensions(layout, slot):<{width}}  {_meaning(layout, slot)}" for slot in shown]
    if len(program.slots) > _LISTED:
        lines.append(f"    and {len(program.slots) - _LISTED} more variables and heads, see labels.json")
    heads = built.labels["attention_heads"]
    if heads:
        lines += ["", f"Attention ({len(heads)} heads):", ""]
        lines += [f"    {number}: {_attention(head)}" for number, head in enumerate(heads[:_LISTED])]
        if len(heads) > _LISTED:
            lines.append(f"    and {len(heads) - _LISTED} more, see labels.json")
    sizes = built.config["sizes"]
    lines += ["", f"MLP: {sizes['hidden']} hidden units; parameters: {sizes['parameters']}.", ""]
    lines += built.certificate.statement().splitlines()
    text = "\n".join(lines).replace("\\", "\\\\").replace('"""', "'''")
    return text + "\n"


def _dimensions(layout: Layout, slot: Variable | Head) -> str:
    first = layout.offsets[slot.name]
    size = 1 if is_numerical(slot) else slot.domain.size
    return str(first) if size == 1 else f"{first}..{first + size - 1}"


def _meaning(layout: Layout, slot: Variable | Head) -> str:
    kind = "head" if isinstance(slot, Head) else "variable"
    if is_numerical(slot):
        return f"{kind} {slot.name}: the mean of the selected values"
    low, size = slot.domain.low, slot.domain.size
    values = [label(slot.domain, code) for code in range(low, low + size)]
    listed = ", ".join(values) if size <= 6 else f"{values[0]}, {values[1]}, ..., {values[-1]}"
    return f"{kind} {slot.name}: {listed}"


def _attention(head: dict[str, Any]) -> str:
    parts = []
    if head["query"] is not None:
        parts.append(f"where {head['key']} is {head['query']}")
    if head["offsets"] is not None:
        offsets = head["offsets"]
        parts.append("at " + (", ".join(map(str, offsets)) if len(offsets) <= 6 else f"{offsets[0]}..{offsets[-1]}"))
    values = [f"{o['head']} = {'the mean of ' if o.get('mean') else ''}{o['value']}" for o in head["outputs"]]
    return f"{'; '.join(values)} {' '.join(parts)}"


def readme(built: BuiltModel) -> str:
    """The README of the directory."""
    program, config = built.program, built.config
    length = "any number of" if config["max_length"] is None else f"up to {config['max_length']}"
    return f"""# {program.name}

A Transformer that runs the program `{program.name}`, written by altac. Its weights are set, not trained.

It needs jax, flax, numpy and safetensors.

```python
from model import load

model = load()
model("...")                               # text or a list of tokens: a dictionary with the output
model.transformer(tokens, mask)            # token indices (B, T), true where not padding: logits, layers, halted
model.transformer.unrolled(tokens, 10)     # a fixed number of layers, for gradients
```

    python model.py "..."

| file | what it is |
| --- | --- |
| model.py | the Flax (nnx) module; its docstring says what each part of the residual stream holds |
| model.safetensors | {config["sizes"]["parameters"]} weights in {config["dtype"]} |
| config.json | tokens, outputs, limits, and what is guaranteed |
| labels.json | the meaning of every residual dimension, attention head and hidden unit, with source lines |

Inputs: {length} tokens, {"each spelled in " + config["text"]}.

## What is guaranteed

{built.certificate.statement()}
"""
