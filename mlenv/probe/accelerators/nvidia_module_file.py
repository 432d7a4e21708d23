"""The file of NVIDIA's kernel module for the running kernel: what the next boot would load."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from mlenv.facts.pattern import lazy
from mlenv.probe.answers import explain
from mlenv.probe.log import Log, names_in
from mlenv.probe.paths import find_program
from mlenv.system.host import Host

SUBJECT = "nvidia.module_on_disk"
MODULES = "/lib/modules"
DKMS = "/var/lib/dkms"
# The first is what depmod prefers.  https://man7.org/linux/man-pages/man5/depmod.d.5.html
_FOLDERS = ("updates/dkms", "updates", "extra", "extramodules", "weak-updates", "kernel", "kernel/drivers/video")
# Debian and Fedora put the name of the package into that of the module or of its folder.
_FILE = lazy(r"nvidia(?:-current|-tesla|-legacy|-open|-[0-9]{3}(?:xx)?){0,3}\.ko(?:\.(?:gz|xz|zst))?")
_FOLDER = lazy(r"(?:kmod-)?nvidia[a-z0-9.-]{0,40}")
_VERSION = lazy(r"[0-9]{1,6}(?:\.[0-9]{1,6}){1,3}")
_PROGRAMS = ("/usr/sbin/modinfo", "/sbin/modinfo")
_HEADER_BYTES, _SECTION_BYTES = 64, 64
_MOST_SECTIONS, _MOST_BYTES = 16_384, 1024 * 1024


def read_module_file(host: Host, log: Log) -> str | None:
    """The version of the module on disk, None where there is none or it does not say."""
    path = next(_find_files(host), None)
    if path is None:
        return None
    if path.endswith(".ko"):
        return _read_plain(host, log, path)
    version = _read_dkms(host, log) if "/updates/" in path or "/extra/" in path else None
    return version or _ask_modinfo(host, log, path)


def _find_files(host: Host) -> Iterator[str]:
    base = f"{MODULES}/{host.identity.release}"
    tops = names_in(host, base)
    for folder in _FOLDERS:
        if folder.partition("/")[0] not in tops:
            continue
        names = names_in(host, f"{base}/{folder}")
        yield from (f"{base}/{folder}/{name}" for name in names if _FILE.fullmatch(name))
        for inner in names:
            if _FOLDER.fullmatch(inner) and ".ko" not in inner:
                path = f"{base}/{folder}/{inner}"
                yield from (f"{path}/{name}" for name in names_in(host, path) if _FILE.fullmatch(name))


def _read_plain(host: Host, log: Log, path: str) -> str | None:
    """The version in a module that is not compressed."""
    try:
        information = _read_information(host, path)
    except OSError as error:
        log.unreadable(SUBJECT, path, type(error).__name__)
        return None
    facts = parse_information(information)
    version = facts.get("version")
    if version is None:
        log.unreadable(SUBJECT, path, "the file does not say its version")
        return None
    log.found(SUBJECT, path, f"{version}, {'proprietary' if facts.get('license') == 'NVIDIA' else 'open'}")
    return version


def _read_information(host: Host, path: str) -> bytes:
    """The module's section of information, read without the rest of the file, which may be 100 MB."""
    header = host.read_bytes(path, _HEADER_BYTES)
    place = find_sections(header)
    if place is None:
        return b""
    offset, count, names_index = place
    table = host.read_bytes(path, count * _SECTION_BYTES, offset)
    names_place = section_place(table, names_index)
    if names_place is None:
        return b""
    names = host.read_bytes(path, min(names_place[2], _MOST_BYTES), names_place[1])
    found = find_section(table, names, b".modinfo")
    return host.read_bytes(path, min(found[1], _MOST_BYTES), found[0]) if found else b""


def find_sections(header: bytes) -> tuple[int, int, int] | None:
    """Where the table of sections begins, how many there are, and which holds their names, of a 64-bit ELF file."""
    if len(header) < _HEADER_BYTES or header[:6] != b"\x7fELF\x02\x01":
        return None
    (offset,) = struct.unpack_from("<Q", header, 40)
    size, count, names = struct.unpack_from("<HHH", header, 58)
    if size != _SECTION_BYTES or not 0 < count <= _MOST_SECTIONS or offset >= 1 << 40:
        return None
    return offset, count, names


def section_place(table: bytes, index: int) -> tuple[int, int, int] | None:
    """The place of a section's name among the names, its offset in the file and its size."""
    start = index * _SECTION_BYTES
    if len(table) < start + _SECTION_BYTES:
        return None
    (name,) = struct.unpack_from("<I", table, start)
    offset, size = struct.unpack_from("<QQ", table, start + 24)
    return (name, offset, size) if offset < 1 << 40 else None


def find_section(table: bytes, names: bytes, wanted: bytes) -> tuple[int, int] | None:
    """Offset and size of a section by its name."""
    for index in range(len(table) // _SECTION_BYTES):
        place = section_place(table, index)
        if place and names[place[0] : place[0] + len(wanted) + 1] == wanted + b"\0":
            return place[1], place[2]
    return None


# license=Dual MIT/GPL\0version=580.95.05\0supported=external\0
def parse_information(data: bytes) -> dict[str, str]:
    """The module's statements about itself; of several with one name the first."""
    facts: dict[str, str] = {}
    for item in data[:_MOST_BYTES].split(b"\0"):
        name, found, value = item.partition(b"=")
        if found:
            facts.setdefault(name.decode("utf-8", "replace"), value.decode("utf-8", "replace"))
    version = facts.get("version")
    if version is not None and not _VERSION.fullmatch(version):
        del facts["version"]
    return facts


def _read_dkms(host: Host, log: Log) -> str | None:
    """The version that DKMS has installed for this kernel, by its link: reading a compressed module takes long.

    ``kernel-6.8.0-45-generic-x86_64`` leads to ``560.35.03/6.8.0-45-generic/x86_64``.
    """
    for name in names_in(host, DKMS):
        link = f"{DKMS}/{name}/kernel-{host.identity.release}-{host.identity.machine}"
        target = host.real_path(link) if name.startswith("nvidia") and _FOLDER.fullmatch(name) else link
        parts = target.split("/")
        if target != link and len(parts) > 3 and _VERSION.fullmatch(parts[-3]):
            log.found(SUBJECT, link)
            return parts[-3]
    return None


def _ask_modinfo(host: Host, log: Log, path: str) -> str | None:
    program = find_program(host, "modinfo") or next((item for item in _PROGRAMS if host.exists(item)), None)
    if program is None:
        log.not_asked(SUBJECT, path, "it is compressed, and modinfo is not installed")
        return None
    completed = host.run((program, "-F", "version", path), timeout=log.seconds_left)
    version = completed.stdout.strip()
    if not _VERSION.fullmatch(version):
        log.unreadable(SUBJECT, f"modinfo {path}", explain(completed))
        return None
    log.found(SUBJECT, f"modinfo {path}")
    return version
