"""NumPy: products through its BLAS and its own loops, a system of equations, a Fourier transform."""

import cmath
import operator

from . import _arithmetic, _exact
from ._verdicts import Failure

PRECISIONS = ("float32", "float64", "int64")
TERMS = 32
LIMIT = 1e-10


def check(session):
    numpy = session.import_modules("numpy")
    session.stay_on_cpu("NumPy")
    with session.check("compute", "cpu") as note:
        left, right = _exact.make_matrices()
        expected = _exact.multiply(left, right)
        for name in PRECISIONS:
            product = numpy.array(left, dtype=name) @ numpy.array(right, dtype=name)
            _exact.compare(product.tolist(), expected, name)
        blas = name_blas(getattr(numpy, "__config__", None))
        note.measured = {"blas": blas} if blas else {}
        note.detail = f"{_exact.SHAPE} exact in {', '.join(PRECISIONS)}" + (f"; BLAS: {blas}" if blas else "")
    with session.check("precision", "cpu", vital=False) as note:
        first, second, exact = _arithmetic.make_case(_arithmetic.STANDARD)
        _arithmetic.note_product(note, first @ second, exact, "a product", ())
    with session.check("solve", "cpu", vital=False) as note:
        error = solve(numpy, left)
        note.detail = f"{TERMS} linear equations solved to {error:.0e}"
    with session.check("fft", "cpu", vital=False) as note:
        error = transform(numpy, left[0][:TERMS])
        note.detail = f"a Fourier transform of {TERMS} numbers equals its definition to {error:.0e}"


# NumPy 1.26 and later: CONFIG["Build Dependencies"]["blas"] = {"name": "scipy-openblas", "version": "0.3.30"}
# before: blas_opt_info = {"libraries": ["openblas64_"], …}
def name_blas(config):
    """The BLAS that NumPy was built with; empty where it does not say."""
    stated = getattr(config, "CONFIG", {}).get("Build Dependencies", {}).get("blas", {})
    if stated.get("name"):
        return f"{stated['name']} {stated.get('version', '')}".strip()
    return ", ".join(dict.fromkeys(getattr(config, "blas_opt_info", {}).get("libraries", [])))


def solve(numpy, rows):
    """The largest error of a solution in whole numbers that is known beforehand."""
    matrix = [[number + 2 * TERMS * (i == j) for j, number in enumerate(rows[i][:TERMS])] for i in range(TERMS)]
    solution = list(range(1, TERMS + 1))
    sides = [sum(map(operator.mul, row, solution)) for row in matrix]
    found = numpy.linalg.solve(numpy.array(matrix, dtype="float64"), numpy.array(sides, dtype="float64"))
    return bound(float(abs(found - numpy.array(solution)).max()), "the solution of linear equations")


def transform(numpy, numbers):
    """The largest error of a Fourier transform and of the way back."""
    size = len(numbers)
    turn = [cmath.exp(-2j * cmath.pi * k / size) for k in range(size)]
    expected = [sum(number * turn[i * k % size] for i, number in enumerate(numbers)) for k in range(size)]
    found = numpy.fft.fft(numpy.array(numbers, dtype="float64"))
    back = numpy.fft.ifft(found)
    return bound(
        max(float(abs(found - numpy.array(expected)).max()), float(abs(back - numpy.array(numbers)).max())),
        "a Fourier transform",
    )


def bound(error, what):
    if not error <= LIMIT:
        raise Failure("wrong-number", f"{what} is wrong by {error:.1e}")
    return error
