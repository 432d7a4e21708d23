"""The computer below an environment: memory, disks, shared memory, limits, the interpreter's age and kind."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import msgspec

from mlenv.facts.environment import Environment
from mlenv.facts.hardware import Disk
from mlenv.facts.machine import Machine
from mlenv.facts.size import GIB, gib
from mlenv.facts.system import ResourceLimit
from mlenv.facts.version import numbers, series
from mlenv.matrix.load import Matrix
from mlenv.verify.result import Result, ResultStatus

# A machine sold with 8 GB shows about 7.6 GiB.
LEAST_MEMORY = int(7.2 * GIB)
# gpud warns below these; a tenth of a large disk is still much.
LEAST_SHARE = 0.1
LEAST_FREE = 500_000_000
PLENTY = 20_000_000_000
LEAST_SHARED = GIB
SHARED_MEMORY_USERS = frozenset(
    {"accelerate", "deepspeed", "lightning", "pytorch-lightning", "ray", "tensorflow", "torch", "trl", "vllm"}
)
"""Frameworks whose worker processes, or NCCL, pass data through /dev/shm."""
_SAME = {"amd64": "x86_64", "arm64": "aarch64"}
_READ = ("open-files", "locked-memory")


def host_results(
    machine: Machine, environment: Environment | None, frameworks: set[str], matrix: Matrix, today: dt.date
) -> tuple[Result, ...]:
    """What the computer gives to an environment with these frameworks (ids of the matrix), as results.

    ``today`` is the day on which a series of Python counts as out of support.
    """
    return (
        _judge_memory(machine),
        *_judge_disks(machine),
        *_judge_shared_memory(machine, frameworks),
        _judge_limits(machine),
        _judge_python(machine, environment, matrix, today),
    )


def _result(check: str, status: ResultStatus, detail: str, reason: str = "", remedy: str = "") -> Result:
    return Result(
        check=check,
        status=status,
        detail=detail,
        reason=reason,
        group="host",
        remedy=remedy,
    )


def _judge_memory(machine: Machine) -> Result:
    memory = machine.memory
    sizes = [size for size in (memory.total_bytes, memory.limit_bytes) if size is not None]
    if not sizes:
        return _result("host.ram", "skip", "the size of the main memory: no reading")
    usable = min(sizes)
    left = min(memory.available_bytes, usable) if memory.available_bytes is not None else None
    free = f", {gib(left)} free" if left is not None else ""
    limited = " by a limit of this container or job" if usable == memory.limit_bytes else ""
    text = f"{gib(usable)}{limited}{free}"
    result = _result("host.ram", "pass", text)
    if usable < LEAST_MEMORY:
        remedy = "Use small models and batches, or give the machine 8 GB or more"
        result = _result("host.ram", "warn", f"{text}: little for machine learning", "memory-small", remedy)
    measured: dict[str, float | str] = {"memory_gib": round(usable / GIB, 2)}
    if left is not None:
        measured["memory_free_gib"] = round(left / GIB, 2)
    return msgspec.structs.replace(result, measured=measured)


def _judge_disks(machine: Machine) -> Iterator[Result]:
    """``host.disk``: the environment's disk, and that of the temporary folder where it is another one."""
    seen: set[tuple[int | None, int | None]] = set()
    for purpose in ("environment", "temporary"):
        disk = next((disk for disk in machine.disks if disk.purpose == purpose), None)
        if disk is None or disk.free_bytes is None:
            yield _result("host.disk", "skip", f"free space for the {purpose} folder: no reading")
        elif disk.writable is False or (disk.free_bytes, disk.total_bytes) not in seen:
            seen.add((disk.free_bytes, disk.total_bytes))
            measured: dict[str, float | str] = {"free_gb": round(disk.free_bytes / 1e9, 2)}
            yield msgspec.structs.replace(_judge_disk(disk, disk.free_bytes), measured=measured, about=disk.path)


def _judge_disk(disk: Disk, free: int) -> Result:
    text = f"{disk.path}: {free / 1e9:.1f} GB free"
    remedy = "Free space there (`uv cache clean` takes old downloads away)"
    if disk.purpose == "temporary":
        remedy = "Free space there, or let TMPDIR (TEMP on Windows) name a folder on another disk"
        if disk.writable is False:
            return _result("host.disk", "fail", f"{disk.path}: cannot be written to", "disk-not-writable", remedy)
    short = disk.total_bytes is not None and free < disk.total_bytes * LEAST_SHARE and free < PLENTY
    if free < LEAST_FREE or short:
        return _result("host.disk", "warn", f"{text}, which is little", "disk-full", remedy)
    return _result("host.disk", "pass", text)


