"""How a command ended, as a line that rows can find."""

from __future__ import annotations

_SHELL = 128
"""What a shell adds to the number of a signal."""
_NUMBERS = {
    1: "SIGHUP",
    2: "SIGINT",
    4: "SIGILL",
    6: "SIGABRT",
    7: "SIGBUS",
    8: "SIGFPE",
    9: "SIGKILL",
    11: "SIGSEGV",
    15: "SIGTERM",
    24: "SIGXCPU",
    25: "SIGXFSZ",
}
"""The numbers of Linux; those of macOS differ for SIGBUS only, which its shells report as 138."""
_WINDOWS = {
    0xC0000005: "SIGSEGV",
    0xC00000FD: "SIGSEGV",
    0xC000001D: "SIGILL",
    0xC0000374: "SIGABRT",
    0xC0000409: "SIGABRT",
    0xC0000017: "no memory",
    0xC000012D: "no memory",
    0xC0000135: "a DLL is missing",
    0xC0000139: "a DLL does not fit",
    0xC000013A: "SIGINT",
    0xC0000006: "SIGBUS",
}
"""What a process of Windows ends with that the system ended, in the words of Unix where it has any."""
_COMMAND = {126: "could not be executed", 127: "command not found"}


def word_ending(*, status: int | None, signal: str | None, timed_out: bool, missing: bool) -> str:
    """``[ended: SIGKILL]``; empty for a command that ended by itself with a status that says nothing."""
    ending = signal or (_word_status(status) if status is not None else "")
    if missing:
        ending = "could not be started"
    if timed_out:
        ending = "the time limit passed"
    return f"[ended: {ending}]" if ending else ""


def _word_status(status: int) -> str:
    if status < 0 and -status in _NUMBERS:
        return _NUMBERS[-status]
    if status & 0xFFFFFFFF in _WINDOWS:
        return _WINDOWS[status & 0xFFFFFFFF]
    return _NUMBERS.get(status - _SHELL) or _COMMAND.get(status, "")
