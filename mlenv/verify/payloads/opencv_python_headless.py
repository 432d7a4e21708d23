"""OpenCV: products, an image file in memory, a filter, a change of size, a network.

It serves every distribution of the package ``cv2``.
"""

from . import _exact
from ._onnx_model import make_matmul
from ._verdicts import Failure

SIDE = 16


def check(session):
    cv2 = session.import_modules("cv2")
    session.stay_on_cpu("OpenCV of these wheels")
    left, right = _exact.make_matrices()
    with session.check("compute", "cpu") as note:
        import numpy as np

        expected = _exact.multiply(left, right)
        product = cv2.gemm(np.array(left, dtype="float32"), np.array(right, dtype="float32"), 1.0, None, 0.0)
        _exact.compare(product.tolist(), expected, "cv2.gemm")
        note.detail = f"{_exact.SHAPE} exact"
    picture = make_picture(np)
    with session.check("image", "cpu", vital=False) as note:
        for form in (".png", ".bmp", ".tiff"):
            reread(cv2, picture, form)
        note.detail = f"a picture of {SIDE}x{SIDE} pixels comes back from PNG, BMP and TIFF as it was"
    with session.check("filter", "cpu", vital=False) as note:
        grey = picture[:, :, 0]
        kernel = [row[:3] for row in left[:3]]
        found = cv2.filter2D(grey, cv2.CV_32F, np.array(kernel, dtype="float32"), borderType=cv2.BORDER_CONSTANT)
        _exact.compare(found.tolist(), correlate(grey.tolist(), kernel), "cv2.filter2D")
        double = cv2.resize(grey, (2 * SIDE, 2 * SIDE), interpolation=cv2.INTER_NEAREST)
        _exact.compare(
            double.tolist(),
            [[pixel for pixel in row for _ in "ab"] for row in grey.tolist() for _ in "ab"],
            "cv2.resize",
        )
        note.detail = "a filter of 3x3 and twice the size exact"
    if session.reaches("standard"):
        with session.check("network", "cpu", vital=False) as note:
            network = cv2.dnn.readNetFromONNX(np.frombuffer(make_matmul(_exact.ROWS, right), dtype="uint8"))
            network.setInput(np.array(left, dtype="float32"))
            _exact.compare(network.forward().tolist(), expected, "cv2.dnn")
            note.detail = "a network in ONNX's form is read and exact"


def make_picture(numpy):
    """A picture in which every pixel has another colour."""
    rows = [[[16 * y + x, 255 - 16 * y - x, (7 * x + 3 * y) % 256] for x in range(SIDE)] for y in range(SIDE)]
    return numpy.array(rows, dtype="uint8")


def reread(cv2, picture, form):
    """:class:`Failure` where a picture does not come back from a file in memory."""
    done, data = cv2.imencode(form, picture)
    found = cv2.imdecode(data, cv2.IMREAD_COLOR) if done else None
    if found is None:
        raise Failure("wrong-form", f"a picture cannot be {'read from' if done else 'written as'} {form}")
    if found.tolist() != picture.tolist():
        raise Failure("wrong-number", f"a picture comes back from {form} with other colours")


def correlate(rows, kernel):
    """What a filter of 3x3 gives with zeros around the picture, in whole numbers."""
    wide = [0] * (len(rows[0]) + 2)
    padded = [wide, *([0, *row, 0] for row in rows), wide]
    return [
        [sum(kernel[j][i] * padded[y + j][x + i] for j in range(3) for i in range(3)) for x in range(len(rows[0]))]
        for y in range(len(rows))
    ]
