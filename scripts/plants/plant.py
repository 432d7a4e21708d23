"""One planted fault: how it comes into an environment, and how it must be told from all others."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from mlenv.system.process import Completed
from plants.ground import Ground

_CONTROLS = {chr(number) for number in (*range(32), 127, *range(128, 160))} - {"\n", "\t"}


class Sign(msgspec.Struct, frozen=True):
    """A result that must be there: its check (``*`` for any), status, slug, and words of its text or remedy.

    ``device`` and ``about`` (a GPU's UUID) are compared where they are given.
    """

    check: str
    status: str
    reason: str = ""
    words: tuple[str, ...] = ()
    device: str = ""
    about: str = ""

    def fits(self, result: Mapping[str, Any]) -> bool:
        """Whether a result of the document is this one."""
        said = f"{result['detail']} {result.get('remedy', '')}"
        return (
            fnmatch.fnmatch(str(result["check"]), self.check)
            and result["status"] == self.status
            and (not self.reason or result["reason"] == self.reason)
            and (not self.device or result.get("device") == self.device)
            and (not self.about or result.get("about") == self.about)
            and all(word in said for word in self.words)
        )


class Call(msgspec.Struct, frozen=True):
    """How ``mlenv verify`` is called: further words, variables, and the folder to stand in."""

    words: tuple[str, ...] = ()
    variables: Mapping[str, str] = {}
    folder: str | None = None
    environment: str | None = None


class Plant(msgspec.Struct, frozen=True):
    """A fault: ``put`` plants it; ``sign`` must be found, and the run end with ``status``.

    ``says`` are words on standard error, where the run ends without a report.  ``also`` are further
    results that must be there, such as that of the other GPU, ``never`` those that must not.
    """

    case: str
    variant: str
    put: Callable[[Ground], Call]
    status: int
    sign: Sign | None = None
    says: tuple[str, ...] = ()
    lacks: Callable[[], str] = str
    also: tuple[Sign, ...] = ()
    never: tuple[Sign, ...] = ()

    @property
    def name(self) -> str:
        """What ``--only`` finds it by."""
        return f"{self.case}: {self.variant}"

    def judge(self, ended: Completed) -> tuple[str, ...]:
        """What is wrong with how a run ended; empty where the fault was found."""
        wrong = []
        if ended.status != self.status:
            wrong.append(f"status {ended.status} instead of {self.status}")
        if "Traceback" in ended.stderr:
            wrong.append("a traceback on standard error")
        if _CONTROLS & set(ended.stdout + ended.stderr):
            wrong.append("a control character in what was printed")
        wrong += [
            f"does not say {word!r}: {ended.stderr.strip()[-300:]}" for word in self.says if word not in ended.stderr
        ]
        return (*wrong, *(self._judge_report(ended.stdout) if self.sign else ()))

    def _judge_report(self, text: str) -> list[str]:
        """What is wrong with the report."""
        try:
            results = json.loads(text)["results"]
        except (ValueError, KeyError):
            return [f"no report: {text[:200]!r}"]
        wrong = list(self._compare(results))
        told = [f"{row['check']} {row['status']} {row['reason']}: {row['detail'][:160]}" for row in results]
        return [*wrong, *told] if wrong else []

    def _compare(self, results: Sequence[Mapping[str, Any]]) -> Iterator[str]:
        """A sentence for each result that is missing, and for each that must not be there."""
        for sign in (self.sign, *self.also):
            if sign is not None and not any(sign.fits(result) for result in results):
                yield f"not told as {sign}"
        for sign in self.never:
            if any(sign.fits(result) for result in results):
                yield f"told as {sign}"
