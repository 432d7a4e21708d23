"""GPUs and the code in a build: newer or older than what it was compiled for."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mlenv.checks import nvidia
from mlenv.checks.evidence import cite, join, quote
from mlenv.checks.finding import Finding, Grade
from mlenv.checks.frameworks import Known, find_known, place, reinstall
from mlenv.checks.messages import present, value
from mlenv.checks.registry import Case, Skip, Unknown, check
from mlenv.checks.subjects.build import require_cuda
from mlenv.checks.wording import told_text
from mlenv.facts.pattern import lazy
from mlenv.facts.version import at_least, numbers, series
from mlenv.matrix import query
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import Build

NO_CODE = ("no-kernel-image", "cuda-invalid-device-function")
NAMED = (
    "gpu-not-in-torch-build",
    "gpu-too-old-for-torch",
    "gpu-outside-torch-range",
    "gpu-below-tensorflow-minimum",
)
HIP = ("hip-without-gpu-code",)
# Up to this capability a GPU that a build of today lacks is one that was dropped.
LAST_DROPPED = "7.5"
# Cards of Fermi and Kepler, which every build of PyTorch since 1.3 and CUDA 12 leave out; the 745 and 750 are newer.
_OLD = lazy(
    r"(?i)\b(?:gt|gts|gtx)\s?(?:[456]\d0|7(?:[0-4]0|[6-9]0))m?(?: ?ti)?\b|\btesla\s?[kcm]20\d\d\b"
    r"|\bk(?:10|20|40|80)[cmxst]?\b"
    r"|\bgeforce [4-8][1-4]0m\b|\btitan (?:black|z)\b|\bquadro (?:k(?!620|1200|2200)\d|[456]000\b)|\bgrid k\d\b"
)


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """A GPU that a build has no code for: ``newer`` than what it has code for, or older."""

    known: Known | None
    gpu: str
    capability: str
    newer: bool
    grade: Grade
    alone: bool = True
    labels: tuple[str, ...] = ()


@check("gpu-arch-dropped-by-build", subject="environment")
def gpu_arch_dropped_by_build(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """A build without code for a GPU that is older than all that it has code for."""
    yield from _without_code(case, matrix, newer=False)


@check("gpu-arch-not-in-build", subject="environment")
def gpu_arch_not_in_build(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """A build without code for a GPU that is newer than some that it has code for."""
    yield from _without_code(case, matrix, newer=True)


def _without_code(case: Case, matrix: Matrix, *, newer: bool) -> Iterator[Finding]:
    silent = case.clue(*NO_CODE) is None or case.clue(*HIP) is not None
    verdicts = list(_named_verdicts(case, matrix))
    try:
        verdicts = verdicts or list(_shown_verdicts(case, matrix))
    except (Skip, Unknown):
        if silent:
            raise
    if not verdicts and not silent:
        verdicts = list(_likely_verdicts(case, matrix))
    for verdict in verdicts:
        if verdict.newer is newer:
            yield _describe(case, matrix, verdict)


def _named_verdicts(case: Case, matrix: Matrix) -> Iterator[Verdict]:
    """What a framework's own message says of a GPU."""
    seen: set[str] = set()
    for clue in case.clues_of(*NAMED):
        code = value(clue, "code")
        capability = value(clue, "capability") or (f"{code[:-1]}.{code[-1]}" if code else "")
        if not capability or capability in seen:
            continue
        seen.add(capability)
        known = find_known(case, matrix, "tensorflow" if "tensorflow" in clue.id else "torch")
        lowest = value(clue, "lowest")
        newer = at_least(capability, lowest) if lowest else _is_newer(matrix, known, capability)
        newer = newer and clue.id not in ("gpu-too-old-for-torch", "gpu-below-tensorflow-minimum")
        gpu = value(clue, "gpu") or "the GPU"
        yield Verdict(known=known, gpu=gpu, capability=capability, newer=newer, grade="named")


def _shown_verdicts(case: Case, matrix: Matrix) -> Iterator[Verdict]:
    """What the code in a build and the capability of the GPUs say."""
    cuda = require_cuda(case, matrix)
    devices = nvidia.known_devices(case, matrix)
    for item in cuda:
        left_out = [pair for pair in devices if _runs(case, matrix, item, pair[1]) is False]
        for device, capability in left_out:
            yield Verdict(
                known=item,
                gpu=device.name,
                capability=capability,
                newer=_is_newer(matrix, item, capability),
                grade="shown",
                alone=len(left_out) == len(devices),
                labels=device.labels,
            )


def _likely_verdicts(case: Case, matrix: Matrix) -> Iterator[Verdict]:
    """A message says that code is missing, and nothing says what the build holds."""
    known = find_known(case, matrix)
    if known is not None and (known.exact or known.kind in ("cpu", "rocm", "xpu")):
        return
    try:
        devices = nvidia.known_devices(case, matrix)
    except (Skip, Unknown):
        devices = []
    for device, capability in _suspects(case, matrix, known, devices)[:1]:
        # A build that does hold code for it leaves another package as the one without; age tells then.
        told = None if known and _runs(case, matrix, known, capability) else known
        newer = _is_newer(matrix, told, capability)
        yield Verdict(known=told, gpu=device.name, capability=capability, newer=newer, grade="likely")
    if not devices and case.clue("no-kernel-image") is not None and not case.machine.gpus_of("amd"):
        old, aged = _old_card(case), case.clue("gpu-too-old-for-torch") is not None
        yield Verdict(known=known, gpu=old or "the GPU", capability="", newer=not old and not aged, grade="likely")


