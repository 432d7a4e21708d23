"""The finding of a refusal: what an installer found nothing for, and what to type."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks.evidence import quote
from mlenv.checks.finding import Finding, Fix
from mlenv.checks.interpreters import bring_python, cite_interpreters
from mlenv.checks.messages import REFUSALS, present
from mlenv.checks.packages import has_framework
from mlenv.checks.refusals.judge import judge
from mlenv.checks.refusals.refusal import Refusal, find_refusal
from mlenv.checks.registry import Case, Skip
from mlenv.checks.remedy import install_profile
from mlenv.matrix.load import Matrix

_TITLES = {
    "python-too-new": "This Python is too new for {what}",
    "python-too-old": "This Python is too old for {what}",
    "python-32bit": "This Python is a 32-bit one, and {what} needs 64 bits",
    "python-free-threaded-no-wheel": "{what} has no wheels for a free-threaded Python",
    "musl-no-wheel": "{what} has no wheels for musl",
    "glibc-too-old": "glibc is too old for {what}",
    "macos-x86-no-wheel": "{what} has no wheels for Intel Macs",
    "macos-too-old": "macOS is too old for {what}",
    "rosetta-x86-python": "This Python was built for Intel processors",
    "arm-no-wheel": "{what} has no wheels for this Arm processor",
    "platform-no-wheel": "{what} has no wheels for this system",
}
DEBIAN_CONTAINER = Fix(
    text="Work on a system with glibc (Debian, Ubuntu, Fedora), for example in a container",
    command="docker run -it --rm python:3.12-slim bash",
)


def refused(case: Case, matrix: Matrix, slug: str) -> Iterator[Finding]:
    """The finding of that id, where it is the reason why an installer found nothing."""
    refusal = find_refusal(case)
    verdict = judge(case, matrix, refusal) if refusal else None
    if refusal is None or verdict is None or verdict.slug != slug:
        return
    what = " ".join(part for part in (refusal.package, refusal.version) if part) or "the package"
    title = _TITLES[slug].format(what=what)
    yield Finding(
        id=slug,
        severity="error",
        title=title if refusal.package else title[0].upper() + title[1:],  # a package keeps its name
        cause=f"The installer finds no wheel of {what} that fits: {verdict.reason}.",
        evidence=(*quote(refusal.clue), *cite_interpreters(case.machine, (case.machine.pythons or ())[:1])),
        fix=_fix(case, matrix, slug, refusal),
        applies_to=(refusal.package,) if refusal.package else (),
        grade=verdict.grade,
        explains=present(case, *REFUSALS),
    )


def leave_to_message(case: Case) -> None:
    """Raise :class:`Skip` where the message of an installer decides, or a framework is there already.

    What the newest release asks of a machine is no cause of trouble with one that is installed.
    """
    if not case.is_report:
        return
    if case.clue(*REFUSALS) is not None:
        raise Skip("the message of the installer decides")
    if has_framework(case):
        raise Skip("a framework is installed already")


def _fix(case: Case, matrix: Matrix, slug: str, refusal: Refusal) -> tuple[Fix, ...]:
    if slug == "musl-no-wheel":
        return (DEBIAN_CONTAINER,)
    if slug == "glibc-too-old":
        return (
            Fix(text="Use a system with a newer glibc, or a container that has one"),
            install_profile("pytorch"),
        )
    if slug == "macos-too-old":
        return (Fix(text="Update macOS", command="softwareupdate --list"),)
    if slug == "macos-x86-no-wheel":
        return (Fix(text="Take the last release with wheels for Intel Macs"), install_profile("pytorch"))
    if slug in ("arm-no-wheel", "platform-no-wheel"):
        return (
            Fix(text=f"Use an x86_64 machine, conda-forge's build, or build {refusal.package or 'it'} from source"),
        )
    own = Fix(text="Or make an environment yourself, with a Python that has wheels", command=_command(slug, case))
    return (bring_python(matrix, case.machine), own)


def _command(slug: str, case: Case) -> str | None:
    """What makes an environment with uv; 32-bit and translated Pythons are told apart by name."""
    if slug == "rosetta-x86-python":
        return "uv venv --python cpython-3.12-macos-aarch64"
    if slug == "python-32bit" and case.machine.os.family == "windows":
        return "uv venv --python cpython-3.12-windows-x86_64"
    return "uv venv --python 3.12"
