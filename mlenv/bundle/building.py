"""Packages that come as source alone: built to a wheel here, where that wheel serves the other machine."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion

from mlenv.bundle.choice import ChosenFile
from mlenv.bundle.names import is_plain_name
from mlenv.errors import InstallError
from mlenv.report.redact import mask_text
from mlenv.supply.wheels import pythons_of
from mlenv.system.process import Completed, run

SECONDS = 2 * 3600.0
"""A build of a large extension takes an hour; one that takes two hangs."""
SHOWN_LINES = 8


class Builder(msgspec.Struct, frozen=True, kw_only=True):
    """How wheels are built.

    ``python`` is a path or a version, ``environ`` the variables for uv with the package sources in
    them; ``here`` says that the bundle is for this machine, ``platform`` and ``series`` what it is
    for; ``execute`` runs a command (for tests).
    """

    uv: str
    python: str
    environ: Mapping[str, str]
    here: bool
    platform: str
    series: str
    offline: bool = False
    execute: Callable[..., Completed] = run


def build_wheel(item: ChosenFile, source: Path, folder: Path, builder: Builder) -> Path:
    """Build ``source`` and lay its wheel into ``folder``.

    :class:`InstallError` where it cannot be built, or where the wheel serves this machine alone and
    the bundle is for another.
    """
    with tempfile.TemporaryDirectory(prefix="mlenv-build-") as scratch:
        done = builder.execute(
            (
                *(builder.uv, "build", "--wheel", "--no-progress", "--python", builder.python),
                *(("--offline",) if builder.offline else ()),
                *("--out-dir", scratch, str(source)),
            ),
            timeout=SECONDS,
            environ=builder.environ,
            cwd=scratch,
        )
        wheels = sorted(Path(scratch).glob("*.whl"))
        if not done.ok or len(wheels) != 1:
            raise InstallError(_tell(item, done), hint="build its wheel yourself and name its folder with --find-links")
        _check(item, wheels[0].name, builder)
        target = folder / wheels[0].name
        target.write_bytes(wheels[0].read_bytes())
        return target


def _check(item: ChosenFile, filename: str, builder: Builder) -> None:
    try:
        name, _, _, tags = parse_wheel_filename(filename)
    except (InvalidWheelFilename, InvalidVersion):
        raise InstallError(f"{item.package}: its build made {filename!r}, which is no wheel") from None
    if canonicalize_name(item.package) != name or not is_plain_name(filename):
        raise InstallError(f"{item.package}: its build made {filename!r}, which is another package's")
    fits = any(tag.platform == "any" and {"any", builder.series} & {*pythons_of(tag)} for tag in tags)
    if not fits and not builder.here:
        raise InstallError(
            f"{item.package} {item.version} comes as source alone, and a wheel built here ({filename}) "
            f"does not serve {builder.platform} with Python {builder.series}",
            hint=f"build it on such a machine and name its folder with --find-links, or leave out {item.package}",
        )


def _tell(item: ChosenFile, done: Completed) -> str:
    if done.missing:
        return f"{item.package} {item.version} comes as source, and uv cannot be started: {done.stderr}"
    how = "did not end in time" if done.timed_out else "failed"
    said = "".join(f"\n  {line}" for line in mask_text(done.stderr).strip().splitlines()[-SHOWN_LINES:])
    return f"{item.package} {item.version} comes as source, and building its wheel {how}{said}"
