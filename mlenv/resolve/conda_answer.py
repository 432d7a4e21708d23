"""The resolver's answer as conda can have it: the device by the channel's builds, the Python by its packages.

Wheels and a channel's builds differ: a channel may serve a GPU that no wheel has code for, or an
older C library, and it may lack a device (ROCm) or a Python that the wheels have.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace
from packaging.specifiers import SpecifierSet

from mlenv.facts.machine import Machine
from mlenv.matrix.load import Matrix
from mlenv.matrix.query import newest_first
from mlenv.matrix.rows import Accelerator, CondaRoute, Framework
from mlenv.resolve.conda_route import Service, has_builds_for, is_in_channel, lacks_libc, serve
from mlenv.resolve.devices import accelerators_to_try
from mlenv.resolve.request import Request, Wanted
from mlenv.resolve.resolution import Impossible, Pick, Reason, Resolution

ABOUT = "conda"
"""What the reason is about that every adapted answer has."""
SETTLED_DAYS = 365
"""A series of Python that has been out for so long is tried before younger ones."""


_VERSIONS = "the matrix holds no versions of a channel: the newest there that fits is taken when it is asked"


def adapt_to_conda(
    answer: Resolution | Impossible, machine: Machine, matrix: Matrix, *, without: Sequence[Accelerator] = ()
) -> Resolution | Impossible:
    """The answer with the device, the Python and the reasons that hold for conda's packages.

    An answer that is impossible with wheels becomes possible where the channel has everything.
    ``without`` are devices that were tried already.  Doing it twice changes nothing.
    """
    if isinstance(answer, Resolution) and any(reason.about == ABOUT for reason in answer.reasons):
        return answer
    if lacks_libc(machine):
        libc = machine.os.libc
        kind = f"this machine has {libc.family}" if libc else "which this machine has is not known"
        return _refuse(answer, f"conda's packages for Linux are made for glibc; {kind}", "use the manager uv or pip")
    resolution = _from_channel(answer, machine, matrix) if isinstance(answer, Impossible) else answer
    if isinstance(resolution, Impossible):
        return resolution
    device, reason = _choose_device(resolution, machine, matrix, without)
    if device is None:
        return _refuse(answer, reason, "use the CPU (`--accelerator cpu`), or the manager uv")
    return _adapted(resolution, machine, matrix, device, reason)


def _adapted(resolution: Resolution, machine: Machine, matrix: Matrix, device: Accelerator, reason: str) -> Resolution:
    python, why = choose_python(resolution, machine, matrix)
    reasons = [Reason(about=ABOUT, text=_VERSIONS)]
    reasons += [Reason(about="accelerator", text=reason)] if reason else []
    reasons += [Reason(about="python", text=why)] if why else []
    return replace(
        resolution,
        accelerator=device,
        variant="cpu" if device in ("cpu", "mps") else device,
        python=python,
        interpreter=None,
        reasons=tuple(reasons),
        rejected=tuple(row for row in resolution.rejected if _is_of_wheel(row.candidate, resolution, machine, matrix)),
        warnings=(*_warnings(resolution, machine, matrix), *_unproven(resolution, machine, matrix, device)),
    )


def in_channel(picks: Sequence[Pick], machine: Machine, matrix: Matrix) -> list[Pick]:
    """The picks that the channel has; pip takes the others."""
    return [pick for pick in picks if is_in_channel(matrix.framework(pick.framework), machine)]


def choose_python(
    resolution: Resolution, machine: Machine, matrix: Matrix, *, without: Sequence[str] = ()
) -> tuple[str, str]:
    """The series of Python, and why it is another than the wheels' one.

    It is the one pinned, else that of the wheels where the channel's packages are for it, else the
    newest settled one that all of them are for.  ``without`` are series that were tried already.
    """
    if resolution.request.python is not None:
        return resolution.python, ""
    limits = list(_python_limits(resolution.picks, machine, matrix))
    order = [resolution.python, *_pythons(matrix)]
    fitting = (text for text in order if text not in without and all(text in pythons for _, pythons in limits))
    found = next(fitting, resolution.python)
    if found == resolution.python:
        return found, ""
    names = ", ".join(name for name, pythons in limits if resolution.python not in pythons)
    return found, f"{found}: {names} is not known to be there for {resolution.python}" if names else found


def _pythons(matrix: Matrix) -> list[str]:
    settled = [row.version for row in matrix.pythons if (matrix.day - row.released).days >= SETTLED_DAYS]
    return [*settled, *(row.version for row in matrix.pythons if row.version not in settled)]


def _python_limits(picks: Sequence[Pick], machine: Machine, matrix: Matrix) -> Iterator[tuple[str, Sequence[str]]]:
    for pick in picks:
        framework = matrix.framework(pick.framework)
        route = framework.conda
        if route is None or not is_in_channel(framework, machine):
            yield framework.name, pick.build.pythons
        elif route.pythons:
            yield framework.name, route.pythons


def _choose_device(
    resolution: Resolution, machine: Machine, matrix: Matrix, without: Sequence[Accelerator]
) -> tuple[Accelerator | None, str]:
    """The device that some package is known to serve, and why; None where what was asked for cannot be had."""
    request, said = resolution.request, ""
    unproven: Accelerator | None = None
    for accelerator in accelerators_to_try(request, machine):
        if accelerator in without:
            continue
        if accelerator == "cpu":
            return "cpu", said
        services = services_of(resolution, machine, matrix, accelerator)
        if any(service.verdict == "serves" for service in services.values()):
            return accelerator, _join(row.text for row in services.values() if row.below)
        if any(service.verdict == "unknown" for service in services.values()):
            unproven = unproven or accelerator
        said = said or _join(row.text for row in services.values())
    if unproven is not None:
        return unproven, said
    return None, said or "conda-forge has no builds for such a device of what was asked for"


def _join(texts: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(text for text in texts if text))


def services_of(
    resolution: Resolution, machine: Machine, matrix: Matrix, accelerator: Accelerator
) -> dict[str, Service]:
    """What the builds for an accelerator do here, by framework; those without such builds are left out."""
    services: dict[str, Service] = {}
    for pick in resolution.picks:
        framework = matrix.framework(pick.framework)
        route = framework.conda
        if route is not None and is_in_channel(framework, machine):
            if has_builds_for(route, accelerator):
                services[framework.id] = serve(framework, machine, matrix, accelerator)
            elif _uses(framework, accelerator):
                services[framework.id] = _unseen(framework, route, accelerator)
        elif resolution.accelerator == accelerator and accelerator in pick.build.accelerators:
            services[framework.id] = Service(verdict="serves")
    return services


def _unseen(framework: Framework, route: CondaRoute, accelerator: Accelerator) -> Service:
    """A framework that uses the device as a wheel, and has no row of such builds in the channel."""
    if route.builds or route.brings or route.packages:
        text = f"{route.channel} has no builds of {framework.name} for {accelerator}"
        return Service(verdict="no", text=text)
    text = f"no row says whether {framework.name} of {route.channel} uses the {accelerator} device"
    return Service(verdict="unknown", text=text)


def _uses(framework: Framework, accelerator: Accelerator) -> bool:
    return any(accelerator in build.accelerators for release in framework.release for build in release.builds)


def _from_channel(answer: Impossible, machine: Machine, matrix: Matrix) -> Resolution | Impossible:
    """An answer of the newest releases wanted, where the channel has each framework that must be there."""
    request, picks = answer.request, []
    for wanted in _settle_groups(request, machine, matrix):
        pick = _pick_for(wanted, machine, matrix)
        if pick is not None:
            picks.append(pick)
        elif not wanted.optional:
            return answer
    python = request.python or next(iter(_pythons(matrix)))
    return Resolution(
        request=request,
        accelerator="cpu",
        variant="cpu",
        python=".".join(python.split(".")[:2]),
        interpreter=None,
        picks=tuple(picks),
        passthrough=tuple(wanted for wanted in request.wanted if not wanted.known),
        reasons=(),
        rejected=(),
        warnings=(),
        variables=request.variables,
    )


def _settle_groups(request: Request, machine: Machine, matrix: Matrix) -> Iterator[Wanted]:
    """What is wanted and known; of each group of alternatives the first that the channel has."""
    settled: set[str] = set()
    for wanted in sorted((row for row in request.wanted if row.known), key=lambda row: row.position):
        if wanted.group:
            if wanted.group in settled or _pick_for(wanted, machine, matrix) is None:
                continue
            settled.add(wanted.group)
        yield wanted


def _pick_for(wanted: Wanted, machine: Machine, matrix: Matrix) -> Pick | None:
    """A pick of the channel; its release only names the framework, its version is not the channel's."""
    framework = matrix.framework(wanted.name)
    barred = framework.status == "dead" or (wanted.optional and framework.solitary)
    if barred or not is_in_channel(framework, machine):
        return None
    specifier = SpecifierSet(wanted.specifier)
    for release in newest_first(framework):
        if not release.broken and specifier.contains(release.version, prereleases=True):
            build = release.builds[0]
            return Pick(wanted=wanted, framework=framework.id, release=release, build=build, source="default", local="")
    return None


