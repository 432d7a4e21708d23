"""A convolution in two dimensions, by a product of matrices that owes nothing to any framework.

Eight channels, sixteen filters of 3x3 with a border of zeros: 72 terms a sum, so whole numbers are
exact in every arithmetic.
"""

from . import _exact

CHANNELS, FILTERS, SIDE = 8, 16, 3
WHOLE = "2x8x16x16 with 16 filters of 3x3"


def make_whole():
    """Images [n][channel][y][x], filters [filter][channel][y][x], and the result as a matrix.

    A row of the result is a pixel of an image, by n, y and x; a column is a filter.
    """
    numbers = _exact.generate()
    images = [[_exact.take(numbers, 16, 16) for _ in range(CHANNELS)] for _ in range(2)]
    filters = [[_exact.take(numbers, SIDE, SIDE) for _ in range(CHANNELS)] for _ in range(FILTERS)]
    return images, filters, convolve(images, filters)


def convolve(images, filters):
    """The convolution in Python's own whole numbers."""
    flat = [[number for plane in one for row in plane for number in row] for one in filters]
    patches = [patch for image in images for patch in unfold(image)]
    return _exact.multiply(patches, _exact.transpose(flat))


def unfold(image):
    """Of each pixel by rows: itself and its neighbours in every channel, as one row."""
    height, width = len(image[0]), len(image[0][0])
    border = [0] * (width + 2)
    planes = [[border, *([0, *row, 0] for row in plane), border] for plane in image]
    return [
        [number for plane in planes for row in plane[y : y + SIDE] for number in row[x : x + SIDE]]
        for y in range(height)
        for x in range(width)
    ]


def make_normal():
    """Images 4x8x32x32 and filters of normal numbers in float32, and the result's matrix in float64; by NumPy."""
    import numpy as np

    generator = np.random.default_rng(1)
    images = generator.standard_normal((4, CHANNELS, 32, 32), dtype="float32")
    filters = generator.standard_normal((FILTERS, CHANNELS, SIDE, SIDE), dtype="float32")
    padded = np.pad(images.astype("float64"), ((0, 0), (0, 0), (1, 1), (1, 1)))
    views = [padded[:, :, y : y + 32, x : x + 32] for y in range(SIDE) for x in range(SIDE)]
    patches = np.stack(views, axis=-1).transpose(0, 2, 3, 1, 4).reshape(4 * 32 * 32, -1)
    return images, filters, patches @ filters.astype("float64").reshape(FILTERS, -1).T
