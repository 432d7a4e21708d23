"""Shared memory and open files, which worker processes live on."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks.evidence import quote
from mlenv.checks.finding import Finding, Fix
from mlenv.checks.messages import present, value
from mlenv.checks.registry import Case, Skip, check
from mlenv.checks.wording import all_words
from mlenv.clues.clue import Clue
from mlenv.facts.pattern import lazy
from mlenv.facts.size import GIB, gib
from mlenv.matrix.load import Matrix

# Docker gives 64 MiB; loaders of images soon need more than that in each worker.
LITTLE = GIB // 8
FULL = 85
_LIMIT = "open-files"
PLACE = "/dev/shm"  # noqa: S108 - where it is mounted
_PASSING = ("dataloader", "data loader", "num_workers", "shared memory", "shm", "nccl")
_FRAMEWORK = lazy(r"\b(?:py)?torch\w*|\btensorflow\b|\bjax\w*|\bpaddle\w*|\bmxnet\b|\bkeras\b|\btrain\w*|\bpython\d?\b")


@check("shm-too-small", subject="memory")
def shm_too_small(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A /dev/shm that is too small for worker processes."""
    clue = _told(case)
    disk = case.machine.disk("shared-memory")
    small = disk is not None and disk.total_bytes is not None and disk.total_bytes <= LITTLE
    if clue is None and not small:
        raise Skip("nothing speaks of too little shared memory")
    size = f"{disk.path}: {gib(disk.total_bytes)}" if disk and disk.total_bytes else ""
    yield Finding(
        id="shm-too-small",
        severity="error" if clue else "warning",
        title="Shared memory (/dev/shm) is too small for worker processes",
        cause="Worker processes hand over their data in /dev/shm, and a container has only 64 MB of it by itself.",
        evidence=(*quote(clue), *quote(_row(case)), *((size,) if size else ())),
        fix=(
            Fix(text="Start the container with more", command="docker run --shm-size=8g IMAGE"),
            Fix(text="Or with the host's", command="docker run --ipc=host IMAGE"),
            Fix(text="Or load data without worker processes (num_workers=0)"),
        ),
        grade="named" if clue else "shown",
        explains=present(case, "shared-memory-short", "bus-error", "no-space", "disk-row") if clue else (),
    )


def _told(case: Case) -> Clue | None:
    clue = case.clue("shared-memory-short")
    if clue is not None:
        return clue
    bus = case.clue("bus-error")
    if bus is not None and _hands_over(all_words(case)):
        return bus
    row = _row(case)
    return row if row is not None and int(value(row, "percent")) >= FULL else None


def _hands_over(words: str) -> bool:
    """Whether a text speaks of data that goes through shared memory, or of a framework's program in a container."""
    if any(word in words for word in _PASSING):
        return True
    return any(word in words for word in ("docker", "container", "worker")) and _FRAMEWORK.search(words) is not None


def _row(case: Case) -> Clue | None:
    return next((row for row in case.clues_of("disk-row") if value(row, "mount") == PLACE), None)


@check("file-limit-too-low", subject="system")
def file_limit_too_low(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A limit on open files that worker processes reach."""
    clue = case.clue("too-many-open-files")
    full = case.clue("system-files-exhausted")
    if full is not None and (clue is None or not clue.told):
        yield _system_full(case, full)
        return
    if clue is None:
        raise Skip("no message is about open files")
    limit = next((row.soft for row in case.machine.limits or () if row.name == _LIMIT), None)
    yield Finding(
        id="file-limit-too-low",
        severity="error",
        title="The limit on open files is reached",
        cause="Every tensor that a worker process hands over takes an open file, and this session may have only "
        "so many.",
        evidence=(*quote(clue), *((f"limit of open files: {limit}",) if limit else ())),
        fix=(
            Fix(text="Raise the limit for this session", command="ulimit -n 65535"),
            Fix(
                text="In PyTorch, hand tensors over by files instead",
                command="torch.multiprocessing.set_sharing_strategy('file_system')",
            ),
        ),
        grade="named",
        explains=present(case, "too-many-open-files", "shared-memory-short"),
    )


def _system_full(case: Case, clue: Clue) -> Finding:
    """All processes of the system together hold as many files as it allows: no limit of one session is at fault."""
    linux = case.machine.os.family == "linux"
    return Finding(
        id="file-limit-too-low",
        severity="error",
        title="The system has no room for another open file",
        cause="All processes together hold as many open files as the system allows; `ulimit` changes the limit of one "
        "session only.",
        evidence=quote(clue),
        fix=(
            Fix(
                text="See how many are open and how many may be, and end what is left over",
                command="cat /proc/sys/fs/file-nr" if linux else "sysctl kern.num_files kern.maxfiles",
            ),
            Fix(
                text="Raise the limit of the system",
                command=f"sudo sysctl -w {'fs.file-max=2097152' if linux else 'kern.maxfiles=524288'}",
            ),
        ),
        grade="named",
        explains=present(case, "system-files-exhausted"),
    )
