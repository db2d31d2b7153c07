"""What can be wrong with files and data given to commands."""

from __future__ import annotations

from altac.diagnostics.problem import Problem, diagnostic


@diagnostic
class NotAProgram(Problem):
    """A module was given where a program is needed."""

    path: str
    code = "not-a-program"
    title = "{path} is a module: there is nothing to run in it"
    help = "give a file with a `program` line that imports it"


@diagnostic
class BadLine(Problem):
    """A line of an inputs file that is no input."""

    file: str
    line: int
    reason: str
    code = "bad-line"
    title = "{file}:{line}: {reason}"
    help = 'every line is a JSON string, as in "jump twice", or a JSON array, as in ["START", 1, 0]'


@diagnostic
class NoTests(Problem):
    """`altac test` on a program without test lines."""

    path: str
    code = "no-tests"
    title = "{path} has no `test` lines"
    help = "add one: `test [START, 1, 0] => [false, true, true]`"
    severity = "warning"


@diagnostic
class CannotWrite(Problem):
    """A file cannot be written."""

    path: str
    reason: str
    code = "cannot-write"
    title = "cannot write {path}: {reason}"


@diagnostic
class AlreadyExists(Problem):
    """`altac new` would overwrite something."""

    path: str
    code = "already-exists"
    title = "{path} exists already"
    help = "choose another name, or remove it first"


@diagnostic
class LeftOut(Problem):
    """`altac view` leaves something out of the page."""

    what: str
    reason: str
    code = "left-out"
    title = "the page leaves out {what}: {reason}"
    severity = "warning"


@diagnostic
class MissingExtra(Problem):
    """What was asked for needs a package that altac does not install by itself."""

    what: str
    package: str
    extra: str
    code = "missing-extra"
    title = "{what} needs {package}, which is not installed"
    help = "install it with `pip install 'altac[{extra}]'`"


@diagnostic
class PlotTooLarge(Problem):
    """A plot with more values than can be read."""

    cells: int
    most: int
    code = "plot-too-large"
    title = "the plot would show {cells:,} values; {most:,} are the most"
    help = "choose fewer with `--layers A..B`, `--variables a,b` and `--heads a,b`; `altac view` makes a page of all"


@diagnostic
class UnknownCode(Problem):
    """`altac explain` of a code that no diagnostic has."""

    name: str
    suggestion: str = ""
    code = "unknown-code"
    title = "there is no diagnostic `{name}`"

    def render_help(self) -> str:
        return f"did you mean `{self.suggestion}`?" if self.suggestion else "`altac explain --list` lists them all"
