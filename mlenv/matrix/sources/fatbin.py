"""NVIDIA fat binaries: which GPU code they hold, read from their headers.

The layout is not published; it was checked against what ``fatbinary`` of CUDA 12 and 13 writes and
``cuobjdump`` lists.
"""

from __future__ import annotations

import re
import struct

from mlenv.matrix.sources.byte_stream import ByteStream

MAGIC = b"\x50\xed\x55\xba"
_CONTAINER = struct.Struct("<4sHHQ")
"""Magic, version, length of this header, length of the entries."""
_ENTRY = struct.Struct("<HHIQIIHHI8xQ16x")
"""Kind, version, length of this header (with what follows it), length of the payload, length
before padding, where extra fields begin, minor and major version of the code, architecture (90),
flags."""
_PTX, _LINK_TIME, _GROUP = 1, 8, 256
_SASS = (2, 16)
_ONE_DEVICE, _ONE_FAMILY = 0x100000, 0x200000
_LONGEST_HEADER = 64 * 1024
# kind (PTX or SASS), version 0x101
_GROUPED = re.compile(rb"[\x01\x02\x10]\x00\x01\x01", re.DOTALL)


class UnreadableCodeError(Exception):
    """A fat binary is of a form that is not known here, so a list of its code would have holes."""


def read_fat_binary(stream: ByteStream) -> frozenset[str] | None:
    """The GPU code of the fat binary that begins here: ``sm_90a`` for SASS, ``compute_120`` for PTX.

    The stream is behind it then.  None, and the stream where it was, for bytes that only look like
    one.  :class:`UnreadableCodeError` for one with entries of an unknown form or cut short.
    """
    head = stream.peek(_CONTAINER.size)
    if len(head) < _CONTAINER.size or stream.position % 8:
        return None
    magic, version, header, length = _CONTAINER.unpack(head)
    if magic != MAGIC or version != 1 or header != _CONTAINER.size:
        return None
    stream.skip(header)
    stop, codes = stream.position + length, set[str]()
    while stream.position < stop:
        codes.update(_read_entry(stream, stop))
    return frozenset(codes)


def _read_entry(stream: ByteStream, stop: int) -> list[str]:
    fixed = stream.peek(_ENTRY.size)
    if len(fixed) < _ENTRY.size:
        raise UnreadableCodeError("a fat binary is cut short")
    kind, _, header, payload, *_ = _ENTRY.unpack(fixed)
    if not _ENTRY.size <= header <= _LONGEST_HEADER or stream.position + header + payload > stop:
        raise UnreadableCodeError("an entry of a fat binary has a wrong length")
    content = stream.peek(header)
    stream.skip(header + payload)
    return _group(content) if kind == _GROUP else _code(content, 0)


# Kind 256 packs several images as one: after its own 64 bytes the number of images and the length
# of their headers, then those headers, each 64 bytes and more.
def _group(content: bytes) -> list[str]:
    if len(content) < _ENTRY.size + 8:
        raise UnreadableCodeError("a group in a fat binary is cut short")
    count, length = struct.unpack_from("<II", content, _ENTRY.size)
    first = _ENTRY.size + 8
    places = [at for at in range(first, first + length, 8) if _GROUPED.match(content, at)]
    places = [at for at in places if len(content) - at >= _ENTRY.size]
    if len(places) != count:
        raise UnreadableCodeError(f"a fat binary holds a group of {count} images and shows {len(places)}")
    return [code for at in places for code in _code(content, at)]


def _code(content: bytes, at: int) -> list[str]:
    kind, *_, architecture, flags = _ENTRY.unpack_from(content, at)
    if kind == _LINK_TIME:
        return []
    if kind != _PTX and kind not in _SASS:
        raise UnreadableCodeError(f"a fat binary holds code of an unknown kind ({kind})")
    suffix = "a" if flags & _ONE_DEVICE else "f" if flags & _ONE_FAMILY else ""
    return [f"{'compute' if kind == _PTX else 'sm'}_{architecture}{suffix}"]
