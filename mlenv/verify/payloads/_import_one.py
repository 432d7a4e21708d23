"""Imports the modules of one distribution in a process of their own, and leaves a verdict in a file.

The process is a fork of a bare Python, or a new one: ``python -I _import_one.py FILE SECONDS MODULE…``.
"""

import faulthandler
import importlib
import json
import os
import sys

LIMIT = 600  # characters of one text


def main():
    attempt(sys.argv[1], float(sys.argv[2]), sys.argv[3:])


def attempt(place, seconds, modules):
    """Import modules, write how that went, and end the process at once.

    What a library does at the end of a process is not asked for here.
    """
    status = 1
    try:
        # Shortly before the deadline it says where it hangs.
        faulthandler.dump_traceback_later(seconds * 0.8)
        verdict = import_all(modules)
        # As a whole or not at all: a process may be killed while it writes.
        with open(place + ".part", "w", encoding="utf-8") as file:
            json.dump(verdict, file)
        os.replace(place + ".part", place)
        sys.stdout.flush()
        sys.stderr.flush()
        status = 0
    finally:
        os._exit(status)


def import_all(modules):
    """An empty verdict where every module imports, else what the first exception says of itself."""
    module = ""
    try:
        for module in modules:
            importlib.import_module(module)
    except BaseException as error:
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        return {"module": module, "kind": type(error).__name__, "text": tidy(error), "missing": missing}
    return {}


def tidy(error):
    text = " ".join(str(error).encode("utf-8", "replace").decode().split())
    return text[:LIMIT]


if __name__ == "__main__":
    main()
