"""scikit-learn: a product of whole numbers, a tree that must reproduce its data, a linear fit."""

from . import _exact
from ._verdicts import Failure

WEIGHTS = [1.0, 2.0, 3.0, 4.0, 5.0]


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
    with session.check("fit", "cpu") as note:
        table = np.array([row[:5] for row in left], dtype="float64")
        targets = table @ np.array(WEIGHTS)
        fit_tree(table, targets)
        error = fit_line(np, table, targets)
        note.detail = f"a tree reproduces its data exactly, a linear fit to {error:.0e}"


def fit_tree(table, targets):
    from sklearn.tree import DecisionTreeRegressor

    # Equal rows have equal targets, so a full tree has leaves without any error.
    found = DecisionTreeRegressor(random_state=0).fit(table, targets).predict(table)
    if found.tolist() != targets.tolist():
        raise Failure("wrong-number", "a full decision tree does not reproduce the data it was fitted to")


def fit_line(numpy, table, targets):
    from sklearn.linear_model import LinearRegression

    error = float(numpy.abs(LinearRegression().fit(table, targets).coef_ - numpy.array(WEIGHTS)).max())
    if not error <= 1e-9:
        raise Failure("wrong-number", f"a linear fit misses its weights by {error:.1e}")
    return error
