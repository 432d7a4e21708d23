"""Making the single file."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec

from mlenv.pyz.archive import pack, start_text
from mlenv.pyz.gathering import Uv, read_packages, read_program
from mlenv.pyz.requirements import choose_requirements, missing_modules
from mlenv.pyz.targets import Target


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What a single file is made of.

    ``package`` is the folder of mlenv's modules, ``data`` that of the compatibility matrix, ``requirements`` what
    mlenv states to need, ``extra`` names large distributions to carry nevertheless.  ``lock`` holds versions and
    hashes of an earlier build; without one the newest are taken.
    """

    package: Path
    data: Path
    requirements: tuple[str, ...]
    targets: tuple[Target, ...]
    extra: tuple[str, ...] = ()
    lock: str = ""


class Built(msgspec.Struct, frozen=True, kw_only=True):
    """A single file, and the versions and hashes that it was made with."""

    content: bytes
    lock: str


def build_pyz(parts: Parts, uv: Uv, on_target: Callable[[Target], object] = str) -> Built:
    """Make it; :class:`NoVerdictError` where a part cannot be had.  ``on_target`` is told what is gathered next."""
    carried = choose_requirements(parts.requirements, parts.extra)
    program = read_program(parts.package, parts.data)
    with tempfile.TemporaryDirectory(prefix="mlenv-build-") as name:
        folder = Path(name)
        lock = parts.lock or uv.lock(carried, min(parts.targets, key=_age).python, folder)
        (folder / "lock.txt").write_text(lock, encoding="utf-8")
        files = {}
        for target in parts.targets:
            on_target(target)
            place = folder / target.id
            uv.install(folder / "lock.txt", target, place, large=bool(parts.extra))
            files[target.id] = {**read_packages(place), **program}
    content = pack(files, lock, missing_modules(carried), start_text())
    return Built(content=content, lock=lock)


def _age(target: Target) -> tuple[int, ...]:
    return tuple(int(part) for part in target.python.split("."))
