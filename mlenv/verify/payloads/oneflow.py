"""OneFlow: a product of whole numbers on each device, and a gradient."""

from . import _exact
from ._verdicts import Failure, misplaced


def check(session):
    oneflow = session.import_modules("oneflow")
    with session.check("device") as note:
        places = find_places(oneflow, session.asked, note)
        note.device = ", ".join(places)
    left, right = _exact.make_matrices()
    expected = _exact.multiply(left, right)
    for place in places:
        with session.check("compute", place, vital=False) as note:
            first, second = (oneflow.tensor(rows, dtype=oneflow.float32, device=place) for rows in (left, right))
            product = oneflow.matmul(first, second)
            check_place(place, str(product.device))
            _exact.compare(product.numpy().tolist(), expected, f"float32 on {place}")
            note.detail = f"{_exact.SHAPE} exact in float32"
        if session.reaches("standard"):
            with session.check("gradient", place, vital=False) as note:
                differentiate(oneflow, place)
                note.detail = "a gradient exact"


def find_places(oneflow, asked, note):
    """The devices to compute on; :class:`Failure` where a GPU was asked for and there is none."""
    if asked not in ("auto", "cpu", "gpu", "cuda"):
        raise Failure("device-missing", f"{asked} was asked for, which OneFlow does not have")
    count = oneflow.cuda.device_count() if asked != "cpu" and oneflow.cuda.is_available() else 0
    if count:
        note.detail = f"{count} GPU(s) seen by OneFlow"
        return [f"cuda:{i}" for i in range(count)]
    if asked in ("gpu", "cuda"):
        raise Failure("device-missing", f"{asked} was asked for, and OneFlow sees no GPU")
    note.detail = "the CPU"
    return ["cpu"]


# device(type='cuda', index=0)   cuda:0   cpu:0
def check_place(place, found):
    """:class:`Failure` where a tensor does not lie on the device."""
    words = "".join(sign if sign.isalnum() else " " for sign in found).split()
    kind, _, number = place.partition(":")
    if kind not in words or (number and number not in words):
        raise misplaced(place, "cpu" if "cpu" in words else found)


def differentiate(oneflow, place):
    """The gradient of a sum of cubes: 3 x² in whole numbers."""
    vector = oneflow.tensor([1.0, 2.0, -3.0], device=place, requires_grad=True)
    (vector * vector * vector).sum().backward()
    found = vector.grad.numpy().tolist()
    if found != [3.0, 12.0, 27.0]:
        raise Failure("wrong-number", f"the gradient of a sum of cubes is {found} and must be [3, 12, 27]")
