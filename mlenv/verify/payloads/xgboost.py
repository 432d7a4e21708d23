"""XGBoost: one tree that must reproduce whole numbers, and the device of the trained model.

XGBoost trains on the CPU with no more than a warning where a GPU was asked for, and
``build_info()`` only says what it was built with: the saved configuration is the proof.
"""

import json

from ._common import ACCELERATORS
from ._verdicts import Failure
from ._words import describe, quote

# Eight corners of a cube and a whole number for each: a tree of depth three separates them.
CORNERS = [[float(i >> bit & 1) for bit in range(3)] for i in range(8)]
TARGETS = [float((5 * i) % 8 - 3) for i in range(8)]
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
# Sums on a GPU go through fixed-point numbers.
GPU_ERROR = 1e-3


def check(session):
    xgboost = session.import_modules("xgboost")
    with session.check("device") as note:
        booster, device = train_somewhere(xgboost, session.asked, note)
        note.device = device
        note.detail = note.detail or f"the trained model's configuration says {device}"
    with session.check("compute", device) as note:
        found = booster.predict(xgboost.DMatrix(CORNERS)).tolist()
        limit = 0.0 if device == "cpu" else GPU_ERROR
        wrong = [i for i in range(8) if not abs(found[i] - TARGETS[i]) <= limit]
        if wrong:
            raise Failure("wrong-number", f"a full tree gives {found[wrong[0]]!r} for {TARGETS[wrong[0]]!r}")
        note.detail = "a full tree reproduces its whole numbers"


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
    data = xgboost.DMatrix(CORNERS, label=TARGETS)
    booster = xgboost.train(dict(SETTINGS, **name_device(xgboost, device)), data, num_boost_round=1)
    generic = json.loads(booster.save_config())["learner"]["generic_param"]
    used = generic.get("device") or ("cpu" if generic.get("gpu_id", "-1") == "-1" else "cuda")
    return booster, used.split(":")[0]


def name_device(xgboost, device):
    """Before XGBoost 2.0 the device was part of the tree method."""
    if int(xgboost.__version__.split(".")[0]) >= 2:
        return {"device": device}
    return {"tree_method": "gpu_hist"} if device == "cuda" else {}
