"""The plan of a lock that is there already: exactly its files, with their hashes, and no index asked."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import msgspec

from mlenv.errors import NoPlanError
from mlenv.facts.machine import Machine
from mlenv.facts.python import PythonInterpreter
from mlenv.facts.version import numbers, series
from mlenv.plan.content import Content, WheelPlace
from mlenv.plan.download import download_bytes
from mlenv.plan.gathering import configured_indexes
from mlenv.plan.gpu_libraries import describe_libraries, find_gpu_libraries
from mlenv.plan.lock import Lock, LockedFile, LockedPackage, render_requirements, tied_packages
from mlenv.plan.markers import holds, marker_environment
from mlenv.plan.options import PlanOptions
from mlenv.plan.pip import create_with_venv, install_with_pip
from mlenv.plan.places import LOCK_FILE, PROJECT_FILE, REQUIREMENTS_FILE
from mlenv.plan.plan import Plan, PlannedAccelerator, PlannedFile, PlannedPackage, Step
from mlenv.plan.project import render_project
from mlenv.plan.proof import Proof
from mlenv.plan.uv import create_step, settings
from mlenv.resolve.devices import accelerators_to_try
from mlenv.resolve.request import Request
from mlenv.resolve.resolution import Reason

NAMED = 4
"""So many packages are named that have no file for a machine."""


class LockedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A lock to install: its text for the installer, what it was read as, and where it came from.

    ``python`` pins a version, ``profile`` and ``variables`` are what a bundle says of its plan,
    ``frameworks`` are the distributions that the matrix knows.
    """

    origin: str
    text: str
    lock: Lock
    python: str | None = None
    profile: str = ""
    variables: Mapping[str, str] = {}
    frameworks: Collection[str] = ()


def build_locked_plan(
    asked: LockedRequest, machine: Machine, options: PlanOptions, *, brought: Collection[str] = ()
) -> Plan:
    """The plan of a lock on this machine.

    ``brought`` are the Python series that the installer can fetch.  :class:`NoPlanError` where no
    Python has a file of every package here.
    """
    interpreter, python = _choose_python(asked, machine, brought)
    version = interpreter.version if interpreter else python
    environment = marker_environment(machine, version)
    wanted = tuple(package for package in asked.lock.packages if holds(package.marker, environment))
    content = _content(asked, machine, interpreter, python, wanted)
    names = [package.name for package in wanted if package.name in asked.frameworks]
    return Plan(
        profile=asked.profile,
        environment=options.environment,
        python=content.python,
        accelerator=PlannedAccelerator(kind=content.accelerator, variant=content.variant),
        manager=options.manager,
        packages=tuple(
            PlannedPackage(name=package.name, version=package.version)
            for package in wanted
            if not names or package.name in names
        ),
        files=_files(asked, content, options),
        steps=_steps(content, options),
        verify=tuple(names) or tuple(package.name for package in wanted),
        tied=tuple(sorted(tied_packages(asked.lock))),
        reasons=(Reason(about="lock", text=f"{asked.origin}: its files, with their hashes, and nothing else"),),
        rejected=(),
        warnings=(*options.warnings, *_warn_of_libraries(wanted, machine)),
        download_bytes=download_bytes(Lock(packages=wanted)),
        variables=dict(asked.variables),
        lock=asked.text,
        proof=Proof(status="proven", by=f"the lock {asked.origin}", packages=len(wanted)),
    )


def _content(
    asked: LockedRequest,
    machine: Machine,
    interpreter: PythonInterpreter | None,
    python: str,
    wanted: Collection[LockedPackage],
) -> Content:
    kind, variant = _accelerator(wanted)
    packages = machine.packages
    return Content(
        accelerator=kind,
        variant=variant,
        system=machine.os.family,
        platform=machine.platform,
        python=series(python),
        interpreter=(interpreter.path or "") if interpreter else "",
        python_pin=asked.python or python,
        python_version=interpreter.version if interpreter else python,
        requirements=(),
        # What uv's cache holds it knows by the index that it came from; nothing is fetched by name.
        indexes=tuple(configured_indexes(packages)),
        wheels=tuple(WheelPlace(address=row.value, origin=row.origin) for row in packages.find_links),
        trusted_hosts=tuple(row.value for row in packages.trusted_hosts),
        best_match=bool(packages.extra_index_urls),
        variables=dict(asked.variables),
    )


def _steps(content: Content, options: PlanOptions) -> tuple[Step, ...]:
    verify = Step(
        kind="verify",
        purpose="Import every framework, compute on the device and check the numbers",
        argv=("mlenv", "verify", "--env", options.environment),
    )
    if options.manager == "pip":
        return (create_with_venv(content, options), install_with_pip(content, options, indexes=False), verify)
    return (create_step(content, options), *_sync_steps(content, options), verify)


def _sync_steps(content: Content, options: PlanOptions) -> tuple[Step, ...]:
    sync = (options.uv, "pip", "sync", *settings(content, options))
    reuse = Step(
        kind="reuse",
        purpose=f"Install from the cache, if it holds all of the lock ({REQUIREMENTS_FILE} is the lock as lines)",
        argv=(*sync, "--offline", f"{options.environment}/{REQUIREMENTS_FILE}"),
    )
    offline = ("--offline",) if options.offline else ()
    install = Step(
        kind="install",
        purpose="Download and install what is locked",
        argv=(*sync, *offline, f"{options.environment}/{LOCK_FILE}"),
    )
    return (reuse, install)


