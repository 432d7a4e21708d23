"""Where ``mlenv.pyz`` comes from, for commands that carry it elsewhere."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from mlenv.errors import NoVerdictError, UsageError

if TYPE_CHECKING:
    from mlenv.terminal import Terminal

ANSIBLE_PLATFORMS = (
    "linux-x86_64",
    "linux-aarch64",
    "musl-x86_64",
    "musl-aarch64",
    "macos-x86_64",
    "macos-aarch64",
)
"""Hosts that are reached over ssh with a shell."""


def get_pyz(named: Path | None, terminal: Terminal) -> Path:
    """The file that was named, else one made of this mlenv, once; it needs a package index then."""
    if named is None:
        return _make_once(terminal)
    if not named.is_file():
        raise UsageError(f"--pyz {named}: there is no such file", hint="`scripts/build_pyz` makes it; releases have it")
    return named


def _make_once(terminal: Terminal) -> Path:
    import mlenv
    from mlenv.matrix.load import data_folder
    from mlenv.pyz.gathering import read_program
    from mlenv.system.folders import cache_folder

    package = Path(mlenv.__file__).parent
    key = digest_of(read_program(package, data_folder()))
    target = cache_folder() / "made" / f"mlenv-{key}.pyz"
    if not target.is_file():
        with terminal.step("Making mlenv.pyz, which is kept for the next time"):
            _replace(target, _make(package, data_folder()))
    return target


def _make(package: Path, data: Path) -> bytes:
    from mlenv.cli.proof import find_uv
    from mlenv.pyz.build import Parts, build_pyz
    from mlenv.pyz.gathering import Uv
    from mlenv.pyz.targets import choose_targets
    from mlenv.system.process import run

    try:
        stated = importlib.metadata.requires("mlenv") or []
    except importlib.metadata.PackageNotFoundError:
        raise NoVerdictError(
            "mlenv is not installed as a package, so what the single file needs is unknown",
            hint="name a file with --pyz",
        ) from None
    targets = choose_targets(ANSIBLE_PLATFORMS)
    parts = Parts(package=package, data=data, requirements=tuple(stated), targets=targets)
    return build_pyz(parts, Uv(find_uv(), run)).content


def digest_of(files: Mapping[str, bytes]) -> str:
    """What tells two sets of files apart."""
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(f"{path}\0{len(files[path])}\0".encode() + files[path])
    return digest.hexdigest()[:16]


def _replace(target: Path, content: bytes) -> None:
    """Write a file so that nobody ever sees half of it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, suffix=".part")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    os.replace(name, target)
