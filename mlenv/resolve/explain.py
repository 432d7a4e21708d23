"""The reasons of an answer, in sentences: why each choice, and what fell by which rule."""

from __future__ import annotations

from collections.abc import Sequence

from mlenv.matrix.query import newest_first
from mlenv.matrix.rows import Accelerator
from mlenv.resolve.attempt import Attempt, Case, Placed
from mlenv.resolve.candidates import Candidate, Field
from mlenv.resolve.condition import admits
from mlenv.resolve.device_words import warn_of_devices
from mlenv.resolve.devices import accelerated_gpus
from mlenv.resolve.rejections import (
    device_rejections,
    field_rejections,
    source_rejections,
    speaks,
    why_none,
    why_passed_over,
    without_repeats,
)
from mlenv.resolve.request import Request
from mlenv.resolve.resolution import Reason, Rejection
from mlenv.resolve.visibility import view_of
from mlenv.resolve.warnings import warn_of_pick
from mlenv.resolve.words import WORDS


def explain_choice(
    case: Case, attempts: Sequence[Attempt], chosen: Attempt
) -> tuple[tuple[Reason, ...], tuple[Rejection, ...], tuple[str, ...]]:
    """Reasons, rejections and warnings of the attempt that was chosen."""
    reasons = [_accelerator_reason(case, attempts, chosen.accelerator), _python_reason(case.request, chosen)]
    rejected: list[Rejection] = []
    warnings = warn_of_devices(case.machine, case.matrix, chosen.accelerator)
    for other in attempts:
        if other is not chosen and other.could_serve:
            rejected += device_rejections(other)
    for row in chosen.placed:
        reasons.append(_pick_reason(row, chosen))
        rejected += field_rejections(row, chosen)
        if row.candidate is not None:
            warnings += warn_of_pick(row.candidate, case.machine, case.matrix, chosen.accelerator)
        if row.candidate is not None and row.candidate.costs.idle:
            device = WORDS[chosen.accelerator]
            warnings.append(f"{row.candidate.name} will run on the CPU: {_why_idle(row, chosen, device)}")
    rejected += source_rejections(case.supply)
    return tuple(reasons), tuple(without_repeats(rejected)), tuple(dict.fromkeys(warnings))


def _why_idle(row: Placed, chosen: Attempt, device: str) -> str:
    """Why a framework does not use the device that its project has builds for."""
    assert row.candidate is not None
    usable = [other for other in row.field.candidates if other.uses_accelerator]
    if row.wanted.distribution:
        return f"{row.wanted.distribution} was asked for"
    if not usable:
        return f"no build of it for {device} fits here"
    return why_passed_over(usable[0], chosen).text


def _accelerator_reason(case: Case, attempts: Sequence[Attempt], accelerator: Accelerator) -> Reason:
    if accelerator == "cpu":
        return Reason(about="accelerator", text=f"the CPU{_why_cpu(case, attempts)}")
    names = ", ".join(sorted({gpu.name or gpu.vendor for gpu in accelerated_gpus(case.machine, accelerator)}))
    return Reason(about="accelerator", text=f"{WORDS[accelerator]}: this machine has {names or 'no such device'}")


def _why_cpu(case: Case, attempts: Sequence[Attempt]) -> str:
    """Why no device is used: as asked, none that is seen, nothing that would use one, or nothing that can."""
    gpus = case.machine.gpus
    if case.request.accelerator == "cpu":
        return ", as asked"
    views = [view_of(case.machine, vendor) for vendor in dict.fromkeys(gpu.vendor for gpu in gpus or ())]
    hidden = [view.words for view in views if not view.visible]
    if hidden:
        return f": {' and '.join(hidden)} hides the GPUs of this machine"
    if not gpus:
        return f": no GPU {'is known on this machine' if gpus is None else 'was found'}"
    if not any(attempt.could_serve for attempt in attempts if attempt.accelerator != "cpu"):
        return ": nothing that was asked for makes use of the GPU of this machine"
    return ": nothing that was asked for can use the GPU of this machine now"


def _python_reason(request: Request, chosen: Attempt) -> Reason:
    interpreter = chosen.python.interpreter
    if interpreter is not None:
        where = f" at {interpreter.path}" if interpreter.path else ""
        origin = f"{interpreter.version} is installed{where}"
        why = "the newest installed one that every chosen build has wheels for"
    else:
        origin = f"{chosen.python.series} is not installed, the installer brings it"
        why = "every chosen build has wheels for it, and not for the installed ones"
    return Reason(about="Python", text=f"{origin}; {'it was asked for' if request.python else why}")


EVIDENCE = {
    "measured": "read out of the published file",
    "build-config": "known from the build configuration",
    "documentation": "stated by its documentation",
    "inferred": "concluded, not stated",
    "unknown": "not confirmed",
}


def _pick_reason(row: Placed, chosen: Attempt) -> Reason:
    if row.candidate is None:
        return Reason(about=row.wanted.name, text=_why_left_out(row, chosen))
    candidate = row.candidate
    evidence = EVIDENCE[candidate.build.evidence]
    what = _which_release(candidate, row.field, chosen.accelerator)
    text = f"{candidate.name}: {what} ({evidence})"
    return Reason(about=row.wanted.name, text=text + (_preferred_to(row, chosen) if row.wanted.group else ""))


def _preferred_to(row: Placed, chosen: Attempt) -> str:
    """Why the alternatives that are preferred to the chosen one were not taken."""
    better = [
        field
        for field in chosen.fields
        if field.wanted.group == row.wanted.group and field.wanted.position < row.wanted.position
    ]
    return "".join(f"; instead of {field.framework.id}: {why_none(field)}" for field in better)


def _which_release(candidate: Candidate, field: Field, accelerator: Accelerator) -> str:
    """What is newest about a choice, said no stronger than it is."""
    if candidate.release == newest_first(field.framework)[0]:
        return "the newest release"
    if any(other.rank < candidate.rank for other in field.candidates):
        return "the newest release that can be had and fits beside the others"
    asked = candidate.wanted.specifier
    if asked and not admits(asked, newest_first(field.framework)[0].version):
        return f"the newest release that {asked} admits and runs here"
    device = f" for {WORDS[accelerator]}" if candidate.uses_accelerator else ""
    if candidate.build.evidence == "unknown":
        return f"the newest release that may have a build{device}"
    return f"the newest release with a proven build{device} that runs here{_without_code(candidate, field)}"


def _without_code(candidate: Candidate, field: Field) -> str:
    """That everything newer lacks code for a GPU of this machine, where that is what holds it back for good."""
    newer = [
        row
        for row in field.fallen
        if row.costs.staleness < candidate.costs.staleness
        and row.uses_accelerator
        and row.build.evidence != "unknown"
        and speaks(row)
    ]
    if not newer or any(row.failures[0].rule != "gpu-code" for row in newer):
        return ""
    lacks = newer[0].failures[0].text.partition(" has ")[2].partition(";")[0]
    return f"; what is newer and known has {lacks}, which no driver changes"


def _why_left_out(row: Placed, chosen: Attempt) -> str:
    """Why an optional framework has no part: what would fit cannot be had, or nothing fits."""
    if not row.field.candidates:
        return f"left out: {why_none(row.field)}"
    passed = [why_passed_over(candidate, chosen) for candidate in row.field.candidates]
    telling = next((rejection for rejection in passed if rejection.rule == "companion"), passed[0])
    return f"left out: {telling.text}"
