"""Running a program on many inputs: groups of equal length, chunks, and the autoregressive loop."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from altac import arguments
from altac.diagnostics.input_errors import InputTooLong, NegativeLayers, TokenIndexRange
from altac.diagnostics.problem import AltacError, Problem
from altac.diagnostics.runtime_errors import GeneratedNoToken, GenerationLimit, LayerLimit, NeverHalts, NoLayerLimit
from altac.interpreter.analysis import deep_recursion
from altac.interpreter.batch import Limits, run_batch
from altac.interpreter.codec import quote_input
from altac.interpreter.machine import Machine
from altac.interpreter.result import Observer, Result
from altac.ir import Program, label

#: Positions that are held in arrays at once: enough to amortise a numpy call, few enough for the cache.
CHUNK = 1 << 17
#: Sequences that are held at once: heads may need a table of keys for each.
ROWS = 1 << 13
#: Tokens after which generation stops where neither ``limit`` nor ``positions`` bounds it.
GENERATION_LIMIT = 1 << 12

_machines: list[Machine] = []  # the last few programs that ran, most recent last


def machine_for(program: Program) -> Machine:
    """The machine of a program, kept for the next call with the same object."""
    for i, machine in enumerate(_machines):
        if machine.program is program:
            _machines.append(_machines.pop(i))
            return machine
    machine = Machine(program)
    _machines.append(machine)
    del _machines[:-4]
    return machine


def run(
    program: Program,
    inputs: Sequence[Sequence[int]],
    max_layers: int | None = None,
    observer: Observer | None = None,
    *,
    limit: int,
    chunk: int | None = None,
    machine: Machine | None = None,
) -> list[Result]:
    """See `altac.interpreter.run`."""
    layers = layer_limit(program, max_layers)
    runner = _Runner(machine or machine_for(program), Limits(layers, limit), observer, chunk or CHUNK)
    with deep_recursion():
        results: dict[int, Result] = {}
        sound: dict[int, tuple[int, ...]] = {}
        for i, sequence in enumerate(inputs):
            tokens = tuple(map(int, sequence))
            problem = checked_tokens(program, tokens)
            if problem is None:
                sound[i] = tokens
            else:
                results[i] = Result(tokens, (), 0, False, problem)
        results |= runner.generate(sound) if program.causal is not None else runner.run(sound.items())
    return [results[i] for i in range(len(inputs))]


def layer_limit(program: Program, max_layers: int | None) -> int | None:
    """The layers that a run has at most: ``max_layers``, else the program's own limit, if it has one.

    Raises:
        TypeError: ``max_layers`` is no integer.
        AltacError: it is negative, or the program neither has a limit nor ever halts.
    """
    if max_layers is not None:
        arguments.count("max_layers", max_layers)
        if max_layers < 0:
            raise AltacError(NegativeLayers(layers=max_layers))
        return max_layers
    if program.max_layers is None and program.halt is None:
        raise AltacError(NoLayerLimit(program=program.name))
    return program.max_layers


def checked_tokens(program: Program, tokens: tuple[int, ...]) -> Problem | None:
    """What keeps a sequence of token indices from being run, if anything."""
    count = program.tokens.size
    if tokens and not 0 <= min(tokens) <= max(tokens) < count:
        index, token = next((i, t) for i, t in enumerate(tokens) if not 0 <= t < count)
        return TokenIndexRange(token=token, index=index, last=count - 1)
    if program.positions is not None and len(tokens) > program.positions:
        return InputTooLong(length=len(tokens), positions=program.positions)
    return None


class _Runner:
    def __init__(self, machine: Machine, limits: Limits, observer: Observer | None, chunk: int) -> None:
        self.machine = machine
        self.limits = limits
        self.observer = observer
        self.chunk = chunk

    def run(self, sequences: Iterable[tuple[int, tuple[int, ...]]]) -> dict[int, Result]:
        """One run of the layers per sequence, by its number."""
        groups: dict[int, list[tuple[int, tuple[int, ...]]]] = {}
        for number, tokens in sequences:
            groups.setdefault(len(tokens), []).append((number, tokens))
        results: dict[int, Result] = {}
        for length, group in sorted(groups.items()):
            step = max(1, min(self.chunk // max(length, 1), ROWS))
            for start in range(0, len(group), step):
                part = group[start : start + step]
                array = np.array([t for _, t in part], np.int64).reshape(len(part), length)
                rows = np.array([number for number, _ in part])
                results.update(run_batch(self.machine, array, rows, self.limits, self.observer))
        return results

    def generate(self, prompts: dict[int, tuple[int, ...]]) -> dict[int, Result]:
        """The autoregressive loop: append the last position's output until the stop token or the limit."""
        program = self.machine.program
        causal = program.causal
        assert causal is not None
        bounds = [b for b in (causal.limit, program.positions) if b is not None]
        longest = min(bounds, default=GENERATION_LIMIT)
        running = {n: _Generation(tokens) for n, tokens in prompts.items()}
        done: dict[int, Result] = {}
        while running:
            for number, generation in list(running.items()):
                ended = generation.ended(program, longest)
                if ended is not None:
                    done[number] = ended
                    del running[number]
            for number, result in self.run((n, g.tokens) for n, g in running.items()).items():
                failed = running[number].append(result, program)
                if failed is not None:
                    done[number] = failed
                    del running[number]
        return done


class _Generation:
    """The state of one autoregressive loop."""

    def __init__(self, prompt: tuple[int, ...]) -> None:
        self.prompt = prompt
        self.tokens = prompt
        self.outputs: tuple[int, ...] = ()
        self.layers = 0
        self.halted = True

    def result(self, error: Problem | None = None) -> Result:
        return Result(self.prompt, self.outputs, self.layers, self.halted, error)

    def ended(self, program: Program, longest: int) -> Result | None:
        """The result, if nothing is to be appended any more."""
        assert program.causal is not None
        stop = program.causal.stop
        stopped = bool(self.outputs) and self.tokens[-1] == stop
        if stopped or not self.tokens:
            return self.result()
        if len(self.tokens) < longest:
            return None
        if program.causal.limit is not None and len(self.tokens) >= program.causal.limit:
            return self.result()
        return self.result(GenerationLimit(length=len(self.outputs), input=quote_input(program, self.prompt)))

    def append(self, result: Result, program: Program) -> Result | None:
        """Take the next token from a run; the final result if the run failed."""
        self.layers = max(self.layers, result.layers)
        self.halted = self.halted and result.halted
        if result.error is not None:
            made = self.outputs if isinstance(result.error, LayerLimit | NeverHalts) else ()
            return Result(self.prompt, made, result.layers, False, result.error)
        code = result.output[-1]
        token = code - program.tokens.low
        if not 0 <= token < program.tokens.size:
            text = quote_input(program, self.prompt)
            value = label(program.domain(program.output), code)
            error = GeneratedNoToken(layer=result.layers, position=len(self.tokens) - 1, input=text, value=value)
            return Result(self.prompt, self.outputs, result.layers, False, error)
        self.outputs += (code,)
        self.tokens += (token,)
        return None
