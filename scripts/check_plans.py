#!/usr/bin/env python3
"""Plan for drawn machines and have every plan judged by a checker that shares no code with mlenv.

usage: check_plans.py [--machines N] [--requests N] [--seed N] [--steps N] [--write FOLDER]

Each plan must keep every rule, and no choice of accelerator, Python, releases and builds may be
better; a refusal must be right.  Status 0: all of that holds; 1: it does not, and what is wrong is
printed; `--write` keeps the machine files of those cases.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.property.drawn_machines import draw_machines  # noqa: E402
from tests.property.generated_plans import Case, Judge, Tally, draw_requests  # noqa: E402


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--machines", type=int, default=500, metavar="N")
    options.add_argument("--requests", type=int, default=4, metavar="N", help="for each machine")
    options.add_argument("--seed", type=int, default=1, metavar="N")
    options.add_argument("--steps", type=int, default=20_000, metavar="N", help="a search gives up after so many")
    options.add_argument("--write", type=Path, metavar="FOLDER")
    asked = options.parse_args()
    judge, tally, begin = Judge(ROOT / "compat_matrix"), Tally(), time.monotonic()
    seeds = random.Random(asked.seed)  # noqa: S311
    for text in draw_machines(judge.data.folder, asked.seed, asked.machines):
        requests = draw_requests(judge.data, seeds.getrandbits(32), asked.requests)
        tally.add(judge.cases(text, requests, asked.steps))
    for number, case in enumerate(tally.bad, 1):
        show(case, number, asked.write)
    print(f"{asked.machines} machines, seed {asked.seed}, {time.monotonic() - begin:.0f} s")
    print(tally)
    return 1 if tally.bad or not tally.counts else 0


def show(case: Case, number: int, folder: Path | None) -> None:
    """Print a case that does not stand, with its machine or the name of its file."""
    if folder is None:
        print(f"{case}\n{case.machine}")
        return
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"machine-{number:04}.toml"
    path.write_text(case.machine, encoding="utf-8")
    print(f"{path}: {case}")


if __name__ == "__main__":
    sys.exit(main())
