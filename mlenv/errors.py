"""The error family: every expected trouble is one sentence, a hint and an exit status.

The statuses are those of the command contract; scripts rely on them.
"""

from __future__ import annotations

from typing import ClassVar


class ExitStatus:
    """What each exit status of ``mlenv`` means."""

    OK = 0
    FOUND_FAULT = 1
    USAGE = 2
    NO_PLAN = 3
    INSTALL_FAILED = 4
    NO_VERDICT = 5
    INTERRUPTED = 130


class MlenvError(Exception):
    """Expected trouble.

    ``message`` says what is wrong in one line (which file, which key, what was found);
    ``hint`` says what to do next, and may be empty.
    """

    exit_status: ClassVar[int] = ExitStatus.FOUND_FAULT

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(MlenvError):
    """The command line, a file given on it, or a profile is wrong."""

    exit_status = ExitStatus.USAGE


class NoPlanError(MlenvError):
    """No compatible plan exists for this machine."""

    exit_status = ExitStatus.NO_PLAN


class InstallError(MlenvError):
    """An install step failed; the environment is as it was before."""

    exit_status = ExitStatus.INSTALL_FAILED


class NoVerdictError(MlenvError):
    """A tool or index that is needed is out of reach, or nothing could be checked."""

    exit_status = ExitStatus.NO_VERDICT


class Interrupted(MlenvError):
    """The user stopped the command; the environment is as it was before."""

    exit_status = ExitStatus.INTERRUPTED
