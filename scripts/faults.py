#!/usr/bin/env python3
"""What `mlenv install` does when the world goes wrong: the fault table.

usage: faults.py [--small] [--only NAME]... [--seed N] [--kills N] [--jobs N] [--keep DIR] [--list]

Each try starts in a small world of its own, where an environment is proven and in use, asks for
another release from an index on this machine, and lets something happen on the way.  Afterwards the
old environment must verify or the new one, as the exit status says; nothing else may be left
behind; and the same installation, undisturbed, must succeed.

`--small` tries a little of everything in less than a minute.  `--only` tries what has NAME in its
name, `--list` prints the names.  `--kills` is the number of random moments for each way to be
ended.  `--keep` copies the world of each try that went wrong into DIR.

For Linux.  Disks are small tmpfs in a mount namespace of this process's own (root, or user
namespaces), calls of the system are seen and cut with strace, the clock jumps by a library that cc
compiles; what is not there is skipped, with its reason.
"""

from __future__ import annotations

import argparse
import contextlib
import queue
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from trials import rooms
from trials.mounts import enter_namespace
from trials.reference import make_reference
from trials.table import Result, render
from trials.trial import Settings, Trial
from trials.world import World

DEFAULT_KILLS = 50


def main() -> int:
    """Try everything that was asked for, print the table, and give 1 where anything was wrong."""
    options = read_options()
    enter_namespace(sys.argv)
    with tempfile.TemporaryDirectory(prefix="mlenv-faults-") as folder, contextlib.ExitStack() as stack:
        root = Path(folder).resolve()
        worlds = [stack.enter_context(World(make_folder(root / str(number)))) for number in range(options.jobs)]
        settings = Settings(
            seed=options.seed, kills=options.kills, small=options.small, reference=make_reference(worlds[0])
        )
        trials = [one for one in rooms.all_trials(settings) if is_asked(one, options.only)]
        if options.list:
            print("\n".join(one.name for one in trials))
            return 0
        results = try_all(trials, worlds, options.keep)
    print(render(results, f"scripts/faults.py --seed {options.seed}"))
    return 1 if not results or any(one.wrong for one in results) else 0


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=DEFAULT_KILLS, metavar="N")
    parser.add_argument("--jobs", type=int, default=1, metavar="N")
    parser.add_argument("--keep", type=Path, metavar="DIR")
    parser.add_argument("--list", action="store_true")
    return parser.parse_args()


def is_asked(trial: Trial, names: Sequence[str]) -> bool:
    """Whether a try has one of those texts in its name; without any all are asked for."""
    return not names or any(name in trial.name for name in names)


def make_folder(folder: Path) -> Path:
    folder.mkdir()
    return folder


def try_all(trials: Sequence[Trial], worlds: Sequence[World], keep: Path | None) -> list[Result]:
    """Each try in the next world that is free; results in the order of the tries."""
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in range(len(trials)):
        waiting.put(number)
    results: dict[int, Result] = {}

    def work(world: World) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                number = waiting.get_nowait()
                results[number] = try_one(trials[number], world, keep)
                tell(len(results), len(trials), results[number])

    threads = [threading.Thread(target=work, args=(world,)) for world in worlds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [results[number] for number in sorted(results)]


def try_one(trial: Trial, world: World, keep: Path | None) -> Result:
    """One try in a world that is put in order before; a try that breaks is wrong as well."""
    if trial.lacking:
        return Result(case=trial.case, variant=trial.variant, lacking=trial.lacking)
    try:
        world.restore()
        wrong = trial.act(world)
    except Exception as error:  # noqa: BLE001 - the other tries go on
        wrong = [f"the try itself broke ({type(error).__name__}: {error})"]
    if wrong and keep is not None:
        keep_world(world, keep / trial.name.replace("/", "-"))
    return Result(case=trial.case, variant=trial.variant, wrong=tuple(wrong))


def keep_world(world: World, place: Path) -> None:
    for folder in (world.home, world.temporary, world.work):
        shutil.copytree(folder, place / folder.name, symlinks=True, dirs_exist_ok=True)


def tell(number: int, total: int, result: Result) -> None:
    """Progress on stderr."""
    how = f"skipped: {result.lacking}" if result.lacking else "; ".join(result.wrong) or "right"
    print(f"[{number}/{total}] {time.strftime('%H:%M:%S')} {result.name}: {how}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
