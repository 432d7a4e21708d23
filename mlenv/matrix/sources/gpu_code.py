"""The list of GPU code in a published wheel, read without downloading the wheel.

torch tells its own list; in other wheels the fat binaries of the shared libraries tell theirs.
"""

from __future__ import annotations

import re

import msgspec

from mlenv.matrix.sources.arch_list import LIBRARY, read_arch_list
from mlenv.matrix.sources.fatbin import UnreadableCodeError
from mlenv.matrix.sources.library_code import LibraryCode, read_library
from mlenv.matrix.sources.remote_wheel import Member, RemoteWheel, open_wheel
from mlenv.system.page import WebDoor

MIB = 1024 * 1024
LIMIT_BYTES = 64 * MIB
# xgboost/lib/libxgboost.so, cupy/cuda/cub.cpython-312-x86_64-linux-gnu.so, libtensorflow_cc.so.2
_NATIVE = re.compile(r".+\.(?:so|pyd|dll)(?:\.\d+)*", re.IGNORECASE)
# What repair tools copy in from elsewhere: xgboost.libs/libgomp-e985bcbb.so.1.0.0
_BORROWED = re.compile(r"[^/]+\.libs/.*")
_NUMBERED = re.compile(r"(sm|compute)_(\d+)(\d)([af]?)")


class LibraryGpuCode(msgspec.Struct, frozen=True, kw_only=True):
    """The code in one library of a wheel; ``partial`` are entries that not each of its fat binaries has."""

    library: str
    sass: tuple[str, ...] = ()
    ptx: tuple[str, ...] = ()
    gfx: tuple[str, ...] = ()
    partial: tuple[str, ...] = ()


class GpuCode(msgspec.Struct, frozen=True, kw_only=True):
    """All GPU code in a wheel, as in the rows of the matrix; all empty says that there is none.

    ``sass`` and ``ptx`` are compute capabilities (``9.0``, ``9.0a``, ``10.0f``), ``gfx`` AMD
    targets.  ``how`` says in a phrase what was read where; ``transferred`` counts its bytes.
    ``libraries`` are those with code, where a wheel may hold one for each CUDA release.
    """

    sass: tuple[str, ...] = ()
    ptx: tuple[str, ...] = ()
    gfx: tuple[str, ...] = ()
    how: str
    transferred: int
    libraries: tuple[LibraryGpuCode, ...] = ()


def read_gpu_code(web: WebDoor, url: str, *, limit_bytes: int = LIMIT_BYTES) -> GpuCode | None:
    """The GPU code in the wheel at an address; None where it cannot be told as a whole.

    :func:`measure_gpu_code` says why it cannot.  :class:`WebError` where the wheel cannot be read.
    """
    try:
        return measure_gpu_code(web, url, limit_bytes=limit_bytes)
    except UnreadableCodeError:
        return None


def measure_gpu_code(web: WebDoor, url: str, *, limit_bytes: int = LIMIT_BYTES) -> GpuCode:
    """The GPU code in the wheel at an address, all of it.

    :class:`UnreadableCodeError` says why it cannot be told: more than ``limit_bytes`` would have to
    be fetched (nothing is, then), or code of an unknown form.  :class:`WebError` where the wheel
    cannot be read.
    """
    wheel = open_wheel(web, url)
    bindings = [member for member in wheel.members() if LIBRARY.fullmatch(member.name)]
    libraries = bindings or [member for member in wheel.members() if _is_own_library(member)]
    _check_limit(wheel, libraries, limit_bytes)
    return _read_torch(wheel, bindings[0]) if bindings else _read_libraries(wheel, libraries)


def _is_own_library(member: Member) -> bool:
    return bool(_NATIVE.fullmatch(member.name)) and not _BORROWED.fullmatch(member.name)


def _check_limit(wheel: RemoteWheel, libraries: list[Member], limit_bytes: int) -> None:
    needed = wheel.transferred + sum(member.packed for member in libraries)
    if needed > limit_bytes:
        raise UnreadableCodeError(
            f"{wheel.name}: its libraries take {needed / MIB:.0f} MiB, the limit is {limit_bytes / MIB:.0f}"
        )


def _read_torch(wheel: RemoteWheel, library: Member) -> GpuCode:
    codes = read_arch_list(wheel.chunks(library.name))
    how = f"the list behind torch.cuda.get_arch_list() in {library.name}"
    if not codes:
        how = f"{library.name} has no torch.cuda.get_arch_list(): a build without GPU code"
    return GpuCode(**_columns(codes), how=how, transferred=wheel.transferred, libraries=())


def _read_libraries(wheel: RemoteWheel, libraries: list[Member]) -> GpuCode:
    read = [_read_one(wheel, member) for member in libraries]
    codes = {code for library in read for code in library.codes}
    return GpuCode(
        **_columns(_sorted(codes)),
        how=_how(read),
        transferred=wheel.transferred,
        libraries=tuple(_of_library(library) for library in read if library.binaries),
    )


def _read_one(wheel: RemoteWheel, member: Member) -> LibraryCode:
    try:
        return read_library(member.name, wheel.chunks(member.name))
    except UnreadableCodeError as error:
        raise UnreadableCodeError(f"{wheel.name}: {member.name}: {error}") from error


def _of_library(library: LibraryCode) -> LibraryGpuCode:
    partial = [code for codes in _columns(_sorted(library.partial)).values() for code in codes]
    return LibraryGpuCode(library=library.name, **_columns(_sorted(library.codes)), partial=tuple(partial))


def _how(read: list[LibraryCode]) -> str:
    """Such as ``65 fat binaries in xgboost/lib/libxgboost.so, the one library of the wheel``."""
    filled = [library for library in read if library.binaries]
    number = "the one library" if len(read) == 1 else f"all {len(read)} libraries"
    if not filled:
        return f"no fat binaries; {number} of the wheel read"
    count = sum(library.binaries for library in filled)
    where = filled[0].name if len(filled) == 1 else f"{len(filled)} libraries"
    return f"{count} fat binaries in {where}; {number} of the wheel read"


def _columns(codes: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Codes by the column of the matrix: ``sm_90a`` is the SASS ``9.0a``."""
    numbered = [
        (match.group(1), f"{match[2]}.{match[3]}{match[4]}") for match in map(_NUMBERED.fullmatch, codes) if match
    ]
    return {
        "sass": tuple(text for kind, text in numbered if kind == "sm"),
        "ptx": tuple(text for kind, text in numbered if kind == "compute"),
        "gfx": tuple(code for code in codes if code.startswith("gfx")),
    }


def _sorted(codes: set[str] | frozenset[str]) -> tuple[str, ...]:
    """Codes from the oldest device to the newest: ``gfx90a`` before ``gfx1100``."""
    return tuple(sorted(codes, key=lambda code: (len(code.rstrip("af") if "_" in code else code), code)))
