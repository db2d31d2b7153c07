"""`python -m benchmarks`: start-up, sizes, building, interpreter and model, as JSON and a plot.

Times are of this process on this machine; what is worth comparing between machines are the ratios: start-up against
that of Python with numpy, the model against matrix products of the shapes it computes.
"""

from __future__ import annotations

import json
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import altac

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results"
EXAMPLES = (
    "parity/sequential_absolute", "parity/sequential_relative", "parity/sum_modulo", "parity/sum_modulo_count",
    "addition", "subleq", "sort_unique", "scan/parser", "scan/scan",
)  # fmt: skip
#: An input of each program that a long run is measured on.
INPUTS: dict[str, Any] = {
    "parity/sequential_absolute": [1, 0, 1, 1] * 8,
    "parity/sequential_relative": ["START", *[1, 0, 1, 1] * 8],
    "parity/sum_modulo": ["START", *[1, 0, 1, 1] * 8],
    "parity/sum_modulo_count": ["START", *[1, 0, 1, 1] * 8],
    "addition": "s" + "9" * 30 + "+" + "1" * 30 + "e",
    "subleq": [9, 10, 3, 10, 11, 6, 12, 12, -1, 1, 2, 3, 0],
    "sort_unique": ["START", *range(15, -1, -1)],
    "scan/parser": "jump around left thrice and walk opposite right twice",
    "scan/scan": "jump around left thrice and walk opposite right twice",
}


