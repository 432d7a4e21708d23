"""SciPy: sparse matrices, its own BLAS, a sparse system of equations, an integral, a minimum."""

import math

from . import _exact
from ._verdicts import Failure

SIZE = 200
LIMIT = 1e-9


def check(session):
    session.import_modules("scipy")
    session.stay_on_cpu("SciPy")
    with session.check("compute", "cpu") as note:
        import numpy as np
        from scipy.linalg import blas
        from scipy.sparse import csr_matrix

        left, right = _exact.make_matrices()
        expected = _exact.multiply(left, right)
        first, second = np.array(left, dtype="float64"), np.array(right, dtype="float64")
        _exact.compare((csr_matrix(first) @ csr_matrix(second)).toarray().tolist(), expected, "sparse matrices")
        _exact.compare(blas.dgemm(1.0, first, second).tolist(), expected, "SciPy's BLAS")
        note.detail = f"{_exact.SHAPE} exact with sparse matrices and with SciPy's BLAS"
    with session.check("solve", "cpu", vital=False) as note:
        error = solve(np)
        note.detail = f"{SIZE} sparse linear equations solved to {error:.0e}"
    if session.reaches("standard"):
        with session.check("integral", "cpu", vital=False) as note:
            error = integrate()
            note.detail = f"an integral over the whole line is the root of pi to {error:.0e}"
        with session.check("minimum", "cpu", vital=False) as note:
            error = minimise(np)
            note.detail = f"the minimum of Rosenbrock's function found to {error:.0e}"


def solve(numpy):
    """The largest error of a sparse system whose solution in whole numbers is known beforehand."""
    from scipy.sparse import diags
    from scipy.sparse.linalg import spsolve

    matrix = diags([[-1.0] * (SIZE - 1), [4.0] * SIZE, [-1.0] * (SIZE - 1)], [-1, 0, 1], format="csc")
    # Row i is 4 i - (i - 1) - (i + 1) = 2 i for a solution of 1, 2, 3 …; the last row has no right neighbour.
    sides = numpy.array([2.0 * i for i in range(1, SIZE)] + [3.0 * SIZE + 1.0])
    return bound(float(abs(spsolve(matrix, sides) - numpy.arange(1, SIZE + 1)).max()), "a sparse solution", LIMIT)


def integrate():
    from scipy.integrate import quad

    found = quad(lambda x: math.exp(-x * x), -math.inf, math.inf)[0]
    return bound(abs(found - math.sqrt(math.pi)), "an integral", 1e-8)


def minimise(numpy):
    from scipy.optimize import minimize, rosen, rosen_der

    found = minimize(rosen, [-1.2, 1.0], jac=rosen_der, method="BFGS").x
    return bound(float(abs(found - numpy.ones(2)).max()), "the minimum of Rosenbrock's function", 1e-4)


def bound(error, what, limit):
    if not error <= limit:
        raise Failure("wrong-number", f"{what} is wrong by {error:.1e}")
    return error
