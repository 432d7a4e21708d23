"""Signatures: processors, C libraries, Python's kinds, systems."""

from __future__ import annotations

from mlenv.clues.clue import Signature

SIGNATURES: tuple[Signature, ...] = ()
