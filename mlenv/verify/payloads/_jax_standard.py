"""JAX at the level ``standard``: arithmetic, gradient, convolution, and the way to a device and back."""

from . import _arithmetic, _convolution, _exact, _gradient
from ._verdicts import Failure
from .jax import check_place, list_precisions, multiply_normal, to_double

TRANSFER_BYTES = 64 * 2**20


def check(jax, session, places):
    """Every operation on every device; one that fails leaves the others as they are."""
    operations = (
        ("precision", check_precision),
        ("conv", check_convolution),
        ("grad", check_gradient),
        ("transfer", check_transfer),
    )
    for device, label in places:
        for name, operate in operations[: 3 if label == "cpu" else 4]:
            with session.check(name, label, vital=False) as note:
                operate(jax, device, label, note)


def check_precision(jax, device, label, note):
    """Name the arithmetic of each format as JAX chooses it, and of float32 where it is insisted on."""
    case = _arithmetic.make_case(_arithmetic.STANDARD)
    names = [name for name in list_precisions(label) if name in _arithmetic.OWN]
    readings = {name: multiply_normal(jax, (device, label), name, case) for name in names}
    note.detail = _arithmetic.note_readings(note, readings)
    with jax.default_matmul_precision("float32"):
        reading = multiply_normal(jax, (device, label), "float32", case)
    note.measured.update(norm_ieee=reading.norm, arithmetic_ieee=reading.arithmetic)
    note.detail += f"; with precision float32 {_arithmetic.describe('float32', reading)}"
    if reading.arithmetic != "fp32":
        note.status, note.reason = "warn", "low-precision"
    if label.split(":")[0] in ("cpu", "cuda", "rocm"):
        note_double(jax, device, label, note, case)


def note_double(jax, device, label, note, case):
    """Numbers of 64 bits, which JAX has only where they are switched on."""
    left, right, exact = case
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    try:
        first, second = (jax.device_put(table.astype("float64"), device) for table in (left, right))
        product = jax.jit(lambda a, b: a @ b)(first, second)
    finally:
        jax.config.update("jax_enable_x64", before)
    check_place(device, label, product)
    reading = _arithmetic.judge(to_double(product), exact, "float64", f"float64 on {label}")
    note.detail += "; " + _arithmetic.note_readings(note, {"float64": reading})


def check_convolution(jax, device, label, note):
    """Whole numbers exactly; normal ones name the arithmetic."""
    import numpy as np

    images, filters, expected = _convolution.make_whole()
    found = convolve(jax, device, label, *(np.array(numbers, "float32") for numbers in (images, filters)))
    _exact.compare(found.tolist(), expected, f"float32 convolution on {label}")
    images, filters, exact = _convolution.make_normal()
    found = convolve(jax, device, label, images, filters).astype("float64")
    reading = _arithmetic.judge(found, exact, "float32", f"float32 convolution on {label}")
    note.detail = f"{_convolution.WHOLE} exact; " + _arithmetic.note_readings(note, {"float32": reading})


def convolve(jax, device, label, images, filters):
    """A convolution as a matrix of pixels and filters."""
    import numpy as np

    operate = jax.jit(lambda x, w: jax.lax.conv_general_dilated(x, w, (1, 1), "SAME"))
    found = operate(*(jax.device_put(array, device) for array in (images, filters)))
    check_place(device, label, found)
    return np.asarray(found).transpose(0, 2, 3, 1).reshape(-1, filters.shape[0])


def check_gradient(jax, device, label, note):
    """A step in whole numbers exactly, and derivatives against differences."""
    import jax.numpy as jnp
    import numpy as np

    left, right, signs, expected = _gradient.make_case()
    arrays = [jax.device_put(np.array(numbers, "float32"), device) for numbers in (left, right, signs)]
    table, weights, factors = arrays
    slope = jax.jit(jax.grad(lambda w: (jax.nn.relu(table @ w) * factors).sum()))
    stepped = weights - slope(weights)
    check_place(device, label, stepped)
    _exact.compare(stepped.tolist(), expected, f"{_gradient.WHAT} on {label}")
    check_smooth(jax, jnp, jax.device_put(np.random.default_rng(1).standard_normal((4, 4), "float32"), device))
    note.detail = f"{_gradient.WHAT} is exact; derivatives of tanh agree with differences"


def check_smooth(jax, jnp, table):
    from jax.test_util import check_grads

    try:
        with jax.default_matmul_precision("float32"):
            check_grads(lambda x: jnp.tanh(x @ x.T).sum(), (table,), order=1, modes=["rev"])
    except AssertionError as error:
        raise Failure("wrong-number", f"derivatives do not agree with differences: {error}") from None


def check_transfer(jax, device, label, note):
    """Random bytes come back from the device as they went."""
    import numpy as np

    sent = np.random.default_rng(1).integers(0, 256, TRANSFER_BYTES, dtype="uint8")
    there = jax.device_put(sent, device)
    check_place(device, label, there)
    wrong = int((np.asarray(there) != sent).sum())
    if wrong:
        text = f"{wrong} of {TRANSFER_BYTES} bytes differ after the way to {label} and back"
        raise Failure("wrong-bytes", text)
    note.detail = f"{TRANSFER_BYTES >> 20} MiB of random bytes there and back are equal"
