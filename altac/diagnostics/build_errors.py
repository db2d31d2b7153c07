"""What can keep a program from becoming a Transformer, or its files from being written or read."""

from __future__ import annotations

from altac.diagnostics.problem import Problem, diagnostic


@diagnostic
class LengthNotCertified(Problem):
    """Means that belong to different buckets come closer than the number format can tell apart.

    ``certified`` is the largest length that works (0 if none does), ``other`` the one with ``other_dtype``.
    """

    code = "length-not-certified"
    title = "the buckets of `{head}` cannot be told apart at length {length} in {dtype}"
    label = "a mean may come within {gap} of the boundary {boundary}, where {dtype} is sure of {error} only"
    head: str
    length: int
    dtype: str
    gap: str
    boundary: str
    error: str
    certified: int
    other_dtype: str = ""
    other: int = 0

    def render_help(self) -> str:
        lines = []
        if self.certified:
            lines.append(f"build with --max-length {self.certified} or less")
        if self.other > self.certified:
            lines.append(f"with --dtype {self.other_dtype} every length up to {self.other} is certain")
        lines.append("buckets that are further apart, or a value with fewer or simpler numbers, allow more")
        return "\n".join(lines)


@diagnostic
class UnitNotExact(Problem):
    """The weights of a hidden unit are too large for its sum to be exact."""

    code = "unit-not-exact"
    title = "a hidden unit of `{unit}` adds up numbers too large to be exact in {dtype}"
    label = "its weights add up to {total}"
    help = "{advice}"
    unit: str
    dtype: str
    total: int
    advice: str


@diagnostic
class UnknownNumberFormat(Problem):
    """A ``dtype`` that models cannot be built in."""

    code = "unknown-dtype"
    title = "models cannot be built in `{dtype}`"
    help = "use {known}"
    dtype: str
    known: str


@diagnostic
class BadMaxLength(Problem):
    """A maximum length below 1, or below the length that the frame gives every input."""

    code = "bad-max-length"
    title = "the maximum length cannot be {length}"
    help = "pass {least} or more{reason}"
    length: int
    least: int
    reason: str = ""


@diagnostic
class NotOurDirectory(Problem):
    """The output exists and was not written by a build."""

    code = "output-exists"
    title = "`{path}` exists and holds no model that altac has built"
    help = "give another directory, or remove this one first"
    path: str


@diagnostic
class NotWritable(Problem):
    """The operating system refused to write the model."""

    code = "model-not-written"
    title = "cannot write `{path}`: {reason}"
    help = "give a directory that can be written"
    path: str
    reason: str


@diagnostic
class UnknownTarget(Problem):
    """A target that no backend writes."""

    code = "unknown-target"
    title = "there is no target `{target}`"
    target: str
    known: str
    suggestion: str = ""

    def render_help(self) -> str:
        return f"did you mean `{self.suggestion}`?" if self.suggestion else f"the targets are {self.known}"


@diagnostic
class UnreadableModel(Problem):
    """A directory that holds no built model, or one that cannot be loaded."""

    code = "unreadable-model"
    title = "`{path}` holds no model that can be loaded: {reason}"
    help = "write one with `altac build FILE -o DIR`"
    path: str
    reason: str


@diagnostic
class AlteredModel(Problem):
    """Files of a built model were changed or removed."""

    code = "altered-model"
    title = "`{path}` is not as it was built: {files} changed or missing"
    help = "build it again; what is certified holds for the files as they were built"
    path: str
    files: str


@diagnostic
class InputExceedsModel(Problem):
    """An input that is longer than the model is certain for."""

    code = "input-exceeds-model"
    title = "the input has {length} tokens, but the model was built for at most {longest}"
    help = "shorten the input, or build with --max-length {length} or more"
    length: int
    longest: int


@diagnostic
class NotWellFormed(Problem):
    """A program that was not made by the checker breaks a rule of the IR."""

    code = "not-well-formed"
    title = "the program `{program}` is not well formed: {fault}"
    help = "what makes a program well formed stands in altac.ir.validate and in docs/ir.md"
    program: str
    fault: str


@diagnostic
class UnitsRefuted(Problem):
    """The proof has found a state on which the hidden units do something else than the program."""

    code = "units-refuted"
    title = "the hidden units of `{target}` do not do what the program says"
    label = "{state}"
    help = "units that altac made itself are at fault here, not the program: please report it; a lower level may do"
    target: str
    state: str


@diagnostic
class ProofIncomplete(Problem):
    """The proof could not go through all paths of an update within its budget."""

    code = "proof-incomplete"
    title = "the hidden units of {targets} could be tried on some states only, and were right there"
    help = (
        "--allow-sampled (allow_sampled=True) builds it all the same, and the certificate says so\n"
        "updates that read fewer or smaller variables on one path can be proved"
    )
    targets: str
