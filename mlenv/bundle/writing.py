"""The files of a bundle around its wheels, and their checksums; everything lies in a folder that is made up first."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from mlenv.bundle.lockfile import render_lock, render_requirements
from mlenv.bundle.manifest import (
    LOCK,
    MANIFEST,
    REQUIREMENTS,
    SUMS,
    BundledFile,
    BundledPackage,
    BundledPython,
    BundleManifest,
    BundleRequest,
    BundleTarget,
    encode_manifest,
    render_sums,
)
from mlenv.bundle.powershell import render_powershell
from mlenv.bundle.readme import render_readme
from mlenv.bundle.script import render_script
from mlenv.bundle.words import script_name
from mlenv.matrix.load import DataVersion
from mlenv.plan.plan import Plan

CHUNK = 1024 * 1024


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """What a bundle is made of; ``plan`` is masked, ``modules`` are imported when it is installed.

    ``created`` is as in the manifest, ``requires_python`` of the lock, ``environment`` the place where
    the script installs to when it is told no other.
    """

    plan: Plan
    request: BundleRequest
    target: BundleTarget
    packages: tuple[BundledPackage, ...]
    python: BundledPython | None
    data: DataVersion
    created: str
    modules: tuple[str, ...]
    environment: str
    requires_python: str = ""
    notes: tuple[str, ...] = ()


def write_bundle(folder: Path, contents: Contents) -> BundleManifest:
    """Write lock, script, manifest and checksums beside the wheels in ``folder``; the manifest comes back."""
    known = {file.path: file for file in list_files(folder)}
    _write(folder, LOCK, render_lock(contents.packages, known, contents.requires_python))
    _write(folder, REQUIREMENTS, render_requirements(contents.packages, known))
    draft = _manifest(contents, tuple(known.values()))
    _write(folder, "README.txt", render_readme(draft))
    script = render_powershell if script_name(draft) == "install.ps1" else render_script
    _write(folder, script_name(draft), script(draft, contents.modules, contents.environment))
    if script_name(draft) == "install.sh":
        (folder / "install.sh").chmod(0o755)
    manifest = _manifest(contents, list_files(folder, known))
    (folder / MANIFEST).write_bytes(encode_manifest(manifest))
    _write(folder, SUMS, expected_sums(folder, manifest))
    return manifest


def expected_sums(folder: Path, manifest: BundleManifest) -> str:
    """The checksums that a bundle with this manifest has; its own file is read for them."""
    return render_sums((*manifest.files, measure(folder, MANIFEST)))


def list_files(folder: Path, known: dict[str, BundledFile] | None = None) -> tuple[BundledFile, ...]:
    """Every file below a folder, by path, with size and hash; ``known`` ones are not read again."""
    paths = []
    for place, _, names in os.walk(folder):
        paths += [os.path.relpath(os.path.join(place, name), folder).replace(os.sep, "/") for name in names]
    found = known or {}
    return tuple(found.get(path) or measure(folder, path) for path in sorted(paths))


def measure(folder: Path, path: str) -> BundledFile:
    """A file of a folder with its size and hash."""
    digest, size = hashlib.sha256(), 0
    with (folder / path).open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return BundledFile(path=path, sha256=digest.hexdigest(), size=size)


def _manifest(contents: Contents, files: Sequence[BundledFile]) -> BundleManifest:
    return BundleManifest(
        matrix_version=contents.data.version,
        matrix_digest=contents.data.digest,
        created=contents.created,
        profile=contents.plan.profile,
        request=contents.request,
        target=contents.target,
        packages=contents.packages,
        python=contents.python,
        files=tuple(files),
        plan=contents.plan,
        notes=contents.notes,
    )


def _write(folder: Path, name: str, text: str) -> None:
    # As bytes: on Windows a text would get other line ends, which a POSIX shell cannot read.
    (folder / name).write_bytes(text.encode("utf-8"))
