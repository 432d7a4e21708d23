"""Signatures: what a build has code for, and what belongs to it."""

from __future__ import annotations

from mlenv.clues.clue import Signature

SIGNATURES: tuple[Signature, ...] = ()
