"""cuML: a linear fit that recovers its weights, and two clusters, on the GPU.

Its import already needs one, so the driver is asked before.
"""

import operator

from . import _exact
from ._common import is_there
from ._drivers import require_nvidia
from ._verdicts import Failure, misplaced

WEIGHTS, SHIFT = [1.0, 2.0, 3.0, 4.0, 5.0], 6.0
LIMIT = 1e-3


def check(session):
    gpus = require_nvidia(session, "cuML") if is_there("cuml") else []
    session.import_modules("cuml")
    with session.check("compute", gpus[0].label) as note:
        note.about = gpus[0].about
        import cupy
        from cuml.linear_model import LinearRegression

        rows = [row[:5] for row in _exact.make_matrices()[0]]
        targets = [SHIFT + sum(map(operator.mul, WEIGHTS, row)) for row in rows]
        model = LinearRegression().fit(cupy.array(rows, dtype="float32"), cupy.array(targets, dtype="float32"))
        found = model.predict(cupy.eye(5, dtype="float32"))
        if not hasattr(found, "__cuda_array_interface__"):
            raise misplaced(gpus[0].label, f"cpu ({type(found).__name__})")
        error = judge([float(number) for number in found.get().ravel()])
        note.detail = f"a linear fit recovers its weights to {error:.0e}"
    if session.reaches("standard"):
        with session.check("clusters", gpus[0].label, vital=False) as note:
            note.about = gpus[0].about
            find_clusters(cupy)
            note.detail = "two clusters are told apart"


def judge(found):
    """The largest error of the predictions for the five unit vectors."""
    if len(found) != len(WEIGHTS):
        raise Failure("wrong-number", f"five rows gave {len(found)} predictions")
    error = max(abs(number - WEIGHTS[i] - SHIFT) for i, number in enumerate(found))
    if not error <= LIMIT:
        raise Failure("wrong-number", f"a linear fit misses its weights by {error:.1e}")
    return error


def find_clusters(cupy):
    from cuml.cluster import KMeans

    points = cupy.array([[0.0, 0.0], [0.0, 1.0], [9.0, 9.0], [9.0, 8.0]], dtype="float32")
    found = KMeans(n_clusters=2, random_state=0).fit(points).labels_.get().tolist()
    if found not in ([0, 0, 1, 1], [1, 1, 0, 0]):
        raise Failure("wrong-number", f"two clusters of two points each are named {found}")
