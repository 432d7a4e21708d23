"""Keras at the level ``standard``: a model predicts what its weights say, and learns."""

import math

from . import _arithmetic
from ._verdicts import Failure
from .keras import compare_place, enter_scope, locate

ROWS, WIDTH, HIDDEN, EPOCHS = 64, 8, 32, 3


def check(keras, session, used, place):
    """The checks ``predict`` and ``train`` of one backend; OpenVINO's only infers."""
    with session.check("predict", place, vital=False) as note:
        check_prediction(keras, session.asked, place, note)
    if used == "openvino":
        return
    with session.check("train", place, vital=False) as note:
        check_training(keras, session.asked, place, note)


def make_table(rows, columns):
    import numpy as np

    return np.random.default_rng(rows).standard_normal((rows, columns), dtype="float32")


def check_prediction(keras, asked, place, note):
    """Two layers against the same in float64; ``predict`` may compute otherwise than a layer alone."""
    table, first, second = make_table(ROWS, WIDTH), make_table(WIDTH, HIDDEN), make_table(HIDDEN, WIDTH)
    with enter_scope(keras, asked):
        layers = [keras.layers.Dense(HIDDEN, "relu", use_bias=False), keras.layers.Dense(WIDTH, use_bias=False)]
        model = keras.Sequential([keras.Input((WIDTH,)), *layers])
        model.set_weights([first, second])
        found = model.predict(table, verbose=0)
    wide, first, second = (array.astype("float64") for array in (table, first, second))
    exact = (wide @ first).clip(min=0) @ second
    reading = _arithmetic.judge(found.astype("float64"), exact, "float32", f"a prediction on {place}")
    note.detail = f"two layers predict what their weights say: {_arithmetic.note_readings(note, {'float32': reading})}"


def check_training(keras, asked, place, note):
    """Every epoch of a linear fit lowers the loss, and the weights lie on the device."""
    table = make_table(ROWS, WIDTH)
    with enter_scope(keras, asked):
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((WIDTH,)), keras.layers.Dense(1)])
        model.compile(optimizer=keras.optimizers.SGD(0.02), loss="mse")
        history = model.fit(table, table.sum(1, keepdims=True), epochs=EPOCHS, batch_size=16, verbose=0)
    compare_place(place.split(":")[0], locate(read_value(model.weights[0])))
    judge_losses(history.history["loss"], note)


def judge_losses(losses, note):
    note.measured.update(first_loss=losses[0], last_loss=losses[-1])
    words = ", ".join(f"{loss:.3g}" for loss in losses)
    if not all(math.isfinite(loss) for loss in losses):
        raise Failure("not-a-number", f"the loss of a tiny training goes {words}")
    if any(not losses[i + 1] < loss for i, loss in enumerate(losses[:-1])):
        raise Failure("does-not-learn", f"the loss of a linear fit does not fall: {words}")
    note.detail = f"the loss of a linear fit falls: {words}"


def read_value(variable):
    """The tensor of a variable; that of Keras 2 is the variable itself."""
    value = getattr(variable, "value", variable)
    return variable if callable(value) else value
