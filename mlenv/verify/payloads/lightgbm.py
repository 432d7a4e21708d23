"""LightGBM: one tree that must reproduce whole numbers, on the CPU and on each GPU code of the build.

Its GPU codes never fall back, but OpenCL may well be one on the CPU: LightGBM's own log names the device.
"""

import re

from ._trees import CORNERS, TARGETS, note_leaves
from ._verdicts import Failure, misplaced
from ._words import describe, tidy

COPIES = 16
SETTINGS = {
    "objective": "regression",
    "num_leaves": 8,
    "learning_rate": 1.0,
    "min_data_in_leaf": 1,
    "min_data_in_bin": 1,
    "min_sum_hessian_in_leaf": 0.0,
    "lambda_l2": 0.0,
    "boost_from_average": False,
    "feature_pre_filter": False,
    "max_bin": 15,
    "num_threads": 2,
    "verbosity": 1,
}
# What each device of LightGBM is called, by the accelerator that was asked for; the best one first.
LEARNERS = {
    "auto": ("cuda", "gpu"),
    "gpu": ("cuda", "gpu"),
    "cuda": ("cuda", "gpu"),
    "rocm": ("cuda", "gpu"),
    "xpu": ("gpu",),
}
NAMES = {"cuda": "CUDA", "gpu": "OpenCL"}
VENDORS = {"nvidia": "cuda", "advanced micro": "rocm", "amd": "rocm", "intel": "xpu"}


def check(session):
    lightgbm = session.import_modules("lightgbm")
    log = Log()
    lightgbm.register_logger(log)
    if session.asked in ("auto", "cpu"):
        with session.check("compute", "cpu") as note:
            note_leaves(note, train(lightgbm, "cpu"), exact=True)
    if session.asked == "cpu" or (session.asked == "auto" and not session.reaches("standard")):
        return
    with session.check("device") as note:
        found, note.device, learner = train_somewhere(lightgbm, session.asked, log)
        if found is None:
            note.status, note.reason, note.detail = "skip", "skipped", f"the CPU alone: {learner}"
            return
        note.detail = f"trained with {NAMES[learner]}" + (f" on {log.device()}" if log.device() else "")
        label = note.device
    with session.check("compute", label, vital=False) as note:
        note_leaves(note, found, exact=False)


class Log:
    """What LightGBM says while it trains."""

    def __init__(self):
        self.lines = []

    def info(self, line):
        self.lines.append(tidy(line))

    warning = info

    # [LightGBM] [Info] Using GPU Device: NVIDIA H200, Vendor: NVIDIA Corporation
    def device(self):
        """Name and vendor of the OpenCL device; empty where none was named."""
        found = re.findall(r"Using GPU Device: (.+), Vendor: (.+)", "\n".join(self.lines))
        return " of ".join(found[-1]) if found else ""


def train(lightgbm, device):
    """The predictions of a model of one tree."""
    rows, targets = CORNERS * COPIES, TARGETS * COPIES
    import numpy as np

    data = lightgbm.Dataset(np.array(rows), label=np.array(targets))
    model = lightgbm.train(dict(SETTINGS, device_type=device), data, num_boost_round=1)
    return model.predict(np.array(CORNERS)).tolist()


def train_somewhere(lightgbm, asked, log):
    """Predictions, label and LightGBM's name of the first GPU code that works.

    With ``auto``, where none works: None, the CPU, and the reasons.
    """
    reasons = []
    for learner in LEARNERS.get(asked, ()):
        log.lines.clear()
        try:
            found = train(lightgbm, learner)
        except Exception as error:
            reasons.append(explain(learner, describe(error)))
            continue
        return found, place(asked, learner, log), learner
    if asked == "auto":
        return None, "cpu", "; ".join(reasons)
    text = "; ".join(reasons) or "LightGBM has no code for it"
    raise Failure("device-missing", f"{asked} was asked for: {text}")


# LightGBMError: CUDA Tree Learner was not enabled in this build. Please recompile with CMake option …
# LightGBMError: No OpenCL device found
def explain(learner, text):
    """Why one of the GPU codes does not work."""
    if "was not enabled in this build" in text:
        return f"this LightGBM was built without {NAMES[learner]}"
    if "No OpenCL device found" in text:
        return "it was built with OpenCL, and no OpenCL device is found (the GPU's driver brings one)"
    return f"training with {NAMES[learner]} failed ({text})"


def place(asked, learner, log):
    """Our label of the device that was trained on; :class:`Failure` where it is another than the one asked for."""
    if learner == "cuda":
        return "rocm:0" if asked == "rocm" else "cuda:0"
    named = log.device()
    kind = next((kind for vendor, kind in VENDORS.items() if vendor in named.split(" of ")[-1].lower()), "")
    if re.search(r"pocl|\bcpu\b|xeon|core\(tm\)|epyc|ryzen", named, re.IGNORECASE):
        raise misplaced(asked, f"CPU through OpenCL ({named})")
    if asked in VENDORS.values() and kind != asked:
        raise misplaced(asked, named or "a device that LightGBM does not name")
    return f"{kind or 'opencl'}:0"
