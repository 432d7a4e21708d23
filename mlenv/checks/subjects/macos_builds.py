"""Macs: whether macOS is new enough for Metal's backend, and programs that ask for CUDA."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks.finding import Finding, Fix
from mlenv.checks.frameworks import find_known
from mlenv.checks.messages import conclude, is_told, value_of
from mlenv.checks.registry import Case, Skip, check
from mlenv.facts.version import at_least
from mlenv.matrix.load import Matrix

NEEDS = ("mps-needs-newer-macos",)
FOLLOWS = ("mps-not-available", "accelerator-not-used")
LOWEST = "12.3"
"""Apple's Metal graphs that PyTorch uses came with this macOS."""
FLOORS = (("2.9", "14.0"), ("2.5", "13.0"))
"""From which release on PyTorch's backend for Metal asks for which macOS, newest first."""


@check("mps-macos-too-old", subject="environment")
def mps_macos_too_old(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """A macOS older than PyTorch's Metal backend asks for."""
    if case.machine.os.family != "macos" and case.clue(*NEEDS) is None:
        raise Skip("this is no Mac")
    if case.clue(*NEEDS) is None and not is_told(case, *FOLLOWS):
        return
    known = find_known(case, matrix)
    if known is None and case.clue(*NEEDS, "mps-not-available") is None:
        return
    version = case.machine.os.version or ""
    needed = value_of(case, NEEDS[0], "needed", "wanted", "lowest")
    floor = next((floor for release, floor in FLOORS if at_least(known.version, release)), "") if known else ""
    if needed and version and at_least(version, needed):
        # The message kept its number while the releases asked for more.
        needed = floor or needed
    listed = known.build.mps_macos if known and known.build else ""
    needed = needed or (floor if floor and at_least(floor, listed or LOWEST) else listed) or LOWEST
    if (version and at_least(version, needed)) or (not version and case.clue(*NEEDS) is None):
        return
    yield conclude(
        case,
        "mps-macos-too-old",
        NEEDS,
        title=f"macOS {version or 'here'} is too old for PyTorch's GPU backend",
        cause=f"The backend for Apple GPUs (MPS) needs macOS {needed} or newer.",
        evidence=(f"macOS {version}",) if version else (),
        fix=(Fix(text=f"Update macOS to {needed} or newer", command="softwareupdate --list"),),
        applies_to=("torch",),
        also=FOLLOWS,
    )


@check("cuda-asked-on-mac", subject="environment")
def cuda_asked_on_mac(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A program asks for CUDA on a Mac, which has none."""
    if case.machine.os.family != "macos":
        raise Skip("this is no Mac")
    if case.clue("torch-without-cuda") is None:
        return
    yield conclude(
        case,
        "cuda-asked-on-mac",
        ("torch-without-cuda",),
        title="The program asks for CUDA, and a Mac has none",
        cause="CUDA is for NVIDIA GPUs; PyTorch uses the GPU of a Mac through the device mps.",
        fix=(Fix(text='Let the program use the device "mps" (or "cpu") in place of "cuda"'),),
        applies_to=("torch",),
    )
