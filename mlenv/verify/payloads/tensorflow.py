"""TensorFlow: a product of whole numbers on each device, without its silent move to the CPU."""

import sys

from . import _arithmetic, _exact, _lazy
from ._verdicts import Failure, misplaced
from ._words import quote, word_hidden

# What the devices of each kind multiply; whole numbers of 32 bits only the CPU does.
PRECISIONS = {
    "cpu": ("float32", "float64", "float16", "bfloat16", "int32"),
    "mps": ("float32", "float16"),
}
ORDINARY = ("float32", "float64", "float16", "bfloat16")


def check(session):
    tensorflow = session.import_modules("tensorflow")
    with session.check("device") as note:
        places = find_places(tensorflow, session.asked, note)
    proved = [place for place in places if check_compute(tensorflow, session, place)]
    if session.reaches("standard"):
        _lazy.load("_tensorflow_standard").check(tensorflow, session, proved)


def check_compute(tensorflow, session, place):
    """The check ``compute`` of one device; whether it passed."""
    with session.check("compute", place[1], vital=False) as note:
        prove(tensorflow, place, note)
    return note.status == "pass"


def find_places(tensorflow, asked, note):
    """TensorFlow's name (``/GPU:0``) and ours (``cuda:0``) of each device to compute on."""
    tensorflow.config.set_soft_device_placement(False)
    kind, names = find_devices(tensorflow, asked, note)
    places = [(name, kind if kind == "cpu" else f"{kind}:{i}") for i, name in enumerate(names)]
    note.device = ", ".join(label for _, label in places)
    return places


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
        raise Failure("device-missing", text + quote(note.heard) + word_hidden())
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


def list_precisions(label):
    return PRECISIONS.get(label.split(":")[0], ORDINARY)


def prove(tensorflow, place, note):
    """A device multiplies whole numbers exactly, and normal ones name its arithmetic."""
    name, label = place
    left, right = _exact.make_matrices()
    expected = _exact.multiply(left, right)
    for precision in list_precisions(label):
        product = multiply(tensorflow, name, precision, left, right)
        check_place(name, label, product.device)
        whole = tensorflow.cast(product, "float32").numpy().tolist()
        _exact.compare(whole, expected, f"{precision} on {label}")
    reading = multiply_normal(tensorflow, name, label, "float32", _arithmetic.make_case(_arithmetic.QUICK))
    words = _arithmetic.note_readings(note, {"float32": reading})
    note.detail = f"{_exact.SHAPE} exact in {', '.join(list_precisions(label))}; {words}"


def multiply(tensorflow, name, precision, left, right):
    with tensorflow.device(name):
        first = tensorflow.constant(left, dtype="float32")
        second = tensorflow.constant(right, dtype="float32")
        return tensorflow.matmul(tensorflow.cast(first, precision), tensorflow.cast(second, precision))


def multiply_normal(tensorflow, name, label, precision, case):
    """The reading of a product of normal numbers in one format."""
    left, right, exact = case
    product = multiply(tensorflow, name, precision, left, right)
    check_place(name, label, product.device)
    return _arithmetic.judge(to_double(tensorflow, product), exact, precision, f"{precision} on {label}")


def to_double(tensorflow, tensor):
    """A tensor of any format as an array in float64; float32 holds each of the smaller ones."""
    wide = tensor if tensor.dtype == tensorflow.float64 else tensorflow.cast(tensor, "float32")
    return wide.numpy().astype("float64")


# /job:localhost/replica:0/task:0/device:GPU:0
def check_place(name, label, found):
    """:class:`Failure` where a tensor does not lie on the device."""
    place = found.rsplit("device:", 1)[-1].upper()
    if place == name.strip("/").upper():
        return
    raise misplaced(label, place)
