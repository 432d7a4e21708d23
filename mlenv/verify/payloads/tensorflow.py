"""TensorFlow: a product of whole numbers on each device, without its silent move to the CPU."""

import sys

from . import _exact
from ._verdicts import Failure, misplaced
from ._words import quote

PRECISIONS = ("float32", "float64", "bfloat16")


def check(session):
    tensorflow = session.import_modules("tensorflow")
    with session.check("device") as note:
        tensorflow.config.set_soft_device_placement(False)
        kind, names = find_devices(tensorflow, session.asked, note)
        labels = [f"{kind}:{i}" for i in range(len(names))] if kind != "cpu" else ["cpu"]
        note.device = ", ".join(labels)
    left, right = _exact.make_matrices()
    expected = _exact.multiply(left, right)
    for i, name in enumerate(names):
        with session.check("compute", labels[i]) as note:
            for precision in PRECISIONS:
                product = multiply(tensorflow, name, precision, left, right)
                check_place(name, labels[i], product.device)
                whole = tensorflow.cast(product, "float32").numpy().tolist()
                _exact.compare(whole, expected, f"{precision} on {labels[i]}")
            note.detail = f"{_exact.SHAPE} exact in {', '.join(PRECISIONS)}"


def find_devices(tensorflow, asked, note):
    """The kind of device and TensorFlow's names (``/GPU:0``) of all of that kind."""
    names = [device.name.replace("/physical_device:", "/") for device in tensorflow.config.list_physical_devices("GPU")]
    build = tensorflow.sysconfig.get_build_info()
    seen = name_kind(build)
    if asked == "cpu" or (asked == "auto" and not names):
        note.detail = "the CPU" if asked == "cpu" else f"the CPU: this {name_build(build)} build sees no GPU"
        return "cpu", ["/CPU:0"]
    if not names or asked not in ("auto", "gpu", seen):
        text = f"{asked} was asked for, and this TensorFlow ({name_build(build)} build) sees no such device"
        raise Failure("device-missing", text + quote(note.heard))
    note.detail = f"{len(names)} seen: " + ", ".join(names)
    return seen, names


def name_kind(build):
    """What a GPU of this build is; on macOS only Apple's plug-in brings one."""
    if sys.platform == "darwin":
        return "mps"
    return "rocm" if build.get("is_rocm_build") else "cuda"


def name_build(build):
    if build.get("is_rocm_build"):
        return "ROCm"
    return f"CUDA {build.get('cuda_version', '')}".strip() if build.get("is_cuda_build") else "CPU"


def multiply(tensorflow, name, precision, left, right):
    with tensorflow.device(name):
        first = tensorflow.constant(left, dtype="float32")
        second = tensorflow.constant(right, dtype="float32")
        return tensorflow.matmul(tensorflow.cast(first, precision), tensorflow.cast(second, precision))


# /job:localhost/replica:0/task:0/device:GPU:0
def check_place(name, label, found):
    """:class:`Failure` where a tensor does not lie on the device."""
    place = found.rsplit("device:", 1)[-1].upper()
    if place == name.strip("/").upper():
        return
    raise misplaced(label, place)
