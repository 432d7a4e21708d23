"""Disk space: whether an environment fits where it would be made."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks.evidence import cite, quote, quote_messages
from mlenv.checks.finding import Finding, Fix, Grade
from mlenv.checks.messages import present, value
from mlenv.checks.registry import Case, Skip, Unknown, check
from mlenv.checks.space import find_space
from mlenv.checks.subjects.rights import find_denied_install, is_cache
from mlenv.clues.clue import Clue
from mlenv.facts.hardware import Disk, DiskPurpose
from mlenv.facts.machine import Machine
from mlenv.matrix.load import Matrix

GB = 10**9
# An environment with the CUDA libraries takes about 7 GB, and data wants room too.
ENVIRONMENT_BYTES = 10 * GB
# Not even an environment for the CPU fits.
LEAST_BYTES = 2 * GB
# The largest wheels are unpacked in the temporary folder, one at a time.
TEMPORARY_BYTES = 1 * GB
# Downloads of one environment with the CUDA libraries.
CACHE_BYTES = 4 * GB


@check("disk-space-low", subject="disk")
def disk_space_low(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """Less than 10 GB free where an environment would be made."""
    disk = case.machine.disk("environment")
    if disk is None:
        raise Unknown("the free space for an environment is not known")
    free = _free(disk)
    if free < ENVIRONMENT_BYTES:
        yield Finding(
            id="disk-space-low",
            severity="error" if free < LEAST_BYTES else "warning",
            title=f"Only {_gb(free)} free for an environment",
            cause=f"An environment needs up to 10 GB with GPU libraries; {disk.path} has {_gb(free)} free.",
            evidence=(_evidence(case.machine, disk),),
            fix=(
                Fix(text="Free the space that old downloads take", command="uv cache clean"),
                Fix(text="Or make the environment on a larger disk", command="mlenv install --env PATH"),
            ),
            applies_to=(disk.path,),
        )


@check("tmpdir-too-small", subject="disk")
def tmpdir_too_small(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A temporary folder with less than 1 GB free: large wheels do not unpack there."""
    space = find_space(case)
    if space is not None:
        if space.place == "temporary":
            yield _temporary_full(case, space.clue, space.grade)
        return
    disk = _find_other(case.machine, "temporary")
    free = _free(disk)
    if free < TEMPORARY_BYTES:
        windows = case.machine.os.family == "windows"
        command = None if windows else 'mkdir -p "$HOME/tmp" && export TMPDIR="$HOME/tmp"'
        yield Finding(
            id="tmpdir-too-small",
            severity="warning",
            title=f"Only {_gb(free)} free in the temporary folder",
            cause=f"Installers unpack wheels of up to 1 GB in {disk.path}, which has {_gb(free)} free.",
            evidence=(_evidence(case.machine, disk),),
            fix=(Fix(text=f"Let {'TEMP' if windows else 'TMPDIR'} name a folder on a larger disk", command=command),),
            applies_to=(disk.path,),
        )


def _temporary_full(case: Case, clue: Clue, grade: Grade) -> Finding:
    return Finding(
        id="tmpdir-too-small",
        severity="error",
        title="The temporary folder is too small for the package",
        cause="Installers download and unpack into the temporary folder first, and that one is full "
        "however much is free where the environment lies.",
        evidence=(*quote(clue), *quote_messages(case, "disk-row")),
        fix=_other_temporary(case.machine),
        grade=grade,
        explains=present(case, "no-space", "disk-row"),
    )


def _other_temporary(machine: Machine) -> tuple[Fix, ...]:
    windows = machine.os.family == "windows"
    command = None if windows else 'mkdir -p "$HOME/tmp" && export TMPDIR="$HOME/tmp"'
    return (
        Fix(text=f"Let {'TEMP' if windows else 'TMPDIR'} name a folder on a larger disk", command=command),
        Fix(text="And keep no second copy in pip's cache", command="python -m pip install --no-cache-dir PACKAGE"),
    )


