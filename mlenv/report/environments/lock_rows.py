"""The packages of a lock, with where each came from: pylock.toml (PEP 751) and conda's explicit lock."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import msgspec
import tomli
from packaging.utils import canonicalize_name

from mlenv.facts.pattern import lazy
from mlenv.plan.explicit import MARK
from mlenv.plan.lock import LockedFile, LockedPackage
from mlenv.report.environments.held import Held, Origin, find_host, hide_address
from mlenv.report.environments.versions import split_label
from mlenv.typed import convert

# https://host/conda-forge/linux-64/pytorch-2.13.0-cuda129_generic_py312_h0_200.conda#9f8e...
_EXPLICIT = lazy(
    r"(?P<channel>[^#]+)/[^/#]+/"
    r"(?P<file>(?P<name>[^/#]+)-(?P<version>[^-/#]+)-(?P<build>[^-/#]+)\.(?:conda|tar\.bz2))(?:#(?P<hash>.+))?"
)
_CONDA_CUDA = lazy(r"cuda_?(\d{2,3})(?![0-9])")
_CONDA_CPU = lazy(r"cpu(?![a-z0-9])")


class _Locked(LockedPackage):
    index: str = ""
    vcs: dict[str, object] | None = None
    directory: dict[str, object] | None = None


class _Lock(msgspec.Struct):
    packages: tuple[_Locked, ...]


def read_rows(text: str, conda_names: Mapping[str, str]) -> list[Held]:
    """The packages of a lock; empty for a text that is none.

    ``conda_names`` gives the distribution that a package of conda holds (``pytorch``: ``torch``).
    """
    if MARK in text.splitlines():
        found = (_EXPLICIT.fullmatch(line.strip()) for line in text.splitlines())
        return [_take_record(match, conda_names) for match in found if match]
    try:
        return [_take_locked(row) for row in convert(tomli.loads(text), _Lock).packages]
    except (tomli.TOMLDecodeError, msgspec.ValidationError, RecursionError):
        return []


def _take_locked(row: _Locked) -> Held:
    version, label = split_label(row.version)
    files = [file for file in (*row.wheels, row.sdist, row.archive) if file is not None]
    origin = _find_origin(row)
    wheel = any(file.name.endswith(".whl") for file in files)
    return Held(
        name=canonicalize_name(row.name),
        version=version,
        label=label,
        index=hide_address(row.index if origin == "index" else _find_direct(row)),
        host=_find_host(files),
        origin=origin,
        source=not wheel and (bool(files) or origin != "index"),
        files={file.name: file.hashes for file in files if file.hashes},
    )


def _find_origin(row: _Locked) -> Origin:
    if row.vcs is not None:
        return "repository"
    if row.directory is not None:
        return "folder"
    return "archive" if row.archive is not None else "index"


def _find_direct(row: _Locked) -> str:
    """The address of a package that no index supplied; a repository's with its commit."""
    if row.archive is not None and row.vcs is None and row.directory is None:
        return row.archive.url or row.archive.path
    table = row.vcs or row.directory or {}
    place = str(table.get("url") or table.get("path") or "")
    commit = table.get("commit-id")
    return f"{place}@{commit}" if commit else place


def _find_host(files: Sequence[LockedFile]) -> str:
    addresses: Iterable[str] = (file.url or file.path for file in files)
    return next((find_host(address) for address in addresses if address), "")


def _take_record(match: re.Match[str], names: Mapping[str, str]) -> Held:
    channel = hide_address(match["channel"])
    algorithm, _, value = (match["hash"] or "").rpartition(":")
    return Held(
        name=names.get(match["name"], match["name"].lower()),
        version=match["version"],
        label=label_of(match["build"]),
        index=channel,
        host=find_host(channel),
        files={match["file"]: {algorithm or "md5": value}} if value else {},
    )


def label_of(build: str) -> str:
    """The build that conda's build string names.

    ``cuda129_generic_py312_h0_200`` gives ``cu129``, ``cpu_mkl_py312_h0_102`` gives ``cpu``.
    """
    cuda = _CONDA_CUDA.match(build)
    if cuda:
        return f"cu{cuda[1]}"
    return "cpu" if _CONDA_CPU.match(build) else ""
