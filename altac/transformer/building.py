"""Program and hidden units to a model: weights, configuration, labels. Needs numpy alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from altac.interpreter.codec import input_json, output_text, value_json
from altac.ir import Program
from altac.transformer.attention import Group, group_heads
from altac.transformer.certificate import LOGIT_GAP, Certificate
from altac.transformer.configuration import (
    Causal,
    Configuration,
    Frame,
    Guarantee,
    OutputVariable,
    Sizes,
    Token,
)
from altac.transformer.labels import Labels, make_labels
from altac.transformer.layout import Array, Layout
from altac.transformer.mlp import written_codes
from altac.transformer.weights import make_weights
from altac.units.layers import Units


@dataclass(frozen=True)
class BuiltModel:
    """A model, before it takes the form of any library: what the backends of `altac.backends` run and write."""

    program: Program
    layout: Layout
    certificate: Certificate
    weights: Mapping[str, Array] = field(repr=False)
    configuration: Configuration = field(repr=False)
    labels: Labels = field(repr=False)

    @property
    def parameters(self) -> int:
        """The number of weights."""
        return self.configuration.sizes.parameters

    @property
    def mlp_width(self) -> int:
        """The width of the widest hidden layer of the MLP."""
        layers = ("mlp.threshold", "mlp.bucket", "mlp.predicate", "mlp.up")
        return max(int(self.weights[name].shape[1]) for name in layers if name in self.weights)


def lay_out(program: Program, units: Units) -> Layout:
    """Where everything is in the residual stream of ``program`` with the MLP ``units``."""
    return Layout(program, reachable_codes(program, units))


def assemble(layout: Layout, units: Units, certificate: Certificate) -> BuiltModel:
    """The weights, the configuration and the labels of a model (section 2.3 and appendix A.2 of the ALTA paper).

    Raises:
        AltacError: a hidden unit would not be exact.
    """
    groups = group_heads(layout, merge=units.level > 0)
    weights = make_weights(layout, groups, units, certificate)
    configuration = make_configuration(layout, groups, units, certificate, weights)
    labels = make_labels(layout, groups, units, certificate)
    return BuiltModel(layout.program, layout, certificate, weights, configuration, labels)


def reachable_codes(program: Program, units: Units) -> dict[str, tuple[int, ...]]:
    """For every variable the codes it starts with or that a hidden unit can write."""
    written = written_codes(units)
    found = {}
    for variable in program.variables:
        first = units.features.offset[variable.name]
        own = written[(written >= first) & (written < first + variable.domain.size)] - first + variable.domain.low
        found[variable.name] = tuple(sorted({*variable.initial.values, *own.tolist()}))
    return found


def make_configuration(
    layout: Layout, groups: Sequence[Group], units: Units, certificate: Certificate, weights: Mapping[str, Array]
) -> Configuration:
    """What a model needs to know besides the weights, and what describes it."""
    program = layout.program
    names = input_json(program, range(program.tokens.size))
    frame = program.frame
    features, hidden = weights["mlp.up"].shape
    return Configuration(
        program=program.name,
        params=dict(program.params),
        dtype=certificate.dtype,
        level=units.level,
        max_length=certificate.max_length,
        max_layers=program.max_layers,
        positions=program.positions,
        text=program.text,
        tokens=tuple(Token(name, s.spelling) for name, s in zip(names, program.symbols, strict=True)),
        frame=Frame(frame.before, frame.after, frame.fill, frame.length),
        output=_output(program),
        causal=_causal(program),
        sizes=Sizes(layout.width, len(groups), features, hidden, sum(int(np.size(w)) for w in weights.values())),
        certificate=Guarantee(
            LOGIT_GAP,
            certificate.margin,
            certificate.statement(),
            proof="sampled" if certificate.sampled else "exhaustive",
            sampled=certificate.sampled,
        ),
    )


def _output(program: Program) -> OutputVariable:
    domain = program.domain(program.output)
    codes = range(domain.low, domain.low + domain.size)
    texts = tuple(output_text(program, (code,)) or "" for code in codes)
    together = output_text(program, tuple(codes))
    return OutputVariable(
        program.output, domain.low, tuple(value_json(domain, code) for code in codes),
        spellings=None if together is None else texts, separator="" if together == "".join(texts) else " ",
    )  # fmt: skip


def _causal(program: Program) -> Causal | None:
    if program.causal is None:
        return None
    shift = program.domain(program.output).low - program.tokens.low
    return Causal(program.causal.stop, program.causal.limit, shift)
