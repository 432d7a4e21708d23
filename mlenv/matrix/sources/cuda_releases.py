"""CUDA releases and the Linux driver that NVIDIA bundles with each.

NVIDIA lists the redistributable parts of every CUDA release in a folder of manifests,
``redistrib_<version>.json``.  What is known of their form, and from whom:

- The folder page and its links with single quotes: an archived copy of NVIDIA's page, and public
  programs that read it.  Manifests before 11.4.2 are small there; nobody was found to quote one.
- ``nvidia_driver`` with ``version`` and Linux platforms alone: nixpkgs' verbatim copies of the
  manifests (470.82.01 in 11.4.4, 570.86.10 in 12.8.0, 580.65.06 in 13.0.0, 580.126.20 in 13.0.3).
- No ``nvidia_driver`` from 13.4 on, where the driver is no longer bundled: the copy of 13.4.1.
- ``release_label`` is absent up to 12.1.1: nixpkgs, and its copy of 11.4.4.  The file name tells.

A later manifest of a minor bundles a later driver, so the first one tells the driver that belongs
to the minor.  A bundled driver proves that one so new is enough, not that an older one is too
old: a lower version that a row already states (12.8: 570.26 by NVIDIA's release notes) stays.
Windows drivers are in no manifest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urljoin

import msgspec

from mlenv.facts.version import at_least, numbers, series
from mlenv.matrix.hardware import CudaRelease
from mlenv.matrix.sources.published import SourceTrouble
from mlenv.system.page import Page, WebDoor
from mlenv.typed import decode_json

SOURCE = "NVIDIA's list of CUDA releases"
ROW_SOURCE = "cuda-redist"
"""The source that rows from here name; the text belongs into the file's ``[sources]`` table."""
ROW_SOURCE_TEXT = "NVIDIA's manifests of CUDA redistributables: the driver bundled with the first one of the minor"
URL = "https://developer.download.nvidia.com/compute/cuda/redist/"
WORKERS = 8

_MANIFEST = re.compile(r"""href=["']?(?:[^"'>\s]*/)?redistrib_(\d+\.\d+(?:\.\d+)*)\.json["'>\s]""")


class Component(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a CUDA release."""

    version: str = ""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a manifest says that concerns us."""

    release_date: str
    nvidia_driver: Component | None = None


class CudaTable(msgspec.Struct, frozen=True, kw_only=True):
    """``rows`` are newest first; ``troubles`` say what could not be read or understood."""

    rows: tuple[CudaRelease, ...]
    troubles: tuple[SourceTrouble, ...] = ()


def read_cuda_releases(web: WebDoor, *, known: Sequence[CudaRelease] = (), url: str = URL) -> CudaTable:
    """The minors of CUDA with the Linux driver of each.

    ``known`` rows that no manifest concerns, changes or explains come back as they are, and all
    keep their Windows driver.
    """
    page = web.page(url)
    versions = first_versions(parse_listing(page.body)) if page.state == "found" else ()
    if not versions:
        phrase = "no CUDA manifest is listed there" if page.state == "found" else _why(page)
        return CudaTable(rows=tuple(known), troubles=(_trouble(url, phrase),))
    urls = [urljoin(url, f"redistrib_{version}.json") for version in versions]
    with ThreadPoolExecutor(WORKERS) as pool:
        manifests = list(pool.map(lambda address: read_manifest(web, address), urls))
    return _merged(dict(zip(map(series, versions), manifests, strict=True)), known)


def read_manifest(web: WebDoor, url: str) -> Manifest | SourceTrouble:
    """One manifest, or why there is none."""
    page = web.page(url)
    if page.state != "found":
        return _trouble(url, _why(page))
    try:
        return parse_manifest(page.body)
    except (msgspec.MsgspecError, ValueError) as error:
        return _trouble(url, f"the manifest has another form: {error}")


# <span class="file"><a href='redistrib_12.9.1.json'>redistrib_12.9.1.json</a></span>
# and beside them folders, signatures (redistrib_13.5.0.json.asc) and redistrib_v2_13.5.0.json
def parse_listing(body: bytes) -> tuple[str, ...]:
    """The versions of the manifests that NVIDIA's folder page links to, in its order."""
    return tuple(dict.fromkeys(_MANIFEST.findall(body.decode("utf-8", "replace"))))


def first_versions(versions: Iterable[str]) -> tuple[str, ...]:
    """The first version of each minor, newest minor first."""
    first: dict[str, str] = {}
    for version in sorted(versions, key=numbers, reverse=True):
        first[series(version)] = version
    return tuple(first.values())


# {"release_date": "2025-08-04", "release_label": "13.0.0", "release_product": "cuda", ...,
#  "nvidia_driver": {"name": "NVIDIA Linux Driver", "version": "580.65.06", "linux-x86_64": {...}, ...}}
def parse_manifest(body: bytes) -> Manifest:
    """The driver of a manifest; :class:`ValueError` or :class:`msgspec.MsgspecError` otherwise."""
    manifest = decode_json(body, Manifest)
    driver = manifest.nvidia_driver
    if driver is not None and not re.fullmatch(r"\d+(\.\d+)+", driver.version):
        raise ValueError(f"{driver.version!r} is no version of a driver")
    return manifest


def _merged(manifests: dict[str, Manifest | SourceTrouble], known: Sequence[CudaRelease]) -> CudaTable:
    rows = {row.version: row for row in known}
    for minor, manifest in manifests.items():
        if isinstance(manifest, Manifest):
            rows[minor] = _row(minor, manifest, rows.get(minor))
    newest_first = sorted(rows.values(), key=lambda row: numbers(row.version), reverse=True)
    troubles = tuple(manifest for manifest in manifests.values() if isinstance(manifest, SourceTrouble))
    return CudaTable(rows=tuple(newest_first), troubles=troubles)


def _row(minor: str, manifest: Manifest, known: CudaRelease | None) -> CudaRelease:
    bundled = manifest.nvidia_driver.version if manifest.nvidia_driver else ""
    if known is None:
        return CudaRelease(version=minor, linux=bundled, windows="", source=(ROW_SOURCE,))
    if not bundled or (known.linux and at_least(bundled, known.linux)):
        return known
    return msgspec.structs.replace(known, linux=bundled, source=tuple(dict.fromkeys((*known.source, ROW_SOURCE))))


def _why(page: Page) -> str:
    return page.detail or "there is no such page"


def _trouble(url: str, phrase: str) -> SourceTrouble:
    return SourceTrouble(source=SOURCE, url=url, phrase=phrase)
