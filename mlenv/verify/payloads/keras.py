"""Keras: a dense layer with whole-number weights, on the backend that the user would get."""

import contextlib
import json
import os

from . import _arithmetic, _exact, _lazy
from ._common import is_there
from ._verdicts import Failure, Skipped, misplaced
from ._words import describe

MODULES = {"tensorflow": "tensorflow", "jax": "jax", "torch": "torch", "openvino": "openvino"}


def check(session):
    wanted = session.backend or os.environ.get("KERAS_BACKEND") or read_configured() or "tensorflow"
    used = wanted if session.backend else choose_backend(wanted)
    os.environ["KERAS_BACKEND"] = used
    keras = session.import_modules("keras")
    check_layers(keras, session, used, wanted)


def check_layers(keras, session, used, wanted):
    """The checks ``device`` and ``compute`` on one backend, and those of a whole model."""
    with session.check("device") as note:
        place = find_place(keras, session.asked, used)
        note.device = place
        note.detail = f"the {used} backend computes on {place}"
        if used != wanted:
            note.status, note.reason = "warn", "backend-missing"
            note.detail += f"; the backend of this user, {wanted}, is not installed: set KERAS_BACKEND={used}"
    with session.check("compute", place) as note:
        prove(keras, session.asked, place, note)
        note.detail += f" ({used} backend)"
    if session.reaches("standard"):
        _lazy.load("_keras_standard").check(keras, session, used, place)


# A line of such a file:   "backend": "jax",
def read_configured():
    """The backend of the user's own keras.json: Keras itself is given another folder here."""
    path = os.path.expanduser("~/.keras/keras.json")
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file).get("backend")
    except (OSError, ValueError, AttributeError):
        return None


def choose_backend(wanted):
    """The wanted backend, or one that is installed where that one is not."""
    if is_there(MODULES.get(wanted, wanted)):
        return wanted
    return next((name for name, module in MODULES.items() if is_there(module)), wanted)


def find_place(keras, asked, used):
    """Where a first small layer computes; :class:`Failure` where that, or the backend, is another."""
    found = keras.backend.backend()
    if found != used:
        raise Failure("wrong-backend", f"Keras runs on the {found} backend though KERAS_BACKEND is {used}")
    if used == "openvino" and asked not in ("auto", "cpu"):
        raise Skipped("the openvino backend of Keras computes on the CPU alone")
    left, right = _exact.make_matrices()
    place = locate(run_layer(keras, asked, left[:2], right))
    compare_place(asked, place)
    return place


def prove(keras, asked, place, note):
    """A layer multiplies whole numbers exactly, and normal ones name the arithmetic."""
    left, right = _exact.make_matrices()
    whole = multiply(keras, asked, place, left, right)
    _exact.compare(whole.tolist(), _exact.multiply(left, right), f"a Dense layer on {place}")
    first, second, exact = _arithmetic.make_case(_arithmetic.QUICK)
    found = multiply(keras, asked, place, first, second).astype("float64")
    reading = _arithmetic.judge(found, exact, "float32", f"a Dense layer on {place}")
    words = _arithmetic.note_readings(note, {"float32": reading})
    note.detail = f"{_exact.SHAPE} through a Dense layer exact; {words}"


def multiply(keras, asked, place, left, right):
    """The product of two matrices by a layer, as an array, proved to come from that place."""
    product = run_layer(keras, asked, left, right)
    compare_place(place.split(":")[0], locate(product))
    return keras.ops.convert_to_numpy(product) if hasattr(keras, "ops") else product.numpy()


def run_layer(keras, asked, left, right):
    """The product of two matrices by a layer without bias; :class:`Failure` without the device."""
    import numpy as np

    try:
        with enter_scope(keras, asked):
            layer = keras.layers.Dense(len(right[0]), use_bias=False)
            layer.build((None, len(right)))
            layer.set_weights([np.array(right, dtype="float32")])
            return layer(np.array(left, dtype="float32"))
    except Exception as error:
        if asked in ("auto", "cpu"):
            raise
        raise Failure("device-missing", f"{asked} was asked for, and Keras cannot use it ({describe(error)})") from None


def enter_scope(keras, asked):
    """The device scope; with ``auto`` Keras chooses by itself."""
    if asked == "auto":
        return contextlib.nullcontext()
    name = {"cpu": "cpu:0", "mps": "mps:0", "xpu": "xpu:0", "tpu": "tpu:0"}.get(asked, "gpu:0")
    if hasattr(keras, "device"):
        return keras.device(name)
    import tensorflow as tf

    return tf.device("/" + name.upper())


# torch: cuda:0   TensorFlow: /job:localhost/replica:0/task:0/device:GPU:0   JAX: a set of devices
def locate(tensor):
    """Where a tensor of any backend lies: ``cpu`` or a kind with a number such as ``gpu:0``."""
    if type(tensor).__name__ == "OpenVINOKerasTensor":
        return "cpu"  # Keras compiles its graphs for OpenVINO's CPU, and for nothing else.
    devices = getattr(tensor, "devices", None)
    if callable(devices):
        device = min(devices(), key=str)
        found = f"{device.platform}:{device.id}"
    else:
        found = str(tensor.device).rsplit("device:", 1)[-1].lower()
    return "cpu" if found.startswith("cpu") else found


def compare_place(asked, place):
    """:class:`Failure` where the CPU computed though an accelerator was asked for, or the reverse."""
    if asked != "auto" and (asked == "cpu") != (place == "cpu"):
        raise misplaced(asked, place)
