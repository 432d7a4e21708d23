"""NumPy: a product of whole numbers through its BLAS and through its own loops."""

from . import _exact

PRECISIONS = ("float32", "float64", "int64")


def check(session):
    numpy = session.import_modules("numpy")
    session.stay_on_cpu("NumPy")
    with session.check("compute", "cpu") as note:
        left, right = _exact.make_matrices()
        expected = _exact.multiply(left, right)
        for name in PRECISIONS:
            product = numpy.array(left, dtype=name) @ numpy.array(right, dtype=name)
            _exact.compare(product.tolist(), expected, name)
        note.detail = f"{_exact.SHAPE} exact in {', '.join(PRECISIONS)}"
