"""JAX: a compiled product of whole numbers on each device."""

from . import _exact
from ._verdicts import Failure, misplaced
from ._words import describe, quote

PRECISIONS = ("float32", "bfloat16")
# JAX's own names of its back ends, and of what their devices are called.
BACKENDS = {"cpu": "cpu", "cuda": "cuda", "rocm": "rocm", "tpu": "tpu", "mps": "METAL", "xpu": "xpu"}


def check(session):
    jax = session.import_modules("jax")
    with session.check("device") as note:
        kind, devices = find_devices(jax, session.asked, note)
        labels = [kind if kind == "cpu" else f"{kind}:{i}" for i in range(len(devices))]
        note.device = ", ".join(labels)
    left, right = _exact.make_matrices()
    expected = _exact.multiply(left, right)
    for i, device in enumerate(devices):
        with session.check("compute", labels[i]) as note:
            for precision in PRECISIONS:
                product = multiply(jax, device, precision, left, right)
                check_place(device, labels[i], product)
                _exact.compare(product.tolist(), expected, f"{precision} on {labels[i]}")
            note.detail = f"{_exact.SHAPE} compiled and exact in {', '.join(PRECISIONS)}"


def find_devices(jax, asked, note):
    """The kind of device and all devices of it; :class:`Failure` with JAX's own words for none."""
    if asked in ("auto", "gpu"):
        devices = jax.local_devices()
        kind = name_kind(devices[0])
        if asked == "gpu" and kind == "cpu":
            raise Failure("device-missing", "a GPU was asked for, and JAX sees only the CPU" + quote(note.heard))
    else:
        kind, devices = asked, list_devices(jax, asked, note)
    if kind == "cpu":
        devices = devices[:1]
    note.detail = f"{len(devices)} seen: " + ", ".join(str(device.device_kind) for device in devices)
    said = quote(note.heard)
    if asked == "auto" and kind == "cpu" and said:
        note.status, note.reason, note.detail = "warn", "device-unusable", "the CPU" + said
    return kind, devices


def list_devices(jax, asked, note):
    try:
        return jax.devices(BACKENDS[asked])
    except Exception as error:
        text = f"{asked} was asked for, and JAX has no such device ({describe(error)})"
        raise Failure("device-missing", text + quote(note.heard)) from None


def name_kind(device):
    """Our name for a device: JAX calls those of CUDA and ROCm both ``gpu``."""
    platform = device.platform.lower()
    if platform == "gpu":
        version = str(getattr(device.client, "platform_version", "")).lower()
        return "rocm" if "rocm" in version else "cuda"
    return {"metal": "mps"}.get(platform, platform)


def multiply(jax, device, precision, left, right):
    import jax.numpy as jnp
    import numpy as np

    first, second = (jax.device_put(np.array(numbers, dtype="float32"), device) for numbers in (left, right))
    product = jax.jit(lambda a, b: jnp.matmul(a.astype(precision), b.astype(precision)).astype("float32"))
    return product(first, second).block_until_ready()


def check_place(device, label, product):
    """:class:`Failure` where a result does not lie on the device."""
    found = product.devices()
    if found != {device}:
        kinds = sorted({name_kind(place) for place in found})
        raise misplaced(label, ", ".join(kinds))