def _judge_shared_memory(machine: Machine, frameworks: set[str]) -> Iterator[Result]:
    users = sorted(frameworks & SHARED_MEMORY_USERS)
    if machine.os.family != "linux" or not users:
        return
    disk = machine.disk("shared-memory")
    if disk is None or disk.total_bytes is None:
        yield _result("host.shm", "skip", "size of /dev/shm: no reading")
    elif disk.total_bytes < LEAST_SHARED:
        text = (
            f"{disk.path} has {disk.total_bytes / GIB:.2f} GiB, and workers of {', '.join(users)} pass data through it"
        )
        remedy = "Give it 1 GB or more"
        if machine.os.container:
            remedy = "Start the container with `--shm-size=1g` or `--ipc=host`; in Kubernetes, mount memory at /dev/shm"
        yield _result("host.shm", "warn", text, "shared-memory-small", remedy)
    else:
        yield _result("host.shm", "pass", f"{disk.path} has {gib(disk.total_bytes)}")


def _judge_limits(machine: Machine) -> Result:
    """``host.limits``: what this process and its children may use; reported, not judged."""
    if machine.limits is None:
        reason = "Windows has no such limits" if machine.os.family == "windows" else "limits of processes: no reading"
        return _result("host.limits", "skip", reason)
    parts = [_word_limit(limit) for limit in machine.limits if limit.name in _READ]
    if machine.memory.limit_bytes is not None:
        parts.append(f"memory {gib(machine.memory.limit_bytes)}")
    if machine.cpu.usable_cores is not None:
        parts.append(f"{machine.cpu.usable_cores:g} processor cores")
    where = machine.os.container or machine.os.virtualization
    return _result("host.limits", "pass", ", ".join(parts) + (f"; inside {where}" if where else ""))


def _word_limit(limit: ResourceLimit) -> str:
    size = "unlimited" if limit.soft is None else gib(limit.soft) if limit.name == "locked-memory" else str(limit.soft)
    if limit.name == "locked-memory" and limit.soft is not None and limit.soft < GIB // 10:
        size = f"{limit.soft // 1024} KiB"
    return f"{limit.name.replace('-', ' ')} {size}"


def _judge_python(machine: Machine, environment: Environment | None, matrix: Matrix, today: dt.date) -> Result:
    """``host.python``: the worst of what is to be said of the interpreter."""
    if environment is None or environment.python is None:
        return _result("host.python", "skip", "the environment's interpreter: no reading")
    found = list(_find_python_faults(machine, environment, matrix, today))
    failed = [result for result in found if result.status == "fail"]
    if found:
        return (failed or found)[0]
    kind = f"{environment.bits}-bit" if environment.bits else "of unknown word size"
    if environment.bits is None or environment.architecture is None:
        return _result("host.python", "skip", f"Python {environment.python}: word size or processor: no reading")
    return _result("host.python", "pass", f"Python {environment.python}, {kind}, for {environment.architecture}")


def _find_python_faults(machine: Machine, environment: Environment, matrix: Matrix, today: dt.date) -> Iterator[Result]:
    name, remedy = f"Python {environment.python}", "Make the environment with another Python (`mlenv install --python`)"
    if environment.bits == 32:
        text = f"{name} is a 32-bit one; frameworks are published for 64 bits"
        yield _result("host.python", "fail", text, "python-32bit", remedy)
    made_for, here = _same(environment.architecture), _same(machine.architecture)
    if made_for and here and made_for != here:
        rosetta = machine.os.family == "macos"
        text = f"{name} was made for {environment.architecture}, this machine is {machine.architecture}"
        told = f"{text}: it runs translated and cannot use the GPU" if rosetta else f"{text}: it runs emulated"
        yield _result("host.python", "fail" if rosetta else "warn", told, "python-foreign", remedy)
    row = next((row for row in matrix.pythons if row.version == series(environment.python or "")), None)
    if row is not None and row.end_of_life < today:
        yield _result(
            "host.python", "warn", f"{name} has had no fixes since {row.end_of_life}", "python-end-of-life", remedy
        )
    elif row is None and _is_older(environment.python or "", matrix):
        yield _result(
            "host.python", "warn", f"{name} is older than any that is looked after", "python-end-of-life", remedy
        )


def _is_older(version: str, matrix: Matrix) -> bool:
    known = [numbers(row.version) for row in matrix.pythons]
    return bool(known) and numbers(version) < min(known)


def _same(architecture: str | None) -> str:
    name = (architecture or "").lower()
    return _SAME.get(name, name)
