"""Environments and their generations as rows of reports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from mlenv.execute.manifest import Manifest
from mlenv.facts.size import gib
from mlenv.plan.plan import PlannedAccelerator
from mlenv.report.environments.settings import tell_accelerator
from mlenv.report.redact import mask_text
from mlenv.verify.result import Status

EnvironmentState = Literal["ready", "broken", "missing"]
STATUS_WORDS: dict[Status, str] = {
    "ok": "proven",
    "warning": "proven, with warnings",
    "error": "does not work",
    "unknown": "not proven",
}
_LEAST_GIB = 1024**3 // 10


class GenerationRow(msgspec.Struct, frozen=True, kw_only=True):
    """One generation: what it is, and how its verification ended.

    ``number`` is its folder's name, or what it was read from; ``created`` is UTC in ISO 8601;
    ``bytes`` its size on disk, None where nobody measured it.
    """

    number: str
    current: bool
    created: str
    profile: str
    python: str
    accelerator: PlannedAccelerator
    manager: str
    matrix_version: str
    verification: Status
    bytes: int | None = None


class EnvironmentRow(msgspec.Struct, frozen=True, kw_only=True):
    """An environment and its finished generations, newest first.

    ``ready`` leads into a finished generation, ``broken`` into one that is not whole or not there, and
    for a ``missing`` one only generations are left.  ``current`` is a generation's number, None
    where there is none.  ``adopted`` tells that an environment that mlenv did not make stood there and is
    kept, to be given back.
    """

    path: str
    state: EnvironmentState
    current: str | None
    generations: tuple[GenerationRow, ...]
    adopted: bool = False


def summarise(number: str, manifest: Manifest, *, current: bool, bytes: int | None) -> GenerationRow:  # noqa: A002
    """A generation as a row; ``bytes`` is its size on disk, None where nobody measured it."""
    plan = manifest.plan
    return GenerationRow(
        number=number,
        current=current,
        created=manifest.created,
        profile=mask_text(plan.profile),
        python=plan.python,
        accelerator=plan.accelerator,
        manager=plan.manager,
        matrix_version=manifest.matrix_version,
        verification=manifest.verification.status,
        bytes=bytes,
    )


def describe_generation(row: GenerationRow) -> str:
    """``2026-11-22 10:12, pytorch: Python 3.12, cuda (cu126), uv, proven, 7.6 GiB``."""
    return ", ".join(_describe(row))


def show_moment(created: str) -> str:
    """``2026-11-22T10:12:13+00:00`` as ``2026-11-22 10:12``."""
    return created[:16].replace("T", " ")


def show_size(size: int) -> str:
    """A size in bytes for reading: ``7.6 GiB``, ``12 MiB``."""
    return gib(size) if size >= _LEAST_GIB else f"{size / 1024**2:.0f} MiB"


def _describe(row: GenerationRow) -> Iterator[str]:
    yield show_moment(row.created)
    yield f"{row.profile or 'no profile'}: Python {row.python}"
    yield tell_accelerator(row.accelerator)
    yield row.manager
    yield STATUS_WORDS[row.verification]
    if row.bytes is not None:
        yield show_size(row.bytes)
