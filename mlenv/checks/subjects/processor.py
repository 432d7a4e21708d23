"""The processor: whether it has the instructions that the wheels use."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks.evidence import cite, join, quote
from mlenv.checks.finding import Finding, Fix, Grade
from mlenv.checks.installed import FRAMEWORKS
from mlenv.checks.messages import present
from mlenv.checks.packages import has_framework
from mlenv.checks.processors import lacks_avx
from mlenv.checks.registry import Case, Skip, Unknown, check
from mlenv.checks.situation import is_apple_silicon
from mlenv.checks.wording import all_remarks, complaint
from mlenv.clues.clue import Clue
from mlenv.matrix import query
from mlenv.matrix.load import Matrix


@check("cpu-lacks-avx", subject="processor")
def cpu_lacks_avx(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """A processor without AVX, which prebuilt frameworks use from their first line."""
    machine = case.machine
    if machine.architecture not in (None, "x86_64", "x86"):
        raise Skip("AVX belongs to Intel and AMD processors")
    told = case.clue("avx-required", "illegal-instruction")
    if told is not None:
        if not is_apple_silicon(case):
            yield from _told_without(case, told)
        return
    if case.is_report and has_framework(case) and not complaint(case):
        raise Skip("a framework is installed, and nothing went wrong")
    if not machine.cpu.flags:
        raise Unknown("the instructions of the processor are not known")
    if "avx" in machine.cpu.flags:
        return
    needing = _need_avx(machine.platform, matrix)
    if not needing:
        return
    installed = [name for name in needing if case.environment and case.environment.distribution(name)]
    shown = join(matrix.framework(name).name for name in needing)
    yield Finding(
        id="cpu-lacks-avx",
        severity="error" if installed or len(needing) == len(FRAMEWORKS) else "warning",
        title="The processor has no AVX",
        cause=f"The published wheels of {shown} are compiled for processors with AVX and die on this one "
        "with an illegal instruction.",
        evidence=(cite(machine, f"{machine.cpu.model or 'processor'}: no flag avx", "cpu.flags", "cpu"),),
        fix=(Fix(text="Use a machine with AVX (Intel since 2011, AMD since 2011), or a build from source"),),
        applies_to=tuple(needing),
    )


def _told_without(case: Case, clue: Clue) -> Iterator[Finding]:
    """A message of AVX, or an illegal instruction on a processor that has none."""
    machine = case.machine
    flags, model = machine.cpu.flags, machine.cpu.model or ""
    lacking = "avx" not in flags if flags else _known_lack(case, model)
    if clue.id == "illegal-instruction" and lacking is False:
        return
    grade: Grade = "named" if clue.id == "avx-required" else "shown" if lacking else "likely"
    shown = cite(machine, f"{model or 'processor'}: no flag avx", "cpu.flags", "cpu") if lacking and flags else model
    yield Finding(
        id="cpu-lacks-avx",
        severity="error",
        title="The processor has no AVX, which the package was compiled for",
        cause="The wheels use instructions that this processor lacks, or that a virtual machine hides, and the system "
        "ends the program at the first one.",
        evidence=(*quote(clue), *((shown,) if shown else ())),
        fix=(
            Fix(text="In a virtual machine, pass the host's processor through (QEMU, Proxmox: CPU type host)"),
            Fix(text="Use a machine with AVX (Intel and AMD since 2011)"),
            Fix(text="Or a build without AVX: conda-forge's packages, an older release, or one from source"),
        ),
        grade=grade,
        explains=present(case, "avx-required", "illegal-instruction"),
    )


def _known_lack(case: Case, model: str) -> bool | None:
    """What the processor's name tells, or what was stated in so many words."""
    stated = all_remarks(case)
    if any(word in stated for word in ("avx: false", "avx=false", "no avx", "false")) and "avx" in stated:
        return True
    return lacks_avx(model) if model else None


def _need_avx(platform: str, matrix: Matrix) -> list[str]:
    """The frameworks whose newest wheels for a platform all ask for AVX."""
    needing = []
    for name in FRAMEWORKS:
        if name not in matrix.framework_ids:
            continue
        newest = query.newest_with_builds(matrix.newest(name), platform)
        if newest and all("avx" in build.cpu_flags for build in newest[1]):
            needing.append(name)
    return needing
