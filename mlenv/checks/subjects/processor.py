"""The processor: whether it has the instructions that the wheels use."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks.evidence import cite, join
from mlenv.checks.finding import Finding, Fix
from mlenv.checks.registry import Case, Skip, Unknown, check
from mlenv.matrix import query
from mlenv.matrix.load import Matrix

FRAMEWORKS = ("torch", "tensorflow", "jax")


@check("cpu-lacks-avx", subject="processor")
def cpu_lacks_avx(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """A processor without AVX, which prebuilt frameworks use from their first line."""
    machine = case.machine
    if machine.architecture not in (None, "x86_64", "x86"):
        raise Skip("AVX belongs to Intel and AMD processors")
    if not machine.cpu.flags:
        raise Unknown("the instructions of the processor are not known")
    if "avx" in machine.cpu.flags:
        return
    names = _need_avx(machine.platform, matrix)
    if not names:
        return
    installed = [name for name in names if case.environment and case.environment.distribution(name)]
    shown = join(matrix.framework(name).name for name in names)
    yield Finding(
        id="cpu-lacks-avx",
        severity="error" if installed or len(names) == len(FRAMEWORKS) else "warning",
        title="The processor has no AVX",
        cause=f"The published wheels of {shown} are compiled for processors with AVX and die on this one "
        "with an illegal instruction.",
        evidence=(cite(machine, f"{machine.cpu.model or 'processor'}: no flag avx", "cpu.flags", "cpu"),),
        fix=(Fix(text="Use a machine with AVX (Intel since 2011, AMD since 2011), or a build from source"),),
        applies_to=tuple(names),
    )


def _need_avx(platform: str, matrix: Matrix) -> list[str]:
    """The frameworks whose newest wheels for a platform all ask for AVX."""
    names = []
    for name in FRAMEWORKS:
        if name not in matrix.framework_ids:
            continue
        newest = query.newest_with_builds(matrix.newest(name), platform)
        if newest and all("avx" in build.cpu_flags for build in newest[1]):
            names.append(name)
    return names
