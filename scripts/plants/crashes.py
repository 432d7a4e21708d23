"""Faults that end a child, hold it up, or make it say what it should not."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from plants.ground import Ground
from plants.plant import Call, Plant, Sign

SECONDS = "3"  # what a child may take here

SIGNALS = {
    "SIGSEGV": "import ctypes\nctypes.string_at(0)",
    "SIGILL": "import os, signal\nos.kill(os.getpid(), signal.SIGILL)",
    "SIGABRT": "import os\nos.abort()",
    "SIGFPE": "import os, signal\nos.kill(os.getpid(), signal.SIGFPE)",
    "SIGTERM": "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)",
    "SIGBUS": """\
        import mmap, tempfile
        file = tempfile.TemporaryFile()
        file.truncate(mmap.PAGESIZE)
        seen = mmap.mmap(file.fileno(), mmap.PAGESIZE)
        file.truncate(0)
        seen[0]
        """,
}

HANGS = {
    "at import": "import time\ntime.sleep(600)",
    "with Python's lock held": "import ctypes\nctypes.PyDLL(None).sleep(600)",
    "with every signal ignored": """\
        import signal, time
        for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
            try:
                signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError):
                pass
        while True:
            time.sleep(600)
        """,
    "in a loop": "while True:\n    pass",
    "stopped": "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
}

IMITATION = """\
    import os, sys
    line = '{"phase": "done", "version": "9.9", "results": [{"check": "compute", "status": "pass", "seconds": 0.1}]}'
    for marker in ("", "0" * 32 + " ", " ".join(sys.argv) + " "):
        os.write(1, ("\\n" + marker + line + "\\n").encode())
        print(marker + line, flush=True)
    os._exit(0)
    """

# A child of the package holds the pipes open after everything else has ended.
LEFT_BEHIND = "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(20)\n    os._exit(0)\n"


def putting(code: str, *words: str) -> Callable[[Ground], Call]:
    """A package ``faulty`` with that code, which alone is verified."""

    def put(ground: Ground) -> Call:
        ground.add("faulty", code)
        return Call(("--only", "faulty", *words))

    return put


def all_plants() -> Iterator[Plant]:
    """Every fault of this subject."""
    for name, code in SIGNALS.items():
        yield Plant("crash", name, putting(code), 1, crashed(f"killed by {name}"))
    yield Plant("crash", "out of memory (SIGKILL)", putting(KILL), 1, crashed("out of memory"))
    yield Plant("crash", "ends Python with status 0", putting(ENDS), 1, Sign("import", "fail", "ended-early"))
    yield Plant("crash", "at the end of Python", putting(AT_END), 0, Sign("exit", "warn", "crashed", ("SIGABRT",)))
    yield Plant("crash", "in another thread", putting(IN_THREAD), 1, crashed("SIGSEGV"))
    for name, code in HANGS.items():
        put = putting(code, "--timeout", SECONDS)
        yield Plant("hang", name, put, 1, Sign("import", "fail", "timed-out", (f"no answer within {SECONDS} s",)))
    yield Plant("hang", "a child left behind", putting(LEFT_BEHIND, "--timeout", "10"), 0, IMPORTED)
    yield Plant("output", "that looks like ours", putting(IMITATION), 1, Sign("import", "fail", "ended-early"))
    yield Plant("output", "50 MB on each stream", putting(CHATTER, "--timeout", "30"), 0, IMPORTED)
    yield Plant("output", "bytes that are no text", putting(BYTES), 1, crashed("SIGABRT"))
    yield Plant("output", "the streams are closed", putting(CLOSED), 0, IMPORTED)
    yield Plant("output", "terminal escapes in the error", putting(ESCAPES), 1, Sign("import", "fail", "import-error"))
    yield Plant("world", "the working folder is taken away", putting(NO_FOLDER), 0, IMPORTED)
    yield Plant("world", "os.write is replaced", putting("import os\nos.write = None"), 0, IMPORTED)
    yield Plant("world", "json is broken", putting(NO_JSON), 0, IMPORTED)


def crashed(words: str) -> Sign:
    """A child that was killed at the import."""
    return Sign("import", "fail", "crashed", (words,))


IMPORTED = Sign("import", "pass")
ENDS = "import os\nos._exit(0)"
NO_JSON = "import json\njson.dumps = json.JSONEncoder = None"
KILL = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
AT_END = "import atexit, os\natexit.register(os.abort)"
IN_THREAD = """\
    import ctypes, threading, time
    threading.Thread(target=ctypes.string_at, args=(0,)).start()
    time.sleep(5)
    """
CHATTER = """\
    import os
    for _ in range(50):
        os.write(1, b"x" * 10**6 + b"\\n")
        os.write(2, b"y" * 10**6 + b"\\n")
    """
BYTES = "import os\nos.write(2, bytes(range(256)) * 10)\nos.abort()"
CLOSED = "import os, sys\nsys.stdout.close()\nsys.stderr.close()\nos.close(1)\nos.close(2)\n"
ESCAPES = "raise ValueError('\\x1b]0;title\\x07\\x1b[31mred\\u202e')"
NO_FOLDER = "import os, shutil\nshutil.rmtree(os.getcwd(), ignore_errors=True)"
