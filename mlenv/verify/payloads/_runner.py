"""Runs one payload inside the environment under test; mlenv is not installed there.

Started as ``python -I -X faulthandler _runner.py NAME MARKER OPTIONS``.  Each line that begins
with the marker is a statement in JSON: what phase has begun and every result so far.  The parent
reads the last one; its phase is ``done`` where the payload came to its end.
Standard library only, and nothing newer than Python 3.8.
"""

import faulthandler
import importlib
import json
import os
import sys
import types

PACKAGE = "mlenv_payloads"


def main():
    name, marker, options = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    # The marker is for us alone: a framework that prints its arguments must not show it.
    del sys.argv[1:]
    emit = open_channel(marker)
    die_with_parent()
    faulthandler.dump_traceback_later(options["timeout"] * 0.9)
    session = load("_common").Session(options, emit)
    try:
        with_room(lambda: load(name).check(session))
    except load("_verdicts").Stopped:
        pass
    except BaseException as error:
        session.record("payload", "error", detail=load("_words").describe(error), reason="payload")
    session.state("done")


def open_channel(marker):
    """Keep the real standard output for ourselves; what anybody else prints goes to standard error."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    # Taken now: a framework may put something else in their places.
    write, encode = os.write, json.JSONEncoder().encode

    def emit(statement):
        data = f"\n{marker} {encode(statement)}\n".encode()
        while data:
            data = data[write(kept, data) :]

    return emit


def die_with_parent():
    """On Linux, end when the parent ends: an interrupted mlenv leaves no child behind."""
    if sys.platform != "linux":
        return
    import signal

    try:
        import ctypes

        set_parent_death_signal = 1  # PR_SET_PDEATHSIG of <linux/prctl.h>
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)
    except (ImportError, OSError, AttributeError):
        return


def with_room(work):
    """Do something with room for its calls.

    CPython 3.11 and later keep the frames of calls in chunks of 16 KiB, and give one back as soon as
    it is empty: where the import of a large framework stands at the end of one, every call asks the
    system for another (67,000 times for TensorFlow, 0.4 s).  A frame that is larger gets a chunk of
    twice its size or more, and what is left of it serves all calls below.
    """
    return work()


with_room.__code__ = with_room.__code__.replace(co_stacksize=100_000)


def load(name):
    """A sibling file, as a module of a package that exists in this process only."""
    if PACKAGE not in sys.modules:
        package = types.ModuleType(PACKAGE)
        package.__path__ = [os.path.dirname(os.path.abspath(__file__))]
        sys.modules[PACKAGE] = package
    # Nothing is written beside mlenv's own files, by whatever Python this is.
    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        return importlib.import_module(PACKAGE + "." + name)
    finally:
        sys.dont_write_bytecode = written


if __name__ == "__main__":
    main()
