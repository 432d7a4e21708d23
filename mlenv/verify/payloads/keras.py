"""Keras: a dense layer with whole-number weights, on the backend that the user would get."""

import contextlib
import json
import os

from . import _exact
from ._common import is_there
from ._verdicts import Failure, misplaced
from ._words import describe

MODULES = {"tensorflow": "tensorflow", "jax": "jax", "torch": "torch"}


def check(session):
    wanted = os.environ.get("KERAS_BACKEND") or read_configured() or "tensorflow"
    used = choose_backend(wanted)
    os.environ["KERAS_BACKEND"] = used
    keras = session.import_modules("keras")
    left, right = _exact.make_matrices()
    with session.check("device") as note:
        place = locate(run_layer(keras, session.asked, left[:2], right))
        note.device = place
        note.detail = f"the {used} backend computes on {place}"
        compare_place(session.asked, place)
        if used != wanted:
            note.status, note.reason = "warn", "backend-missing"
            note.detail += f"; the backend of this user, {wanted}, is not installed: set KERAS_BACKEND={used}"
    with session.check("compute", place) as note:
        product = run_layer(keras, session.asked, left, right)
        compare_place(place.split(":")[0], locate(product))
        found = keras.ops.convert_to_numpy(product) if hasattr(keras, "ops") else product.numpy()
        _exact.compare(found.tolist(), _exact.multiply(left, right), f"a Dense layer on {place}")
        note.detail = f"{_exact.SHAPE} through a Dense layer exact ({used} backend)"


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
