"""Packages that must be made for each other: torchvision and torchaudio, and rivals for one folder."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlenv.checks.compiled import named_extension
from mlenv.checks.finding import Finding, Fix
from mlenv.checks.frameworks import find_known, reinstall
from mlenv.checks.messages import conclude, value
from mlenv.checks.packages import pip_install, version_of
from mlenv.checks.registry import Case, Skip, check
from mlenv.checks.wording import told_text
from mlenv.clues.clue import Clue
from mlenv.matrix.load import Matrix

COMPANION = (
    "companion-operator-missing",
    "companion-ops-not-loaded",
    "companion-cuda-mismatch",
    "companion-library-broken",
    "companion-wants-other-torch",
)
ACCOMPANIES = ("torch-symbol-undefined", "extension-library-missing", "cuda-library-missing", "dll-not-loaded")
VISION_ALONE = ("companion-ops-not-loaded",)
OF_TORCH = ("torch-symbol-undefined", "extension-library-missing")


@check("torchvision-torch-mismatch", subject="environment")
def torchvision_torch_mismatch(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """A torchvision that was built for another PyTorch, or for another CUDA."""
    yield from _mismatch(case, matrix, "torchvision")


@check("torchaudio-torch-mismatch", subject="environment")
def torchaudio_torch_mismatch(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """A torchaudio that was built for another PyTorch, or for another CUDA."""
    yield from _mismatch(case, matrix, "torchaudio")


def _mismatch(case: Case, matrix: Matrix, name: str) -> Iterator[Finding]:
    clues = tuple(clue for clue in case.clues_of(*COMPANION) if _is_about(clue, name)) or _while_imported(case, name)
    torch, own = _versions(case, matrix, name)
    if not clues and (torch is None or own is None):
        raise Skip(f"torch and {name} are not both known to be installed")
    reason = _reason(matrix, name, torch, own) if torch and own else ""
    if not clues and not reason:
        return
    pair = f"{name} {own} and torch {torch}" if torch and own else ""
    wanted = _partner(matrix, name, torch) if torch else None
    requirement = f"{name}=={wanted}" if wanted else f"torch {name}"
    yield conclude(
        case,
        f"{name}-torch-mismatch",
        tuple(clue.id for clue in clues),
        severity="error" if clues else "warning",
        title=f"{name} does not belong to this PyTorch",
        cause=f"{name} {reason or 'was built for another PyTorch or another CUDA than is installed'}.",
        evidence=(pair,) if pair else (),
        fix=(
            Fix(
                text="Install the one that belongs to it, from the same index as torch",
                command=pip_install(case, requirement, reinstall=True) + _index_option(matrix, torch or ""),
            ),
            reinstall(case, "torch"),
        ),
        applies_to=(name, "torch"),
        also=ACCOMPANIES if clues else (),
    )


def is_of_companion(case: Case) -> bool:
    """Whether torchvision or torchaudio is what a message about compiled code is about."""
    return case.clue(*COMPANION) is not None or any(
        _while_imported(case, name) for name in ("torchvision", "torchaudio")
    )


def _while_imported(case: Case, name: str) -> tuple[Clue, ...]:
    """Messages about PyTorch's own symbols and libraries that come while the companion is imported.

    Nothing but compiled code of that package, made for another PyTorch, asks for them there.
    """
    package = rf"\bimport(?:s|ing)? (?:of )?{name}\b|\b{name}[\\/](?:_?extension|__init__|_internal|lib|ops)\b"
    if not re.search(package, told_text(case)):
        return ()
    return tuple(clue for clue in case.clues_of(*OF_TORCH) if not named_extension(clue.line))


def _is_about(clue: Clue, name: str) -> bool:
    named = value(clue, "companion", "name", "half")
    if named:
        return ("torchaudio" if named == "_torch_sox" else named.lower()) == name
    if "torchaudio" in clue.line.lower():
        return name == "torchaudio"
    return name == "torchvision" and (clue.id in VISION_ALONE or "torchvision" in clue.line.lower())


def _versions(case: Case, matrix: Matrix, name: str) -> tuple[str | None, str | None]:
    known = find_known(case, matrix)
    torch = version_of(case, "torch", "pytorch")
    if torch is None and known and known.version:
        torch = known.version
    if torch and "+" not in torch and known and known.tag:
        torch = f"{torch}+{known.tag}"
    return torch, version_of(case, name)


def _reason(matrix: Matrix, name: str, torch: str, own: str) -> str:
    """Why the two do not go together, as a clause; empty where nothing speaks against it."""
    version, _, tag = torch.partition("+")
    other, _, own_tag = own.partition("+")
    if "dev" in version or "dev" in other or "a0" in version or "a0" in other:
        return ""
    row = next((row for row in matrix.framework(name).release if row.version == other), None)
    asks = row.requires.get("torch", "") if row else ""
    if asks and not _admits(asks, version):
        return f"{other} asks for torch{asks}, and torch {version} is installed"
    marks = ("cu", "cpu", "rocm", "xpu")
    if tag.startswith(marks) and own_tag.startswith(marks) and tag != own_tag:
        return f"{other} is the build {own_tag}, and torch is the build {tag}"
    return ""


def _admits(specifier: str, version: str) -> bool:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion, Version

    try:
        return SpecifierSet(specifier).contains(Version(version), prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return True


def _partner(matrix: Matrix, name: str, torch: str) -> str | None:
    """The newest release that asks for exactly this torch."""
    version = torch.partition("+")[0]
    rows = matrix.framework(name).release
    return next((row.version for row in rows if row.requires.get("torch") == f"=={version}"), None)


def _index_option(matrix: Matrix, torch: str) -> str:
    tag = torch.partition("+")[2]
    index = matrix.indexes.get("pytorch")
    return (
        f" --index-url {index.url.format(variant=tag)}"
        if index and tag.startswith(("cu", "cpu", "rocm", "xpu"))
        else ""
    )
