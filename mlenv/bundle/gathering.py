"""Every file that a lock names, fetched into a folder; what comes as source is built."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from mlenv.bundle.building import Builder, build_wheel
from mlenv.bundle.choice import ChosenFile
from mlenv.bundle.manifest import WHEELS, BundledPackage
from mlenv.errors import InstallError
from mlenv.system.transfer import DownloadError, FetchedFile, WantedFile


class Fetcher(Protocol):
    """Fetches files (see :class:`mlenv.system.download.Downloads`)."""

    def fetch(
        self, wanted: Sequence[WantedFile], on_progress: Callable[[str, int, int | None], None] | None = None
    ) -> tuple[FetchedFile, ...]:
        """Every file in its place, or none that is half."""


def gather_wheels(
    chosen: Sequence[ChosenFile],
    folder: Path,
    downloads: Fetcher,
    builder: Builder,
    *,
    on_progress: Callable[[str, int, int | None], None] | None = None,
    on_build: Callable[[str], object] = str,
) -> tuple[BundledPackage, ...]:
    """Lay the wheel of every package into ``folder/wheels``; :class:`InstallError` for one that cannot be had.

    ``on_progress`` is told a package, its bytes so far and in all; ``on_build`` the package that is built.
    """
    wheels = folder / WHEELS
    wheels.mkdir()
    with tempfile.TemporaryDirectory(prefix="mlenv-sources-") as scratch:
        sources = Path(scratch)
        wanted = [_want(item, wheels if item.kind == "wheel" else sources) for item in chosen]
        _fetch(wanted, downloads, on_progress)
        return tuple(
            _bundled(item, file.target, wheels, builder, on_build) for item, file in zip(chosen, wanted, strict=True)
        )


def _want(item: ChosenFile, folder: Path) -> WantedFile:
    return WantedFile(
        name=item.package,
        address=item.file.url or item.file.path,
        target=folder / item.filename,
        hashes=item.file.hashes,
        size=item.file.size,
    )


def _fetch(
    wanted: Sequence[WantedFile],
    downloads: Fetcher,
    on_progress: Callable[[str, int, int | None], None] | None,
) -> None:
    try:
        downloads.fetch(wanted, on_progress)
    except DownloadError as error:
        file = next((row.target.name for row in wanted if row.name == error.name), "")
        raise InstallError(
            f"{error.name}: {file} could not be fetched: {error}",
            hint="check the network, proxy and index settings (`mlenv probe` shows them), then run it again",
        ) from None


def _bundled(
    item: ChosenFile, file: Path, wheels: Path, builder: Builder, on_build: Callable[[str], object]
) -> BundledPackage:
    if item.kind == "wheel":
        return BundledPackage(name=item.package, version=item.version, path=f"{WHEELS}/{file.name}")
    on_build(f"{item.package} {item.version}")
    wheel = build_wheel(item, file, wheels, builder)
    return BundledPackage(name=item.package, version=item.version, path=f"{WHEELS}/{wheel.name}", built=True)


def wanted_bytes(chosen: Sequence[ChosenFile]) -> int:
    """The bytes of all files whose size the lock says."""
    return sum(item.file.size or 0 for item in chosen)