def _is_of_wheel(candidate: str, resolution: Resolution, machine: Machine, matrix: Matrix) -> bool:
    """Whether a rejected build is of a framework that pip installs."""
    routed = {pick.framework for pick in in_channel(resolution.picks, machine, matrix)}
    return candidate.partition(" ")[0] not in routed


def _warnings(resolution: Resolution, machine: Machine, matrix: Matrix) -> Iterator[str]:
    """The warnings that still hold: of a wheel that is not taken only what the system must have."""
    routed = in_channel(resolution.picks, machine, matrix)
    for text in resolution.warnings:
        pick = next((pick for pick in routed if text.startswith(f"{pick.framework} {pick.release.version}")), None)
        if pick is None:
            yield text
        elif "which mlenv does not install" in text:
            yield f"{pick.framework} needs {text.partition(' needs ')[2]}"


def _unproven(resolution: Resolution, machine: Machine, matrix: Matrix, device: Accelerator) -> Iterator[str]:
    """Builds for the device of which nobody knows whether they serve it, and those that do not."""
    if device == "cpu":
        return
    for framework, service in services_of(resolution, machine, matrix, device).items():
        if service.verdict == "unknown":
            yield f"{framework}: {service.text}; the verification will tell"
        elif service.verdict == "no":
            yield f"{framework} uses the CPU beside the {device} device: {service.text}"


def _refuse(answer: Resolution | Impossible, text: str, remedy: str) -> Impossible:
    reasons = answer.reasons if isinstance(answer, Impossible) else ()
    return Impossible(
        request=answer.request,
        reasons=(Reason(about=ABOUT, text=text), *reasons),
        rejected=(),
        remedies=(remedy,),
    )
