"""Words for what went wrong: exceptions, warnings and log records."""

import contextlib
import logging
import os
import re
import warnings

LIMIT = 2000  # characters of one text that are kept


def describe(error):
    """Type and message of an exception and of what caused it, on one line."""
    parts = []
    seen = error
    while seen is not None and len(parts) < 4:
        text = tidy(str(seen))
        parts.append(f"{type(seen).__name__}: {text}" if text else type(seen).__name__)
        hidden = None if seen.__suppress_context__ else seen.__context__
        seen = seen.__cause__ or hidden
    return "; caused by ".join(parts)[:LIMIT]


def tidy(text):
    """Text on one line that any JSON reader takes."""
    return " ".join(str(text).encode("utf-8", "replace").decode().split())


@contextlib.contextmanager
def listen(heard):
    """Gather warnings and log records of level warning and above."""
    handler = _Handler(heard)
    loggers = [logging.getLogger(), logging.getLogger("jax")]
    for logger in loggers:
        logger.addHandler(handler)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always", UserWarning)
            warnings.showwarning = _overhear(heard, warnings.showwarning)
            yield
    finally:
        for logger in loggers:
            logger.removeHandler(handler)


def _overhear(heard, show):
    """Note a warning that matters and let it go on to standard error."""

    def overhear(message, category, *rest, **named):
        if not issubclass(category, (DeprecationWarning, PendingDeprecationWarning, FutureWarning)):
            heard.append(tidy(message)[:LIMIT])
        show(message, category, *rest, **named)

    return overhear


class _Handler(logging.Handler):
    def __init__(self, heard):
        super().__init__(logging.WARNING)
        self._heard = heard

    def emit(self, record):
        with contextlib.suppress(Exception):
            self._heard.append(tidy(record.getMessage())[:LIMIT])


_DEVICE = re.compile(r"cuda|gpu|cudnn|driver|rocm|\bhip|nvml|\bxpu|\bmps|\btpu", re.IGNORECASE)


def quote(heard):
    """What the framework said of devices, as the end of a sentence; empty where it said nothing."""
    words = list(dict.fromkeys(text for text in heard if _DEVICE.search(text)))[:3]
    return "; it said: " + " / ".join(words) if words else ""


_HIDING = ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "ZE_AFFINITY_MASK")


def word_hidden():
    """The variables that may hide every device, as the end of a sentence; empty where none is set."""
    found = [name for name in _HIDING if name in os.environ]
    if not found:
        return ""
    said = [f"{name} is set to {os.environ[name]!r}" for name in found]
    empty = any(os.environ[name].strip() in ("", "-1") for name in found)
    return "; " + " and ".join(said) + (", which hides every GPU" if empty else "")
