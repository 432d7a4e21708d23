"""PaddlePaddle: a product of whole numbers on each device, and a gradient.

A GPU build that cannot use the card only warns and goes on with the CPU: the tensor says where it lies.
"""

from . import _exact
from ._verdicts import Failure, misplaced
from ._words import quote


def check(session):
    paddle = session.import_modules("paddle")
    with session.check("device") as note:
        places = find_places(paddle, session.asked, note)
        note.device = ", ".join(places)
    left, right = _exact.make_matrices()
    expected = _exact.multiply(left, right)
    for label, (kind, name) in places.items():
        paddle.set_device(name)
        with session.check("compute", label, vital=False) as note:
            precisions = ("float32",) if kind == "xpu" else ("float32", "float64")
            for precision in precisions:
                first, second = (paddle.to_tensor(rows, dtype=precision) for rows in (left, right))
                product = paddle.matmul(first, second)
                check_place(label, name, str(product.place))
                _exact.compare(product.numpy().tolist(), expected, f"{precision} on {label}")
            note.detail = f"{_exact.SHAPE} exact in {', '.join(precisions)}"
        if session.reaches("standard"):
            with session.check("gradient", label, vital=False) as note:
                differentiate(paddle)
                note.detail = "a gradient exact"


def name_build(paddle):
    """The kind of accelerator that this build is for."""
    for kind in ("rocm", "cuda", "xpu"):
        if getattr(paddle, f"is_compiled_with_{kind}")():
            return kind
    return "cpu"


def find_places(paddle, asked, note):
    """For each label the kind and Paddle's name; :class:`Failure` where an accelerator is missing."""
    built = name_build(paddle)
    count = 0
    if built in ("cuda", "rocm") and asked != "cpu":
        count = paddle.device.cuda.device_count()
    elif built == "xpu" and asked != "cpu":
        count = paddle.device.xpu.device_count()
    if asked not in ("auto", "cpu") and (not count or asked not in ("gpu", built)):
        text = f"{asked} was asked for, and this PaddlePaddle (a build for {built.upper()}) sees no such device"
        raise Failure("device-missing", text + quote(note.heard))
    if not count:
        note.detail = f"the CPU, with a build for {built.upper()}" + quote(note.heard)
        if built != "cpu" and asked == "auto" and quote(note.heard):
            note.status, note.reason = "warn", "device-unusable"
        return {"cpu": ("cpu", "cpu")}
    note.detail = f"{count} device(s) of {built.upper()} seen"
    own = "xpu" if built == "xpu" else "gpu"
    return {f"{built}:{i}": (built, f"{own}:{i}") for i in range(count)}


# Place(cpu)   Place(gpu:0)
def check_place(label, name, found):
    """:class:`Failure` where a tensor does not lie on the device."""
    place = found[len("Place(") : -1] if found.startswith("Place(") else found
    if place != name:
        raise misplaced(label, place)


def differentiate(paddle):
    """The gradient of a sum of cubes: 3 x² in whole numbers."""
    vector = paddle.to_tensor([1.0, 2.0, -3.0], stop_gradient=False)
    (vector * vector * vector).sum().backward()
    found = vector.grad.numpy().tolist()
    if found != [3.0, 12.0, 27.0]:
        raise Failure("wrong-number", f"the gradient of a sum of cubes is {found} and must be [3, 12, 27]")
