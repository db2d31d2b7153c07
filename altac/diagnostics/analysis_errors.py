"""What can be wrong with data that the learnability tools work on."""

from __future__ import annotations

from altac.diagnostics.problem import Problem, diagnostic


@diagnostic
class OtherFormat(Problem):
    """An output file whose suffix names no format."""

    path: str
    formats: str
    code = "other-format"
    title = "the name of {path} does not say in which format to write it"
    help = "end it in {formats}"


@diagnostic
class NoDask(Problem):
    """The Dask engine was asked for and is not installed."""

    code = "no-dask"
    title = "Dask is not installed"
    help = "install it with `pip install 'altac[dask]'`, or use --engine local"


@diagnostic
class NoScheduler(Problem):
    """A Dask cluster that does not answer."""

    address: str
    reason: str
    code = "no-scheduler"
    title = "the Dask scheduler at {address} cannot be reached: {reason}"
    help = "start one with `dask scheduler`, workers with `dask worker ADDRESS`, and give its address"


@diagnostic
class UnreadableHyperparameters(Problem):
    """A file of hyperparameters that cannot be read."""

    path: str
    reason: str
    code = "unreadable-hyperparameters"
    title = "{path} has no hyperparameters: {reason}"
    help = "write a TOML table, as in `steps = 2000`"


@diagnostic
class BadHyperparameter(Problem):
    """A hyperparameter that does not exist, or whose value is not possible."""

    name: str
    value: str
    wanted: str
    code = "bad-hyperparameter"
    title = "the hyperparameter `{name}` cannot be {value}"
    help = "give {wanted}"

    def render_title(self) -> str:
        return super().render_title() if self.value else f"there is no hyperparameter `{self.name}`"

    def render_help(self) -> str:
        return super().render_help() if self.value else f"did you mean {self.wanted}?"


@diagnostic
class Diverged(Problem):
    """The loss of a training run is no number any more."""

    step: int
    path: str = ""
    code = "diverged"
    title = "the loss is no longer a number after {step:,} steps"
    help = "lower the learning rate"

    def render_help(self) -> str:
        return f"{super().render_help()}; {self.path} has the last sound state" if self.path else super().render_help()


@diagnostic
class OtherRun(Problem):
    """A training run that is to be resumed differs from the one that was interrupted."""

    path: str
    what: str
    code = "other-run"
    title = "{path} holds a run with another {what}"
    help = "give another folder with -o, or remove this one"


@diagnostic
class NotTrainable(Problem):
    """A program without anything to learn from."""

    reason: str
    code = "not-trainable"
    title = "there is nothing to train on: {reason}"
    help = "give inputs on which the program runs at least one layer"
