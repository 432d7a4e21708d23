"""What every payload uses: the session that notes its results."""

import contextlib
import importlib
import importlib.util
import math
import os
import time

from . import _installed
from ._verdicts import Failure, Skipped, Stopped
from ._words import describe, listen, tidy

LEVELS = ("quick", "standard", "deep")
ACCELERATORS = ("cuda", "rocm", "xpu", "mps", "tpu")
_MISUSE = (AttributeError, NameError, TypeError)


class Note:
    """What a check says of itself while it runs.

    ``heard`` holds the framework's own words since its import: warnings and log records.
    ``measured`` takes numbers and names that were found, with the unit in the name
    (``copy_gb_per_s``); ``about`` the UUID of the GPU.
    """

    def __init__(self, device, heard):
        self.status = "pass"
        self.device = device
        self.detail = ""
        self.reason = ""
        self.heard = heard
        self.measured = {}
        self.about = ""


class Session:
    """One framework under test: its options, and the results so far."""

    def __init__(self, options, emit):
        self.asked = options.get("device", "auto")
        self.distribution = options.get("distribution") or ""
        self.imports = options.get("imports") or []
        self.expected = options.get("version")
        self.import_only = options.get("import_only", False)
        self.level = options.get("level", "quick")
        self.partners = options.get("partners") or []
        self.backend = options.get("backend") or ""
        self.soak_seconds = options.get("soak_seconds", 0)
        self.version = _installed.find_version(self.distribution)
        self._emit = emit
        self._results = []
        self._heard = []

    def reaches(self, level):
        """Whether as much is asked for as a level stands for."""
        return LEVELS.index(self.level) >= LEVELS.index(level)

    def state(self, phase):
        """Tell the parent what begins now and what is known so far."""
        self._emit({"phase": phase, "version": self.version, "results": self._results})

    def record(self, check, status, *, seconds=0.0, device=None, detail="", reason="", measured=None, about=""):
        """Note one result."""
        self._results.append(
            {
                "check": check,
                "status": status,
                "seconds": round(seconds, 3),
                "device": device,
                "detail": tidy(detail),
                "reason": reason,
                "measured": {name: tidy_value(value) for name, value in (measured or {}).items()},
                "about": about,
            }
        )

    @contextlib.contextmanager
    def check(self, name, device=None, *, vital=True):
        """Run one check: its outcome is noted whatever happens; where a vital one fails, the payload stops.

        A check of one device among several, or of one more operation, is not vital: the others
        are still worth knowing.
        """
        note = Note(device, self._heard)
        self.state(name)
        began = time.perf_counter()
        try:
            with listen(note.heard):
                yield note
        except Skipped as reason:
            note.status, note.detail, note.reason = "skip", str(reason), "skipped"
        except Failure as failure:
            note.status, note.detail, note.reason = "fail", str(failure), failure.reason
        except BaseException as error:
            note.status, note.detail, note.reason = judge_exception(error)
        seconds = time.perf_counter() - began
        self.record(
            name,
            note.status,
            seconds=seconds,
            device=note.device,
            detail=note.detail,
            reason=note.reason,
            measured=note.measured,
            about=note.about,
        )
        if vital and note.status not in ("pass", "warn"):
            raise Stopped

    def import_modules(self, *names):
        """The checks ``import`` and ``version``; gives the first module."""
        with self.check("import") as note:
            modules = [import_module(name) for name in names]
            note.detail = "imported " + ", ".join(names)
        self.version = _installed.version_of(modules[0], self.distribution) or self.version
        if self.import_only:
            raise Stopped
        with self.check("version", vital=False) as note:
            note.detail = _installed.compare_versions(modules[0], self.distribution, self.expected)
        return modules[0]

    def stay_on_cpu(self, name):
        """The check ``device`` of a framework that has no code for accelerators."""
        self.skip_device(f"{name} has no code for accelerators: it computes on the CPU", "cpu")

    def skip_device(self, detail, device=None):
        """Note that no accelerator was checked, where one was asked for."""
        if self.asked not in ("auto", "cpu"):
            self.record("device", "skip", device=device, detail=detail, reason="skipped")


def tidy_value(value):
    """A number or a name as JSON has it: NaN and infinities have no form there."""
    if isinstance(value, (int, float)):
        number = float(value)
        return number if math.isfinite(number) else str(number)
    return tidy(value)


def import_module(name):
    """The module; :class:`Failure` where it is not there, or only an empty folder of that name."""
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name == name.split(".")[0]:
            raise Failure("not-installed", f"there is no module {name} in this environment") from None
        raise
    if getattr(module, "__file__", None) is None and hasattr(module, "__path__"):
        places = list(module.__path__)
        if not any(holds_code(place) for place in places):
            raise Failure("empty-package", f"{name} is a folder without code ({', '.join(places)}): a broken install")
    return module


def holds_code(folder):
    """Whether a namespace package holds a module or a package at all."""
    names = os.listdir(folder) if os.path.isdir(folder) else []
    return any(
        name.endswith((".py", ".so", ".pyd")) or os.path.exists(os.path.join(folder, name, "__init__.py"))
        for name in names
    )


def is_there(name):
    """Whether a top-level module can be found, without importing it."""
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def judge_exception(error):
    """Status, text and slug of an exception that came out of a check.

    A misuse that was raised by a line of the payload itself is our fault, not the framework's.
    """
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    here = trace is not None and str(trace.tb_frame.f_globals.get("__package__")) == __package__
    if here and isinstance(error, _MISUSE):
        return "error", describe(error), "payload"
    return "fail", describe(error), "exception"
