"""SciPy: a product of whole numbers by sparse matrices and by its own BLAS."""

from . import _exact


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