def best(function: Callable[[], object], times: int = 3) -> float:
    """The shortest of several runs, in seconds."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        function()
        found.append(time.perf_counter() - start)
    return min(found)


def process(*args: str) -> float:
    """Seconds of a fresh process."""
    return best(lambda: subprocess.run([sys.executable, *args], check=True, capture_output=True, cwd=ROOT), 5)


def startup() -> dict[str, float]:
    """Start-up of commands, and as a ratio to Python with numpy."""
    numpy = process("-c", "import numpy")
    found = {"python": process("-c", "pass"), "numpy": numpy}
    for name, args in {
        "altac --help": ("--help",),
        "altac check": ("check", "examples/parity/sequential_relative.alta"),
        "altac check scan": ("check", "examples/scan/scan.alta"),
        "altac run": ("run", "examples/addition.alta", "s12+34e"),
    }.items():
        seconds = process("-m", "altac", *args)
        found |= {name: seconds, f"{name} / numpy": seconds / numpy}
    return found


def sizes(name: str) -> dict[str, Any]:
    """Rules, widths, parameters and build seconds at every level."""
    program = altac.load(ROOT / "examples" / f"{name}.alta")
    found: dict[str, Any] = {"rules": len(program.rules())}
    for level in (0, 1, 2):
        start = time.process_time()
        model = program.compile(level)
        found[f"O{level}"] = {
            "mlp_width": model.built.mlp_width,
            "residual_width": model.built.configuration.sizes.residual,
            "parameters": model.built.parameters,
            "seconds": time.process_time() - start,
        }
    return found


def throughput(name: str) -> dict[str, Any]:
    """Position-layers a second of interpreter and model on a batch of equal inputs, and the model against the
    matrix products of its own shapes."""
    import jax
    import jax.numpy as jnp

    program = altac.load(ROOT / "examples" / f"{name}.alta")
    tokens = program.encode(INPUTS[name])
    batch = [tokens] * 32
    (result,) = program.results([tokens], "interpreter", None)
    work = len(batch) * len(tokens) * max(result.layers, 1)
    interpreter = best(lambda: program.results(batch, "interpreter", None))
    model = program.compile()
    runner = model.runner
    runner.run(batch)
    transformer = best(lambda: runner.run(batch))
    features, hidden = model.built.weights["mlp.up"].shape
    residual = model.built.weights["mlp.down"].shape[1]
    x, up, down = (
        jnp.ones((len(batch) * len(tokens), features)),
        jnp.ones((features, hidden)),
        jnp.ones((hidden, residual)),
    )
    product = jax.jit(lambda x, up, down: (x @ up) @ down)
    product(x, up, down).block_until_ready()
    limit = best(lambda: product(x, up, down).block_until_ready()) * max(result.layers, 1)
    return {
        "batch": len(batch), "length": len(tokens), "layers": result.layers,
        "interpreter position-layers per second": work / interpreter,
        "model position-layers per second": work / transformer,
        "model seconds / seconds of its MLP's products alone": transformer / limit,
    }  # fmt: skip


def built(program: altac.Program) -> dict[str, float]:
    """Width and build seconds at level 2."""
    start = time.process_time()
    model = program.compile(2, allow_sampled=True)
    return {"mlp_width": model.built.mlp_width, "seconds": time.process_time() - start}


def growth() -> dict[str, Any]:
    """SUBLEQ over its number of values, SCAN over its number of positions."""
    subleq = {
        str(2 * high + 1): built(altac.load(ROOT / "examples" / "subleq.alta", {"LOW": -high, "HIGH": high}))
        for high in (8, 16, 32, 64, 128)
    }
    scan = {}
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "scan"
        shutil.copytree(ROOT / "examples" / "scan", copy)
        text = (copy / "parsing.alta").read_text()
        for size in (51, 75, 100, 150, 200):
            changed = re.sub(r"const SIZE +=.*", f"const SIZE = {size}", text)
            assert f"const SIZE = {size}\n" in changed
            (copy / "parsing.alta").write_text(changed)
            scan[str(size)] = built(altac.load(copy / "scan.alta"))
    return {"subleq values": subleq, "scan positions": scan}


def scaling() -> dict[str, Any]:
    """Position-layers per second of interpreter and model for additions, over the digits and over the batch."""
    program = altac.load(ROOT / "examples" / "addition.alta")
    runner = program.compile().runner

    def speeds(digits: int, batch: int) -> dict[str, float]:
        tokens = program.encode("s" + "9" * digits + "+" + "1" * digits + "e")
        (result,) = program.results([tokens], "interpreter", None)
        work = batch * len(tokens) * result.layers
        inputs = [tokens] * batch
        runner.run(inputs)
        return {
            "interpreter": work / best(lambda: program.results(inputs, "interpreter", None)),
            "model": work / best(lambda: runner.run(inputs)),
        }

    return {
        "digits": {str(n): speeds(n, 32) for n in (5, 10, 20, 40, 80)},
        "batch": {str(n): speeds(20, n) for n in (1, 4, 16, 64, 256)},
    }


def plot(report: dict[str, Any], path: Path) -> None:
    """Widths by level, growth of width and build time, speed over length and batch."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(2, 3, figsize=(15, 8))
    names = list(report["sizes"])
    widths = axes[0, 0]
    for level in (0, 1, 2):
        widths.plot(names, [report["sizes"][n][f"O{level}"]["mlp_width"] for n in names], "o-", label=f"-O{level}")
    widths.set_yscale("log")
    widths.set_title("hidden units")
    pyplot.setp(widths.get_xticklabels(), rotation=60, ha="right", fontsize=8)
    widths.legend()
    for axis, (what, points) in zip((axes[0, 1], axes[0, 2]), report["growth"].items(), strict=True):
        axis.set_title(what.replace("subleq", "SUBLEQ:").replace("scan", "SCAN:"))
        numbers = [int(v) for v in points]
        axis.plot(numbers, [p["mlp_width"] for p in points.values()], "o-")
        axis.set_ylabel("hidden units at -O2")
        axis.set_ylim(bottom=0)
        seconds = axis.twinx()
        seconds.plot(numbers, [p["seconds"] for p in points.values()], "s--", color="gray")
        seconds.set_ylabel("build seconds (dashed)")
        seconds.set_ylim(bottom=0)
    speed = axes[1, 0]
    for engine, mark in (("interpreter", "o-"), ("model", "s-")):
        values = [report["throughput"][n][f"{engine} position-layers per second"] for n in names]
        speed.plot(names, values, mark, label=engine)
    speed.set_yscale("log")
    speed.set_title("position-layers per second, 32 inputs")
    pyplot.setp(speed.get_xticklabels(), rotation=60, ha="right", fontsize=8)
    speed.legend()
    for axis, (what, points) in zip((axes[1, 1], axes[1, 2]), report["scaling"].items(), strict=True):
        axis.set_title(f"addition: position-layers per second by {what}")
        for engine, mark in (("interpreter", "o-"), ("model", "s-")):
            axis.plot([int(v) for v in points], [p[engine] for p in points.values()], mark, label=engine)
        axis.set_xscale("log")
        axis.set_yscale("log")
        axis.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=100)


def main() -> None:
    """Measure everything, print it and write it to benchmarks/results."""
    report: dict[str, Any] = {"startup": startup(), "sizes": {}, "throughput": {}}
    for name in EXAMPLES:
        report["sizes"][name] = sizes(name)
        report["throughput"][name] = throughput(name)
        print(name, json.dumps(report["sizes"][name]), json.dumps(report["throughput"][name]), flush=True)
    report["growth"] = growth()
    report["scaling"] = scaling()
    report["peak memory, MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "report.json").write_text(json.dumps(report, indent=2) + "\n")
    (RESULTS / "startup.json").write_text(json.dumps(report["startup"], indent=2) + "\n")
    plot(report, RESULTS / "report.png")
    print(json.dumps(report["startup"], indent=2), json.dumps(report["growth"]))


if __name__ == "__main__":
    main()
