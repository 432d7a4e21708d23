"""A matrix product of whole numbers, which every arithmetic must give exactly.

With entries of -1, 0 and 1 and 64 terms a sum, every partial sum is a whole number of at most 64:
exact in float64, float32, TF32, float16 and bfloat16, whatever the order of summation.  So the
comparison has no tolerance, and a difference is a real fault.
"""

import math
import operator
import struct

from ._verdicts import Failure

ROWS, TERMS, COLUMNS = 128, 64, 192
SHAPE = f"{ROWS}x{TERMS} @ {TERMS}x{COLUMNS}"
_HALF = 2**63


def make_matrices():
    """The two factors as lists of rows of whole numbers; the same ones every time."""
    numbers = generate()
    return take(numbers, ROWS, TERMS), take(numbers, TERMS, COLUMNS)


def generate():
    """-1, 0 and 1 without end, from a linear congruential generator."""
    state = 20240229
    while True:
        state = (state * 1103515245 + 12345) % 2147483648
        yield (state >> 16) % 3 - 1


def take(numbers, rows, columns):
    return [[next(numbers) for _ in range(columns)] for _ in range(rows)]


def multiply(left, right):
    """The product in Python's own whole numbers.

    A row of the right factor is one number of 64 bits an element, which makes a row of the product
    one sum: several times as fast as a loop over the elements.
    """
    layout = struct.Struct(f"<{len(right[0])}Q")
    halves = int.from_bytes(layout.pack(*[_HALF] * len(right[0])), "little")
    packed = [int.from_bytes(layout.pack(*[_HALF + number for number in row]), "little") - halves for row in right]
    sums = (sum(map(operator.mul, row, packed)) + halves for row in left)
    return [[number - _HALF for number in layout.unpack(total.to_bytes(layout.size, "little"))] for total in sums]


def transpose(matrix):
    return [[row[j] for row in matrix] for j in range(len(matrix[0]))]


def compare(found, expected, what):
    """:class:`Failure` names the first element that is not equal to the expected one."""
    if found == expected:
        return
    shape, needed = measure(found), measure(expected)
    if shape != needed:
        raise Failure("wrong-number", f"{what}: the result has shape {shape}, not {needed}")
    wrong = [(i, j) for i, row in enumerate(expected) for j, number in enumerate(row) if found[i][j] != number]
    strange = [(i, j) for i, j in wrong if not math.isfinite(found[i][j])]
    i, j = (strange or wrong)[0]
    message = "{}: element [{}, {}] is {!r} and must be {!r} ({} of {} elements are wrong)"
    text = message.format(what, i, j, found[i][j], expected[i][j], len(wrong), needed[0] * needed[1])
    raise Failure("not-a-number" if strange else "wrong-number", text)


def measure(matrix):
    """Rows and columns of nested lists, None where they are no matrix."""
    if not isinstance(matrix, list) or not all(isinstance(row, list) for row in matrix):
        return None
    widths = {len(row) for row in matrix}
    return (len(matrix), widths.pop()) if len(widths) == 1 else None
