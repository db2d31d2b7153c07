"""What a written model says about itself: the docstring of its module, its README."""

from __future__ import annotations

from collections.abc import Sequence

from altac.transformer import BuiltModel
from altac.transformer.labels import AttentionHead
from altac.transformer.printing import dimensions, meaning

_LISTED = 40


def docstring(built: BuiltModel, usage: str) -> str:
    """The docstring of model.py: what the program is, how to use the model, and where everything is in the residual stream.

    ``usage`` is code that uses its Transformer.
    """
    program, layout = built.program, built.layout
    lines = [f"The Transformer that runs the program `{program.name}`, with weights set by altac.", ""]
    lines += [line.rstrip() for line in program.doc.splitlines()] + ([""] if program.doc else [])
    lines += ["Use:", "", *(f"    {line}".rstrip() for line in _usage(usage).splitlines()), ""]
    lines.append(f"Residual stream ({layout.width} dimensions):")
    lines.append("")
    shown = program.slots[:_LISTED]
    width = max(len(dimensions(layout, slot)) for slot in shown)
    lines += [f"    {dimensions(layout, slot):<{width}}  {meaning(layout, slot)}" for slot in shown]
    if len(program.slots) > _LISTED:
        lines.append(f"    and {len(program.slots) - _LISTED} more variables and heads, see labels.json")
    heads = built.labels.attention_heads
    if heads:
        lines += ["", f"Attention ({len(heads)} heads):", ""]
        lines += [f"    {number}: {_attention(head)}" for number, head in enumerate(heads[:_LISTED])]
        if len(heads) > _LISTED:
            lines.append(f"    and {len(heads) - _LISTED} more, see labels.json")
    sizes = built.configuration.sizes
    lines += ["", f"MLP: {sizes.hidden} hidden units; parameters: {sizes.parameters}.", ""]
    lines += built.certificate.statement().splitlines()
    return "".join(map(_quoted, "\n".join(lines).replace('"""', "'''"))) + "\n"


def _quoted(character: str) -> str:
    """A character as it stands in a string of Python with three quotes: what is neither printable nor a line end is escaped."""
    if character == "\\" or not (character.isprintable() or character == "\n"):
        return character.encode("unicode_escape").decode()
    return character


def _attention(head: AttentionHead) -> str:
    parts = []
    if head.query is not None:
        parts.append(f"where {head.key} is {head.query}")
    if head.offsets is not None:
        offsets = head.offsets
        parts.append("at " + (", ".join(map(str, offsets)) if len(offsets) <= 6 else f"{offsets[0]}..{offsets[-1]}"))
    values = [f"{o.head} = {'the mean of ' if o.mean else ''}{o.value}" for o in head.outputs]
    return f"{'; '.join(values)} {' '.join(parts)}"


def _usage(usage: str) -> str:
    return f"""\
from model import load

model = load()
model("...")                               # text or a list of tokens: a dictionary with the output
{usage}"""


def readme(built: BuiltModel, requires: Sequence[str], usage: str) -> str:
    """The README of a directory with a model.py that needs the packages ``requires``."""
    program, configuration = built.program, built.configuration
    length = "any number of" if configuration.max_length is None else f"up to {configuration.max_length}"
    needed = requires[0] if len(requires) == 1 else f"{', '.join(requires[:-1])} and {requires[-1]}"
    return f"""# {program.name}

A Transformer that runs the program `{program.name}`, written by altac. Its weights are set, not trained.

It needs {needed}.

```python
{_usage(usage)}```

    python model.py "..."

`python model.py --checked "..."` and `load(checked=True)` fail where the program reads an undefined head or has another error:
there nothing is guaranteed, and without the check the model gives some output.

| file | what it is |
| --- | --- |
| model.py | the Transformer; its docstring says what each part of the residual stream holds |
| inference.py | text to tokens, inputs to batches, outputs to values |
| guards.py | what is said of inputs and files that are wrong |
| checked.py, operators.py | the checked mode: where a run reads an undefined head |
| checks.json | the program as it was compiled, for the checked mode |
| model.safetensors | {configuration.sizes.parameters} weights in {configuration.dtype} |
| config.json | tokens, outputs, limits, and what is guaranteed |
| configuration.py | config.json as Python values |
| labels.json | the meaning of every residual dimension, attention head and hidden unit, with source lines |
| program.json, program.alta | the program, as `altac verify` reads it and as people do |
| altac.json | what belongs to the model |

Inputs: {length} tokens, {"each spelled in " + configuration.text}.

## What is guaranteed

{configuration.certificate.statement}
"""
