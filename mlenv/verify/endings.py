"""Words for how a child ended: signals, phases and its last lines."""

from __future__ import annotations

import re

from mlenv.system.process import Completed

LINE = 300  # characters of one line that are quoted

_SIGNALS = {
    "SIGSEGV": ("segmentation fault", "two copies of a native library, or binaries that do not belong together"),
    "SIGILL": ("illegal instruction", "the CPU lacks instructions that this wheel was built with, such as AVX"),
    "SIGABRT": ("abort", "a library gave up; its last words say why"),
    "SIGKILL": ("kill", "out of memory, or ended by somebody: the kernel log or the container's limit tells"),
    "SIGBUS": ("bus error", "shared memory or the disk is full, or a file was cut short while it was mapped"),
    "SIGFPE": ("arithmetic fault", ""),
    "SIGTERM": ("termination", "ended by somebody"),
}

# What GetExitCodeProcess gives where Windows ended the process.
_WINDOWS_CODES = {
    0xC0000005: "SIGSEGV",
    0xC000001D: "SIGILL",
    0xC0000409: "SIGABRT",
    0xC0000374: "SIGABRT",
    0xC00000FD: "SIGSEGV",
}

_PHASES = {
    "import": "while importing {}",
    "version": "while comparing the version of {}",
    "device": "while looking for the devices of {}",
    "compute": "while computing with {}",
    "done": "after {} had passed through its checks",
}


def find_signal(completed: Completed) -> str | None:
    """The signal that ended a child, by its Unix name on Windows too."""
    if completed.status in _WINDOWS_CODES:
        return _WINDOWS_CODES[completed.status]
    return completed.signal_name


def word_signal(name: str) -> str:
    """``SIGILL (illegal instruction: the CPU lacks …)``."""
    title, hint = _SIGNALS.get(name, ("", ""))
    words = ": ".join(part for part in (title, hint) if part)
    return f"{name} ({words})" if words else name


def word_phase(phase: str, framework: str) -> str:
    """``while importing torch``."""
    return _PHASES.get(phase, f"in the check {phase!r} of {{}}").format(framework)


def read_lines(text: str) -> list[str]:
    """The lines that hold something, without the spaces around."""
    return [line.strip() for line in text.splitlines() if line.strip()]


# terminate called after throwing an instance of 'std::bad_alloc'
# Fatal Python error: Aborted
#
# Current thread 0x00007f2a5c7fd740 (most recent call first):
#   File "/env/lib/python3.12/site-packages/torch/__init__.py", line 409 in <module>
#   …
# Extension modules: numpy._core._multiarray_umath, … (total: 12)
_DUMP = re.compile(r"^(Fatal Python error: |Timeout \(\d)")
_THREAD = re.compile(r"^(Current thread|Thread) 0x")


# I0000 00:00:1795366212.430686   11746 cpu_feature_guard.cc:227] This TensorFlow binary is optimized to use …
# 2026-11-22 16:49:54.430686: I tensorflow/core/platform/cpu_feature_guard.cc:227] This TensorFlow binary …
_INFORMATION = re.compile(r"I\d{4} |\d{4}-\d\d-\d\d \S+: I ")


def read_last_words(stderr: str) -> str:
    """What a child said last, as the end of a sentence; empty where it said nothing.

    That is the place where faulthandler's dump says that Python was, and up to three lines
    before the dump, without those that only inform.
    """
    lines = read_lines(stderr)
    start = next((i for i, line in enumerate(lines) if _DUMP.match(line)), len(lines))
    said = [line[:LINE] for line in lines[:start] if not _INFORMATION.match(line)][-3:]
    place = _find_place(lines[start:])
    words = f"; Python was in {place}" if place else ""
    return f"{words}; last words: {' / '.join(said)}" if said else words


def _find_place(dump: list[str]) -> str:
    """The innermost Python line of the thread that crashed, else of the main one, which comes last."""
    threads = [i for i, line in enumerate(dump) if _THREAD.match(line)]
    current = [i for i in threads if dump[i].startswith("Current")]
    start = (current or threads[-1:] or [len(dump)])[0]
    return next((line for line in dump[start:] if line.startswith("File ")), "")
