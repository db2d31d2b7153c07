"""What can be wrong with data that the learnability tools work on."""

from __future__ import annotations

from dataclasses import dataclass

from altac.diagnostics.problem import Problem


@dataclass(frozen=True, kw_only=True)
class NoInputs(Problem):
    """A file of inputs without a single one that can be used."""

    file: str
    skipped: int = 0
    code = "no-inputs"
    title = "{file} has no inputs"
    help = 'write one JSON string or array per line, as in "jump twice" or ["START", 1, 0]'

    def render_title(self) -> str:
        if self.skipped:
            return f"{self.file} has no inputs on which the program runs: all {self.skipped:,} were skipped"
        return super().render_title()


@dataclass(frozen=True, kw_only=True)
class FailedInput(Problem):
    """A line of an inputs file that the program cannot read, or on which it fails."""

    file: str
    line: int
    code = "failed-input"
    title = "{file}:{line}: the program fails on this input"
    help = "correct the input, or leave out all that fail with --skip-failing"


@dataclass(frozen=True, kw_only=True)
class OtherFormat(Problem):
    """An output file whose suffix names no format."""

    path: str
    formats: str
    code = "other-format"
    title = "the name of {path} does not say in which format to write it"
    help = "end it in {formats}"


@dataclass(frozen=True, kw_only=True)
class NoDask(Problem):
    """The Dask engine was asked for and is not installed."""

    code = "no-dask"
    title = "Dask is not installed"
    help = "install it with `pip install 'altac[dask]'`, or use --engine local"


@dataclass(frozen=True, kw_only=True)
class NoScheduler(Problem):
    """A Dask cluster that does not answer."""

    address: str
    reason: str
    code = "no-scheduler"
    title = "the Dask scheduler at {address} cannot be reached: {reason}"
    help = "start one with `dask scheduler`, workers with `dask worker ADDRESS`, and give its address"
