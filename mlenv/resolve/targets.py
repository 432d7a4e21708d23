"""What code is compiled for on a GPU: as read from it, else by the name of the product."""

from __future__ import annotations

import re

from mlenv.facts.gpu import Gpu
from mlenv.facts.pattern import lazy
from mlenv.matrix import query
from mlenv.matrix.load import Matrix

# GRID T4-16Q, NVIDIA A40-48Q, NVIDIA A100-10C: a virtual GPU is called after its board, with its size and kind.
_GRID = lazy(r"^(?:nvidia\s+)?grid\s+", re.IGNORECASE)
_PROFILE = lazy(r"-\d+[abcq]$", re.IGNORECASE)


def capability_of(matrix: Matrix, gpu: Gpu) -> str | None:
    """The compute capability of an NVIDIA GPU, None where nobody knows it."""
    return gpu.compute_capability or query.compute_capability_of(matrix.gpus, board_name(gpu.name or ""))


def gfx_of(matrix: Matrix, gpu: Gpu) -> str | None:
    """The target of an AMD GPU (``gfx1100``), None where nobody knows it."""
    return gpu.gfx or query.gfx_of(matrix.gpus, gpu.name or "")


def board_name(name: str) -> str:
    """The name of the board behind a virtual GPU; other names stay as they are."""
    return _PROFILE.sub("", _GRID.sub("", name))
