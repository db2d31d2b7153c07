"""The compiler, as a list of passes: from a program to a model, with the proof on the way.

`compile_program` is the one way from a program to weights: the API, the command line, the language server, `altac view` and
`altac train` all go through it. Every stage is kept, also when a later pass fails.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar

from altac.diagnostics.build_errors import NotWellFormed, ProofIncomplete, UnitsRefuted
from altac.diagnostics.problem import AltacError
from altac.ir import Program, label
from altac.ir.validate import validate
from altac.limits import DEFAULT, Limits
from altac.transformer.building import BuiltModel, assemble, lay_out
from altac.transformer.certificate import Certificate, certify
from altac.transformer.layout import Layout
from altac.transformer.readback import mean_faults, read_units, stores
from altac.units import Reachable, Units, prune, reachable, units
from altac.units.proof import Mismatch, Report, prove
from altac.units.reachable import everything

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Pass:
    """What a pass took: ``seconds`` of wall time, ``memory`` by which the peak of the process grew, in bytes (None where the
    system does not tell)."""

    name: str
    seconds: float
    memory: int | None
    failed: bool = False


@dataclass
class Record:
    """The results of the passes by name, and what each took, as far as a compilation came."""

    results: dict[str, Any] = field(default_factory=dict)
    passes: list[Pass] = field(default_factory=list)

    def step(self, name: str, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a pass, and keep its result under its name."""
        start, peak = time.perf_counter(), _peak()
        failed = True
        try:
            result = self.results[name] = function(*args, **kwargs)
            failed = False
        finally:
            memory = None if peak is None else (_peak() or 0) - peak
            self.passes.append(Pass(name, time.perf_counter() - start, memory, failed))
        return result


@dataclass(frozen=True)
class Compiled:
    """A compiled program with all its stages.

    ``program`` is what was compiled: from level 1 on without what nothing depends on. ``proof`` is about ``units``; the
    weights of ``model`` were read back and found to be the same units.
    """

    program: Program
    level: int
    reachable: Reachable
    units: Units
    proof: Report
    layout: Layout
    certificate: Certificate
    model: BuiltModel
    passes: tuple[Pass, ...]


def compile_program(
    program: Program, level: int = 2, *, dtype: str = "float32", max_length: int | None = None,
    allow_sampled: bool = False, limits: Limits = DEFAULT, record: Record | None = None,
) -> Compiled:  # fmt: skip
    """Compile ``program`` at optimisation ``level``.

    ``max_length`` is the number of tokens up to which the model is to be exact (default: see
    `altac.transformer.certificate.certify`). ``record`` collects the stages, also those before a failing one.

    Raises:
        AltacError: the program is not well formed; an update has too many rules; the proof refutes a unit, or could only sample
            and ``allow_sampled`` is not set; the model could not be certified.
    """
    record = record or Record()
    step = record.step
    step("validate", check_well_formed, program)
    small = step("prune", prune, program) if level else program
    possible = step("reachable", reachable, small, limits.reachable_paths) if level else everything(small)
    found = step("units", units, small, level, limits, possible)
    proof = step("prove", prove_units, small, found, limits, allow_sampled=allow_sampled)
    layout = step("layout", lay_out, small, found)
    certificate = step("certify", certify, small, layout, dtype, max_length)
    model = step("assemble", assemble, layout, found, certificate)
    step("read back", prove_weights, model, found, limits)
    return Compiled(small, level, possible, found, proof, layout, certificate, model, tuple(record.passes))


def check_well_formed(program: Program) -> None:
    """Raises `AltacError` if ``program`` breaks a rule of `altac.ir.validate`."""
    faults = validate(program)
    if faults:
        raise AltacError(*(NotWellFormed(program=program.name, fault=fault) for fault in faults))


def prove_units(program: Program, found: Units, limits: Limits = DEFAULT, *, allow_sampled: bool = False) -> Report:
    """The proof that ``found`` does what ``program`` says.

    Raises:
        AltacError: it does not, or that could only be sampled and ``allow_sampled`` is not set.
    """
    report = prove(program, found, limits)
    _refuse(program, report)
    if report.sampled and not allow_sampled:
        span = program.variable(report.sampled[0]).span
        raise AltacError(ProofIncomplete(span=span, targets=", ".join(f"`{name}`" for name in report.sampled)))
    return report


def prove_weights(model: BuiltModel, proved: Units, limits: Limits = DEFAULT) -> None:
    """That the matrices of ``model`` do what the units do that were ``proved``: they are these units, or are proved themselves.

    Raises:
        AltacError: the weights do something else.
    """
    found = read_units(model.program, model.layout, model.weights, proved.reachable)
    if not stores(found, proved) or any(mean_faults(model.layout, model.certificate, model.weights)):
        _refuse(model.program, weights_report(model, proved.reachable, limits))


def weights_report(model: BuiltModel, possible: Reachable | None, limits: Limits = DEFAULT) -> Report:
    """The proof of what the matrices of ``model`` say, whatever made them."""
    found = read_units(model.program, model.layout, model.weights, possible)
    report = prove(model.program, found, limits)
    faults = tuple(Mismatch(fault, (), 0) for fault in mean_faults(model.layout, model.certificate, model.weights))
    return Report(report.targets, report.mismatches + faults)


def _refuse(program: Program, report: Report) -> None:
    domains = {s.name: s.domain for s in program.slots}
    problems = []
    for wrong in report.mismatches[:5]:
        state = ", ".join(f"{name} = {label(domains[name], code)}" for name, code in wrong.read) or "any state"
        span = next((s.span for s in program.slots if s.name == wrong.target), None)
        problems.append(UnitsRefuted(span=span, target=wrong.target, state=f"with {state}"))
    if problems:
        raise AltacError(*problems)


def _peak() -> int | None:
    """The peak of the memory that the process has held, in bytes."""
    try:
        import resource
    except ImportError:  # not on Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
