"""Small environments and small ELF files for the tests of the environment's readers."""

from __future__ import annotations

import base64
import struct
from typing import Any

from mlenv.facts.environment import Environment
from mlenv.facts.reading import Outcome
from mlenv.probe.environments.environment import read_environment
from mlenv.system.host import Identity
from mlenv.system.recording import RecordedHost, Recording
from tests.unit.probe.probe_hosts import linux

VENV = "/srv/venv"
PACKAGES = f"{VENV}/lib/python3.12/site-packages"
LOAD, DYNAMIC = 1, 2
NEEDED, STRING_TABLE, STRING_BYTES, SONAME, RPATH, RUNPATH = 1, 5, 10, 14, 15, 29
TABLE_AT = 0x400
ADDRESS = 0x10000


def make_elf(
    *,
    needed: tuple[str, ...] = (),
    soname: str = "",
    rpath: str = "",
    runpath: str = "",
    bits: int = 64,
    order: str = "<",
    machine: int = 62,
) -> bytes:
    """A shared library that is nothing but what the loader reads of it."""
    texts = [(NEEDED, name) for name in needed]
    texts += [(tag, text) for tag, text in ((SONAME, soname), (RPATH, rpath), (RUNPATH, runpath)) if text]
    strings, entries = b"\0", []
    for tag, text in texts:
        entries.append((tag, len(strings)))
        strings += text.encode() + b"\0"
    entries += [(STRING_TABLE, ADDRESS + TABLE_AT), (STRING_BYTES, len(strings)), (0, 0)]
    word = "Q" if bits == 64 else "I"
    dynamic = b"".join(struct.pack(f"{order}{word}{word}", *entry) for entry in entries)
    dynamic_at = TABLE_AT + len(strings)
    end = dynamic_at + len(dynamic)
    segments = _segment(order, bits, LOAD, 0, ADDRESS, end)
    segments += _segment(order, bits, DYNAMIC, dynamic_at, ADDRESS + dynamic_at, len(dynamic))
    head = _header(order, bits, machine) + segments
    return head.ljust(TABLE_AT, b"\0") + strings + dynamic


def _header(order: str, bits: int, machine: int) -> bytes:
    start = b"\x7fELF" + bytes([bits // 32, 1 if order == "<" else 2, 1]) + bytes(9)
    if bits == 64:
        return start + struct.pack(f"{order}HHIQQQIHHHHHH", 3, machine, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    return start + struct.pack(f"{order}HHIIIIIHHHHHH", 3, machine, 1, 0, 52, 0, 0, 52, 32, 2, 0, 0, 0)


def _segment(order: str, bits: int, kind: int, offset: int, address: int, size: int) -> bytes:
    if bits == 64:
        return struct.pack(f"{order}IIQQQQQQ", kind, 4, offset, address, address, size, size, 8)
    return struct.pack(f"{order}IIIIIIII", kind, offset, address, address, size, size, 4, 4)


def venv(files: dict[str, str] | None = None, *, libraries: dict[str, bytes] | None = None, **more: Any) -> Recording:
    """A virtual environment of Python 3.12: files relative to its packages, or absolute; libraries are ELF files."""
    placed = {_place(path): text for path, text in (files or {}).items()}
    placed = {f"{VENV}/pyvenv.cfg": "home = /usr/bin\nversion = 3.12.8\n", f"{VENV}/bin/python": "", **placed}
    data = {_place(path): base64.b64encode(content).decode() for path, content in (libraries or {}).items()}
    return linux(placed, bytes=data, **more)


def _place(path: str) -> str:
    return path if path.startswith("/") else f"{PACKAGES}/{path}"


def record(name: str, *paths: str) -> dict[str, str]:
    """The metadata of a distribution that installed some files."""
    lines = "".join(f"{path},sha256=abc,{2000 + len(path)}\n" for path in paths)
    return {f"{name}.dist-info/RECORD": f"{lines}{name}.dist-info/RECORD,,\n"}


def read(recording: Recording, path: str = VENV, **more: Any) -> Environment:
    """The environment of a recorded machine."""
    found = read_environment(RecordedHost(recording), path, **more)
    assert found is not None
    return found


def readings_of(environment: Environment, subject: str) -> list[tuple[str, Outcome, str]]:
    """Source, outcome and detail of the readings of one subject."""
    return [(item.source, item.outcome, item.detail) for item in environment.readings if item.id == subject]


def windows(files: dict[str, str], **more: Any) -> Recording:
    """A Windows machine with some files."""
    identity = Identity(system="windows", release="10.0.22631", machine="AMD64")
    environ = {"PWD": "C:\\work", "APPDATA": "C:\\Users\\ada\\AppData\\Roaming", **more.pop("environ", {})}
    return Recording(identity=identity, home="C:\\Users\\ada", environ=environ, files=files, **more)


def macos(files: dict[str, str], **more: Any) -> Recording:
    """A Mac with some files."""
    identity = Identity(system="macos", release="24.1.0", machine="arm64")
    return Recording(identity=identity, home="/Users/ada", environ={"PWD": "/Users/ada"}, files=files, **more)
