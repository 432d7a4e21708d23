"""ONNX Runtime: a model written here, computed by every provider that this build lists.

A session falls back to the CPU with no more than a warning, and a provider is listed because its
file is there.  So each session has the one provider, the way to the CPU is closed, and the session
says in the end what it runs on.
"""

import os
import sys

from . import _arithmetic, _exact
from ._drivers import see_nvidia
from ._onnx_model import make_matmul
from ._onnx_providers import CPU, EXTRAS, KINDS, Place, find_missing_library, list_places, refuse
from ._verdicts import Failure, misplaced
from ._words import describe, quote


def check(session):
    onnxruntime = session.import_modules("onnxruntime")
    with session.check("device") as note:
        available = onnxruntime.get_available_providers()
        check_build(session, available)
        places = choose_places(session, available, onnxruntime.__version__)
        note.detail = "providers: " + ", ".join(available)
        note.device = ", ".join(dict.fromkeys(place.label for place in places if place.seen)) or "cpu"
    left, right = _exact.make_matrices()
    case = (make_matmul(_exact.ROWS, right), left, _exact.multiply(left, right))
    working = [place for place in places if compute(onnxruntime, session, place, case)]
    if session.asked in ("auto", "cpu"):
        # Beside a device that works it is no sign of an idle one.
        prove(onnxruntime, session, Place(CPU, "cpu", {}), case, "cpu" if working else "compute")
        working.append(Place(CPU, "cpu", {}))
    for place in working:
        with session.check("precision", place.label, vital=False) as note:
            note.about = place.about
            measure(onnxruntime, place, note)


def check_build(session, available):
    """:class:`Failure` where another distribution has written over the one that is installed."""
    brings = [
        provider for provider, (_, wheel) in KINDS.items() if wheel == session.distribution and provider not in EXTRAS
    ]
    if session.distribution in ("", "onnxruntime") or not brings or set(brings) & set(available):
        return
    text = f"{session.distribution} is installed, and its files are another build's: {', '.join(brings)} is not there"
    raise Failure("overwritten", text + " (remove every onnxruntime distribution, then install the one)")


def choose_places(session, available, version):
    """The devices beside the CPU; :class:`Failure` where one was asked for that this build does not have."""
    places = [] if session.asked == "cpu" else list_places(available, session.asked, session.reaches("standard"))
    if session.asked == "gpu":
        places = [place for place in places if place.label != "cpu"]
    if session.asked == "xpu":
        places = [place for place in places if place.label.startswith(("xpu", "dml"))]
    if session.asked not in ("auto", "cpu") and not places:
        raise refuse(session.asked, available, version)
    if session.asked != "auto" and places and not any(place.seen for place in places):
        reason = see_nvidia().reason if places[0].label.startswith("cuda") else "AMD's runtime sees no GPU"
        raise Failure("device-missing", f"{session.asked} was asked for, and {reason}")
    return places


def compute(onnxruntime, session, place, case):
    """Whether a provider works; where its device was not asked for, that it does not is a warning."""
    name = "tensorrt" if place.provider in EXTRAS else "compute"
    if session.asked == "auto" or place.provider in EXTRAS:
        with session.check(name, place.label, vital=False) as note:
            note.about = place.about
            try:
                run(onnxruntime, place, case, note)
            except Exception as error:
                excuse(error, place, note)
            return note.status == "pass"
        return False
    return prove(onnxruntime, session, place, case, name)


def prove(onnxruntime, session, place, case, name):
    """One check of one provider; whether it passed."""
    with session.check(name, place.label, vital=False) as note:
        note.about = place.about
        run(onnxruntime, place, case, note)
        return True
    return False


def excuse(error, place, note):
    """Note that a listed provider does not work: a warning, or no more than a skip without any GPU."""
    if isinstance(error, Failure) and error.reason not in ("provider-unusable", "device-missing"):
        raise error
    without = not place.seen and (place.label.startswith("rocm") or not see_nvidia().driver)
    # TensorRT is listed by every GPU build and promised by none.
    harmless = without or place.provider in EXTRAS
    note.status, note.reason = ("skip", "skipped") if harmless else ("warn", "device-unusable")
    words = str(error) if isinstance(error, Failure) else describe(error)
    note.detail = words + ("; no GPU of its kind is here" if without else "")


def run(onnxruntime, place, case, note):
    """A product of whole numbers, exact and on that provider."""
    import numpy as np

    model, left, expected = case
    session, how = open_session(onnxruntime, place, model, note)
    product = session.run(None, {"X": np.array(left, dtype="float32")})[0]
    _exact.compare(product.tolist(), expected, f"{place.provider} on {place.label}")
    note.detail = f"{_exact.SHAPE} exact by {place.provider}{how}"


def open_session(onnxruntime, place, model, note):
    """A session that cannot fall back, and what was needed for it beyond the ordinary."""
    try:
        return make_session(onnxruntime, place, model), ""
    except Exception as error:
        cause = error
    helped = help_loader(onnxruntime, place)
    if helped:
        try:
            return make_session(onnxruntime, place, model), f", after {helped}: a program must call it"
        except Exception as error:
            cause = error
    raise explain(onnxruntime, place, cause, note)


def help_loader(onnxruntime, place):
    """Make the libraries of other wheels known; names what a program has to call for that."""
    if place.label.startswith("cuda") and hasattr(onnxruntime, "preload_dlls"):
        onnxruntime.preload_dlls()
        return "onnxruntime.preload_dlls()"
    if place.provider == "OpenVINOExecutionProvider" and sys.platform == "win32":
        from onnxruntime.tools import add_openvino_win_libs

        add_openvino_win_libs.add_openvino_libs_to_path()
        return "onnxruntime.tools.add_openvino_win_libs.add_openvino_libs_to_path()"
    return ""


def make_session(onnxruntime, place, model):
    options = onnxruntime.SessionOptions()
    if place.provider != CPU:
        options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
    session = onnxruntime.InferenceSession(model, options, providers=[(place.provider, place.options)])
    used = session.get_providers()[0]
    if used != place.provider:
        raise misplaced(place.provider, used)
    return session


def explain(onnxruntime, place, error, note):
    """The failure of a provider, with the library that it misses where there is one."""
    if isinstance(error, Failure):
        return error
    missing = find_missing_library(os.path.dirname(onnxruntime.__file__), place.provider)
    if missing:
        return Failure("provider-unusable", f"{place.provider} cannot be loaded: the library {missing} is missing")
    return Failure("provider-unusable", f"{place.provider} makes no session ({describe(error)})" + quote(note.heard))


def measure(onnxruntime, place, note):
    """Which arithmetic a product of ordinary float32 numbers goes through."""
    left, right, exact = _arithmetic.make_case(_arithmetic.STANDARD)
    model = make_matmul(len(left), right.tolist())
    product = make_session(onnxruntime, place, model).run(None, {"X": left})[0]
    instead = _arithmetic.REPLACEMENTS if place.label.startswith("cuda") else _arithmetic.HALVES
    _arithmetic.note_product(note, product, exact, place.provider, instead)
