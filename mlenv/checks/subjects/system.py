"""The operating system: whether wheels exist for it and start on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mlenv.checks.evidence import cite, quote
from mlenv.checks.finding import Finding, Fix
from mlenv.checks.messages import present, value
from mlenv.checks.refused import DEBIAN_CONTAINER, leave_to_message, refused
from mlenv.checks.registry import Case, Skip, Unknown, check
from mlenv.checks.remedy import install_profile
from mlenv.checks.situation import is_apple_silicon, require_linux
from mlenv.clues.clue import Clue
from mlenv.facts.machine import Machine
from mlenv.facts.system import Libc
from mlenv.facts.version import at_least, numbers
from mlenv.matrix import query
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import Build, Framework, Release


@check("wsl-version-1", subject="system")
def wsl_version_1(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """WSL 1, which reaches no GPU and runs Linux programs slowly."""
    require_linux(case.machine)
    system = case.machine.os
    if system.wsl is None:
        raise Unknown("whether this Linux runs inside WSL is not known")
    if system.wsl == 1:
        yield Finding(
            id="wsl-version-1",
            severity="warning",
            title="This is WSL 1",
            cause="WSL 1 has no access to GPUs; WSL 2 has.",
            evidence=(cite(case.machine, f"kernel {system.kernel or 'unknown'}", "os.wsl", "os.kernel", "os"),),
            fix=(
                Fix(text="See the name of this distribution, in PowerShell:", command="wsl --list --verbose"),
                Fix(text="Then convert it (NAME is that name)", command="wsl --set-version NAME 2"),
            ),
        )


@check("glibc-too-old", subject="system")
def glibc_too_old(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """A glibc older than the newest PyTorch needs."""
    clue = case.clue("glibc-version-not-found")
    if clue is not None and not _is_met(case, clue):
        yield _glibc_missing(case, clue)
        return
    yield from refused(case, matrix, "glibc-too-old")
    leave_to_message(case)
    machine, framework = case.machine, matrix.newest("torch")
    libc = _libc(machine, "glibc")
    newest = query.newest_with_builds(framework, machine.platform)
    floors = [build.glibc for build in newest[1] if build.glibc] if newest else []
    if newest is None or not floors:
        raise Skip(f"the newest {framework.name} has no wheels for {machine.platform}")
    floor = min(floors, key=numbers)
    if at_least(libc.version, floor):
        return
    older = _newest_that(matrix, machine, lambda build: bool(build.glibc) and at_least(libc.version, build.glibc))
    yield Finding(
        id="glibc-too-old",
        severity="warning" if older else "error",
        title=f"glibc {libc.version} is too old for the newest {framework.name}",
        cause=f"The wheels of {framework.name} {newest[0].version} need glibc {floor}; {_still(framework, older)}.",
        evidence=(cite(machine, f"glibc {libc.version}", "os.libc", "libc"),),
        fix=(
            Fix(text=f"Upgrade to a distribution with glibc {floor} or newer, or work in a container that has it"),
            *((install_profile("pytorch"),) if older else ()),
        ),
        applies_to=("torch",),
    )


@check("musl-no-wheel", subject="system")
def musl_no_wheel(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """A system with musl (Alpine), for which PyTorch publishes no wheels."""
    clue = case.clue("glibc-program-on-musl")
    if clue is not None:
        yield _musl_meets_glibc(case, clue)
        return
    yield from refused(case, matrix, "musl-no-wheel")
    leave_to_message(case)
    machine, framework = case.machine, matrix.newest("torch")
    libc = _libc(machine, "musl")
    newest = query.newest_with_builds(framework, machine.platform)
    if newest and any(build.musl and at_least(libc.version, build.musl) for build in newest[1]):
        return
    yield Finding(
        id="musl-no-wheel",
        severity="error",
        title=f"{framework.name} has no wheels for musl",
        cause="This system uses the C library musl, and the frameworks' wheels are built for glibc only.",
        evidence=(cite(machine, f"musl {libc.version}", "os.libc", "libc"),),
        fix=(DEBIAN_CONTAINER,),
        applies_to=("torch",),
    )


@check("macos-too-old", subject="system")
def macos_too_old(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """A macOS older than the newest PyTorch needs."""
    yield from refused(case, matrix, "macos-too-old")
    leave_to_message(case)
    machine, framework = case.machine, matrix.newest("torch")
    if machine.os.family != "macos":
        raise Skip("this is no Mac")
    version = machine.os.version
    if version is None:
        raise Unknown("the version of macOS is not known")
    newest = query.newest_with_builds(framework, machine.platform)
    floors = [build.macos for build in newest[1] if build.macos] if newest else []
    if newest is None or not floors or at_least(version, min(floors, key=numbers)):
        return
    older = _newest_that(matrix, machine, lambda build: bool(build.macos) and at_least(version, build.macos))
    floor = min(floors, key=numbers)
    yield Finding(
        id="macos-too-old",
        severity="warning" if older else "error",
        title=f"macOS {version} is too old for the newest {framework.name}",
        cause=f"The wheels of {framework.name} {newest[0].version} need macOS {floor}; {_still(framework, older)}.",
        evidence=(cite(machine, f"macOS {version}", "os.version", "os_version"),),
        fix=(Fix(text=f"Update macOS to {floor} or newer", command="softwareupdate --list"),),
        applies_to=("torch",),
    )


@check("macos-x86-no-wheel", subject="system")
def macos_x86_no_wheel(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """An Intel Mac, for which the newest PyTorch publishes no wheels."""
    yield from refused(case, matrix, "macos-x86-no-wheel")
    leave_to_message(case)
    if case.is_report and is_apple_silicon(case):
        raise Skip("the processor is one of Apple's")
    if case.machine.platform != "macos-x86_64":
        raise Skip("this is no Intel Mac")
    yield from _no_wheel(case.machine, matrix, "macos-x86-no-wheel", "Intel Macs")


@check("platform-no-wheel", subject="system")
def platform_no_wheel(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """A system and processor for which the newest PyTorch publishes no wheels."""
    yield from refused(case, matrix, "platform-no-wheel")
    leave_to_message(case)
    machine = case.machine
    if machine.architecture is None:
        raise Unknown("the kind of processor is not known")
    if machine.platform == "macos-x86_64" or machine.architecture == "x86":
        raise Skip("another check looks at this")
    yield from _no_wheel(machine, matrix, "platform-no-wheel", machine.platform)


def _no_wheel(machine: Machine, matrix: Matrix, slug: str, platform: str) -> Iterator[Finding]:
    framework = matrix.newest("torch")
    newest = next(iter(query.newest_first(framework)), None)
    if newest is None:
        raise Skip(f"no release of {framework.name} was out on that day")
    if query.proven_builds(newest, machine.platform):
        return
    older = _newest_that(matrix, machine, lambda _: True)
    source = Fix(text="Use another machine, or build the framework from source")
    yield Finding(
        id=slug,
        severity="warning" if older else "error",
        title=f"The newest {framework.name} has no wheels for {platform}",
        cause=f"{framework.name} {newest.version} is not published for {platform}; {_still(framework, older)}.",
        evidence=(
            cite(machine, f"system {machine.os.family}, processor {machine.architecture}", "architecture", "arch"),
        ),
        fix=(install_profile("pytorch") if older else source,),
        applies_to=("torch",),
    )


def _is_met(case: Case, clue: Clue) -> bool:
    """Whether a floor was only stated, and this system's glibc reaches it."""
    libc = case.machine.os.libc
    stated = "not found" not in clue.line.lower()
    return stated and libc is not None and libc.family == "glibc" and at_least(libc.version, value(clue, "version"))


