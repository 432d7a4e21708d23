"""Data that one tree of depth three must reproduce exactly."""

from ._verdicts import Failure

# Eight corners of a cube and a whole number for each.  Every feature says something at every
# node, also at the first: LightGBM never tries a feature again that was of no use to the node above.
CORNERS = [[float(i >> bit & 1) for bit in range(3)] for i in range(8)]
TARGETS = [0.0, 1.0, 10.0, 12.0, 100.0, 103.0, 115.0, 120.0]
# Sums on a GPU go through fixed-point or single precision numbers.
GPU_ERROR = 1e-3


def compare_leaves(found, exact):
    """:class:`Failure` where a tree does not give the numbers it was fitted to."""
    limit = 0.0 if exact else GPU_ERROR
    if len(found) != len(TARGETS):
        raise Failure("wrong-number", f"{len(TARGETS)} rows gave {len(found)} predictions")
    wrong = [i for i in range(len(TARGETS)) if not abs(found[i] - TARGETS[i]) <= limit]
    if wrong:
        raise Failure("wrong-number", f"a full tree gives {found[wrong[0]]!r} for {TARGETS[wrong[0]]!r}")


def note_leaves(note, found, *, exact):
    """As :func:`compare_leaves`, and note what was proven."""
    compare_leaves(found, exact)
    note.detail = "a full tree reproduces its whole numbers" + ("" if exact else f" to {GPU_ERROR}")
