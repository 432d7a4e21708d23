"""The headers of programs: for which processor they were made."""

from __future__ import annotations

import struct
from typing import Literal

import msgspec

from mlenv.system.host import Host

HEADER_BYTES = 1024
_MOST_PARTS = 8
Format = Literal["elf", "macho", "pe"]

_ELF = {0x3E: "x86_64", 0xB7: "aarch64", 0x03: "x86", 0x28: "arm", 0xF3: "riscv64", 0x15: "ppc64le", 0x16: "s390x"}
_MACHO = {0x01000007: "x86_64", 0x0100000C: "arm64", 0x07: "x86"}
_PE = {0x8664: "x86_64", 0xAA64: "arm64", 0x014C: "x86"}


class Executable(msgspec.Struct, frozen=True, kw_only=True):
    """A program's format, word size and architecture.

    The last is None where unknown, and ``universal2`` for a Mac's program made for both of its processors.
    """

    format: Format
    bits: int | None = None
    architecture: str | None = None


def parse_executable(header: bytes) -> Executable | None:
    """What the first bytes of a file say; None for a script or anything else."""
    if header[:4] == b"\x7fELF":
        return _parse_elf(header)
    if header[:4] in (b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe"):
        wide = header[:1] == b"\xcf"
        return Executable(format="macho", bits=64 if wide else 32, architecture=_MACHO.get(_number("<I", header, 4)))
    if header[:4] == b"\xca\xfe\xba\xbe":
        return Executable(format="macho", bits=64, architecture=_name_parts(header))
    return _parse_pe(header) if header[:2] == b"MZ" else None


def read_program(host: Host, path: str) -> Executable | None:
    """The header of a program; None for what cannot be read and for scripts, such as pyenv's shims."""
    try:
        return parse_executable(host.read_bytes(path, HEADER_BYTES))
    except OSError:
        return None


def _name_parts(header: bytes) -> str | None:
    """The processors of a program with several parts, each of which has 20 bytes of the header."""
    count = min(_number(">I", header, 4), _MOST_PARTS)
    found = {_MACHO.get(_number(">I", header, 8 + 20 * place)) for place in range(count)}
    return "universal2" if {"x86_64", "arm64"} <= found else found.pop() if len(found) == 1 else None


def _parse_elf(header: bytes) -> Executable:
    bits = {1: 32, 2: 64}.get(header[4] if len(header) > 4 else 0)
    order = ">" if header[5:6] == b"\x02" else "<"
    return Executable(format="elf", bits=bits, architecture=_ELF.get(_number(f"{order}H", header, 18)))


def _parse_pe(header: bytes) -> Executable:
    start = _number("<I", header, 0x3C)
    known = start >= 0 and header[start : start + 4] == b"PE\0\0"
    architecture = _PE.get(_number("<H", header, start + 4)) if known else None
    bits = None if architecture is None else 32 if architecture == "x86" else 64
    return Executable(format="pe", bits=bits, architecture=architecture)


def _number(form: str, header: bytes, offset: int) -> int:
    """A number in the header, -1 beyond its end."""
    if len(header) < offset + struct.calcsize(form):
        return -1
    return int(struct.unpack_from(form, header, offset)[0])
