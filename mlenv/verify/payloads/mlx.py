"""MLX: products of whole numbers on the device that it was told to use."""

import glob
import importlib.util
import os
import sys

from . import _exact
from ._common import is_there
from ._verdicts import Failure

PRECISIONS = ("float32", "float16", "bfloat16")


def check(session):
    mx = import_core(session)
    with session.check("device") as note:
        device, label = find_device(mx, session.asked)
        note.device = label
        note.detail = word_device(mx, device, label)
    with session.check("compute", label) as note:
        prove(mx, device, label)
        note.detail = f"{_exact.SHAPE} exact in {', '.join(PRECISIONS)}"
    if session.reaches("standard"):
        with session.check("gradient", label, vital=False) as note:
            note.detail = prove_gradient(mx, device)


def import_core(session):
    """``mlx.core``; :class:`Failure` names the extra where the package came without a backend."""
    if sys.platform == "linux" and is_there("mlx") and not find_libraries():
        with session.check("import"):
            text = "mlx is installed without a backend: install mlx[cpu], mlx[cuda12] or mlx[cuda13]"
            raise Failure("missing-library", text)
    return session.import_modules("mlx.core")


def find_libraries():
    """The library that a backend brings, among the files of the package."""
    spec = importlib.util.find_spec("mlx")
    places = list(spec.submodule_search_locations or []) if spec is not None else []
    return [path for place in places for path in glob.glob(os.path.join(place, "**", "libmlx*"), recursive=True)]


def find_device(mx, asked):
    """The device to compute on and our label of it; :class:`Failure` where what was asked for is not there."""
    kind = find_gpu(mx)
    if asked == "cpu" or (asked == "auto" and kind is None):
        return mx.Device(mx.cpu, 0), "cpu"
    if kind is None or asked not in ("auto", "gpu", kind):
        seen = "only the CPU" if kind is None else f"a GPU of {kind}"
        raise Failure("device-missing", f"{asked} was asked for, and this MLX sees {seen}")
    return mx.Device(mx.gpu, 0), "mps" if kind == "mps" else "cuda:0"


def find_gpu(mx):
    """``mps``, ``cuda`` or None; a build for CUDA without a GPU has no GPU."""
    if mx.metal.is_available():
        return "mps"
    cuda = getattr(mx, "cuda", None)
    return "cuda" if cuda is not None and cuda.is_available() else None


def word_device(mx, device, label):
    """What the device is called, where MLX says it."""
    told = getattr(mx, "device_info", None)
    name = told(device).get("device_name") if told is not None and label != "cpu" else None
    return f"MLX computes on {label}" + (f", {name}" if name else "")


def prove(mx, device, label):
    """The product by each precision, as a sentence.

    An array of MLX does not say where it lies, so a computation on a GPU is proved by its stream:
    MLX refuses one for a device that is not there.
    """
    left, right = _exact.make_matrices()
    expected = _exact.multiply(left, right)
    stream = mx.new_stream(device)
    if stream.device != device:
        raise Failure("wrong-device", f"a stream for {device} belongs to {stream.device}")
    for precision in PRECISIONS:
        kind = getattr(mx, precision)
        product = mx.matmul(mx.array(left, dtype=kind), mx.array(right, dtype=kind), stream=stream)
        mx.eval(product)
        _exact.compare(product.astype(mx.float32, stream=stream).tolist(), expected, f"{precision} on {label}")


def prove_gradient(mx, device):
    """A sentence where the compiled gradient of a sum of cubes is three squares."""
    with mx.stream(device):
        found = mx.compile(mx.grad(lambda x: (x * x * x).sum()))(mx.array([1.0, 2.0, 3.0])).tolist()
    if found != [3.0, 12.0, 27.0]:
        raise Failure("wrong-number", f"the gradient of x**3 at 1, 2, 3 is {found} and must be 3, 12, 27")
    return "the compiled gradient of x**3 is exact"
