"""What installers say when they fail: conflicts, builds, damaged files."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks.evidence import quote
from mlenv.checks.finding import Finding, Fix
from mlenv.checks.messages import REFUSALS, present, value
from mlenv.checks.registry import Case, Skip, check
from mlenv.clues.clue import Clue
from mlenv.facts.pattern import lazy
from mlenv.matrix.load import Matrix

# Words of the installers of Python packages: others tell of hashes, archives and conflicts too.
_INSTALLER = lazy(
    r"(?i)\b(?:pip3?|uv|conda|mamba|poetry|pdm|pipenv|pixi|pypi|wheels?|sdist|hashes|package versions|site-packages)\b"
    r"|resolutionimpossible|checksummismatch|unsatisfiable ?error|requirements(?:\.txt| file)"
    r"|(?:your|'s) requirements are|resolution-too-deep|no solution found when resolving|version solving failed"
    r"|the conflict is caused|\w==\d|\.whl\b|\.tar\.gz\b|\.dist-info|\.so\b"
)


@check("resolver-conflict", subject="environment")
def resolver_conflict(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """Requirements that contradict each other."""
    clue = _of_installer(case, "requirements-conflict") or case.clue("installed-conflict")
    if clue is None:
        raise Skip("no installer told of a conflict")
    if case.clue(*REFUSALS) is not None:
        raise Skip("the installer names a package without a fitting wheel")
    told = clue.id == "requirements-conflict"
    yield Finding(
        id="resolver-conflict",
        severity="error" if told or clue.told else "warning",
        title="The requirements contradict each other",
        cause=_conflict(case) or "No set of versions meets all requirements at once.",
        evidence=quote(*case.clues_of("requirements-conflict", "installed-conflict")[:3]),
        fix=(
            Fix(text="See which combinations fit", command="mlenv plan --profile pytorch"),
            Fix(text="Ask for fewer exact versions, or put one of the packages into an environment of its own"),
        ),
        applies_to=(value(clue, "package"),) if value(clue, "package") else (),
        grade="named" if told else "likely",
        explains=present(case, "requirements-conflict", "installed-conflict"),
    )


def _of_installer(case: Case, slug: str) -> Clue | None:
    """The first such message that an installer of Python packages wrote."""
    writing = case.clue("installing", "build-failed") is not None
    return next((clue for clue in case.clues_of(slug) if writing or _INSTALLER.search(clue.line)), None)


def _conflict(case: Case) -> str:
    clue = case.clue("installed-conflict")
    if clue is None:
        return ""
    return f"{value(clue, 'package')} requires {value(clue, 'wants')}, and {value(clue, 'has')} is installed."


@check("build-tools-missing", subject="environment")
def build_tools_missing(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A package that is built from its source where a compiler or a header is missing."""
    clue = case.clue("compiler-missing")
    if clue is None:
        raise Skip("no build missed a compiler")
    if case.clue("installing", "build-failed") is None:
        raise Skip("nothing was being installed")
    yield Finding(
        id="build-tools-missing",
        severity="error",
        title="A package is built from source, and the tools for it are missing",
        cause="No wheel of it fits this machine, so the installer compiles it, and finds no compiler or no header.",
        evidence=quote(clue, case.clue("build-failed")),
        fix=(
            Fix(text="Take a release that has wheels for this Python, or a Python that has wheels"),
            Fix(text="Or install the tools", command=_tools(case)),
        ),
        grade="named",
        explains=present(case, "compiler-missing", "build-failed"),
    )


def _tools(case: Case) -> str:
    system = case.machine.os
    if system.family == "windows":
        return "winget install Microsoft.VisualStudio.2022.BuildTools"
    if system.family == "macos":
        return "xcode-select --install"
    name = (system.distribution or "").lower()
    if any(word in name for word in ("fedora", "red hat", "rocky", "alma", "centos")):
        return "sudo dnf install gcc gcc-c++ python3-devel"
    return "sudo apt install build-essential python3-dev"


@check("hash-mismatch", subject="environment")
def hash_mismatch(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A downloaded file that is not the one that was promised."""
    yield from _content(case, "hash-mismatch", "A file is not the one that was promised", "its hash is another")


@check("corrupt-download", subject="environment")
def corrupt_download(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A downloaded archive that cannot be read."""
    yield from _content(case, "archive-damaged", "A downloaded archive is damaged", "it cannot be opened")


def _content(case: Case, slug: str, title: str, what: str) -> Iterator[Finding]:
    clue = _of_installer(case, slug)
    if clue is None or case.clue("no-space") is not None:
        raise Skip("no installer told of a damaged file")
    yield Finding(
        id="hash-mismatch" if slug == "hash-mismatch" else "corrupt-download",
        severity="error",
        title=title,
        cause=f"The file was damaged on its way, in a cache or at its source: {what}.",
        evidence=quote(clue),
        fix=(
            Fix(text="Drop what the cache holds and fetch it again", command="python -m pip cache purge"),
            Fix(text="With uv", command="uv cache clean"),
            Fix(text="Where it comes back, a proxy or mirror serves a wrong file: try without it"),
        ),
        grade="named",
        explains=present(case, slug),
    )