def _suspects(
    case: Case, matrix: Matrix, known: Known | None, devices: list[tuple[nvidia.Device, str]]
) -> list[tuple[nvidia.Device, str]]:
    """GPUs by how likely a build leaves them out: those that it is known to, then those that are dropped today."""

    def rank(pair: tuple[nvidia.Device, str]) -> tuple[bool, bool]:
        left_out = known is not None and _runs(case, matrix, known, pair[1]) is False
        return not left_out, not at_least(LAST_DROPPED, pair[1])

    return sorted(devices, key=rank)


def _old_card(case: Case) -> str:
    """The name of a card that every build of today is too new for, as the facts or else the words have it."""
    names = [gpu.name for gpu in case.machine.gpus_of("nvidia") if gpu.name] or [told_text(case)]
    return next((match[0] for name in names if (match := _OLD.search(name))), "")


def _runs(case: Case, matrix: Matrix, item: Known, capability: str) -> bool | None:
    """Whether a build has code for a device; None where nobody knows what it holds."""
    if item.exact:
        sass = any(query.code_runs(matrix.drivers, code, capability, item.cuda) for code in item.codes)
        return sass or any(query.ptx_runs(code, capability) for code in item.ptx)
    build = item.build or _sibling(case, matrix, item)
    return query.build_runs_on(matrix.drivers, build, capability) if build else None


def _sibling(case: Case, matrix: Matrix, item: Known) -> Build | None:
    """The same build of the nearest release of that series, where the release itself has no row or no exact version."""
    # Pre-releases and the makers' own builds (2.8.0a0+git1234) hold what their makers chose.
    plain = all(part.isdigit() or part == "x" for part in item.version.split(".")) and item.version
    if not plain or not item.tag or item.framework != "torch":
        return None
    releases = [row for row in matrix.framework(item.framework).release if series(row.version) == series(item.version)]
    builds = (build for row in releases for build in row.builds if case.machine.platform in build.platforms)
    return next((build for build in builds if build.variant == item.tag), None)


def _is_newer(matrix: Matrix, known: Known | None, capability: str) -> bool:
    """Whether a device is newer than something that a build has code for; guessed from its age where nothing tells."""
    codes = (*known.codes, *known.ptx) if known else ()
    build = known.build if known else None
    if not codes and build is not None and build.capability_floor:
        codes = (build.capability_floor,)
    if codes:
        # Between two of its targets, what is old was dropped, and what is new was not yet there.
        between = any(at_least(capability, code) for code in codes) and not at_least(LAST_DROPPED, capability)
        return between or all(at_least(capability, code) for code in codes)
    targets = _toolkit_targets(matrix, known.cuda if known else "")
    if targets and not any(numbers(capability) == numbers(target) for target in targets):
        return all(at_least(capability, target) for target in targets)
    return not at_least(LAST_DROPPED, capability)


def _toolkit_targets(matrix: Matrix, cuda: str) -> tuple[str, ...]:
    return next(
        (row.targets for row in matrix.drivers.cuda_release if cuda and series(row.version) == series(cuda)), ()
    )


def _describe(case: Case, matrix: Matrix, verdict: Verdict) -> Finding:
    known = verdict.known
    title = known.title if known else "the installed build"
    word = "newer than" if verdict.newer else "older than"
    about = f" ({nvidia.describe(matrix, verdict.capability)})" if verdict.capability else ""
    shown = f"{verdict.gpu}: compute capability {verdict.capability}" if verdict.capability else ""
    return Finding(
        id="gpu-arch-not-in-build" if verdict.newer else "gpu-arch-dropped-by-build",
        severity="error" if verdict.alone else "warning",
        title=f"{title} has no code for {verdict.gpu}",
        cause=f"{verdict.gpu}{about} is {word} what this build was compiled for.",
        evidence=tuple(
            line
            for line in (
                cite(case.machine, shown, *nvidia.READINGS) if shown else "",
                place(case, known) if known else "",
                _code_of(known),
                *quote(*case.clues_of(*NAMED, *NO_CODE)[:2]),
            )
            if line
        ),
        fix=(reinstall(case, known.framework if known else "torch"),),
        applies_to=(known.framework if known else "torch", *verdict.labels),
        grade=verdict.grade,
        explains=present(case, *NAMED, *NO_CODE, "tensorflow-without-gpu-code", "torch-build-capabilities"),
    )


def _code_of(known: Known | None) -> str:
    if known is None:
        return ""
    held = [*known.codes, *(f"{code} (PTX)" for code in known.ptx)]
    if held:
        return f"{known.title} holds code for {join(held)}"
    if known.build is not None and known.build.capability_floor:
        return f"{known.title}: the project names compute capability {known.build.capability_floor} and newer"
    return ""
