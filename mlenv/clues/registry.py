"""Every signature, by subject."""

from __future__ import annotations

from mlenv.clues import builds, containers, devices, drivers, installing, platforms, runtime
from mlenv.clues.clue import Signature

SIGNATURES: tuple[Signature, ...] = tuple(
    row
    for subject in (drivers, containers, devices, builds, runtime, platforms, installing)
    for row in subject.SIGNATURES
)