@check("disk-full", subject="disk")
def disk_full(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A disk, a quota or a table of files that is full."""
    space = find_space(case)
    if space is None:
        raise Skip("no message is about a full disk")
    if space.place in ("temporary", "shared-memory"):
        raise Skip("it is not the disk of the environment that is full")
    what = "Your quota is used up" if value(space.clue, "quota") else "The disk is full"
    yield Finding(
        id="disk-full",
        severity="error",
        title=what,
        cause="There is no room for another file where the package, the cache or the data is written; "
        "an environment with GPU libraries takes about 7 GB, its downloads 4 GB more.",
        evidence=(*quote(space.clue), *quote_messages(case, "disk-row")),
        fix=(
            Fix(text="See where it is full", command=None if case.machine.os.family == "windows" else "df -h . /tmp ~"),
            Fix(text="Free the space that old downloads take", command="python -m pip cache purge"),
            Fix(text="Or make the environment on a larger disk", command="mlenv install --env PATH"),
        ),
        grade=space.grade,
        explains=present(case, "no-space", "disk-row"),
    )


@check("cache-disk-low", subject="disk")
def cache_disk_low(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """Less than 4 GB free for downloads, on another disk than the environment's."""
    disk = _find_other(case.machine, "cache")
    environment = case.machine.disk("environment")
    if environment and (environment.free_bytes, environment.total_bytes) == (disk.free_bytes, disk.total_bytes):
        raise Skip("the cache is on the environment's disk")
    free = _free(disk)
    if free < CACHE_BYTES:
        yield Finding(
            id="cache-disk-low",
            severity="warning",
            title=f"Only {_gb(free)} free for downloads",
            cause=f"Downloads are kept in {disk.path}, which has {_gb(free)} free; GPU libraries take about 4 GB.",
            evidence=(_evidence(case.machine, disk),),
            fix=(Fix(text="Free the space that old downloads take", command="uv cache clean"),),
            applies_to=(disk.path,),
        )


@check("cache-dir-not-writable", subject="disk")
def cache_dir_not_writable(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A cache folder that this user may not write to."""
    clue = _denied_cache(case)
    if clue is not None:
        yield _cache_denied(case, clue)
        return
    disk = _find_other(case.machine, "cache")
    if disk.writable is None:
        raise Unknown("nobody could tell whether the cache folder may be written to")
    if not disk.writable:
        command = None if case.machine.os.family == "windows" else f'sudo chown -R "$USER" "{disk.path}"'
        yield Finding(
            id="cache-dir-not-writable",
            severity="warning",
            title="The cache folder cannot be written to",
            cause=f"Downloads and models are kept below {disk.path}, where this user may not write.",
            evidence=(cite(case.machine, f"{disk.path}: not writable", "disk.cache"),),
            fix=(Fix(text="Make this user the owner of the folder", command=command),),
            applies_to=(disk.path,),
        )


def _denied_cache(case: Case) -> Clue | None:
    """The message that names a cache, or a folder of models, that may not be written to."""
    denied = [clue for clue in case.clues_of("permission-denied") if is_cache(value(clue, "path"))]
    told = case.clue("cache-not-writable")
    if told is None and not denied and find_denied_install(case) is not None:
        return None
    return told or next(iter(denied), None) or case.clue("pip-cache-disabled")


def _cache_denied(case: Case, clue: Clue) -> Finding:
    path = value(clue, "path")
    warned = clue.id == "pip-cache-disabled"
    windows = case.machine.os.family == "windows"
    owner = None if windows else f'sudo chown -R "$USER" "{path or "$HOME/.cache"}"'
    return Finding(
        id="cache-dir-not-writable",
        severity="warning" if warned else "error",
        title="The cache folder cannot be written to",
        cause=f"Downloads and models are kept in {path or 'a folder'}, which belongs to another user "
        "or lies where nothing may be written.",
        evidence=quote(clue),
        fix=(
            Fix(text="Make this user the owner of the folder", command=owner),
            Fix(
                text="Or keep models and caches in a folder of your own",
                command=None if windows else 'export HF_HOME="$HOME/models" XDG_CACHE_HOME="$HOME/cache"',
            ),
            Fix(text="In a container: run it as the owner of the folder that is mounted", command=_AS_OWNER),
        ),
        applies_to=(path,) if path else (),
        grade="named",
        explains=present(case, "permission-denied", "cache-not-writable", "pip-cache-disabled"),
    )


_AS_OWNER = 'docker run --user "$(id -u):$(id -g)" IMAGE'


def _find_other(machine: Machine, purpose: DiskPurpose) -> Disk:
    disk = machine.disk(purpose)
    if disk is None:
        raise Skip(f"nobody looked at the {purpose} folder")
    return disk


def _free(disk: Disk) -> int:
    if disk.free_bytes is None:
        raise Unknown(f"the free space at {disk.path} is not known")
    return disk.free_bytes


def _gb(size: int) -> str:
    return f"{size / GB:.1f} GB"


def _evidence(machine: Machine, disk: Disk) -> str:
    kind = f" of {disk.filesystem}" if disk.filesystem else ""
    return cite(
        machine, f"{disk.path}: {_gb(disk.free_bytes or 0)}{kind} free", f"disk.{disk.purpose}", "disk_free_gib"
    )
