"""What a tool answers when it is asked which build a machine should have."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

LIMIT = 120
"""Seconds after which a tool is given up."""

# pip install torch==1.13.1+cu116 torchvision==0.14.1+cu116 --extra-index-url https://example.org/whl/cu116
_PIN = re.compile(r"(?:^|\s)torch==([0-9][0-9.]*)(?:\+([\w.]+))?")
_PAGE = re.compile(r"--(?:extra-)?index-url[= ]\S*/([\w.]+)/?(?:\s|$)")
_TRACEBACK = "Traceback (most recent call last)"


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """A process that has ended: its status (negative for a signal), its texts, its seconds."""

    status: int
    out: str
    err: str
    seconds: float

    @property
    def crashed(self) -> bool:
        """Whether it ended by a signal, in time-out or in a traceback."""
        return self.status < 0 or _TRACEBACK in self.err

    @property
    def last_line(self) -> str:
        """The last thing it said."""
        lines = [line.strip() for line in (self.err or self.out).splitlines() if line.strip()]
        return lines[-1].lstrip("-.0123456789 ") if lines else f"status {self.status}"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A release with its build, a refusal, or why the tool could not be asked.

    ``python`` is the series it was asked for; ``text`` what it says or why it was not asked.
    """

    kind: Literal["build", "none", "cannot be asked"]
    version: str = ""
    variant: str = ""
    python: str = ""
    text: str = ""
    seconds: float | None = None


def run(argv: Sequence[str], environ: Mapping[str, str], *, stdin: str = "") -> Done:
    """Run a command to its end, or to the limit; one that cannot be run ends with status 127, as in a shell."""
    start = time.perf_counter()
    try:
        done = subprocess.run(
            list(argv), env=dict(environ), input=stdin, capture_output=True, text=True, timeout=LIMIT, check=False
        )
    except subprocess.TimeoutExpired:
        return Done(status=-1, out="", err=f"no answer in {LIMIT} s", seconds=float(LIMIT))
    except OSError as error:
        return Done(status=127, out="", err=str(error), seconds=time.perf_counter() - start)
    return Done(status=done.returncode, out=done.stdout, err=done.stderr, seconds=time.perf_counter() - start)


def unasked(text: str) -> Answer:
    """The tool has no way to hear of such a machine."""
    return Answer(kind="cannot be asked", text=text)


def refusal(done: Done, python: str) -> Answer:
    """A tool that ended without a build: it says none, or it crashed."""
    kind: Literal["none", "cannot be asked"] = "cannot be asked" if done.crashed else "none"
    text = f"crashed: {done.last_line}" if done.crashed else done.last_line
    return Answer(kind=kind, python=python, text=text, seconds=done.seconds)


def parse_pip(command: str) -> tuple[str, str]:
    """Release and build of torch in a pip command; each empty where the command leaves it to pip."""
    pin, page = _PIN.search(command), _PAGE.search(command)
    version, variant = (pin[1], pin[2] or "") if pin else ("", "")
    return version, variant or (page[1] if page else "")
