"""NumPy: of the generation that the compiled packages expect."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks.finding import Finding, Fix
from mlenv.checks.frameworks import find_known
from mlenv.checks.messages import conclude, is_told, value, value_of
from mlenv.checks.packages import is_whole, pip_install, version_of
from mlenv.checks.registry import Case, Skip, check
from mlenv.checks.wording import says
from mlenv.facts.version import at_least
from mlenv.matrix.load import Matrix

REFUSED = ("numpy-2-refused",)
UNUSABLE = ("numpy-not-usable",)
SIZE = ("numpy-dtype-size-changed",)
OLDER = ("numpy-api-older",)
FIRST_TORCH = "2.3"
"""The first PyTorch that works with NumPy 2."""
NEW_SIZE = "96"
"""Bytes of a dtype object in NumPy 2."""


def _version(case: Case) -> str:
    return version_of(case, "numpy", "numpy-base") or value_of(case, REFUSED[0], "numpy")


def _is_two(case: Case) -> bool:
    """Whether NumPy 2 is in play: it is installed, or one side of a message is of it."""
    sizes = (value_of(case, SIZE[0], "header"), value_of(case, SIZE[0], "object"))
    return at_least(_version(case) or "0", "2") or NEW_SIZE in sizes


@check("numpy2-abi-break", subject="environment")
def numpy2_abi_break(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """A package that was compiled for NumPy 1 meets NumPy 2, or the other way round."""
    told = case.clue(*REFUSED) is not None
    version = _version(case)
    known = find_known(case, matrix)
    unusable = case.clue(*UNUSABLE) is not None and not _is_absent(case)
    broken = unusable and (not version or at_least(version, "2"))
    changed = case.clue(*SIZE) is not None and (_is_two(case) or not version)
    old_torch = bool(known and known.version and not at_least(known.version, FIRST_TORCH))
    silent = old_torch and bool(version) and at_least(version, "2")
    if not (told or broken or changed or silent):
        raise Skip("nothing says that a package and NumPy are of different generations")
    reverse = value_of(case, SIZE[0], "header") == NEW_SIZE
    yield conclude(
        case,
        "numpy2-abi-break",
        (*REFUSED, *(SIZE if changed else ())),
        severity="error" if told or broken or changed else "warning",
        title=f"A package was compiled for NumPy {'2' if reverse else '1'}, and another NumPy is installed",
        cause="NumPy 2 changed what compiled packages rely on; those made for one do not work with the other.",
        evidence=tuple(
            line for line in (f"numpy {version}" if version else "", known.title if known and silent else "") if line
        ),
        fix=(
            Fix(text="Take a release of the package that is made for NumPy 2")
            if not reverse
            else Fix(text="Bring NumPy 2", command=pip_install(case, '"numpy>=2"', upgrade=True)),
            *(() if reverse else (Fix(text="Or stay with NumPy 1", command=pip_install(case, '"numpy<2"')),)),
        ),
        applies_to=("numpy",),
        grade="named" if told else "shown" if version or changed else "likely",
        also=UNUSABLE,
    )


@check("numpy-abi-mismatch", subject="environment")
def numpy_abi_mismatch(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A package was compiled against a newer NumPy of the same generation."""
    size = case.clue(*SIZE) is not None and not _is_two(case) and bool(_version(case))
    older = case.clue(*OLDER) is not None and case.clue(*REFUSED) is None
    if not size and not older:
        raise Skip("no message says that a package was compiled against a newer NumPy")
    version = _version(case)
    yield conclude(
        case,
        "numpy-abi-mismatch",
        (*SIZE, *OLDER),
        title="A package was compiled against a newer NumPy",
        cause="Compiled packages work with the NumPy they were made for and newer ones, and this one is older.",
        evidence=(f"numpy {version}",) if version else (),
        fix=(Fix(text="Update NumPy, or install the package anew", command=pip_install(case, "numpy", upgrade=True)),),
        applies_to=("numpy",),
        also=UNUSABLE,
    )


def _is_absent(case: Case) -> bool:
    """Whether NumPy is known not to be installed."""
    return case.clue("numpy-not-found") is not None or (is_whole(case) and not _version(case))


@check("numpy-not-installed", subject="environment")
def numpy_not_installed(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """NumPy is missing, which PyTorch needs to exchange arrays."""
    named = case.clue("numpy-not-found") is not None
    if not named and (case.clue(*UNUSABLE) is None or not _is_absent(case)):
        raise Skip("no message says that NumPy is missing")
    told = is_told(case, "numpy-not-found", *UNUSABLE)
    warns = says(case, "failed to initialize numpy") and not told
    known = find_known(case, matrix)
    yield conclude(
        case,
        "numpy-not-installed",
        ("numpy-not-found",),
        severity="warning" if warns or not told else "error",
        title="NumPy is not installed",
        cause=f"{known.name if known else 'PyTorch'} runs without NumPy, but cannot exchange arrays with it.",
        fix=(Fix(text="Install it", command=pip_install(case, "numpy")),),
        applies_to=("numpy",),
        also=UNUSABLE,
    )


@check("numpy-alias-removed", subject="environment")
def numpy_alias_removed(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A package uses a name that NumPy took away."""
    clue = case.clue("numpy-alias-removed")
    if clue is None:
        raise Skip("no message names something that NumPy took away")
    name = value(clue, "name")
    two = name in ("float_", "complex_", "infty", "Inf", "NaN", "in1d", "trapz", "product", "cumproduct")
    bound = '"numpy<2"' if two else '"numpy<1.24"'
    yield conclude(
        case,
        "numpy-alias-removed",
        ("numpy-alias-removed",),
        title=f"A package uses numpy.{name}, which NumPy took away",
        cause=f"numpy.{name} is gone since NumPy {'2.0' if two else '1.24'}, and a package was written before.",
        fix=(
            Fix(text="Update the package that the last lines of the error name"),
            Fix(text="Or take an older NumPy", command=pip_install(case, bound)),
        ),
        applies_to=("numpy",),
    )
