"""The way in: the ``mlenv`` command and ``python -m mlenv``."""

from __future__ import annotations

import gc
import os
import sys

TIDY = ("probe", "doctor", "plan", "why", "install", "env")
"""Commands that have tidied up when they come to their end."""
FOREIGN = (["run"], ["shell"])
"""Commands that hand this process's settings to a program of the user's."""
INTERRUPTED = 130
GARBAGE_THRESHOLD = 100_000
"""Modules and rows are many and hold no circles: looking for garbage among them is a tenth of a command."""


def main() -> None:
    """Run the command line; the one question that scripts ask most is answered before it is loaded."""
    gc.set_threshold(GARBAGE_THRESHOLD)
    words = sys.argv[1:]
    if words == ["--version"]:
        from mlenv import __version__

        sys.stdout.write(f"mlenv {__version__}\n")
        return
    try:
        status = run(words)
    except KeyboardInterrupt:  # before a command began, or while one said that it was interrupted
        status = _end_interrupted()
    if words and words[0] in TIDY:
        leave_at_once(status)
    sys.exit(status)


def _end_interrupted() -> int:
    """The last word of a program that is in a hurry; nothing stops it any more."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.stderr is not None:
        sys.stderr.write("error: interrupted\n")
    return INTERRUPTED


def run(words: list[str]) -> int:
    """Run one command and give its exit status."""
    _load_lightly()
    from mlenv.cli.ending import end_well
    from mlenv.cli.plain import find_plain_call
    from mlenv.system.rights import close_to_others

    if words[:1] not in FOREIGN:
        close_to_others()

    plain = find_plain_call(words, list(os.environ))
    return end_well(plain or _run_group)


def _load_lightly() -> None:
    """Load msgspec without typing_extensions, which brings along a third of the standard library.

    msgspec takes from it what Python's own ``typing`` has since 3.11, and does without on 3.10.
    Ctrl-C waits meanwhile: one in the middle of msgspec's loading crashes the process.
    """
    name = "typing_extensions"
    if name in sys.modules:
        return
    from mlenv.system.signals import postponed

    with postponed():
        sys.modules[name] = None  # type: ignore[assignment]
        try:
            import msgspec  # noqa: F401 - loaded now, in this state
        finally:
            del sys.modules[name]


def _run_group() -> int:
    from mlenv.cli.group import main as run_group

    return run_group()


def leave_at_once(status: int) -> None:
    """End without taking the interpreter apart piece by piece, which costs a tenth of such a command.

    It also leaves a thread behind that hangs in a system call, as a lost network share makes it.
    """
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:  # closed before we began
                stream.flush()
    except (OSError, ValueError):
        return  # the interpreter knows how to end with a broken stream
    os._exit(status)


if __name__ == "__main__":
    main()
