"""XGBoost: one tree that must reproduce whole numbers, and the device of the trained model.

XGBoost trains on the CPU with no more than a warning where a GPU was asked for, and
``build_info()`` only says what it was built with: the saved configuration is the proof.
"""

import json

from ._common import ACCELERATORS
from ._drivers import see_nvidia
from ._trees import CORNERS, TARGETS, note_leaves
from ._verdicts import Failure, misplaced
from ._words import describe, quote

SETTINGS = {
    "tree_method": "hist",
    "max_depth": 3,
    "eta": 1.0,
    "lambda": 0.0,
    "alpha": 0.0,
    "gamma": 0.0,
    "min_child_weight": 0.0,
    "base_score": 0.0,
    "objective": "reg:squarederror",
}


def check(session):
    xgboost = session.import_modules("xgboost")
    others = []
    with session.check("device") as note:
        booster, device = train_somewhere(xgboost, session.asked, note)
        label = device if device == "cpu" else f"{device}:0"
        if device == "cuda" and session.reaches("standard"):
            others = see_nvidia().gpus[1:]
        note.device = ", ".join([label, *(gpu.label for gpu in others)])
        note.detail = note.detail or f"the trained model's configuration says {device}"
    with session.check("compute", label, vital=False) as note:
        note_leaves(note, predict(xgboost, booster), exact=device == "cpu")
    for gpu in others:
        with session.check("compute", gpu.label, vital=False) as note:
            note.about = gpu.about
            booster = train_there(xgboost, gpu.label)
            note_leaves(note, predict(xgboost, booster), exact=False)


def predict(xgboost, booster):
    return booster.predict(xgboost.DMatrix(CORNERS)).tolist()


def train_there(xgboost, label):
    """A model trained on one GPU; XGBoost takes another one where it has no such number."""
    booster, used = train_and_ask(xgboost, {"device": label})
    if used != label:
        raise misplaced(label, used)
    return booster


def train_somewhere(xgboost, asked, note):
    """The trained model and the device it was trained on; :class:`Failure` where that is another."""
    if asked not in ("auto", "cpu", "gpu", "cuda"):
        raise Failure("device-missing", f"{asked} was asked for, which XGBoost does not have")
    built = getattr(xgboost, "build_info", dict)().get("USE_CUDA")
    if asked == "auto":
        return train_anywhere(xgboost, note) if built else train(xgboost, "cpu")
    if asked == "cpu":
        return train(xgboost, "cpu")
    if built is False:
        raise Failure("device-missing", f"{asked} was asked for, and this XGBoost was built without CUDA")
    booster, device = train(xgboost, "cuda")
    if device not in ACCELERATORS:
        raise Failure("cpu-fallback", f"silently computed on the CPU: {asked} was asked for" + quote(note.heard))
    return booster, device


def train_anywhere(xgboost, note):
    """With a build that can use CUDA: on a GPU if that works, else on the CPU, as its users get it."""
    try:
        booster, device = train(xgboost, "cuda")
    except Exception as error:
        note.status, note.reason = "warn", "device-unusable"
        note.detail = f"the CPU: training with CUDA failed ({describe(error)})"
        return train(xgboost, "cpu")
    if device not in ACCELERATORS:
        note.detail = "the CPU: this build can use CUDA and sees no device"
    return booster, device


def train(xgboost, device):
    """A model of one tree, and ``cuda`` or ``cpu`` as its saved configuration says."""
    booster, used = train_and_ask(xgboost, name_device(xgboost, device))
    return booster, used.split(":")[0]


def train_and_ask(xgboost, place):
    """A model of one tree, and the device that its saved configuration names (``cuda:0``)."""
    data = xgboost.DMatrix(CORNERS, label=TARGETS)
    booster = xgboost.train(dict(SETTINGS, **place), data, num_boost_round=1)
    generic = json.loads(booster.save_config())["learner"]["generic_param"]
    return booster, generic.get("device") or ("cpu" if generic.get("gpu_id", "-1") == "-1" else "cuda")


def name_device(xgboost, device):
    """Before XGBoost 2.0 the device was part of the tree method."""
    if int(xgboost.__version__.split(".")[0]) >= 2:
        return {"device": device}
    return {"tree_method": "gpu_hist"} if device == "cuda" else {}
