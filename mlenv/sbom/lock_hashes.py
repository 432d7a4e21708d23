"""Which of the locked files an installed distribution came from, and its hashes."""

from __future__ import annotations

from collections.abc import Collection

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from mlenv.report.environments.held import Held


def find_hashes(held: Held | None, version: str, tags: Collection[str]) -> dict[str, str]:
    """The hashes of the file that was installed, by algorithm.

    A lock may name the wheels of many platforms: the one is taken that has the tags of the installed
    WHEEL file.  Empty where the lock holds another version, or does not tell which file it was.
    """
    if held is None or version not in (held.version, held.full_version):
        return {}
    wheels = {name: hashes for name, hashes in held.files.items() if name.endswith(".whl")}
    if not wheels:
        return dict(next(iter(held.files.values()))) if len(held.files) == 1 else {}
    fitting = [hashes for name, hashes in wheels.items() if _fits(name, tags)]
    return dict(fitting[0]) if len(fitting) == 1 else {}


def _fits(name: str, tags: Collection[str]) -> bool:
    """Whether a wheel's name carries the tags that its WHEEL file states."""
    try:
        named = {str(tag) for tag in parse_wheel_filename(name)[3]}
    except InvalidWheelFilename:
        return False
    return bool(named & set(tags))
