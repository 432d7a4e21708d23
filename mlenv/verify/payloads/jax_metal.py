"""JAX on Metal: the plugin gives JAX a device, and a compiled product of whole numbers lies on it."""

from . import _exact
from ._common import import_module
from ._verdicts import Failure, Skipped, misplaced
from ._words import describe, quote


def check(session):
    session.import_modules("jax_plugins.metal_plugin")
    with session.check("device") as note:
        if session.asked == "cpu":
            raise Skipped("this plugin is for the GPU of a Mac, and the CPU was asked for")
        if session.asked not in ("auto", "gpu", "mps"):
            raise Failure("device-missing", f"{session.asked} was asked for, and this plugin is for the GPU of a Mac")
        jax = import_module("jax")
        device = find_device(jax, note)
        note.device, note.detail = "mps", f"JAX {jax.__version__} sees {device.device_kind}"
    with session.check("compute", "mps") as note:
        left, right = _exact.make_matrices()
        product = multiply(jax, device, left, right)
        places = sorted(place.platform.lower() for place in product.devices())
        if places != ["metal"]:
            raise misplaced("mps", ", ".join(places))
        _exact.compare(product.tolist(), _exact.multiply(left, right), "float32 on mps")
        note.detail = f"{_exact.SHAPE} compiled and exact in float32"


def find_device(jax, note):
    """The GPU; :class:`Failure` with JAX's own words where the plugin gives none."""
    try:
        return jax.devices("METAL")[0]
    except Exception as error:
        text = "JAX {} finds no GPU through jax-metal, which works with jax 0.5.0 and older only: {}"
        raise Failure("device-missing", text.format(jax.__version__, describe(error)) + quote(note.heard)) from None


def multiply(jax, device, left, right):
    import jax.numpy as jnp
    import numpy as np

    first, second = (jax.device_put(np.array(numbers, dtype="float32"), device) for numbers in (left, right))
    return jax.jit(jnp.matmul)(first, second).block_until_ready()
