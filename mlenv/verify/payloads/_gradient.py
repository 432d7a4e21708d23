"""A step of gradient descent in whole numbers, which every arithmetic must take exactly.

The loss is ``sum(relu(left @ right) * signs)`` and the rate is one.  Sums have at most 128 terms,
so each number on the way is exact in float32 and in TF32.
"""

from . import _exact

WHAT = f"a gradient step through {_exact.SHAPE} and relu"


def make_case():
    """Left, right and signs as rows of whole numbers, and what right becomes."""
    left, right = _exact.make_matrices()
    signs = _exact.take(_exact.generate(), _exact.ROWS, _exact.COLUMNS)
    return left, right, signs, descend(left, right, signs)


def descend(left, right, signs):
    """Right after the step, by the chain rule in Python's own whole numbers."""
    product = _exact.multiply(left, right)
    # The derivative of relu at zero is zero in every framework.
    above = [[signs[i][j] if number > 0 else 0 for j, number in enumerate(row)] for i, row in enumerate(product)]
    slopes = _exact.multiply(_exact.transpose(left), above)
    return [[number - slopes[i][j] for j, number in enumerate(row)] for i, row in enumerate(right)]
