"""Computing in an environment of an image: its children run inside the image's root.

An image is read from outside (:mod:`mlenv.system.image`), but its interpreter needs the libraries
beside it.  So each child starts with a small program that enters the image in namespaces of its own.
"""

from __future__ import annotations

import os
import platform
import sys
from typing import Protocol

import msgspec

from mlenv.facts.environment import Environment
from mlenv.system import process
from mlenv.system.image import find_root
from mlenv.system.process import Completed
from mlenv.verify.children import PAYLOADS
from mlenv.verify.result import Result

REFUSED = 117
"""The exit status of a child that could not enter; one line of its standard error says why."""
SIGN = "mlenv-enter: "
PAYLOADS_INSIDE = "/tmp/mlenv/payloads"  # noqa: S108 - a memory file system of the child's own
SCRATCH_INSIDE = "/tmp/mlenv/scratch"  # noqa: S108
ENTER_SECONDS = 30.0

_CHILD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "enter_root_child.py")
_SAME = {"amd64": "x86_64", "arm64": "aarch64", "i686": "x86", "i386": "x86"}

__all__ = ["RootedPlace", "enter_root_argv", "find_root", "open_setting_for", "read_refusal", "try_entering"]


class RootedPlace(msgspec.Struct, frozen=True, kw_only=True):
    """How the children of an image's environment are run.

    ``root`` is where the image is mounted, ``python`` the interpreter as the image names it;
    ``prefix``, ``payloads`` and ``scratch`` are for :class:`~mlenv.verify.children.Setting`.
    ``hindrance`` says why it cannot be entered, as far as that is known without trying.
    """

    root: str
    python: str
    prefix: tuple[str, ...]
    payloads: str = PAYLOADS_INSIDE
    scratch: str = SCRATCH_INSIDE
    hindrance: str = ""


class Run(Protocol):
    """How a command is run; :func:`mlenv.system.process.run` in earnest."""

    def __call__(self, argv: list[str], *, timeout: float) -> Completed:
        """Run a command to its end or its deadline in seconds."""


def enter_root_argv(root: str, payloads: str = PAYLOADS, scratch: str = "") -> tuple[str, ...]:
    """The beginning of a command line that runs the rest of it inside a root.

    ``payloads`` is seen there at :data:`PAYLOADS_INSIDE`, read-only, and ``scratch`` at
    :data:`SCRATCH_INSIDE`; without one that is a folder in memory, gone with the child.
    """
    return (sys.executable, "-I", _CHILD, root, payloads, scratch, "--")


def open_setting_for(path: str, found: Environment, scratch: str = "") -> RootedPlace | None:
    """How to run children of an environment, None where it is this machine's own.

    ``path`` is what the user named and ``found`` what was read there.
    """
    root = find_root(found.path) or find_root(os.path.abspath(path))
    if root is None or found.executable is None:
        return None
    return RootedPlace(
        root=root,
        python="/" + found.executable[len(root) :].lstrip("/"),
        prefix=enter_root_argv(root, PAYLOADS, scratch),
        hindrance=_find_hindrance(found.architecture),
    )


def _find_hindrance(architecture: str | None) -> str:
    if not sys.platform.startswith("linux"):
        return "images of Linux are entered on Linux only"
    own = _SAME.get(platform.machine().lower(), platform.machine().lower())
    other = _SAME.get(architecture or own, architecture or own)
    if other != own and (own, other) != ("x86_64", "x86"):
        return f"it was made for {other}, and this machine is {own}"
    return ""


def try_entering(place: RootedPlace, environment: str, run: Run = process.run) -> Result | None:
    """Enter an image once and start its Python; the ``error`` result where that does not work."""
    if place.hindrance:
        return _refuse(place.hindrance, environment)
    completed = run([*place.prefix, place.python, "-I", "-c", "pass"], timeout=ENTER_SECONDS)
    if completed.ok:
        return None
    refusal = read_refusal(completed)
    if refusal is None and completed.timed_out:
        refusal = f"no answer within {ENTER_SECONDS:g} s"
    last = (completed.stderr.strip().splitlines() or [f"status {completed.status}"])[-1]
    return _refuse(refusal or f"its Python does not start ({last[:200]})", environment)


def read_refusal(completed: Completed) -> str | None:
    """Why a child could not enter its image; None where it did."""
    if completed.status != REFUSED:
        return None
    lines = [line for line in completed.stderr.splitlines() if line.startswith(SIGN)]
    return lines[-1].removeprefix(SIGN) if lines else None


def _refuse(why: str, environment: str) -> Result:
    return Result(
        check="enter",
        status="error",
        detail=f"{environment} lies in an image that cannot be entered: {why}; run mlenv inside it",
        reason="cannot-enter",
        group="environment",
        remedy="run mlenv inside it, as a container or with chroot",
    )
