"""Traces in files: extraction by chunks that can be resumed, merging that needs no more memory than one partition.

Each chunk of inputs gives a *part*, a file beside the output, sorted by the hash of its rows. Merging takes one
range of hashes after the other from all parts, so that distinct pairs need not fit into memory at once. Both steps
are lists of independent tasks: the local engine runs them in order, Dask on its workers.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np

from altac.analysis.packing import Array, Counted, distinct, hashed, join
from altac.analysis.traces import CHUNK, Layout, Pairs, by_witness, chunks, extract, unpacked
from altac.diagnostics.analysis_errors import NoDask, NoScheduler, OtherFormat
from altac.diagnostics.cli_errors import CannotWrite
from altac.diagnostics.learnability_errors import NoInputs
from altac.diagnostics.problem import AltacError, Problem
from altac.diagnostics.syntax_errors import UnreadableFile
from altac.durable import replacing, work_folder, write_file
from altac.interpreter.inputs import Inputs, Skipped
from altac.ir import Head, Program, label
from altac.untrusted import open_file, parse_json, read_file, reason_of

Engine = Literal["local", "dask"]
#: Rows that one partition of the merge holds, about.
PARTITION = 4_000_000
FORMAT = "altac-trace"
VERSION = 1


@dataclass(frozen=True)
class Written:
    """What was written: how many ``pairs`` from how many ``rows`` (positions times layers), inputs used and skipped."""

    pairs: int
    rows: int
    inputs: int
    skipped: tuple[Skipped, ...]


def write_traces(
    program: Program,
    inputs: Inputs,
    path: str,
    *,
    every: bool = False,
    skip_failing: bool = False,
    max_layers: int | None = None,
    engine: Engine = "local",
    chunk: int = CHUNK,
    progress: Callable[[int, int], None] | None = None,
) -> Written:
    """Write the pairs of a run to ``path``: a safetensors file, or JSON lines.

    Distinct pairs with counts and a witness, or with ``every`` all of them. What an interrupted call had done is used if
    the program, the inputs and the options are the same. ``progress`` is called with inputs done and all.

    Raises:
        AltacError: the suffix is no known format, the program fails on an input (unless ``skip_failing``), the file
            cannot be written, Dask is not installed.
    """
    writer = {".safetensors": _write_tensors, ".jsonl": _write_lines}.get(Path(path).suffix)
    if writer is None:
        raise AltacError(OtherFormat(path=path, formats="`.safetensors` or `.jsonl`"))
    if not len(inputs):
        raise AltacError(NoInputs())
    run_tasks = _local if engine == "local" else _dask()
    plan = repr((VERSION, program, inputs.tokens, every, max_layers, chunk))
    try:
        with work_folder(path) as folder:
            _begin(plan, folder)
            jobs, first = [], 0
            for number, tokens in enumerate(chunks(inputs.tokens, chunk)):
                jobs.append(_Chunk(program, folder, number, first, tuple(tokens), max_layers, every))
                first += len(tokens)
            skipped: dict[int, Problem] = {}
            for job, failed in zip(jobs, run_tasks(_extract_part, jobs), strict=True):
                if failed and not skip_failing:
                    shutil.rmtree(folder, ignore_errors=True)
                    inputs.leave_out(failed, skip_failing)
                skipped |= failed
                if progress is not None:
                    progress(job.first + len(job.tokens), len(inputs.tokens))
            used = inputs.leave_out(skipped, skip_failing)
            pieces = _partitions(folder, len(jobs), every)
            sizes = list(run_tasks(_merge_partition, pieces))
            total = sum(n for n, _ in sizes)
            head = header(program, used, every, total)
            with replacing(path) as file:
                writer(file, Layout(program), np.array(inputs.numbers), head, pieces)
            shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        raise AltacError(CannotWrite(path=path, reason=reason_of(error))) from None
    return Written(total, sum(r for _, r in sizes), len(used.tokens), used.skipped)


def _begin(plan: str, folder: Path) -> None:
    """Empty the folder of the work, unless it is that of an earlier call with the same plan."""
    text = json.dumps({"format": FORMAT, "plan": hashlib.sha256(plan.encode()).hexdigest()})
    known = folder / "plan.json"
    if not known.is_file() or read_file(known, len(text)) != text.encode():
        for left in folder.iterdir():
            left.unlink()
        write_file(known, text)


@contextmanager
def connected(scheduler: str | None) -> Iterator[None]:
    """Within it, Dask works on the cluster at the address ``scheduler``, if one is given.

    Raises `AltacError` if it cannot be reached, or Dask is not installed.
    """
    if scheduler is None:
        yield
        return
    try:
        distributed: Any = import_module("dask.distributed")
    except ImportError:
        raise AltacError(NoDask()) from None
    try:
        client = distributed.Client(scheduler, timeout="10s")
    except (OSError, ValueError, TimeoutError) as error:
        raise AltacError(NoScheduler(address=scheduler, reason=str(error).splitlines()[0])) from None
    with client:
        yield


@dataclass(frozen=True)
class _Chunk:
    """The task of tracing some inputs, ``first`` being the number of the first."""

    program: Program
    folder: Path
    number: int
    first: int
    tokens: tuple[tuple[int, ...], ...]
    max_layers: int | None
    every: bool

    @property
    def path(self) -> Path:
        return self.folder / f"part-{self.number:06}"


def _extract_part(job: _Chunk) -> dict[int, Problem]:
    """Trace a chunk and keep the result, unless that is done already; the problems of inputs that failed."""
    done = job.path.with_suffix(".json")
    if (failed := _known(job, done)) is not None:
        if not failed:
            return {}
        _, again = extract(job.program, [job.tokens[i] for i in failed], 0, job.max_layers)
        return {job.first + failed[i]: problem for i, problem in again.items()}
    for broken in job.folder.glob(f"{job.path.name}.*"):  # a pipe among them would be written into
        broken.unlink()
    rows, problems = extract(job.program, job.tokens, job.first, job.max_layers, merge=not job.every)
    _write_counted(job.path, rows)
    write_file(done, json.dumps([i - job.first for i in problems]))
    return problems


def _known(job: _Chunk, done: Path) -> list[int] | None:
    """The inputs of a chunk that failed when it was traced; None if it was not, or what is kept of it is broken."""
    try:
        failed = parse_json(read_file(done, 16 * len(job.tokens) + 2, regular=True).decode())
        rows = _read_counted(job.path)
    except (OSError, ValueError, EOFError):
        return None
    sound = isinstance(failed, list) and all(type(i) is int and 0 <= i < len(job.tokens) for i in failed)
    return failed if sound and len(rows.words) == len(rows.counts) == len(rows.witness) else None


@dataclass(frozen=True)
class _Partition:
    """The task of merging what all parts have with hashes from ``low`` on and below ``high``; all of one part if 0."""

    folder: Path
    number: int
    parts: tuple[Path, ...]
    low: int
    high: int

    @property
    def path(self) -> Path:
        return self.folder / f"merged-{self.number:06}" if self.high else self.parts[0]


def _partitions(folder: Path, count: int, every: bool) -> list[_Partition]:
    """Partitions of about `PARTITION` rows in all parts together; with ``every`` the parts as they are."""
    parts = tuple(folder / f"part-{i:06}" for i in range(count))
    if every:
        return [_Partition(folder, i, (part,), 0, 0) for i, part in enumerate(parts)]
    wanted = max(1, -(-sum(len(_load(part, "counts")) for part in parts) // PARTITION))
    edges = [(1 << 64) * k // wanted for k in range(wanted + 1)]
    return [_Partition(folder, k, parts, edges[k], edges[k + 1]) for k in range(wanted)]


def _merge_partition(job: _Partition) -> tuple[int, int]:
    """Merge the rows of one partition; how many there are, and how often they occurred."""
    if not job.high:
        rows = _read_counted(job.path)
        return len(rows), len(rows)
    pieces = []
    for path in job.parts:
        part = _read_counted(path)
        keys = hashed(part.words)
        start = int(np.searchsorted(keys, np.uint64(job.low)))
        stop = len(keys) if job.high == 1 << 64 else int(np.searchsorted(keys, np.uint64(job.high)))
        pieces.append(part.take(slice(start, stop)))
    rows = by_witness(distinct(join(pieces)))
    _write_counted(job.path, rows)
    return len(rows), int(rows.counts.sum())


# engines


def _local(function: Callable[[Any], Any], jobs: Sequence[Any]) -> Iterator[Any]:
    return map(function, jobs)


def _dask() -> Callable[[Callable[[Any], Any], Sequence[Any]], Iterator[Any]]:
    """Runs tasks on Dask: on its current client, else on processes of this machine.

    Workers elsewhere need the folder of the output under the same path.
    """
    try:
        dask: Any = import_module("dask")
    except ImportError:
        raise AltacError(NoDask()) from None
    scheduler = dask.base.get_scheduler() or "processes"

    def submit(function: Callable[[Any], Any], jobs: Sequence[Any]) -> Iterator[Any]:
        return iter(dask.compute(*[dask.delayed(function)(job) for job in jobs], scheduler=scheduler))

    return submit


# files


def _write_counted(path: Path, rows: Counted) -> None:
    for name in ("words", "counts", "witness"):
        with replacing(path.with_suffix(f".{name}.npy")) as file:
            np.save(file, getattr(rows, name))


def _load(path: Path, name: str) -> Array:
    file = path.with_suffix(f".{name}.npy")
    open_file(file, regular=True).close()
    array: Array = np.load(file, mmap_mode="r")
    return array


def _read_counted(path: Path) -> Counted:
    return Counted(*(_load(path, name) for name in ("words", "counts", "witness")))


def header(program: Program, inputs: Inputs, every: bool, rows: int) -> dict[str, Any]:
    """What a trace file says of itself: the layout of its columns and where it comes from."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "program": program.name,
        "params": dict(program.params),
        "inputs": len(inputs.tokens),
        "skipped": len(inputs.skipped),
        "distinct": not every,
        "rows": rows,
        "layout": Layout(program).json(),
    }


