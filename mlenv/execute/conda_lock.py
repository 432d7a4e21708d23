"""What was put into an environment of conda, as an explicit lock, read from the records that every manager keeps.

pixi solves for itself, and a manager whose channel nobody could ask has chosen: the plan's lock is
not always what came of it.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from mlenv.plan.conda_login import without_login
from mlenv.plan.explicit import LockedRecord, read_explicit, render_explicit
from mlenv.typed import decode_json


class _Record(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a record in ``conda-meta`` that a lock states."""

    name: str
    version: str
    build: str
    url: str
    subdir: str = ""
    md5: str = ""
    sha256: str = ""


def read_installed(prefix: Path, planned: str) -> str:
    """The lock of the environment at ``prefix``, without logins.

    ``planned`` is the lock of its plan, empty where it has none; it is given back where exactly that
    is there, and where the records do not tell.
    """
    records = _read_records(prefix)
    platform = next((row.subdir for row in records if row.subdir not in ("", "noarch")), "noarch")
    found = render_explicit([_locked(row) for row in records], platform)
    return planned if not records or _content(found) == _content(planned) else found


def _read_records(prefix: Path) -> list[_Record]:
    """Those in ``conda-meta``, by name; none where one of them cannot be read."""
    paths = sorted((prefix / "conda-meta").glob("*.json"))
    try:
        return [decode_json(path.read_bytes(), _Record) for path in paths]
    except (OSError, msgspec.DecodeError):
        return []


def _locked(row: _Record) -> LockedRecord:
    return LockedRecord(
        name=row.name,
        version=row.version,
        build=row.build,
        url=without_login(row.url),
        md5=row.md5,
        sha256=row.sha256,
    )


def _content(lock: str) -> tuple[dict[str, str], dict[str, str]]:
    """Versions and builds: the addresses may be those of a mirror."""
    answer = read_explicit(lock)
    return answer.versions, answer.builds
