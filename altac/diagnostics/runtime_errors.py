"""What can go wrong while a program runs on an input.

Layers count from 1 (0 is the state before the first layer), positions from 0. ``input`` is the
input as JSON text, ``state`` the values that the failing expression had read by then.
"""

from __future__ import annotations

from altac.diagnostics.problem import Label, Problem, diagnostic
from altac.source import Span


@diagnostic
class RuntimeProblem(Problem):
    """An error at one position of one input, in one layer."""

    layer: int
    position: int
    input: str
    state: str = ""

    def render_help(self) -> str:
        lines = [self.help.format(**self.values())] if self.help else []
        lines.append(f"input {self.input}" + (f", where {self.state}" if self.state else ""))
        return "\n".join(lines)


@diagnostic
class UndefinedRead(RuntimeProblem):
    """A head was read at a position where it has no value."""

    code = "undefined-read"
    title = "head `{head}` is undefined at position {position} in layer {layer}"
    head: str
    selected: int
    numerical: bool = False
    head_span: Span | None = None

    def render_label(self) -> str:
        if self.selected == 0:
            return "selects no position here"
        return f"selects {self.selected} positions here, and a categorical head needs exactly one"

    def render_help(self) -> str:
        guard = "test a variable first that tells the positions where the head has a value, so that this is not read"
        return f"{guard}\n{super().render_help()}"

    def secondary(self) -> tuple[Label, ...]:
        return (Label(self.head_span, f"`{self.head}` is declared here"),) if self.head_span else ()


@diagnostic
class UpdateOutOfRange(RuntimeProblem):
    """An update gave a variable a value outside its type."""

    code = "update-out-of-range"
    title = "`{variable}` would become {value}, outside {type}, at position {position} in layer {layer}"
    label = "gives {value}"
    help = "test the range before the update, or declare a wider type"
    variable: str
    value: int
    type: str
    variable_span: Span | None = None

    def secondary(self) -> tuple[Label, ...]:
        return (Label(self.variable_span, f"declared as {self.type}"),) if self.variable_span else ()


@diagnostic
class DivisionByZero(RuntimeProblem):
    """``div``, ``%`` or ``/`` by zero."""

    code = "division-by-zero"
    title = "division by zero at position {position} in layer {layer}"
    label = "the divisor is 0"
    help = "test that the divisor is not 0 before dividing"


@diagnostic
class MissingEntry(RuntimeProblem):
    """A table indexed outside its range, or where a ragged table has no entry."""

    code = "missing-table-entry"
    title = "the table has no entry for {index} at position {position} in layer {layer}"
    label = "no entry for {index}"
    help = "test the index before it is used, or extend the table"
    index: str


@diagnostic
class FailedConversion(RuntimeProblem):
    """A value that has no counterpart in the type it is converted to."""

    code = "failed-conversion"
    title = "{index} has no counterpart in the type it is converted to, at position {position} in layer {layer}"
    label = "no counterpart for {index}"
    help = "test the value before it is converted"
    index: str


@diagnostic
class NotInFamily(RuntimeProblem):
    """A set outside the family that a set variable is declared with."""

    code = "set-not-in-family"
    title = "the set for {index} is not in the family, at position {position} in layer {layer}"
    label = "not a set of the family"
    help = "add the set to the family after `in` in the declaration"
    index: str


@diagnostic
class RuleConflict(RuntimeProblem):
    """Two rules that give one variable different values apply at one position."""

    code = "rule-conflict"
    title = "two rules give `{variable}` different values at position {position} in layer {layer}"
    label = "gives {value}"
    help = "add a conjunct to one of the rules so that at most one applies"
    variable: str
    value: str
    other_value: str
    other_span: Span | None = None

    def secondary(self) -> tuple[Label, ...]:
        return (Label(self.other_span, f"applies as well and gives {self.other_value}"),) if self.other_span else ()


@diagnostic
class NoLayerLimit(Problem):
    """A program without ``halt`` and without any limit would run for ever."""

    code = "no-layer-limit"
    title = "`{program}` has no `halt` and no `layers`, so it would never stop"
    help = "add `halt when ...` or `layers N` to the program, or pass --max-layers"
    program: str


@diagnostic
class NeverHalts(Problem):
    """The state of an earlier layer came back, so the program would run for ever."""

    code = "never-halts"
    title = "never halts: the state after layer {first} comes back after layer {layers}"
    help = "input {input}\ncheck that the `halt` condition can be met, or pass --max-layers to stop at a layer"
    first: int
    layers: int
    input: str


@diagnostic
class LayerLimit(Problem):
    """The overall safety limit was reached before the program halted."""

    code = "layer-limit"
    title = "stopped after {layers} layers without halting"
    help = "input {input}\npass --max-layers to run more layers, or check that the `halt` condition can be met"
    layers: int
    input: str


@diagnostic
class GenerationLimit(Problem):
    """An autoregressive loop used up all positions without its stop token."""

    code = "generation-limit"
    title = "generated {length} tokens without the stop token"
    help = "input {input}\nadd `limit N` to the `causal` line to stop there without an error, or allow more `positions`"
    length: int
    input: str


@diagnostic
class GeneratedNoToken(RuntimeProblem):
    """The output of the last position is no token, so it cannot be appended."""

    code = "generated-no-token"
    title = "the output {value} of the last position is not a token, so it cannot be appended"
    help = "give the output variable the type Token"
    value: str


#: How a run ends that neither succeeds nor fails at a position: all engines report these alike.
Unfinished = NeverHalts | LayerLimit | GenerationLimit | GeneratedNoToken