def _with_lines(witness: Array, lines: Array) -> Array:
    """Witnesses with the line of the input in place of its number."""
    found = np.array(witness)
    found[:, 0] = lines[witness[:, 0]]
    return found


def _write_tensors(
    file: IO[bytes], layout: Layout, lines: Array, head: dict[str, Any], pieces: list[_Partition]
) -> None:
    """A safetensors file, written partition by partition: tensors after one another behind a header of JSON."""
    total, program = head["rows"], layout.program
    tensors = {
        "before": ("I32", "<i4", (total, len(program.slots))),
        "after": ("I32", "<i4", (total, len(program.variables))),
        "count": ("I64", "<i8", (total,)),
        "witness": ("I64", "<i8", (total, 3)),
    }
    entries: dict[str, Any] = {"__metadata__": {"altac": json.dumps(head)}}
    size, at = 0, {}
    for name, (kind, dtype, shape) in tensors.items():
        at[name] = size
        size += np.dtype(dtype).itemsize * int(np.prod(shape))
        entries[name] = {"dtype": kind, "shape": shape, "data_offsets": [at[name], size]}
    text = json.dumps(entries).encode()
    text += b" " * (-len(text) % 8)
    file.write(len(text).to_bytes(8, "little") + text)
    base = file.tell()
    file.truncate(base + size)
    for piece in pieces:
        pairs = unpacked(layout, _read_counted(piece.path))
        arrays = (pairs.before, pairs.after, pairs.counts, _with_lines(pairs.witness, lines))
        for (name, (_, dtype, _)), array in zip(tensors.items(), arrays, strict=True):
            data = np.ascontiguousarray(array, dtype).tobytes()
            file.seek(base + at[name])
            file.write(data)
            at[name] += len(data)


