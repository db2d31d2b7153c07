"""Program and hidden units to a model: weights, configuration, labels. Needs numpy alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import resources
from typing import Any

import numpy as np

from altac.interpreter.codec import input_json, output_text, value_json
from altac.ir import Program
from altac.transformer.attention import Group, attention_weights, group_heads
from altac.transformer.certificate import BFLOAT16, LOGIT_GAP, Certificate, certify, number_format
from altac.transformer.description import attention_labels, docstring, readme
from altac.transformer.layout import Array, Layout, halting_codes
from altac.transformer.mlp import mlp_weights, written_codes
from altac.units.layers import Units

#: What marks the configuration of a model as written by a build, and its version.
FORMAT = "altac-transformer"
VERSION = 1


@dataclass(frozen=True)
class BuiltModel:
    """A model ready to run or to write: ``weights`` by name, ``config`` and ``labels`` as JSON data."""

    program: Program
    layout: Layout
    certificate: Certificate
    weights: dict[str, Array] = field(repr=False)
    config: dict[str, Any] = field(repr=False)
    labels: dict[str, Any] = field(repr=False)

    @property
    def parameters(self) -> int:
        """The number of weights."""
        total: int = sum(int(w.size) for w in self.weights.values())
        return total

    @property
    def mlp_width(self) -> int:
        """The width of the widest hidden layer of the MLP."""
        layers = ("mlp.threshold", "mlp.bucket", "mlp.predicate", "mlp.up")
        return max(int(self.weights[name].shape[1]) for name in layers if name in self.weights)

    @cached_property
    def files(self) -> dict[str, bytes]:
        """The files of the directory, by name."""
        from safetensors.numpy import save

        source = resources.files("altac.transformer").joinpath("template_model.py").read_text(encoding="utf-8")
        head, _, rest = source.partition('"""')
        body = rest.partition('"""')[2]
        module = f'{head}"""{docstring(self)}"""{body}'
        weights = {name: np.ascontiguousarray(w) for name, w in self.weights.items()}
        return {
            "model.py": module.encode(),
            "model.safetensors": save(weights, {"format": FORMAT, "program": self.program.name}),
            "config.json": _json(self.config),
            "labels.json": _json(self.labels),
            "README.md": readme(self).encode(),
        }


def _json(data: Mapping[str, Any]) -> bytes:
    """JSON with one line per entry of a list, so that it can be read."""
    lines = []
    for key, value in data.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            items = ",\n".join("    " + json.dumps(v, ensure_ascii=False) for v in value)
            text = f"[\n{items}\n  ]"
        else:
            text = json.dumps(value, ensure_ascii=False)
        lines.append(f"  {json.dumps(key)}: {text}")
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def build(program: Program, units: Units, *, dtype: str = "float32", max_length: int | None = None) -> BuiltModel:
    """The Transformer of ``program`` with the MLP ``units``.

    Section 2.3 and appendix A.2 of the ALTA paper. ``max_length`` is the number of tokens up to which the model
    is to be exact (default: see `altac.transformer.certificate.certify`).

    Raises:
        AltacError: the model could not be guaranteed to equal the interpreter.
    """
    layout = lay_out(program, units)
    return assemble(layout, units, certify(program, layout, dtype, max_length))


def lay_out(program: Program, units: Units) -> Layout:
    """Where everything is in the residual stream of ``program`` with the MLP ``units``."""
    return Layout(program, reachable_codes(program, units))


def assemble(layout: Layout, units: Units, certificate: Certificate) -> BuiltModel:
    """The weights, the configuration and the labels of a model.

    Raises:
        AltacError: a hidden unit would not be exact.
    """
    program, dtype = layout.program, certificate.dtype
    groups = group_heads(layout, merge=units.level > 0)
    mlp = mlp_weights(layout, units, certificate)
    weights = {
        **embedding_weights(layout),
        **attention_weights(layout, groups, certificate),
        **mlp.weights,
        **readout_weights(layout),
    }
    stored = {name: _stored(name, w, dtype) for name, w in weights.items()}
    labels = {
        "residual": layout.residual_labels,
        "attention_heads": attention_labels(layout, groups, certificate),
        **mlp.labels,
    }
    config = configuration(program, layout, units, certificate, groups, stored)
    return BuiltModel(program, layout, certificate, stored, config, labels)


