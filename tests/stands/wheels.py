"""Tiny wheels and source distributions, the same bytes each time.

This file also travels inside the source distributions, where it builds their wheels; so it knows
the standard library alone.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import itertools
import json
import random
import re
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

FIRST_DAY = (2020, 1, 1, 0, 0, 0)
BACKEND = """\
import json, pathlib
from stand_wheels import make_wheel


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    project = json.loads(pathlib.Path("stand.json").read_text())
    if project.pop("fails"):
        raise RuntimeError("this build is made to fail")
    return make_wheel(pathlib.Path(wheel_directory), **project).name
"""
PYPROJECT = """\
[build-system]
requires = []
build-backend = "stand_backend"
backend-path = ["backend"]
"""


def make_wheel(
    folder: Path,
    name: str,
    version: str,
    *,
    requires: Sequence[str] = (),
    extras: Mapping[str, Sequence[str]] | None = None,
    requires_python: str = "",
    modules: Mapping[str, str] | None = None,
    scripts: Mapping[str, str] | None = None,
    tag: str = "py3-none-any",
    size: int = 0,
) -> Path:
    """A wheel in ``folder``, which is made where it is missing.

    ``modules`` are texts by their path below site-packages; without any there is one module that
    knows its version.  ``scripts`` are entry points (``{"demo": "demo:main"}``), ``size`` the bytes
    of a file that no compression makes smaller.
    """
    stem = f"{escape(name)}-{version}"
    info = f"{stem}.dist-info"
    sources = {f"{escape(name)}.py": f'__version__ = "{version}"\n'} if modules is None else modules
    files = {path: text.encode() for path, text in sources.items()}
    if size:
        files[f"{escape(name)}.bin"] = random.Random(stem).randbytes(size)
    files[f"{info}/METADATA"] = metadata(name, version, requires, extras or {}, requires_python)
    files[f"{info}/WHEEL"] = _wheel_text(tag)
    if scripts:
        lines = ["[console_scripts]", *(f"{script} = {target}" for script, target in scripts.items())]
        files[f"{info}/entry_points.txt"] = _text(lines)
    files[f"{info}/RECORD"] = _record(files, f"{info}/RECORD")
    folder.mkdir(parents=True, exist_ok=True)
    wheel = folder / f"{stem}-{tag}.whl"
    wheel.write_bytes(_zip(files))
    return wheel


def make_sdist(
    folder: Path,
    name: str,
    version: str,
    *,
    requires: Sequence[str] = (),
    modules: Mapping[str, str] | None = None,
    size: int = 0,
    dynamic: bool = False,
    fails: bool = False,
) -> Path:
    """A source distribution in ``folder`` that builds without the network.

    Its build backend lies in its own tree and needs nothing.  ``dynamic`` leaves what it requires
    to the build, ``fails`` makes that build fail.
    """
    stem = f"{escape(name)}-{version}"
    project = {"name": name, "version": version, "requires": list(requires), "size": size, "fails": fails}
    if modules is not None:
        project["modules"] = dict(modules)
    files = {
        "PKG-INFO": metadata(name, version, () if dynamic else requires, dynamic=dynamic),
        "pyproject.toml": PYPROJECT.encode(),
        "stand.json": json.dumps(project).encode(),
        "backend/stand_backend.py": BACKEND.encode(),
        "backend/stand_wheels.py": Path(__file__).read_bytes(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    sdist = folder / f"{stem}.tar.gz"
    sdist.write_bytes(_tar({f"{stem}/{path}": body for path, body in files.items()}))
    return sdist


def metadata(
    name: str,
    version: str,
    requires: Sequence[str] = (),
    extras: Mapping[str, Sequence[str]] | None = None,
    requires_python: str = "",
    *,
    dynamic: bool = False,
) -> bytes:
    """What a distribution says of itself."""
    lines = ["Metadata-Version: 2.2", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Python: {requires_python}"] if requires_python else []
    lines += ["Dynamic: Requires-Dist"] if dynamic else []
    lines += [f"Requires-Dist: {row}" for row in requires]
    for extra, rows in (extras or {}).items():
        lines += [f"Provides-Extra: {extra}", *(f'Requires-Dist: {row} ; extra == "{extra}"' for row in rows)]
    return _text(lines)


def escape(name: str) -> str:
    """A project's name as file names spell it."""
    return re.sub(r"[-_.]+", "_", name).lower()


def _wheel_text(tag: str) -> bytes:
    tags = itertools.product(*(part.split(".") for part in tag.split("-")))
    pure = "true" if tag.endswith("-none-any") else "false"
    lines = ["Wheel-Version: 1.0", "Generator: stand", f"Root-Is-Purelib: {pure}"]
    return _text([*lines, *(f"Tag: {'-'.join(one)}" for one in tags)])


def _record(files: Mapping[str, bytes], itself: str) -> bytes:
    return _text([*(f"{path},sha256={_digest(body)},{len(body)}" for path, body in files.items()), f"{itself},,"])


def _digest(body: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(body).digest()).decode().rstrip("=")


def _text(lines: Sequence[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()


def _zip(files: Mapping[str, bytes]) -> bytes:
    """Stored, since compression differs between releases of zlib."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for path, body in files.items():
            member = zipfile.ZipInfo(path, FIRST_DAY)
            member.external_attr = 0o644 << 16
            archive.writestr(member, body)
    return content.getvalue()


def _tar(files: Mapping[str, bytes]) -> bytes:
    content = io.BytesIO()
    options: dict[str, Any] = {"filename": "", "mtime": 0, "compresslevel": 0}
    with (
        gzip.GzipFile(fileobj=content, mode="wb", **options) as packed,
        tarfile.open(fileobj=packed, mode="w") as archive,
    ):
        for path, body in files.items():
            member = tarfile.TarInfo(path)
            member.size = len(body)
            archive.addfile(member, io.BytesIO(body))
    return content.getvalue()
