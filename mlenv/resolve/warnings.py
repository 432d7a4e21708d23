"""What must be said of a choice although it is the best one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlenv.facts.machine import Machine
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import Accelerator, SystemNeed
from mlenv.resolve.candidates import Candidate

_NEED = re.compile(r"(?P<id>[a-z0-9+-]+)(>=(?P<version>\d+(\.\d+)*))?")


def warn_of_pick(candidate: Candidate, machine: Machine, matrix: Matrix, accelerator: Accelerator) -> list[str]:
    """The warnings about one chosen build."""
    return [
        *_warn_of_build(candidate, machine, accelerator),
        *_warn_of_project(candidate),
        *_warn_of_needs(candidate, machine, matrix),
    ]


def _warn_of_build(candidate: Candidate, machine: Machine, accelerator: Accelerator) -> Iterator[str]:
    build = candidate.build
    if build.evidence == "unknown":
        yield f"{candidate.name}: nothing confirms that this build exists or runs; the install will tell"
    if build.cpu_flags and not machine.cpu.flags:
        names = ", ".join(flag.upper() for flag in build.cpu_flags)
        yield f"{candidate.name} needs a processor with {names}; the flags of this one are not known"
    if accelerator == "cpu" and (build.sass or build.gfx or build.runtime):
        yield f"{candidate.name} carries GPU libraries that are not used here: no smaller build can be had"
    if build.source_only:
        yield f"{candidate.name} is published as source only: it is built while it is installed, which takes time"


def _warn_of_project(candidate: Candidate) -> Iterator[str]:
    framework, release = candidate.framework, candidate.release
    successor = f"; use {framework.successor} instead" if framework.successor else ""
    if framework.status == "dead":
        yield f"{framework.name} is no longer maintained (this release is of {release.released}){successor}"
    if framework.status == "stale":
        yield f"{framework.name} has had no release since {framework.release[0].released}{successor}"


def _warn_of_needs(candidate: Candidate, machine: Machine, matrix: Matrix) -> Iterator[str]:
    for text in candidate.build.needs:
        found = _NEED.fullmatch(text)
        row = matrix.needs.get(found["id"]) if found else None
        if found is None or row is None:
            continue
        version = found["version"] or ""
        command = _command(row, machine, version)
        title = f"{row.title}, {version} or newer" if version else row.title
        yield f"{candidate.name} needs {title}, which mlenv does not install" + (f": `{command}`" if command else "")


def _command(row: SystemNeed, machine: Machine, version: str) -> str:
    """What to type on this system; empty where there is no one command, or none without a version."""
    commands = {"linux": row.linux, "windows": row.windows, "macos": row.macos}
    command = commands.get(machine.os.family, "")
    return command.replace("{version}", version) if version or "{version}" not in command else ""
