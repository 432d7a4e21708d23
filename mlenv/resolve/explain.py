"""The reasons of an answer, in sentences: why each choice, and what fell by which rule."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet

from mlenv.facts.machine import Machine
from mlenv.matrix.load import Matrix
from mlenv.matrix.query import newest_first
from mlenv.matrix.rows import Accelerator
from mlenv.resolve.candidates import Candidate, Fallen, Field
from mlenv.resolve.companions import goes_with
from mlenv.resolve.devices import accelerated_gpus
from mlenv.resolve.places import find_place
from mlenv.resolve.request import Request
from mlenv.resolve.resolution import Reason, Rejection
from mlenv.resolve.warnings import warn_of_pick
from mlenv.supply.offers import Supply

if TYPE_CHECKING:
    from mlenv.resolve.solve import Answer, Attempt, Placed

SHOWN = 8
"""So many rejected builds are shown for each framework; the newest say the most."""
SILENT_RULES = frozenset({"platform", "requested-version", "requested-build"})
"""Rules that say nothing new: the user or the system asked for exactly that."""
WORDS: dict[Accelerator, str] = {
    "cpu": "the CPU",
    "cuda": "NVIDIA CUDA",
    "rocm": "AMD ROCm",
    "xpu": "Intel XPU",
    "mps": "Apple Metal",
    "tpu": "TPU",
}


def explain_choice(
    request: Request, machine: Machine, matrix: Matrix, supply: Supply | None, attempts: Sequence[Attempt]
) -> tuple[tuple[Reason, ...], tuple[Rejection, ...], tuple[str, ...]]:
    """Reasons, rejections and warnings of the last attempt, which succeeded."""
    attempt = attempts[-1]
    answer = attempt.answer
    assert answer is not None
    reasons = [_accelerator_reason(request, machine, attempt.accelerator), _python_reason(request, answer)]
    rejected: list[Rejection] = []
    warnings: list[str] = []
    for earlier in attempts[:-1]:
        rejected += device_rejections(earlier)
    for item in answer.placed:
        field = next(field for field in attempt.fields if field.wanted == item.wanted)
        reasons.append(_pick_reason(item, field, answer))
        rejected += _field_rejections(field, item, answer, supply)
        if item.candidate is not None:
            warnings += warn_of_pick(item.candidate, machine, matrix, attempt.accelerator)
        if item.candidate and not item.candidate.uses_accelerator and _could_use(field, attempt.accelerator):
            device = WORDS[attempt.accelerator]
            warnings.append(f"{item.candidate.name} will run on the CPU: no build of it for {device} fits here")
    rejected += source_rejections(supply)
    return tuple(reasons), tuple(rejected), tuple(warnings)


def _could_use(field: Field, accelerator: Accelerator) -> bool:
    """Whether a framework has builds with code for an accelerator at all."""
    return accelerator != "cpu" and any(
        accelerator in build.accelerators for release in field.framework.release for build in release.builds
    )


def _accelerator_reason(request: Request, machine: Machine, accelerator: Accelerator) -> Reason:
    if accelerator != "cpu":
        names = ", ".join(sorted({gpu.name or gpu.vendor for gpu in accelerated_gpus(machine, accelerator)}))
        return Reason(about="accelerator", text=f"{WORDS[accelerator]}: this machine has {names or 'no such device'}")
    if request.accelerator == "cpu":
        return Reason(about="accelerator", text="the CPU, as asked")
    if not machine.gpus:
        found = "is known on this machine" if machine.gpus is None else "was found"
        return Reason(about="accelerator", text=f"the CPU: no GPU {found}")
    return Reason(about="accelerator", text="the CPU: no build can use the GPU of this machine (see the rejected ones)")


def _python_reason(request: Request, answer: Answer) -> Reason:
    if answer.interpreter is not None:
        where = f" at {answer.interpreter.path}" if answer.interpreter.path else ""
        origin = f"{answer.interpreter.version} is installed{where}"
        why = "the newest installed one that every chosen build has wheels for"
    else:
        origin = f"{answer.python} is not installed, the installer brings it"
        why = "every chosen build has wheels for it, and not for the installed ones"
    return Reason(about="Python", text=f"{origin}; {'it was asked for' if request.python else why}")


EVIDENCE = {
    "measured": "read out of the published file",
    "build-config": "known from the build configuration",
    "documentation": "stated by its documentation",
    "inferred": "concluded, not stated",
    "unknown": "not confirmed",
}


def _pick_reason(item: Placed, field: Field, answer: Answer) -> Reason:
    if item.candidate is None:
        return Reason(about=item.wanted.name, text=_why_left_out(field, answer))
    candidate = item.candidate
    evidence = EVIDENCE[candidate.build.evidence]
    what = _which_release(candidate, field, answer.accelerator)
    return Reason(about=item.wanted.name, text=f"{candidate.name}: {what} ({evidence})")


def _which_release(candidate: Candidate, field: Field, accelerator: Accelerator) -> str:
    """What is newest about a choice, said no stronger than it is."""
    if candidate.release == newest_first(field.framework)[0]:
        return "the newest release"
    if any(other.rank < candidate.rank for other in field.candidates):
        return "the newest release that can be had and fits beside the others"
    asked = candidate.wanted.specifier
    if asked and not _admits(asked, newest_first(field.framework)[0].version):
        return f"the newest release that {asked} admits and runs here"
    device = f" for {WORDS[accelerator]}" if candidate.uses_accelerator else ""
    if candidate.build.evidence == "unknown":
        return f"the newest release that may have a build{device}"
    return f"the newest release with a proven build{device} that runs here"


def _admits(specifier: str, version: str) -> bool:
    return SpecifierSet(specifier).contains(version, prereleases=True)


def _why_left_out(field: Field, answer: Answer) -> str:
    """Why an optional framework has no part: what would fit cannot be had, or nothing fits."""
    clashes = []
    if not field.candidates:
        return f"left out: {_why_none(field)}"
    for candidate in field.candidates:
        clash = next((text for other in answer.placed if (text := goes_with(candidate, other.candidate))), None)
        if clash is None and answer.python in candidate.build.pythons:
            return f"left out: {candidate.name} would fit, and no source that answers has it"
        clashes.append(clash or f"{candidate.name} has no wheel for Python {answer.python}")
    return f"left out: {clashes[0]}"


def _why_none(field: Field) -> str:
    """Why no build of a framework may be used: the reason of the best one."""
    if not field.fallen:
        return "no build of it runs here"
    return field.fallen[0].failures[0].text


def _field_rejections(field: Field, item: Placed, answer: Answer, supply: Supply | None) -> list[Rejection]:
    """What was preferred to the choice or is newer than it, newest first, and why it fell."""
    if item.candidate is None or item.wanted.optional:
        return []  # an optional one follows the others; its reason says so
    chosen = item.candidate
    ages = {release.version: age for age, release in enumerate(newest_first(field.framework))}
    rejected: list[tuple[int, int, Rejection]] = []
    for fallen in field.fallen:
        newer = ages.get(fallen.release.version, 0) < ages[chosen.release.version]
        same_device = answer.accelerator in fallen.build.accelerators
        if (fallen.rank < chosen.rank or (newer and same_device)) and _speaks(fallen):
            rejected.append((ages.get(fallen.release.version, 0), fallen.rank, _rejection(fallen)))
    for candidate in field.candidates:
        if candidate.rank < chosen.rank:
            rule, text = _why_passed_over(candidate, answer, supply)
            row = Rejection(candidate=candidate.name, rule=rule, text=text)
            rejected.append((ages[candidate.release.version], candidate.rank, row))
    rejected.sort(key=lambda row: row[:2])
    return without_repeats(row for _, _, row in rejected)[:SHOWN]


def _why_passed_over(candidate: Candidate, answer: Answer, supply: Supply | None) -> tuple[str, str]:
    if answer.python not in candidate.build.pythons:
        pythons = ", ".join(candidate.build.pythons)
        return "python", f"{candidate.name} has wheels for Python {pythons}; this plan uses {answer.python}"
    if find_place(candidate, answer.python, supply) is None:
        return "supply", f"{candidate.name} cannot be had from the sources that answer"
    for other in answer.placed:
        clash = goes_with(candidate, other.candidate)
        if clash:
            return "companion", clash
    return "joint", f"{candidate.name} does not fit beside the other packages"


def _speaks(fallen: Fallen) -> bool:
    return fallen.failures[0].rule not in SILENT_RULES


def _rejection(fallen: Fallen) -> Rejection:
    return Rejection(candidate=fallen.name, rule=fallen.failures[0].rule, text=fallen.failures[0].text)


def without_repeats(rows: Iterable[Rejection]) -> list[Rejection]:
    """The rejections, each text once."""
    seen: set[str] = set()
    unique = []
    for row in rows:
        if row.text not in seen:
            seen.add(row.text)
            unique.append(row)
    return unique


def device_rejections(attempt: Attempt) -> list[Rejection]:
    """Why no build could use the accelerator of an attempt, or why the one that could was not taken."""
    rows = [
        Rejection(
            candidate=candidate.name,
            rule="unproven",
            text=f"{candidate.name}: nothing confirms that this build exists or runs; --accelerator "
            f"{attempt.accelerator} takes it nonetheless",
        )
        for candidate in attempt.doubtful
    ]
    for field in attempt.fields:
        fallen = [row for row in field.fallen if attempt.accelerator in row.build.accelerators and _speaks(row)]
        rows += [_rejection(row) for row in fallen]
    if not rows:
        text = f"no requested framework has a build for {WORDS[attempt.accelerator]} on this system"
        return [Rejection(candidate=attempt.accelerator, rule="no-build", text=text)]
    return without_repeats(rows)[:SHOWN]


def source_rejections(supply: Supply | None) -> list[Rejection]:
    """The sources that do not answer."""
    if supply is None:
        return []
    return [
        Rejection(
            candidate=source.id,
            rule="source-unreachable",
            text=f"{source.id} ({source.origin}) does not answer: {source.detail}",
        )
        for source in supply.sources
        if source.state == "unreachable"
    ]
