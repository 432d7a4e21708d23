"""What comes after a kill: a small process that outlives the installer and makes order.

Nothing can be done by a process that is killed.  So a companion waits for its end; where that
comes without a farewell, it ends what the installer had started, and removes the half environment
and the temporary files, some of which may hold a password.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mlenv.system.process import Companion

FAREWELL = b"done\n"
_kept: list[Companion] = []
"""Companions whose line ends with this process and no sooner."""


@contextmanager
def guarded(path: Path) -> Iterator[Path]:
    """Within, an end of this process by force is followed by order in the environment at ``path``.

    Gives a folder for temporary files, this process's own among them, that goes with the context.
    """
    from mlenv.execute.scratch import choose_places, opened

    places = choose_places()
    package = str(Path(__file__).parents[2])
    start = f"import sys; sys.path.append({package!r}); from mlenv.execute.guard import watch; watch()"
    # Before the first file is made: whatever comes then, somebody knows of it.
    companion = Companion([sys.executable, "-I", "-c", start, str(path), str(os.getpid()), *map(str, places)])
    try:
        with opened(places) as scratch, _temporary_files_in(scratch):
            yield scratch
    except Exception:
        companion.dismiss(FAREWELL)
        raise
    except BaseException:
        # A second Ctrl-C may have cut short what follows the first: the companion sees to it, once we are gone.
        _kept.append(companion)
        raise
    companion.dismiss(FAREWELL)


@contextmanager
def _temporary_files_in(folder: Path) -> Iterator[None]:
    usual, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = usual


def watch() -> None:
    """The companion: wait for the farewell or the end of the line."""
    if sys.stdin.buffer.read() != FAREWELL:
        path, number, *places = sys.argv[1:]
        make_order(Path(path), *map(Path, places))
        remove_unfinished(int(number))
    os._exit(0)


def make_order(path: Path, *places: Path) -> None:
    """Clear up after an installer that is gone; where another one works there already, it has done so.

    ``places`` are where its temporary files may lie.
    """
    from mlenv.execute.generations import Generations
    from mlenv.execute.holding import clear_up, try_lock

    generations = Generations(path)
    lock = try_lock(generations) if generations.store.is_dir() else None
    if lock is not None:
        try:
            clear_up(generations)
            generations.close_store()
        finally:
            lock.release()
    for place in places:
        shutil.rmtree(place, ignore_errors=True)


def remove_unfinished(number: int) -> None:
    """Remove what a process was about to give its name among the user's files: ``NAME.PID``."""
    from mlenv.system.folders import cache_folder, data_folder

    for folder in (cache_folder(), data_folder()):
        with suppress(OSError):
            for path in folder.rglob(f"*.{number}"):
                path.unlink(missing_ok=True)