def reachable_codes(program: Program, units: Units) -> dict[str, tuple[int, ...]]:
    """For every variable the codes it starts with or that a hidden unit can write."""
    written = written_codes(units)
    found = {}
    for variable in program.variables:
        first = units.features.offset[variable.name]
        own = written[(written >= first) & (written < first + variable.domain.size)] - first + variable.domain.low
        found[variable.name] = tuple(sorted({*variable.initial.values, *own.tolist()}))
    return found


def embedding_weights(layout: Layout) -> dict[str, Array]:
    """``embedding.token`` (vocabulary, D), which carries the constants, and ``embedding.position`` (positions, D)."""
    program = layout.program
    tables = {"embedding.token": np.zeros((program.tokens.size, layout.width), np.float32)}
    if program.positions is not None:
        tables["embedding.position"] = np.zeros((program.positions, layout.width), np.float32)
    for variable in program.variables:
        initial = variable.initial
        table = tables["embedding.position" if initial.by == "position" else "embedding.token"]
        dims = layout.dims(variable.name, initial.values)
        table[np.arange(len(table)), np.broadcast_to(dims, len(table))] = 1
    return tables


def readout_weights(layout: Layout) -> dict[str, Array]:
    """``unembedding`` (D, values of the output variable), and ``halt`` (D,) if the program halts."""
    output = layout.dims(layout.program.output)
    unembedding = np.zeros((layout.width, len(output)), np.float32)
    unembedding[output, np.arange(len(output))] = 1
    found: dict[str, Array] = {"unembedding": unembedding}
    halting = halting_codes(layout.program)
    if halting is not None:
        found["halt"] = np.zeros(layout.width, np.float32)
        found["halt"][layout.dims(*halting)] = 1
    return found


def _stored(name: str, weights: Array, dtype: str) -> Array:
    """The weights in the number format they are kept in.

    Biases stay in float32, and so does a matrix with an entry that bfloat16 would change.
    """
    exact = weights.astype(np.float32)
    if number_format(dtype) is not BFLOAT16 or name.endswith("_bias"):
        return exact
    from ml_dtypes import bfloat16

    narrow = exact.astype(bfloat16)
    return narrow if np.array_equal(narrow.astype(np.float32), exact) else exact


def configuration(
    program: Program, layout: Layout, units: Units, certificate: Certificate, groups: list[Group],
    weights: Mapping[str, Array],
) -> dict[str, Any]:  # fmt: skip
    """What model.py needs to know besides the weights, and what describes the model."""
    domain = program.domain(program.output)
    codes = range(domain.low, domain.low + domain.size)
    frame, causal = program.frame, program.causal
    texts = [output_text(program, (code,)) for code in codes]
    together = output_text(program, tuple(codes))
    return {
        "format": FORMAT,
        "version": VERSION,
        "program": program.name,
        "params": dict(program.params),
        "dtype": certificate.dtype,
        "level": units.level,
        "max_length": certificate.max_length,
        "max_layers": program.max_layers,
        "positions": program.positions,
        "text": program.text,
        "tokens": [
            {"name": name, "spelling": s.spelling}
            for name, s in zip(input_json(program, range(program.tokens.size)), program.symbols, strict=True)
        ],
        "frame": {"before": frame.before, "after": frame.after, "fill": frame.fill, "length": frame.length},
        "output": {
            "variable": program.output,
            "low": domain.low,
            "values": [value_json(domain, code) for code in codes],
            "spellings": None if together is None else texts,
            "separator": "" if together is not None and together == "".join(map(str, texts)) else " ",
        },
        "causal": None
        if causal is None
        else {"stop": causal.stop, "limit": causal.limit, "shift": domain.low - program.tokens.low},
        "sizes": {
            "residual": layout.width,
            "heads": len(groups),
            "hidden": int(weights["mlp.up"].shape[1]),
            "parameters": sum(w.size for w in weights.values()),
        },
        "certificate": {
            "logit_gap": LOGIT_GAP,
            "margin": certificate.margin,
            "statement": certificate.statement(),
        },
    }