def _glibc_missing(case: Case, clue: Clue) -> Finding:
    version, libc = value(clue, "version"), case.machine.os.libc
    here = (cite(case.machine, f"glibc {libc.version}", "os.libc", "libc"),) if libc else ()
    return Finding(
        id="glibc-too-old",
        severity="error",
        title=f"glibc is too old: the package needs {version}",
        cause=f"The package was compiled on a newer system and asks for glibc {version}, which this one has not.",
        evidence=(*quote(clue), *here),
        fix=(
            Fix(text=f"Use a distribution with glibc {version} or newer, or a container of one"),
            Fix(text="Or take a build for older systems: an earlier release, or conda-forge's"),
            install_profile("pytorch"),
        ),
        applies_to=(value(clue, "library"),) if value(clue, "library") else (),
        grade="named",
        explains=present(case, "glibc-version-not-found"),
    )


def _musl_meets_glibc(case: Case, clue: Clue) -> Finding:
    return Finding(
        id="musl-no-wheel",
        severity="error",
        title="This system has musl, and the package was made for glibc",
        cause="The C library musl (Alpine) lacks what packages for other Linux systems were compiled with.",
        evidence=quote(clue),
        fix=(DEBIAN_CONTAINER,),
        grade="named",
        explains=present(case, "glibc-program-on-musl"),
    )


def _libc(machine: Machine, family: str) -> Libc:
    require_linux(machine)
    if machine.os.libc is None:
        raise Unknown("the C library is not known")
    if machine.os.libc.family != family:
        raise Skip(f"the C library is {machine.os.libc.family}")
    return machine.os.libc


def _newest_that(matrix: Matrix, machine: Machine, fits: Callable[[Build], bool]) -> Release | None:
    releases = query.newest_first(matrix.framework("torch"))
    return next((row for row in releases if any(map(fits, query.proven_builds(row, machine.platform)))), None)


def _still(framework: Framework, older: Release | None) -> str:
    if older is None:
        return "no release in the matrix runs here"
    return f"{framework.name} {older.version} of {older.released:%B %Y} is the newest that runs here"
