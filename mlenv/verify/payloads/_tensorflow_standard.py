"""TensorFlow at the level ``standard``: arithmetic, convolution, gradient, XLA, and the way to a GPU."""

import contextlib

from . import _arithmetic, _convolution, _exact, _gradient
from ._verdicts import Failure
from .tensorflow import check_place, list_precisions, multiply_normal

TRANSFER_BYTES = 64 * 2**20


def check(tensorflow, session, places):
    """Every operation on every device; one that fails leaves the others as they are."""
    operations = (
        ("precision", check_precision),
        ("conv", check_convolution),
        ("grad", check_gradient),
        ("xla", check_xla),
        ("transfer", check_transfer),
    )
    for name, label in places:
        for check_name, operate in operations[: 4 if label == "cpu" else 5]:
            with session.check(check_name, label, vital=False) as note:
                operate(tensorflow, name, label, note)


def check_precision(tensorflow, name, label, note):
    """Name the arithmetic of each format; on GPUs that of float32 without TF32 too."""
    case = _arithmetic.make_case(_arithmetic.STANDARD)
    names = [precision for precision in list_precisions(label) if precision in _arithmetic.OWN]
    readings = {precision: multiply_normal(tensorflow, name, label, precision, case) for precision in names}
    note.detail = _arithmetic.note_readings(note, readings)
    if label == "cpu":
        return
    with without_tf32(tensorflow):
        reading = multiply_normal(tensorflow, name, label, "float32", case)
    note.measured.update(norm_ieee=reading.norm, arithmetic_ieee=reading.arithmetic)
    note.detail += f"; with TF32 switched off {_arithmetic.describe('float32', reading)}"
    if reading.arithmetic != "fp32":
        note.status, note.reason = "warn", "low-precision"


@contextlib.contextmanager
def without_tf32(tensorflow):
    switch = tensorflow.config.experimental
    before = switch.tensor_float_32_execution_enabled()
    switch.enable_tensor_float_32_execution(False)
    try:
        yield
    finally:
        switch.enable_tensor_float_32_execution(before)


def check_convolution(tensorflow, name, label, note):
    """Whole numbers exactly; normal ones name the arithmetic."""
    import numpy as np

    images, filters, expected = _convolution.make_whole()
    found = convolve(tensorflow, name, label, *(np.array(numbers, "float32") for numbers in (images, filters)))
    _exact.compare(found.tolist(), expected, f"float32 convolution on {label}")
    images, filters, exact = _convolution.make_normal()
    found = convolve(tensorflow, name, label, images, filters).astype("float64")
    reading = _arithmetic.judge(found, exact, "float32", f"float32 convolution on {label}")
    note.detail = f"{_convolution.WHOLE} exact; " + _arithmetic.note_readings(note, {"float32": reading})


def convolve(tensorflow, name, label, images, filters):
    """A convolution as a matrix of pixels and filters; TensorFlow has the channels last."""
    with tensorflow.device(name):
        pixels = tensorflow.constant(images.transpose(0, 2, 3, 1))
        weights = tensorflow.constant(filters.transpose(2, 3, 1, 0))
        found = tensorflow.nn.conv2d(pixels, weights, strides=1, padding="SAME")
    check_place(name, label, found.device)
    return found.numpy().reshape(-1, filters.shape[0])


def check_gradient(tensorflow, name, label, note):
    """A step in whole numbers that GradientTape takes."""
    left, right, signs, expected = _gradient.make_case()
    with tensorflow.device(name):
        table, start, factors = (tensorflow.constant(numbers, dtype="float32") for numbers in (left, right, signs))
        with tensorflow.GradientTape() as tape:
            tape.watch(start)
            loss = tensorflow.reduce_sum(tensorflow.nn.relu(table @ start) * factors)
        stepped = start - tape.gradient(loss, start)
    check_place(name, label, stepped.device)
    _exact.compare(stepped.numpy().tolist(), expected, f"{_gradient.WHAT} on {label}")
    note.detail = f"{_gradient.WHAT} is exact"


def check_xla(tensorflow, name, label, note):
    """XLA compiles for the device; on NVIDIA GPUs that needs ptxas and libdevice."""
    left, right = _exact.make_matrices()
    compiled = tensorflow.function(lambda a, b: tensorflow.nn.relu(a @ b) - 1.0, jit_compile=True)
    with tensorflow.device(name):
        product = compiled(*(tensorflow.constant(numbers, dtype="float32") for numbers in (left, right)))
    check_place(name, label, product.device)
    expected = [[max(number, 0) - 1 for number in row] for row in _exact.multiply(left, right)]
    _exact.compare(product.numpy().tolist(), expected, f"a program compiled by XLA for {label}")
    note.detail = f"a program compiled by XLA with {_exact.SHAPE} is exact"


def check_transfer(tensorflow, name, label, note):
    """Random bytes come back from the device as they went."""
    import numpy as np

    sent = np.random.default_rng(1).integers(0, 256, TRANSFER_BYTES, dtype="uint8")
    with tensorflow.device(name):
        # A constant may stay where it is; what is computed from it lies on the device.
        there = tensorflow.identity(tensorflow.constant(sent))
    check_place(name, label, there.device)
    wrong = int((there.numpy() != sent).sum())
    if wrong:
        text = f"{wrong} of {TRANSFER_BYTES} bytes differ after the way to {label} and back"
        raise Failure("wrong-bytes", text)
    note.detail = f"{TRANSFER_BYTES >> 20} MiB of random bytes there and back are equal"
