"""Disk space: whether an environment fits where it would be made."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks.evidence import cite
from mlenv.checks.finding import Finding, Fix
from mlenv.checks.registry import Case, Skip, Unknown, check
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
