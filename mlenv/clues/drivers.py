"""Signatures: kernel modules, NVML and the driver's own words."""

from __future__ import annotations

from mlenv.clues.clue import Signature

SIGNATURES: tuple[Signature, ...] = ()
