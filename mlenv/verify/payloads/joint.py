"""Several frameworks in one process: each computes beside the others, and the first once more after them.

Two copies of cuDNN, of OpenMP or of protobuf often harm what was loaded first; a crash is told by
the line on standard error that names what was loaded before it.
"""

import sys

from . import _joint_proofs
from ._common import import_module
from ._verdicts import Skipped

MODULES = {
    "scikit-learn": "sklearn",
    "opencv-python": "cv2",
    "tensorflow-cpu": "tensorflow",
    "xgboost-cpu": "xgboost",
}


def check(session):
    loaded = {}
    for name in session.partners:
        with session.check("joint", vital=False) as note:
            loaded[name] = load(name, list(loaded), note)
    names = list(loaded)
    for name in names:
        prove(session, name, loaded[name], "beside " + join(other for other in names if other != name))
    if len(names) > 1:
        prove(session, names[0], loaded[names[0]], f"again, after {join(names[1:])} had computed")


def load(name, before, note):
    """The module of a framework, imported after others that it may not bear."""
    where = f"after {join(before)}" if before else "first"
    announce(f"importing {name} {where}")
    with _joint_proofs.blame(name, f"imported {where}", alone=not before):
        module = import_module(MODULES.get(name, name.replace("-", "_")))
    note.detail = f"{name} {getattr(module, '__version__', '')}".strip() + f" imported {where}"
    return module


def prove(session, name, module, where):
    """The framework's own exact product, and where it ran."""
    with session.check("joint", vital=False) as note:
        operate = _joint_proofs.PROOFS.get(name)
        if operate is None:
            raise Skipped(f"{name}: mlenv has no operation for it, it was only imported {where}")
        announce(f"computing with {name} {where}")
        with _joint_proofs.blame(name, where):
            words = operate(module, session, note)
        # A device that cannot be used is told by the framework's own checks.
        note.status, note.reason, note.detail = "pass", "", f"{name} {where}: {words}"


def join(names):
    return ", ".join(names) or "nothing else"


def announce(doing):
    """Where the process dies, its last words say what it was at."""
    sys.stderr.write(f"mlenv: {doing}\n")
    sys.stderr.flush()
