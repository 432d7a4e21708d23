"""What must be true after any misfortune: one whole environment, nothing left behind, the right exit status."""

from __future__ import annotations

import re
import time
from pathlib import Path

import msgspec
import psutil

from mlenv.errors import ExitStatus
from mlenv.execute.generations import MANIFEST
from mlenv.execute.holding import VARIABLE
from mlenv.execute.manifest import read_manifest
from mlenv.plan.lock import read_lock
from mlenv.system.process import Completed

from .world import NEW, OLD, World

SETTLE_SECONDS = 10.0
"""So long the companion of an installer that was killed may take to make order."""
LOOK_SECONDS = 0.05
STORE_FILES = {".gitignore", "lock", "original"}
WORK_NAMES = {".venv", ".venv.generations"}
# All that may be in a home; of what uv keeps we do not speak.
HOME_FILES = re.compile(
    r"cache/uv/.*|data/uv/.*|cache/mlenv/(answers|matrix/[^/]+)\.mp|cache/mlenv/locks/[0-9a-f]+\.toml|cache/mlenv/pace\.json"
    r"|state/mlenv/logs/install-[^/]+\.log|data/mlenv/environments/[0-9a-f]+\.path"
)
SHOWN = 8
"""So much of what is wrong is told."""
WITH_HINT = (ExitStatus.USAGE, ExitStatus.NO_PLAN, ExitStatus.INSTALL_FAILED, ExitStatus.NO_VERDICT)


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What is right after one try.

    ``statuses`` are the exit statuses of the faulty call that are right.  ``log`` says that a failure
    has a log; ``by_next`` that order is the next installation's to make, not the companion's;
    ``versions`` what a killed call may leave, and ``wanted`` what a good one does.
    """

    statuses: tuple[int, ...]
    log: bool = True
    by_next: bool = False
    versions: tuple[str, ...] = (OLD, NEW)
    wanted: tuple[str, ...] = (NEW,)


def judge(world: World, ending: Completed, expected: Expected, *, deep: bool = False) -> list[str]:
    """What is wrong after a call that ended so; ``deep`` proves every generation that is kept."""
    wrong = [*check_words(ending, expected), *check_log(world, ending, expected)]
    settle(world)
    wrong += check_environment(world, versions_after(ending, expected))
    if not expected.by_next:
        wrong += check_left(world)
    wrong += check_next(world)
    wrong += check_left(world)
    if deep:
        wrong += check_generations(world)
    return list(dict.fromkeys(wrong))[:SHOWN]


def check_words(ending: Completed, expected: Expected) -> list[str]:
    """Whether the call ended with the right status and the right words."""
    wrong = []
    status, text = ending.status, ending.stderr
    if status not in expected.statuses:
        right = " or ".join(map(str, expected.statuses))
        wrong.append(f"exit status {status} instead of {right} ({_last(text)})")
    wrong += [f"stderr has {word!r}" for word in ("Traceback", "mlenv itself failed") if word in text]
    if status is not None and status > 0:
        wrong += _check_error(status, text)
    return wrong


def _check_error(status: int, text: str) -> list[str]:
    errors = sum(line.startswith("error:") for line in text.splitlines())
    hints = sum(line.startswith("hint:") for line in text.splitlines())
    wrong = [] if errors == 1 else [f"stderr has {errors} errors instead of one"]
    return wrong if hints or status not in WITH_HINT else [*wrong, f"status {status} without a hint ({_last(text)})"]


def check_log(world: World, ending: Completed, expected: Expected) -> list[str]:
    """Whether a failure has a log that ends with it."""
    if not expected.log or ending.status not in WITH_HINT:
        return []
    return [] if any("ended by" in log.read_text() for log in world.logs()) else ["there is no log of the failure"]


def settle(world: World) -> None:
    """Wait until nothing runs any more, as long as a companion may take."""
    limit = time.monotonic() + SETTLE_SECONDS
    while world.processes() and time.monotonic() < limit:
        time.sleep(LOOK_SECONDS)


def versions_after(ending: Completed, expected: Expected) -> tuple[str, ...]:
    """What the environment may be: the new one after success, the old one after a failure, either after a kill."""
    if ending.status == 0:
        return expected.wanted
    killed = ending.status is None or ending.status < 0
    return expected.versions if killed else expected.versions[:1]


def check_environment(world: World, versions: tuple[str, ...]) -> list[str]:
    """Whether the environment is one of those, whole, and proves so."""
    wrong = check_packages(world, versions)
    verified = world.verify()
    if verified.status != 0:
        wrong.append(f"`mlenv verify` ends with {verified.status} ({_last(verified.stderr or verified.stdout)})")
    return wrong


def check_packages(world: World, versions: tuple[str, ...]) -> list[str]:
    """Whether the environment imports one of those releases, and its files are those of the wheels."""
    found = world.version()
    wrong = [] if found in versions else [f"the environment has {found} instead of {' or '.join(versions)}"]
    return wrong + [f"{path} is not as published" for path in world.spoiled()]


def check_left(world: World) -> list[str]:
    """What is left behind that nobody needs."""
    wrong = [f"left running: {_describe(one)}" for one in world.processes()]
    wrong += [f"left in TMPDIR: {path.name}" for path in sorted(world.temporary.iterdir())]
    wrong += [f"left beside the environment: {path.name}" for path in _others(world)]
    wrong += [f"left in the store: {name}" for name in store_rubbish(world)]
    for path in sorted(world.home.rglob("*")):
        place = path.relative_to(world.home).as_posix()
        if not path.is_dir() and not HOME_FILES.fullmatch(place):
            wrong.append(f"left in the home: {place}")
    return wrong


def store_rubbish(world: World) -> list[str]:
    """Names in the store that are neither its own files nor finished generations."""
    if not world.store.is_dir():
        return []
    found = []
    for path in sorted(world.store.iterdir()):
        whole = path.name.isdigit() and (path / MANIFEST).is_file()
        if not whole and path.name not in STORE_FILES:
            found.append(path.name)
    return found


def check_next(world: World) -> list[str]:
    """Whether the same installation, undisturbed and with the same cache, succeeds."""
    world.index.heal()
    done = world.run(*world.request())
    wrong = [] if done.ok else [f"the next installation ends with {done.status} ({_last(done.stderr)})"]
    return wrong + [f"after the next installation {text}" for text in check_packages(world, (NEW,))]


def check_generations(world: World) -> list[str]:
    """Whether each generation that is kept works, when it is gone back to."""
    wrong = []
    for folder in world.generations.finished():
        back = world.run("env", "rollback", "--env", str(world.environment), "--to", folder.name)
        if back.status != 0:
            wrong.append(f"back to generation {folder.name} ends with {back.status} ({_last(back.stderr)})")
        wrong += [f"generation {folder.name}: {text}" for text in check_environment(world, _locked_in(folder))]
    return wrong


def _locked_in(folder: Path) -> tuple[str, ...]:
    manifest = read_manifest(folder)
    rows = read_lock(manifest.lock).packages if manifest else ()
    return tuple(row.version for row in rows if row.name == "lower")


def _others(world: World) -> list[Path]:
    return [path for path in sorted(world.work.iterdir()) if path.name not in WORK_NAMES]


def _describe(one: psutil.Process) -> str:
    try:
        mark = " of the installation" if VARIABLE in one.environ() else ""
        return f"process{mark}: {' '.join(one.cmdline())[:120]}"
    except psutil.Error:
        return f"process {one.pid}"


def _last(text: str) -> str:
    """The error of a call, or the last thing it said."""
    lines = [line for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("error:")]
    return (errors or lines or ["it said nothing"])[-1][:200]