def _write_lines(file: IO[bytes], layout: Layout, lines: Array, head: dict[str, Any], pieces: list[_Partition]) -> None:
    """JSON lines: a header, then one pair a line."""
    file.write((json.dumps(head, ensure_ascii=False) + "\n").encode())
    for piece in pieces:
        rows = _read_counted(piece.path)
        for start in range(0, len(rows), 10_000):
            pairs = unpacked(layout, rows.take(slice(start, start + 10_000)))
            lines_of = _json_lines(layout.program, pairs, _with_lines(pairs.witness, lines))
            file.writelines(line.encode() for line in lines_of)


def _json_lines(program: Program, pairs: Pairs, witness: Array) -> Iterator[str]:
    from altac.interpreter.codec import value_json
    from altac.ir import RealDomain, SetDomain

    values: dict[str, list[Any]] = {}
    for slot in program.slots:
        codes = range(slot.domain.low, slot.domain.low + slot.domain.size)
        plain = isinstance(slot.domain, RealDomain | SetDomain)
        values[slot.name] = [label(slot.domain, c) if plain else value_json(slot.domain, c) for c in codes]
        if isinstance(slot, Head):
            values[slot.name].append(None)  # where it is undefined: index -1
    after = [v.name for v in program.variables]
    before = [s.name for s in program.slots]
    for b, a, count, (line, layer, position) in zip(
        pairs.before.tolist(), pairs.after.tolist(), pairs.counts.tolist(), witness.tolist(), strict=True
    ):
        item = {
            "before": {n: values[n][i] for n, i in zip(before, b, strict=True)},
            "after": {n: values[n][i] for n, i in zip(after, a, strict=True)},
            "count": count,
            "witness": {"line": line, "layer": layer, "position": position},
        }
        yield json.dumps(item, ensure_ascii=False) + "\n"


def read_traces(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, Array]]:
    """The header and the arrays of a safetensors trace file: ``before``, ``after``, ``count``, ``witness``.

    Raises `AltacError` if it is none.
    """
    from safetensors import SafetensorError, safe_open

    try:
        open_file(path, regular=True).close()
        with safe_open(os.fspath(path), framework="numpy") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
            head = parse_json((file.metadata() or {}).get("altac", "null"))
        if not isinstance(head, dict) or (head.get("format"), head.get("version")) != (FORMAT, VERSION):
            raise ValueError("it is not what `altac trace` has written")
    except SafetensorError as error:
        raise AltacError(UnreadableFile(name=os.fspath(path), reason=f"it is no safetensors file: {error}")) from None
    except (OSError, ValueError) as error:
        raise AltacError(UnreadableFile(name=os.fspath(path), reason=reason_of(error))) from None
    return head, arrays
