"""Processes that ended for want of memory."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks.evidence import quote
from mlenv.checks.finding import Finding, Fix
from mlenv.checks.messages import present
from mlenv.checks.registry import Case, Skip, check
from mlenv.checks.wording import says
from mlenv.clues.clue import Clue
from mlenv.facts.machine import Machine
from mlenv.facts.size import gib
from mlenv.matrix.load import Matrix

_KERNEL = ("oom", "out of memory", "memory cgroup", "cgroup")


@check("oom-killed", subject="memory")
def oom_killed(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A process that was ended because memory, or the limit of a container or job, ran out."""
    killed, exhausted = case.clue("process-killed"), _exhausted(case)
    events = [row for row in case.machine.kernel_events or () if row.kind == "out-of-memory"]
    clue = killed or exhausted
    if clue is None and not events:
        raise Skip("nothing was killed")
    proven = bool(events) or (killed is not None and any(word in killed.line.lower() for word in _KERNEL))
    yield Finding(
        id="oom-killed",
        severity="error" if clue else "warning",
        title="The system ended a process because memory ran out",
        cause="The process asked for more memory than the machine, its container or its job has, "
        "and the kernel ended it without a message of its own.",
        evidence=(*quote(clue), *(row.text for row in events[:2]), *_sizes(case.machine)),
        fix=_fix(case),
        grade="named" if proven else "shown",
        explains=present(case, "process-killed", "memory-exhausted"),
    )


def _exhausted(case: Case) -> Clue | None:
    """Memory that ran out outside of an installation; that of a GPU is another matter."""
    clue = case.clue("memory-exhausted")
    return None if clue is None or _is_installing(case) or "cuda" in clue.line.lower() else clue


def _is_installing(case: Case) -> bool:
    return case.clue("installing") is not None


@check("install-out-of-memory", subject="memory")
def install_out_of_memory(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """An installer that ran out of memory."""
    clue = case.clue("memory-exhausted")
    if clue is None or not _is_installing(case):
        raise Skip("no installer ran out of memory")
    yield Finding(
        id="install-out-of-memory",
        severity="error",
        title="The installer ran out of memory",
        cause="pip keeps a whole wheel in memory while it writes it to its cache, and those of GPU builds "
        "have hundreds of megabytes.",
        evidence=(*quote(clue), *_sizes(case.machine)),
        fix=(
            Fix(text="Install without pip's cache", command="python -m pip install --no-cache-dir PACKAGE"),
            Fix(text="Or with uv, which writes to disk as it reads", command="uv pip install PACKAGE"),
            Fix(text="Without a GPU take the build for the CPU, which is much smaller"),
        ),
        grade="named",
        explains=present(case, "memory-exhausted", "process-killed"),
    )


def _sizes(machine: Machine) -> tuple[str, ...]:
    memory = machine.memory
    total = (f"total memory {gib(memory.total_bytes)}",) if memory.total_bytes else ()
    return (*total, f"memory limit {gib(memory.limit_bytes)}") if memory.limit_bytes else total


def _fix(case: Case) -> tuple[Fix, ...]:
    contained = bool(case.machine.os.container) or says(case, "docker", "container", "kubernetes", "oomkilled", "pod")
    more = Fix(text="Give the container more memory", command="docker run --memory 16g IMAGE")
    if case.machine.os.family in ("macos", "windows") and contained:
        more = Fix(text="Give Docker Desktop more memory: Settings, Resources, Memory")
    installing = Fix(
        text="Install without pip's cache, which needs less", command="python -m pip install --no-cache-dir PACKAGE"
    )
    return (
        Fix(text="See whether the kernel ended it", command="sudo dmesg | grep -i -E 'killed process|out of memory'"),
        *((more,) if contained else (Fix(text="End other programs, or add memory or swap"),)),
        installing
        if _is_installing(case)
        else Fix(text="Use smaller batches, fewer workers (num_workers) or a smaller model"),
    )
