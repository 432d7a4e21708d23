"""The archive of a Python for the target machine: named, fetched and checked by uv, kept for the bundle.

uv knows where the archives of every platform are and what their hashes must be; its mirror and its
list of downloads may be set by variables (``UV_PYTHON_INSTALL_MIRROR``, ``UV_PYTHON_DOWNLOADS_JSON_URL``).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

import msgspec

from mlenv.bundle.manifest import PYTHONS, BundledPython
from mlenv.bundle.names import is_plain_name
from mlenv.errors import InstallError, NoVerdictError
from mlenv.facts.machine import Machine
from mlenv.facts.version import numbers
from mlenv.report.redact import mask_text
from mlenv.system.process import Completed, run
from mlenv.typed import decode_json

LIST_SECONDS = 60.0
FETCH_SECONDS = 3600.0
SAID = 400
"""So many letters of what uv says are passed on."""
ARCHIVES = (".gz", ".tgz", ".zst", ".xz", ".bz2", ".zip")


class _Download(msgspec.Struct):
    """One line of ``uv python list --output-format json``."""

    key: str
    version: str
    os: str
    arch: str
    libc: str
    implementation: str = "cpython"
    variant: str = "default"
    url: str | None = None


class Uv(msgspec.Struct, frozen=True, kw_only=True):
    """uv, the variables for it, and who runs it (for tests)."""

    path: str
    environ: Mapping[str, str]
    execute: Callable[..., Completed] = run


def bring_archive(python: str, machine: Machine, folder: Path, uv: Uv) -> BundledPython:
    """Fetch the newest archive of a Python (``3.12``, ``3.13t``, ``3.12.4``) into ``folder/python``.

    It lies as a mirror for uv has it.  :class:`InstallError` where there is none for the machine's
    platform, or where it cannot be had.
    """
    download = _find(python, machine, _list(python, uv))
    with tempfile.TemporaryDirectory(prefix="mlenv-python-") as scratch:
        kept = _fetch(download, Path(scratch), uv)
        path = _place(download)
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(kept.read_bytes())
    return BundledPython(
        key=download.key,
        version=download.version,
        path=path,
        system=download.os,
        architecture=download.arch,
        libc=download.libc,
        variant=download.variant,
    )


def _list(python: str, uv: Uv) -> list[_Download]:
    words = ("--only-downloads", "--all-platforms", "--all-arches", "--show-urls", "--output-format", "json")
    done = uv.execute((uv.path, "python", "list", *words, python), timeout=LIST_SECONDS, environ=uv.environ)
    try:
        if done.ok:
            return decode_json(done.stdout, list[_Download])
    except msgspec.DecodeError:
        pass
    raise NoVerdictError(f"uv cannot list the archives of Python {python}{_said(done)}")


def _find(python: str, machine: Machine, downloads: list[_Download]) -> _Download:
    architecture = {"arm64": "aarch64"}.get(machine.architecture or "", machine.architecture or "")
    wanted = (machine.os.family, architecture, _libc(machine), "freethreaded" if python.endswith("t") else "default")
    fitting = [
        row
        for row in downloads
        if row.implementation == "cpython" and row.url and (row.os, row.arch, row.libc, row.variant) == wanted
    ]
    if not fitting:
        raise InstallError(
            f"uv knows no archive of Python {python} for {machine.platform} ({wanted[2]})",
            hint="name another Python with --python, or install one there and say so in the machine's description",
        )
    return max(fitting, key=lambda row: numbers(row.version))


def _libc(machine: Machine) -> Literal["gnu", "musl", "none"]:
    if machine.os.family != "linux":
        return "none"
    return "musl" if machine.os.libc is not None and machine.os.libc.family == "musl" else "gnu"


def _fetch(download: _Download, scratch: Path, uv: Uv) -> Path:
    """The archive as uv keeps it, once it is unpacked beside it: that is when its hash was checked."""
    kept, tried = scratch / "kept", scratch / "tried"
    done = uv.execute(
        (uv.path, "python", "install", "--no-bin", "--no-progress", "--install-dir", str(tried), download.key),
        timeout=FETCH_SECONDS,
        environ={**uv.environ, "UV_PYTHON_CACHE_DIR": str(kept), "UV_PYTHON_INSTALL_REGISTRY": "0"},
    )
    found = [path for path in kept.glob("*") if path.is_file() and path.suffix in ARCHIVES] if kept.is_dir() else []
    if not (tried / download.key).is_dir() or len(found) != 1:
        raise InstallError(
            f"Python {download.version} for {download.os}-{download.arch} cannot be fetched{_said(done)}",
            hint="check the network and proxy; UV_PYTHON_INSTALL_MIRROR names a mirror of the archives",
        )
    return found[0]


# https://example.org/releases/20261110/cpython-3.12.16%2B20261110-x86_64-unknown-linux-gnu-install_only.tar.gz
def _place(download: _Download) -> str:
    """``python/20261110/cpython-...tar.gz``: the release and the file, as their address ends."""
    parts = [unquote(part) for part in urlsplit(download.url or "").path.split("/") if part]
    path = "/".join((PYTHONS, *parts[-2:]))
    if not is_plain_name(path):
        raise InstallError(f"Python {download.version}: {path[:120]!r} is no name for its archive")
    return path


def _said(done: Completed) -> str:
    text = "it did not end in time" if done.timed_out else " ".join(mask_text(done.stderr).split())[:SAID]
    return f": {text}" if text else ""
