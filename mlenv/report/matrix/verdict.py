"""Whether a build runs on a machine: every rule that speaks against it, and what would lift it."""

from __future__ import annotations

from collections.abc import Sequence

from mlenv.facts.machine import Machine
from mlenv.facts.version import series
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import Accelerator, Build, Release
from mlenv.report.matrix.behind import rows_behind
from mlenv.report.matrix.requirement import Asked
from mlenv.report.matrix.table import held_code, lowest_driver
from mlenv.report.matrix.why import (
    BehindRow,
    JudgedBuild,
    Verdict,
)
from mlenv.resolve.candidates import judge
from mlenv.resolve.devices import ORDER, accelerators_to_try
from mlenv.resolve.driver_words import update_words
from mlenv.resolve.question import Failure, Question, name_build
from mlenv.resolve.request import Request
from mlenv.resolve.words import WORDS

UNKNOWN = frozenset({"gpu-code-unknown", "gpu-unknown", "driver-floor-unknown", "libc-unknown", "macos-unknown"})
"""Rules by which a build falls because nobody knows, not because it cannot run."""


def explain_build(
    matrix: Matrix,
    asked: Asked,
    release: Release,
    build: Build,
    machine: Machine | None,
    behind: dict[str, BehindRow],
) -> JudgedBuild:
    """A build with its verdict on a machine (none without one); the rows behind it go into ``behind``."""
    device: Accelerator | None = None
    verdict: Verdict | None = None
    failures: tuple[Failure, ...] = ()
    if machine is not None:
        device, failures, verdict = judge_build(matrix, asked, release, build, machine)
    rows = {row.id: row for row in rows_behind(matrix, asked.framework, release, build, machine, device)}
    behind.update(rows)
    return JudgedBuild(
        build=build.variant,
        distribution=build.distribution or asked.framework.distribution,
        extra=build.extra,
        accelerators=build.accelerators,
        platforms=build.platforms,
        pythons=build.pythons,
        indexes=build.indexes,
        driver=lowest_driver(build, matrix.drivers),
        code=held_code(build),
        requires=build.requires,
        needs=build.needs,
        evidence=build.evidence,
        note=build.note,
        verdict=verdict,
        device=device,
        failures=failures,
        remedy=lift(failures, machine) if machine else "",
        pythons_here=_installed(build, machine),
        rows=tuple(rows),
    )


def _installed(build: Build, machine: Machine | None) -> tuple[str, ...] | None:
    """The installed Python series that a build serves; None where nobody could look."""
    if machine is None or machine.pythons is None:
        return None
    found = {series(python.version) + ("t" if python.free_threaded else "") for python in machine.pythons}
    return tuple(python for python in build.pythons if python in found)


def judge_build(
    matrix: Matrix, asked: Asked, release: Release, build: Build, machine: Machine
) -> tuple[Accelerator, tuple[Failure, ...], Verdict]:
    """The device that a build is made for, every rule that speaks against it there, and the verdict."""
    present = accelerators_to_try(Request(wanted=()), machine)
    meant = [accelerator for accelerator in ORDER if accelerator in build.accelerators] or ["cpu"]
    device: Accelerator = next((accelerator for accelerator in meant if accelerator in present), meant[0])

    def failures_on(accelerator: Accelerator) -> tuple[Failure, ...]:
        question = Question(
            machine=machine,
            matrix=matrix,
            framework=asked.framework,
            release=release,
            build=build,
            accelerator=accelerator,
            specifier=asked.specifier,
        )
        return judge(question)

    failures = failures_on(device)
    if device not in present and all(failure.rule != "no-device" for failure in failures):
        text = f"{name_build(asked.framework.id, release, build)} is made for {WORDS[device]}; {_no_gpu(machine)}"
        failures = (Failure(rule="no-device", text=text), *failures)
    if not failures:
        return device, (), "unproven" if build.evidence == "unknown" else "runs"
    if all(failure.rule in UNKNOWN for failure in failures):
        return device, failures, "unproven"
    runs_on_cpu = device != "cpu" and "cpu" in build.accelerators and not failures_on("cpu")
    return device, failures, "cpu-only" if runs_on_cpu else "fails"


def _no_gpu(machine: Machine) -> str:
    if machine.gpus:
        return "this machine has no such device"
    return "no GPU is known on this machine" if machine.gpus is None else "no GPU was found on this machine"


def lift(failures: Sequence[Failure], machine: Machine) -> str:
    """What would lift the first of some failures on a machine, where its rule says so; empty for none."""
    if not failures:
        return ""
    first = failures[0]
    return update_words(machine, first.driver) if first.driver else first.remedy
