"""``python -m tests.fuzz --seconds 3600``: what is damaged, random or hostile goes through everything.

Each finding has its kind and number: ``python -m tests.fuzz --kind sources --number 123`` makes it again.
"""

from __future__ import annotations

import argparse
import random
import sys

from tests.fuzz.cases import KINDS
from tests.fuzz.driver import attempt, fuzz
from tests.fuzz.kills import main as kill


def main() -> int:
    parser = argparse.ArgumentParser(description="Fuzz the compiler, its files and its commands.")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kind", choices=list(KINDS), action="append")
    parser.add_argument("--number", type=int, help="one case")
    given = parser.parse_args()
    if given.number is not None:
        found = attempt((given.kind or list(KINDS))[0], given.number)
        print(found or "nothing was wrong")
        return bool(found)
    print(f"seed {given.seed}", flush=True)
    killing = 0.0 if given.kind else given.seconds / 20
    report = fuzz(given.seconds - killing, given.seed, given.workers, given.kind)
    if killing:
        kills = kill(seconds=killing, seed=given.seed)
        report.counts["kills"] = sum(n for outcome, n in kills.outcomes.items() if "ended before" not in outcome)
        report.findings += kills.broken
    for kind, count in sorted(report.counts.items()):
        print(f"{count:8,}  {kind}")
    print(f"{len(report.findings):8,}  findings (seed {given.seed})")
    return bool(report.findings)


if __name__ == "__main__":
    sys.exit(main())
