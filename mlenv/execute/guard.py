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
from contextlib import contextmanager
from pathlib import Path

from mlenv.system.process import Companion

FAREWELL = b"done\n"


@contextmanager
def guarded(path: Path) -> Iterator[Path]:
    """Within, an end of this process by force is followed by order in the environment at ``path``.

    Gives a folder for temporary files, this process's own among them, that goes with the context.
    """
    from mlenv.execute.holding import SCRATCH_PREFIX

    scratch = Path(tempfile.mkdtemp(prefix=SCRATCH_PREFIX))
    package = str(Path(__file__).parents[2])
    start = f"import sys; sys.path.append({package!r}); from mlenv.execute.guard import watch; watch()"
    companion = Companion([sys.executable, "-I", "-c", start, str(path), str(scratch)])
    usual, tempfile.tempdir = tempfile.tempdir, str(scratch)
    try:
        yield scratch
    finally:
        tempfile.tempdir = usual
        shutil.rmtree(scratch, ignore_errors=True)
        companion.dismiss(FAREWELL)


def watch() -> None:
    """The companion: wait for the farewell or the end of the line."""
    if sys.stdin.buffer.read() != FAREWELL:
        make_order(Path(sys.argv[1]), Path(sys.argv[2]))
    os._exit(0)


def make_order(path: Path, scratch: Path) -> None:
    """Clear up after an installer that is gone; where another one works there already, it has done so."""
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
    shutil.rmtree(scratch, ignore_errors=True)
