"""Wheels: what an installer found nothing for, and what has another name."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks.evidence import quote
from mlenv.checks.finding import Finding, Fix
from mlenv.checks.messages import REFUSALS, present, value
from mlenv.checks.refusals.judge import judge
from mlenv.checks.refusals.refusal import Refusal, find_refusal
from mlenv.checks.refused import refused
from mlenv.checks.registry import Case, Skip, check
from mlenv.matrix.load import Matrix

# Names under which people look for a package, and the one it is published under.
_RIGHT_NAMES = {
    "pytorch": "torch",
    "torch-vision": "torchvision",
    "sklearn": "scikit-learn",
    "cv2": "opencv-python",
    "opencv": "opencv-python",
    "pil": "pillow",
    "skimage": "scikit-image",
    "yaml": "pyyaml",
    "bs4": "beautifulsoup4",
    "tensorflow-gpu": "tensorflow",
    "huggingface": "huggingface-hub",
    "llama-cpp": "llama-cpp-python",
    "flash-attention": "flash-attn",
    "flash-attn2": "flash-attn",
    "umap": "umap-learn",
    "jax-cuda": "jax[cuda13]",
    "dateutil": "python-dateutil",
    "attr": "attrs",
}
# Names that packages of their own had.
_FORMER = ("tensorflow-gpu",)


@check("package-name-wrong", subject="environment")
def package_name_wrong(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """A package that is published under another name."""
    clue = case.clue("package-renamed", "package-unknown", *REFUSALS)
    if clue is None:
        raise Skip("no installer missed a package")
    asked = _asked_name(case)
    right = value(clue, "right") or _RIGHT_NAMES.get(asked, "")
    if not right or (asked in _FORMER and _is_refused_anyway(case, matrix)):
        return
    wrong = value(clue, "wrong") or asked or "this name"
    yield Finding(
        id="package-name-wrong",
        severity="error",
        title=f"The package is called {right}, not {wrong if wrong != 'this name' else 'so'}",
        cause=f"What is imported or known under {wrong} is published as {right}.",
        evidence=quote(clue),
        fix=(Fix(text="Install it by its name", command=f'python -m pip install "{right}"'),),
        applies_to=(right.split("[")[0],),
        grade="named",
        explains=present(case, "package-renamed", "package-unknown", "build-failed", *REFUSALS),
    )


def _is_refused_anyway(case: Case, matrix: Matrix) -> bool:
    """Whether this Python gets the package under neither name."""
    refusal = find_refusal(case)
    verdict = judge(case, matrix, refusal) if refusal else None
    return verdict is not None and verdict.slug == "python-32bit"


def _asked_name(case: Case) -> str:
    refusal = find_refusal(case)
    found = refusal.package if refusal else value(case.clue("package-unknown"), "package")
    return found.split("=")[0].lower()


@check("arm-no-wheel", subject="system")
def arm_no_wheel(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """A package without wheels for Arm processors outside of Macs."""
    if find_refusal(case) is None:
        raise Skip("no installer refused a package")
    yield from refused(case, matrix, "arm-no-wheel")


@check("no-matching-wheel", subject="environment")
def no_matching_wheel(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """A package of which no wheel fits, for a reason that the report does not tell."""
    refusal = find_refusal(case)
    if refusal is None:
        raise Skip("no installer refused a package")
    if judge(case, matrix, refusal) is not None or refusal.package in _RIGHT_NAMES:
        return
    what = " ".join(part for part in (refusal.package, refusal.version) if part) or "the package"
    yield Finding(
        id="no-matching-wheel",
        severity="error",
        title=f"No wheel of {what} fits this Python and system",
        cause=_cause(what, refusal),
        evidence=quote(refusal.clue),
        fix=(
            Fix(text="See which versions of it fit here", command=f"python -m pip index versions {refusal.package}"),
            Fix(
                text="See what decides: the version of Python, its word size and its platform",
                command='python -c "import sys, sysconfig, struct; '
                "print(sys.version, sysconfig.get_platform(), struct.calcsize('P') * 8)\"",
            ),
            Fix(text="Let an old pip be updated first: it does not know today's tags", command=_UPDATE),
        ),
        applies_to=(refusal.package,) if refusal.package else (),
        grade="likely",
        explains=present(case, *REFUSALS),
    )


_UPDATE = "python -m pip install --upgrade pip"


def _cause(what: str, refusal: Refusal) -> str:
    if refusal.offered:
        shown = ", ".join(refusal.offered[-3:])
        return f"The index has other versions for this machine ({shown}), but not {what}: it may be on another index."
    return f"The index has no file of {what} for this version of Python and this system, or does not know the name."
