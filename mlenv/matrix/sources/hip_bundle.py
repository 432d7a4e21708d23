"""HIP's offload bundles: which AMD targets they hold code for."""

from __future__ import annotations

import re
import struct
import zlib

from mlenv.matrix.sources.byte_stream import ByteStream
from mlenv.matrix.sources.fatbin import UnreadableCodeError

PLAIN, PACKED = b"__CLANG_OFFLOAD_BUNDLE__", b"CCOB"
HEAD_BYTES = 256 * 1024
"""As much of a packed bundle as surely unpacks to its list of targets."""
# hipv4-amdgcn-amd-amdhsa--gfx942:sramecc+:xnack-
_TARGET = re.compile(r"hip(?:v4)?-amdgcn-amd-amdhsa-.*?-(gfx[0-9a-f]+(?:-[a-z0-9-]+)?)(?::.*)?")
_LIST_BYTES = 64 * 1024


def read_bundle(stream: ByteStream) -> frozenset[str] | None:
    """The targets (``gfx90a``) of the bundle that begins here; the stream is behind its header then.

    None, and the stream where it was, for bytes that only look like one.
    :class:`UnreadableCodeError` for a packed bundle that cannot be opened.
    """
    head = stream.peek(HEAD_BYTES)
    if head.startswith(PLAIN):
        targets = _targets(head)
        stream.skip(len(PLAIN))
        return targets
    packed = _packed_header(head)
    if packed is None:
        return None
    method, header, length = packed
    content = _unpack(method, head[header:length])
    if not content.startswith(PLAIN):
        raise UnreadableCodeError("a packed bundle of GPU code cannot be opened")
    stream.skip(length or header)
    return _targets(content)


# 43 43 4f 42 | version 2: 02 00, method 01 00 (0 zlib, 1 Zstandard), ab 29 0a 00: length of all,
# c0 5c ac 00: length unpacked, 8 bytes of hash.  Version 3 has both lengths in 8 bytes, version 1
# has no length of all.
def _packed_header(head: bytes) -> tuple[int, int, int | None] | None:
    """The method, the header's length and the bundle's length; None for other bytes."""
    if len(head) < 32:
        return None
    version, method = struct.unpack_from("<HH", head, 4)
    if method > 1 or version not in (1, 2, 3):
        return None
    if version == 1:
        return method, 20, None
    (length,) = struct.unpack_from("<I" if version == 2 else "<Q", head, 8)
    return method, 24 if version == 2 else 32, length


def _unpack(method: int, content: bytes) -> bytes:
    """The start of what is packed, as far as ``content`` reaches."""
    import zstandard

    try:
        if method == 0:
            return zlib.decompressobj().decompress(content, _LIST_BYTES)
        return zstandard.ZstdDecompressor().stream_reader(content).read(_LIST_BYTES)
    except (zlib.error, zstandard.ZstdError):
        return b""


# __CLANG_OFFLOAD_BUNDLE__, number of entries, then for each: offset, size, length of its name, name
def _targets(content: bytes) -> frozenset[str]:
    at, targets = len(PLAIN) + 8, set[str]()
    try:
        (count,) = struct.unpack_from("<Q", content, len(PLAIN))
        for _ in range(count):
            _, size, length = struct.unpack_from("<QQQ", content, at)
            name = content[at + 24 : at + 24 + length].decode("ascii", "replace")
            match = _TARGET.fullmatch(name)
            if match and size:
                targets.add(match.group(1))
            at += 24 + length
            if at > len(content):
                raise UnreadableCodeError("the list of a bundle of GPU code is cut short")
    except struct.error as error:
        raise UnreadableCodeError("the list of a bundle of GPU code is cut short") from error
    return frozenset(targets)
