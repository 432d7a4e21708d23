#!/usr/bin/env python3
"""What `mlenv verify` says of planted faults: each must be told for what it is.

usage: faults_verify.py [--only NAME]... [--jobs N] [--keep DIR] [--list]

Each fault goes into a small environment of its own, as stub packages, files or variables; `mlenv
verify` runs over it in earnest and must end with the right status and the result that names the
fault, never with a traceback and never green.  `--only` tries what has NAME in its name, `--list`
prints the names, `--keep` copies the environment of each fault that was not found into DIR.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:  # the stands of the tests serve here too
    sys.path.insert(0, str(ROOT))

from plants import (  # noqa: E402
    crashes,
    environments,
    fallbacks,
    imports,
    numbers,
    policies,
    refusals,
    surroundings,
    together,
)
from plants.ground import Ground  # noqa: E402
from plants.plant import Plant  # noqa: E402
from trials.table import Result, render  # noqa: E402

from mlenv.system.process import run  # noqa: E402

SECONDS = 120.0  # a run that takes longer has hung


def main() -> int:
    """Plant everything that was asked for, print the table, and give 1 where anything was not found."""
    options = read_options()
    plants = [plant for plant in all_plants() if is_asked(plant, options.only)]
    if options.list:
        print("\n".join(plant.name for plant in plants))
        return 0
    with tempfile.TemporaryDirectory(prefix="mlenv-plants-") as text:
        folder = Path(text).resolve()
        first = Ground.prepare(folder / "first")
        with ThreadPoolExecutor(options.jobs) as pool:
            results = list(
                pool.map(lambda pair: try_one(first, folder, pair[0], pair[1], options.keep), enumerate(plants))
            )
    print(render(results, "scripts/faults_verify.py"))
    return 1 if not results or any(result.wrong for result in results) else 0


def all_plants() -> Iterator[Plant]:
    """Every fault, by subject."""
    files = (environments, surroundings, together, policies, refusals)
    for subject in (imports, crashes, numbers, fallbacks, *files):
        yield from subject.all_plants()


def is_asked(plant: Plant, names: Sequence[str]) -> bool:
    """Whether a fault has one of those texts in its name; without any all are asked for."""
    return not names or any(name in plant.name for name in names)


def try_one(first: Ground, folder: Path, number: int, plant: Plant, keep: Path | None) -> Result:
    """Plant one fault, verify, and judge."""
    lacking = plant.lacks()
    if lacking:
        return Result(case=plant.case, variant=plant.variant, lacking=lacking)
    ground = first.copy_to(folder / str(number))
    call = plant.put(ground)
    argv = [sys.executable, "-m", "mlenv", "verify", "--format", "json"]
    argv += ["--env", call.environment or str(ground.environment), *call.words]
    ended = run(
        argv, timeout=SECONDS, environ=make_variables(ground, call.variables), cwd=call.folder or str(ground.folder)
    )
    wrong = ("it hung",) if ended.timed_out else plant.judge(ended)
    if wrong and keep is not None:
        shutil.copytree(ground.folder, keep / str(number), symlinks=True, dirs_exist_ok=True)
    shutil.rmtree(ground.folder, ignore_errors=True)
    print(f"[{number}] {plant.name}: {'NOT FOUND' if wrong else 'found'}", file=sys.stderr, flush=True)
    return Result(case=plant.case, variant=plant.variant, wrong=wrong)


def make_variables(ground: Ground, further: Mapping[str, str]) -> dict[str, str]:
    """The user's variables without what would bend Python, and folders of this run for what mlenv keeps.

    The cache is one for all, as a user's is: it holds the matrix in its quick form.
    """
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV", "CONDA"))
    }
    own = {name: str(ground.folder / "own") for name in ("XDG_DATA_HOME", "XDG_STATE_HOME")}
    return {**kept, **own, "XDG_CACHE_HOME": str(ground.folder.parent / "cache"), **further}


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--jobs", type=int, default=2, metavar="N")
    parser.add_argument("--keep", type=Path, metavar="DIR")
    parser.add_argument("--list", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
