"""One exact operation of each framework, for a process that holds several."""

import contextlib

from . import _lazy
from ._verdicts import Failure, Skipped
from ._words import describe


@contextlib.contextmanager
def blame(name, where, *, alone=False):
    """What goes wrong inside names the framework, and what was loaded before it.

    The exception of one that is alone is no clash.
    """
    try:
        yield
    except Skipped:
        raise
    except Failure as failure:
        raise Failure(failure.reason, f"{name} {where}: {failure}") from None
    except Exception as error:
        raise Failure("exception" if alone else "clash", f"{name} {where}: {describe(error)}") from None


def prove_torch(torch, session, note):
    payload, devices = _lazy.load("torch"), _lazy.load("_torch.devices")
    for device in devices.find_devices(torch, session, note):
        payload.prove(torch, device, note)
    return note.detail


def prove_placed(framework):
    """The proof of a framework whose payload finds places, and proves one after the other."""

    def prove(module, session, note):
        payload = _lazy.load(framework)
        for place in payload.find_places(module, session.asked, note):
            payload.prove(module, place, note)
        return note.detail

    return prove


def prove_keras(keras, session, note):
    payload = _lazy.load("keras")
    place = payload.find_place(keras, session.asked, keras.backend.backend())
    note.device = place
    payload.prove(keras, session.asked, place, note)
    return note.detail


def prove_xgboost(xgboost, session, note):
    payload = _lazy.load("xgboost")
    booster, note.device = payload.train_somewhere(xgboost, session.asked, note)
    _lazy.load("_trees").note_leaves(note, payload.predict(xgboost, booster), exact=note.device == "cpu")
    return note.detail


def prove_sklearn(_sklearn, _session, note):
    import numpy as np
    from sklearn.metrics.pairwise import linear_kernel

    payload, exact = _lazy.load("scikit_learn"), _lazy.load("_exact")
    note.device = "cpu"
    left, right = exact.make_matrices()
    table = np.array([row[: len(payload.WEIGHTS)] for row in left], dtype="float64")
    payload.fit_tree(table, table @ np.array(payload.WEIGHTS))
    product = linear_kernel(np.array(left, dtype="float64"), np.array(right, dtype="float64").T)
    exact.compare(product.tolist(), exact.multiply(left, right), "linear_kernel")
    return f"{exact.SHAPE} exact"


def prove_numpy(numpy, _session, note):
    exact = _lazy.load("_exact")
    note.device = "cpu"
    left, right = exact.make_matrices()
    for name in ("float32", "float64"):
        product = numpy.array(left, dtype=name) @ numpy.array(right, dtype=name)
        exact.compare(product.tolist(), exact.multiply(left, right), name)
    return f"{exact.SHAPE} exact"


PROOFS = {
    "torch": prove_torch,
    "tensorflow": prove_placed("tensorflow"),
    "tensorflow-cpu": prove_placed("tensorflow"),
    "jax": prove_placed("jax"),
    "keras": prove_keras,
    "tf-keras": prove_keras,
    "xgboost": prove_xgboost,
    "xgboost-cpu": prove_xgboost,
    "scikit-learn": prove_sklearn,
    "numpy": prove_numpy,
}