def _files(asked: LockedRequest, content: Content, options: PlanOptions) -> tuple[PlannedFile, ...]:
    """Pip has no lock of this kind and knows no index of one package: it is given every address."""
    tied = [package.name for package in asked.lock.packages] if options.manager == "pip" else tied_packages(asked.lock)
    return (
        PlannedFile(path=PROJECT_FILE, text=render_project(content)),
        PlannedFile(path=LOCK_FILE, text=asked.text),
        PlannedFile(path=REQUIREMENTS_FILE, text=render_requirements(asked.lock, tied)),
    )


# ---------------------------------------------------------------- Python


def _choose_python(
    asked: LockedRequest, machine: Machine, brought: Collection[str]
) -> tuple[PythonInterpreter | None, str]:
    """The newest Python for which every package has a file; one that is here before one to fetch."""
    troubles = []
    for interpreter, version in _candidates(asked, machine, brought):
        trouble = _find_trouble(asked, machine, version)
        if trouble is None:
            return interpreter, version
        troubles.append(f"Python {version}: {trouble}")
    if not troubles:
        wish = f"Python {asked.python}" if asked.python else "a CPython of 64 bits"
        raise NoPlanError(f"{asked.origin}: needs {wish}, and none is here", hint="install it, or let uv bring one")
    raise NoPlanError(
        f"{asked.origin}: cannot be installed on {machine.platform}\n" + "\n".join(f"  {text}" for text in troubles),
        hint="a lock is for the machine that it was made for; `mlenv install --profile NAME` resolves anew",
    )


def _candidates(
    asked: LockedRequest, machine: Machine, brought: Collection[str]
) -> Iterator[tuple[PythonInterpreter | None, str]]:
    usable = [row for row in machine.pythons or () if _is_usable(row, asked.python)]
    yield from ((row, row.version) for row in sorted(usable, key=lambda row: numbers(row.version), reverse=True))
    found = {series(row.version) for row in usable}
    wished = [asked.python] if asked.python else sorted(brought, key=numbers, reverse=True)
    if brought:
        yield from ((None, version) for version in wished if series(version) not in found)


def _is_usable(row: PythonInterpreter, pin: str | None) -> bool:
    if row.implementation != "cpython" or row.bits == 32 or row.free_threaded:
        return False
    return pin is None or row.version == pin or row.version.startswith(f"{pin}.")


def _find_trouble(asked: LockedRequest, machine: Machine, version: str) -> str | None:
    """Why a lock cannot be installed with a Python; None where it can."""
    if not _allows(asked.lock.requires_python, version):
        return f"the lock asks for {asked.lock.requires_python}"
    environment = marker_environment(machine, version)
    tags = _tags(version)
    wanted = (package for package in asked.lock.packages if holds(package.marker, environment))
    without = [package.name for package in wanted if not _has_file(package, tags, version)]
    if not without:
        return None
    more = f" and {len(without) - NAMED} more" if len(without) > NAMED else ""
    return f"no file of {', '.join(without[:NAMED])}{more}"


def _allows(condition: str, version: str) -> bool:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        return SpecifierSet(condition).contains(version, prereleases=True)
    except InvalidSpecifier:
        return True


def _tags(version: str) -> frozenset[str]:
    """The tags of wheels for a CPython of this machine."""
    from packaging.tags import compatible_tags, cpython_tags

    pair = numbers(version)[:2]
    tags = [*cpython_tags(pair), *compatible_tags(pair, interpreter=f"cp{pair[0]}{pair[1]}")]
    return frozenset(str(tag) for tag in tags)


def _has_file(package: LockedPackage, tags: frozenset[str], version: str) -> bool:
    if not _allows(package.requires_python, version):
        return False
    return bool(package.sdist or package.archive) or any(_fits(wheel, tags) for wheel in package.wheels)


def _fits(wheel: LockedFile, tags: frozenset[str]) -> bool:
    from packaging.utils import InvalidWheelFilename, parse_wheel_filename
    from packaging.version import InvalidVersion

    try:
        return not tags.isdisjoint(str(tag) for tag in parse_wheel_filename(wheel.name)[3])
    except (InvalidWheelFilename, InvalidVersion):
        return False


# ---------------------------------------------------------------- device


def _accelerator(packages: Collection[LockedPackage]) -> tuple[str, str]:
    """The device that the locked builds are for, by their local versions and NVIDIA's own packages."""
    for package in packages:
        local = package.version.partition("+")[2]
        for kind, start in (("cuda", "cu"), ("rocm", "rocm"), ("xpu", "xpu")):
            if local.startswith(start):
                return kind, local
    names = {package.name for package in packages}
    if any(name.startswith(("nvidia-cublas", "jax-cuda", "cupy-cuda")) for name in names):
        return "cuda", "cuda"
    return ("cpu", "cpu") if any(package.version.endswith("+cpu") for package in packages) else ("auto", "auto")


def _warn_of_libraries(packages: Collection[LockedPackage], machine: Machine) -> Iterator[str]:
    """That the lock is heavy for a machine that is known to have no NVIDIA GPU."""
    if machine.gpus is None or "cuda" in accelerators_to_try(Request(wanted=()), machine):
        return
    libraries = find_gpu_libraries(packages)
    if libraries is not None:
        yield f"the lock has {describe_libraries(libraries)}, and no NVIDIA GPU was found on this machine"
