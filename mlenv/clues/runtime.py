"""Signatures: libraries that are loaded, and how the frameworks start."""

from __future__ import annotations

from mlenv.clues.clue import Signature

SIGNATURES: tuple[Signature, ...] = ()
