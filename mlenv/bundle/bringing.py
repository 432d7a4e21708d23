"""The Python of a bundle, installed where uv keeps its own: afterwards ``uv venv --python X.Y`` finds it.

``uv venv --offline`` fetches no Python, not even from a folder.  So it is installed first, from a
list of downloads that names the one archive: such a list holds for every uv, while the mirror alone
would serve only one that knows that very release.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from mlenv.bundle.manifest import BundledPython
from mlenv.bundle.opening import Bundle
from mlenv.errors import InstallError
from mlenv.system.process import Completed, run

SECONDS = 900.0


def bring_python(
    bundle: Bundle, uv: str, environ: Mapping[str, str], *, execute: Callable[..., Completed] = run
) -> None:
    """Install the bundle's Python with uv; nothing is done where the bundle brings none.

    :class:`InstallError` where uv cannot.
    """
    python = bundle.manifest.python
    if python is None:
        return
    with tempfile.TemporaryDirectory(prefix="mlenv-python-") as scratch:
        downloads = Path(scratch) / "downloads.json"
        downloads.write_bytes(render_downloads(bundle, python))
        done = execute(
            (uv, "python", "install", "--offline", "--no-bin", "--no-progress", "--no-config", python.key),
            timeout=SECONDS,
            environ={**_without_mirrors(environ), "UV_PYTHON_DOWNLOADS_JSON_URL": str(downloads)},
        )
    if not done.ok:
        said = " ".join(done.stderr.split())[-300:]
        raise InstallError(f"Python {python.version} of {bundle.path} cannot be installed: {said}")


def render_downloads(bundle: Bundle, python: BundledPython) -> bytes:
    """Uv's list of downloads with the one archive of the bundle in it."""
    sha256 = next(file.sha256 for file in bundle.manifest.files if file.path == python.path)
    major, minor, patch = (int(part) for part in re.findall(r"\d+", python.version)[:3])
    entry = {
        "name": "cpython",
        "arch": {"family": python.architecture, "variant": None},
        "os": python.system,
        "libc": python.libc,
        "major": major,
        "minor": minor,
        "patch": patch,
        "prerelease": "".join(re.findall(r"(?:a|b|rc)\d+", python.version)[:1]),
        "url": (bundle.folder / python.path).as_uri(),
        "sha256": sha256,
        "variant": None if python.variant == "default" else python.variant,
        "build": None,
    }
    return msgspec.json.encode({python.key: entry})


def _without_mirrors(environ: Mapping[str, str]) -> dict[str, str]:
    """Variables that would have uv look elsewhere for the archive, or forbid to install it."""
    kept = {name: value for name, value in environ.items() if name != "UV_PYTHON_INSTALL_MIRROR"}
    return {**kept, "UV_PYTHON_DOWNLOADS": "manual"}
