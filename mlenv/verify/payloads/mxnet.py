"""MXNet: a product of whole numbers on each device, and a gradient."""

from . import _exact
from ._verdicts import Failure, misplaced
from ._words import describe


def check(session):
    mxnet = session.import_modules("mxnet")
    with session.check("device") as note:
        places = find_places(mxnet, session.asked, note)
        note.device = ", ".join(label for label, _ in places)
    left, right = _exact.make_matrices()
    expected = _exact.multiply(left, right)
    for label, place in places:
        with session.check("compute", label, vital=False) as note:
            for precision in ("float32", "float64"):
                first, second = (mxnet.nd.array(rows, ctx=place, dtype=precision) for rows in (left, right))
                product = mxnet.nd.dot(first, second)
                if product.context != place:
                    raise misplaced(label, str(product.context))
                _exact.compare(product.asnumpy().tolist(), expected, f"{precision} on {label}")
            note.detail = f"{_exact.SHAPE} exact in float32, float64"
        if session.reaches("standard"):
            with session.check("gradient", label, vital=False) as note:
                differentiate(mxnet, place)
                note.detail = "a gradient exact"


def find_places(mxnet, asked, note):
    """Labels and contexts to compute on; :class:`Failure` where a GPU was asked for and there is none."""
    if asked not in ("auto", "cpu", "gpu", "cuda"):
        raise Failure("device-missing", f"{asked} was asked for, which MXNet does not have")
    try:
        count = 0 if asked == "cpu" else mxnet.context.num_gpus()
        reason = ""
    except Exception as error:
        count, reason = 0, f" ({describe(error)})"
    if count:
        note.detail = f"{count} GPU(s) seen by MXNet"
        return [(f"cuda:{i}", mxnet.gpu(i)) for i in range(count)]
    if asked in ("gpu", "cuda"):
        raise Failure("device-missing", f"{asked} was asked for, and MXNet counts no GPU{reason}")
    note.detail = f"the CPU{reason}"
    return [("cpu", mxnet.cpu())]


def differentiate(mxnet, place):
    """The gradient of a sum of cubes: 3 x² in whole numbers."""
    vector = mxnet.nd.array([1.0, 2.0, -3.0], ctx=place)
    vector.attach_grad()
    with mxnet.autograd.record():
        total = (vector * vector * vector).sum()
    total.backward()
    found = vector.grad.asnumpy().tolist()
    if found != [3.0, 12.0, 27.0]:
        raise Failure("wrong-number", f"the gradient of a sum of cubes is {found} and must be [3, 12, 27]")
