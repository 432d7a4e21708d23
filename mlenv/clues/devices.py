"""Signatures: GPUs: memory errors, buses, links, instances."""

from __future__ import annotations

from mlenv.clues.clue import Signature

SIGNATURES: tuple[Signature, ...] = ()
