"""JAX: a compiled product of whole numbers on each device."""

from . import _arithmetic, _exact, _lazy
from ._verdicts import Failure, misplaced
from ._words import describe, quote, word_hidden

# What the devices of each kind multiply.
PRECISIONS = {
    "cpu": ("float32", "bfloat16", "float16", "int32"),
    "cuda": ("float32", "bfloat16", "float16", "int32"),
    "rocm": ("float32", "bfloat16", "float16", "int32"),
}
ORDINARY = ("float32", "bfloat16")
# JAX's own names of its back ends, and of what their devices are called.
BACKENDS = {"cpu": "cpu", "cuda": "cuda", "rocm": "rocm", "tpu": "tpu", "mps": "METAL", "xpu": "xpu"}


def check(session):
    jax = session.import_modules("jax")
    with session.check("device") as note:
        places = find_places(jax, session.asked, note)
    proved = [place for place in places if check_compute(jax, session, place)]
    if session.reaches("standard"):
        _lazy.load("_jax_standard").check(jax, session, proved)


def check_compute(jax, session, place):
    """The check ``compute`` of one device; whether it passed."""
    with session.check("compute", place[1], vital=False) as note:
        prove(jax, place, note)
    return note.status == "pass"


def find_places(jax, asked, note):
    """JAX's devices to compute on, each with our name for it (``cuda:0``)."""
    kind, devices = find_devices(jax, asked, note)
    places = [(device, kind if kind == "cpu" else f"{kind}:{i}") for i, device in enumerate(devices)]
    note.device = ", ".join(label for _, label in places)
    return places


def find_devices(jax, asked, note):
    """The kind of device and all devices of it; :class:`Failure` with JAX's own words for none."""
    if asked in ("auto", "gpu"):
        devices = jax.local_devices()
        kind = name_kind(devices[0])
        if asked == "gpu" and kind == "cpu":
            text = "a GPU was asked for, and JAX sees only the CPU"
            raise Failure("device-missing", text + quote(note.heard) + word_hidden())
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
        raise Failure("device-missing", text + quote(note.heard) + word_hidden()) from None


def name_kind(device):
    """Our name for a device: JAX calls those of CUDA and ROCm both ``gpu``."""
    platform = device.platform.lower()
    if platform == "gpu":
        version = str(getattr(device.client, "platform_version", "")).lower()
        return "rocm" if "rocm" in version else "cuda"
    return {"metal": "mps"}.get(platform, platform)


def list_precisions(label):
    return PRECISIONS.get(label.split(":")[0], ORDINARY)


def prove(jax, place, note):
    """A device multiplies whole numbers exactly, and normal ones name its arithmetic; one program does it all."""
    label = place[1]
    left, right = _exact.make_matrices()
    expected = _exact.multiply(left, right)
    first, second, exact = _arithmetic.make_case(_arithmetic.QUICK)
    names = list_precisions(label)
    *products, normal = multiply(jax, place, [(name, left, right) for name in names] + [("float32", first, second)])
    for i, product in enumerate(products):
        _exact.compare(product.tolist(), expected, f"{names[i]} on {label}")
    reading = _arithmetic.judge(to_double(normal), exact, "float32", f"float32 on {label}")
    words = _arithmetic.note_readings(note, {"float32": reading})
    note.detail = f"{_exact.SHAPE} compiled and exact in {', '.join(names)}; {words}"


def multiply(jax, place, jobs):
    """The product of each job (format, left, right), as float32."""
    import jax.numpy as jnp
    import numpy as np

    pairs = [[jax.device_put(np.array(table, dtype="float32"), place[0]) for table in pair] for _, *pair in jobs]

    @jax.jit
    def compute(pairs):
        typed = [[table.astype(jobs[i][0]) for table in pair] for i, pair in enumerate(pairs)]
        return [jnp.matmul(*pair).astype("float32") for pair in typed]

    products = jax.block_until_ready(compute(pairs))
    for product in products:
        check_place(*place, product)
    return products


def multiply_normal(jax, place, name, case):
    """The reading of a product of normal numbers in one format."""
    left, right, exact = case
    (product,) = multiply(jax, place, [(name, left, right)])
    return _arithmetic.judge(to_double(product), exact, name, f"{name} on {place[1]}")


def to_double(array):
    import numpy as np

    return np.asarray(array).astype("float64")


def check_place(device, label, product):
    """:class:`Failure` where a result does not lie on the device."""
    found = product.devices()
    if found != {device}:
        kinds = sorted({name_kind(place) for place in found})
        raise misplaced(label, ", ".join(kinds))
