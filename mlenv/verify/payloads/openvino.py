"""OpenVINO: a model written here, compiled for and computed on every device that it sees.

It computes float32 models in another arithmetic where the device offers one: the exact product
asks for float32, the second one shows what a program gets that does not ask.
"""

from . import _arithmetic, _exact
from ._onnx_model import make_matmul
from ._verdicts import Failure, misplaced
from ._words import describe

HINT = "INFERENCE_PRECISION_HINT"


def check(session):
    openvino = session.import_modules("openvino")
    with session.check("device") as note:
        core = openvino.Core()
        devices = choose_devices(core, session.asked)
        note.device = ", ".join(label(name) for name in devices)
        note.detail = "seen: " + ", ".join(f"{name} ({name_device(core, name)})" for name in core.available_devices)
    import numpy as np

    left, right = _exact.make_matrices()
    expected = _exact.multiply(left, right)
    model = core.read_model(make_matmul(_exact.ROWS, right))
    feed = np.array(left, dtype="float32")
    others = any(label(name) != "cpu" for name in devices)
    for name in devices:
        with session.check("cpu" if others and name == "CPU" else "compute", label(name), vital=False) as note:
            compiled = compile_for(core, model, name, exact=True)
            product = compiled([feed])[compiled.output(0)]
            _exact.compare(product.tolist(), expected, f"OpenVINO on {name}")
            note.detail = f"{_exact.SHAPE} exact with {word_hint(compiled)} on {', '.join(find_places(compiled))}"
        with session.check("precision", label(name), vital=False) as note:
            measure(core, name, note)


def choose_devices(core, asked):
    """OpenVINO's names of the devices to compute on; :class:`Failure` where the one asked for is missing."""
    seen = list(core.available_devices)
    if asked == "auto":
        return seen
    if asked == "cpu":
        return ["CPU"]
    if asked not in ("gpu", "xpu"):
        raise Failure("device-missing", f"{asked} was asked for, which OpenVINO does not reach")
    found = [name for name in seen if name.startswith("GPU")]
    if not found:
        text = f"{asked} was asked for, and OpenVINO sees only {', '.join(seen) or 'no device'}"
        raise Failure("device-missing", text + explain_absence(core))
    return found


# Cannot load library ".../libopenvino_intel_gpu_plugin.so": libOpenCL.so.1: cannot open shared object file
def explain_absence(core):
    """Why OpenVINO reaches no GPU, in its own words and as the end of a sentence."""
    try:
        core.get_property("GPU", "FULL_DEVICE_NAME")
    except Exception as error:
        words = describe(error)
        cause = "the OpenCL library of the GPU's driver is missing: " if "libOpenCL" in words else ""
        return f" ({cause}{words})"
    return ""


def name_device(core, name):
    try:
        return core.get_property(name, "FULL_DEVICE_NAME")
    except RuntimeError:
        return "it does not say its name"


def label(name):
    """``GPU.1`` is ``xpu:1``, ``CPU`` is ``cpu``, ``NPU`` is ``npu``."""
    kind, _, number = name.partition(".")
    return f"xpu:{number or 0}" if kind == "GPU" else kind.lower()


def compile_for(core, model, name, *, exact):
    """The model for one device; :class:`Failure` where it would run on another one."""
    wants = exact and name.split(".")[0] in ("CPU", "GPU")  # an NPU has no float32
    compiled = core.compile_model(model, name, {HINT: "f32"} if wants else {})
    places = find_places(compiled)
    if {place.split(".")[0] for place in places} != {name.split(".")[0]}:
        raise misplaced(name, ", ".join(places))
    return compiled


def find_places(compiled):
    """Where a compiled model runs, as it says itself."""
    return list(compiled.get_property("EXECUTION_DEVICES"))


def word_hint(compiled):
    """``float32`` of ``<Type: 'float32'>``."""
    try:
        found = compiled.get_property(HINT)
    except RuntimeError:
        return "its own arithmetic"
    return str(found).split("'")[1] if "'" in str(found) else str(found)


def measure(core, name, note):
    """The arithmetic that a program gets which asks for none."""
    left, right, exact = _arithmetic.make_case(_arithmetic.STANDARD)
    compiled = compile_for(core, core.read_model(make_matmul(len(left), right.tolist())), name, exact=False)
    product = compiled([left])[compiled.output(0)]
    what = f"the default ({word_hint(compiled)})"
    _arithmetic.note_product(note, product, exact, what, _arithmetic.HALVES)
