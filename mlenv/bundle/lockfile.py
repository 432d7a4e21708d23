"""The lock of a bundle: the same packages, from the files beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import tomli_w
from packaging.utils import canonicalize_name

from mlenv.bundle.manifest import BundledFile, BundledPackage


def render_lock(packages: Sequence[BundledPackage], files: Mapping[str, BundledFile], requires_python: str = "") -> str:
    """A pylock.toml (PEP 751) whose files are named by paths relative to it; ``files`` are by path."""
    table: dict[str, object] = {"lock-version": "1.0", "created-by": "mlenv"}
    if requires_python:
        table["requires-python"] = requires_python
    table["packages"] = [
        {
            "name": canonicalize_name(package.name),
            "version": package.version,
            "wheels": [
                {
                    "path": package.path,
                    "size": files[package.path].size,
                    "hashes": {"sha256": files[package.path].sha256},
                }
            ],
        }
        for package in packages
    ]
    return tomli_w.dumps(table)


def render_requirements(packages: Sequence[BundledPackage], files: Mapping[str, BundledFile]) -> str:
    """The same as lines for pip and uv: exact versions with the hash of the one file."""
    lines = (
        f"{canonicalize_name(package.name)}=={package.version} --hash=sha256:{files[package.path].sha256}"
        for package in packages
    )
    return "".join(f"{line}\n" for line in lines)
