"""What can keep a program from being analysed on given inputs."""

from __future__ import annotations

from altac.diagnostics.problem import Problem, diagnostic


@diagnostic
class NoInputs(Problem):
    """A set of inputs without any."""

    place: str = "the set of inputs"
    code = "no-inputs"
    title = "{place} is empty"
    help = (
        'give at least one input: a line is a JSON string, as in "jump twice", or a JSON array, as in ["START", 1, 0]'
    )


@diagnostic
class FailingInput(Problem):
    """Inputs on which the program fails, the first at ``place``; a problem that says why comes with it."""

    place: str
    failing: int
    inputs: int
    code = "failing-input"
    title = "the program fails on {place}"
    help = "correct the input or the program, or leave such inputs out with --skip-failing"

    def render_title(self) -> str:
        if self.inputs == self.failing > 1:
            return f"the program fails on all {self.inputs:,} inputs, first on {self.place}"
        others = f", and on {self.failing - 1:,} more" if self.failing > 1 else ""
        return f"the program fails on {self.place}{others}"

    def render_help(self) -> str:
        return super().render_help() if self.failing < self.inputs else "correct the inputs or the program"


@diagnostic
class NotCategorical(Problem):
    """`altac theorem` on a program with a numerical or a set variable."""

    name: str
    kind: str
    code = "not-categorical"
    title = "the theorem does not speak about {kind} `{name}`"
    label = "declared here"
    help = "it holds for programs whose variables are all categorical (appendix B.1 of the ALTA paper)"
