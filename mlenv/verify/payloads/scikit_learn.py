"""scikit-learn: products, a tree, linear and orthogonal fits, and the OpenMP libraries beside it."""

from . import _exact
from ._verdicts import Failure

WEIGHTS = [1.0, 2.0, 3.0, 4.0, 5.0]
LIMIT = 1e-9
FLOWERS = 0.95


def check(session):
    session.import_modules("sklearn")
    session.stay_on_cpu("scikit-learn")
    left, right = _exact.make_matrices()
    with session.check("compute", "cpu") as note:
        import numpy as np
        from sklearn.metrics.pairwise import linear_kernel

        product = linear_kernel(np.array(left, dtype="float64"), np.array(right, dtype="float64").T)
        _exact.compare(product.tolist(), _exact.multiply(left, right), "linear_kernel")
        note.detail = f"{_exact.SHAPE} exact"
    with session.check("threads", "cpu", vital=False) as note:
        judge_threads(list_libraries(), note)
    if session.reaches("standard"):  # the modules of trees and fits take longer to import than all of the above
        with session.check("fit", "cpu", vital=False) as note:
            table = np.array([row[:5] for row in left], dtype="float64")
            targets = table @ np.array(WEIGHTS)
            fit_tree(table, targets)
            error = fit_line(np, table, targets)
            note.detail = f"a tree reproduces its data exactly, a linear fit to {error:.0e}"
        with session.check("decomposition", "cpu", vital=False) as note:
            error = decompose(np, np.array(left, dtype="float64"))
            note.detail = f"the singular values of a PCA equal NumPy's to {error:.0e}"
        with session.check("forest", "cpu", vital=False) as note:
            score = grow_forest()
            note.measured = {"accuracy": score}
            note.detail = f"a forest of two threads names {score:.0%} of the iris flowers"


def fit_tree(table, targets):
    from sklearn.tree import DecisionTreeRegressor

    # Equal rows have equal targets, so a full tree has leaves without any error.
    found = DecisionTreeRegressor(random_state=0).fit(table, targets).predict(table)
    if found.tolist() != targets.tolist():
        raise Failure("wrong-number", "a full decision tree does not reproduce the data it was fitted to")


def fit_line(numpy, table, targets):
    from sklearn.linear_model import LinearRegression

    error = float(numpy.abs(LinearRegression().fit(table, targets).coef_ - numpy.array(WEIGHTS)).max())
    if not error <= LIMIT:
        raise Failure("wrong-number", f"a linear fit misses its weights by {error:.1e}")
    return error


def decompose(numpy, table):
    """The largest relative difference between the singular values of a PCA and those of NumPy."""
    from sklearn.decomposition import PCA

    found = PCA(n_components=5, svd_solver="full").fit(table).singular_values_
    expected = numpy.linalg.svd(table - table.mean(axis=0), compute_uv=False)[:5]
    error = float(numpy.abs(found / expected - 1).max())
    if not error <= LIMIT:
        raise Failure("wrong-number", f"the singular values of a PCA are wrong by {error:.1e}")
    return error


def grow_forest():
    """The share of the iris flowers that a forest names which has seen them."""
    from sklearn.datasets import load_iris
    from sklearn.ensemble import RandomForestClassifier

    table, kinds = load_iris(return_X_y=True)
    score = float(
        RandomForestClassifier(n_estimators=20, n_jobs=2, random_state=0).fit(table, kinds).score(table, kinds)
    )
    if not score > FLOWERS:
        raise Failure("wrong-number", f"a forest names only {score:.0%} of the iris flowers that it has seen")
    return score


def list_libraries():
    from threadpoolctl import threadpool_info

    return threadpool_info()


def judge_threads(libraries, note):
    """Note which libraries bring threads; two kinds of OpenMP in one process are a warning."""
    names = {kind: [] for kind in ("openmp", "blas")}
    for library in libraries:
        names.setdefault(library["user_api"], []).append(library["prefix"])
    openmp = sorted(set(names["openmp"]))
    blas = ", ".join(f"{names['blas'].count(name)} {name}" for name in sorted(set(names["blas"])))
    note.detail = f"OpenMP: {', '.join(openmp) or 'none'}; BLAS: {blas or 'none'}"
    if len(openmp) > 1:
        note.status, note.reason = "warn", "two-openmp"
        note.detail = f"two OpenMP libraries are in one process ({', '.join(openmp)}): they can hang or slow each other"
