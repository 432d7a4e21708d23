"""A bundle's manifest, read strictly: it may come from anywhere."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from mlenv.bundle.manifest import LOCK, MANIFEST, PYTHONS, SCHEMA, SUMS, WHEELS, BundleManifest
from mlenv.bundle.names import is_plain_name
from mlenv.errors import UsageError
from mlenv.typed import decode_json

MAX_MANIFEST = 32 * 1024 * 1024
MAX_FILES = 10_000
_SHA256 = re.compile(r"[0-9a-f]{64}")


class _Head(msgspec.Struct):
    schema: str


def demand(right: bool, path: Path, what: str) -> None:
    """:class:`UsageError` about the bundle at ``path`` where something is not right."""
    if not right:
        raise UsageError(f"{path}: {what}", hint="bring the bundle here again; SHA256SUMS tells what is damaged")


def parse_manifest(path: Path, data: bytes) -> BundleManifest:
    """The manifest of the bundle at ``path``; :class:`UsageError` with the key that is wrong."""
    try:
        schema = decode_json(data, _Head).schema
        if schema != SCHEMA:
            raise UsageError(
                f"{path}: {MANIFEST}: schema: {schema[:80]!r} is not one that this mlenv reads ({SCHEMA})",
                hint="install the mlenv that made the bundle, or make the bundle again with this one",
            )
        manifest = decode_json(data, BundleManifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{path}: {MANIFEST}: {error}") from None
    _check_files(path, manifest)
    _check_references(path, manifest)
    return manifest


def _check_files(path: Path, manifest: BundleManifest) -> None:
    demand(len(manifest.files) <= MAX_FILES, path, f"{MANIFEST}: files: more than any bundle has")
    names = set[str]()
    for number, file in enumerate(manifest.files):
        key = f"{MANIFEST}: files[{number}]"
        demand(is_plain_name(file.path), path, f"{key}.path: {file.path[:120]!r} is no name for a file of a bundle")
        demand(file.path.lower() not in names, path, f"{key}.path: {file.path!r} is there twice")
        demand(file.path not in (MANIFEST, SUMS), path, f"{key}.path: {file.path!r} stands for itself")
        demand(bool(_SHA256.fullmatch(file.sha256)), path, f"{key}.sha256: {file.sha256[:80]!r} is none")
        demand(file.size >= 0, path, f"{key}.size: {file.size} is none")
        names.add(file.path.lower())


def _check_references(path: Path, manifest: BundleManifest) -> None:
    """What the manifest speaks of is among its files, in the folder where it belongs."""
    known = {file.path for file in manifest.files}
    demand(LOCK in known, path, f"{MANIFEST}: files: {LOCK} is missing")
    for number, package in enumerate(manifest.packages):
        right = package.path in known and package.path.startswith(f"{WHEELS}/")
        demand(right, path, f"{MANIFEST}: packages[{number}].path: {package.path[:120]!r} is not among the wheels")
    if manifest.python is not None:
        right = manifest.python.path in known and manifest.python.path.startswith(f"{PYTHONS}/")
        demand(right, path, f"{MANIFEST}: python.path: {manifest.python.path[:120]!r} is not among the files")
