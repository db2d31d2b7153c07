"""`python -m experiments [NAME...]`: results of the paper as tables (Markdown, JSON) and figures.

Each result goes to RESULTS/NAME.md and NAME.json as soon as it is there. The preset `quick` takes minutes on two CPU
cores, `paper` has the sizes of the paper and needs an accelerator. SCAN=FOLDER names the folder of the SCAN data set.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import date
from importlib import import_module
from pathlib import Path

import click

from experiments.data import NoData
from experiments.report import Outcome, write

#: Name -> (module, function), in the order in which they run.
EXPERIMENTS = {
    "figure4": ("experiments.parity", "figure4"),
    "theorem": ("experiments.theorems", "theorem"),
    "addition": ("experiments.generalisation", "addition"),
    "scan_minimal": ("experiments.generalisation", "scan_minimal"),
    "table3": ("experiments.endtoend", "table3"),
    "table5": ("experiments.endtoend", "table5"),
}
RESULTS = Path(__file__).parent / "results"

Experiment = Callable[[str, int, Path, Callable[[str], None]], Outcome]


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME...]")
@click.option("--preset", type=click.Choice(["quick", "paper"]), default="quick", show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--output", type=click.Path(path_type=Path), default=RESULTS, help="Where the results go.")
def main(names: tuple[str, ...], preset: str, seed: int, output: Path) -> None:
    """Reproduce results of the paper: all, or those named."""
    unknown = [n for n in names if n not in EXPERIMENTS]
    if unknown:
        raise click.BadParameter(f"there is no {unknown[0]!r}; there are {', '.join(EXPERIMENTS)}", param_hint="NAME")
    missing = 0
    for name in names or EXPERIMENTS:
        module, function = EXPERIMENTS[name]
        run: Experiment = getattr(import_module(module), function)
        start = time.perf_counter()

        def progress(what: str, start: float = start) -> None:
            click.echo(f"[{time.perf_counter() - start:6.1f} s] {what}", err=True)

        try:
            outcome = run(preset, seed, output, progress)
        except NoData as error:
            click.echo(f"{name} is left out: {error}", err=True)
            missing += 1
            continue
        seconds = round(time.perf_counter() - start, 1)
        how = {
            "command": f"python -m experiments {name} --preset {preset} --seed {seed}",
            "preset": preset, "seed": seed, "date": date.today().isoformat(), "seconds": seconds,
        }  # fmt: skip
        write(outcome, output, how)
        click.echo((output / f"{outcome.name}.md").read_text(encoding="utf-8"))
    sys.exit(1 if missing and names else 0)


if __name__ == "__main__":
    main()
