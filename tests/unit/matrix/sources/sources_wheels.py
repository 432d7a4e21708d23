"""A server of tiny wheels, and tiny libraries with GPU code, for readers of remote wheels."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence

from mlenv.system.page import Page, WebError

URL = "https://files.test/one-1.0-py3-none-any.whl"


class OneFile:
    """Serves one file in ranges; ``asked`` are those it was asked for.

    ``whole`` is a server that knows no ranges, ``fails_after`` the number of answers it gives.
    """

    def __init__(self, content: bytes, *, whole: bool = False, fails_after: int | None = None) -> None:
        self.transferred = 0
        self.asked: list[tuple[int, int]] = []
        self._content, self._whole, self._fails_after = content, whole, fails_after

    def page(self, url: str) -> Page:
        return Page(state="missing", url=url, detail="HTTP 404")

    def size(self, url: str) -> int:
        return len(self._content)

    def read_range(self, url: str, start: int, stop: int) -> bytes:
        if self._whole:
            raise WebError("the server gives files only whole (it knows no ranges)")
        if self._fails_after is not None and len(self.asked) >= self._fails_after:
            raise WebError("no answer in time")
        self.asked.append((start, stop))
        part = self._content[start:stop]
        self.transferred += len(part)
        return part


def wheel(members: Mapping[str, bytes], *, packed: bool = True) -> bytes:
    """A ZIP archive of those files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return content.getvalue()


def entry(kind: int, architecture: int, *, flags: int = 0x11, header: int = 64, payload: int = 40) -> bytes:
    """An image in a fat binary: kind 1 is PTX, 2 SASS, 8 for the linker."""
    fixed = struct.pack("<HHIQIIHHI8xQ16x", kind, 0x101, header, payload, 0, 0, 8, 1, architecture, flags)
    return fixed.ljust(header, b"\0") + b"\xee" * payload


def container(*entries: bytes) -> bytes:
    """An NVIDIA fat binary."""
    content = b"".join(entries)
    return struct.pack("<4sHHQ", b"\x50\xed\x55\xba", 1, 16, len(content)) + content


def bundle(*names: str) -> bytes:
    """An offload bundle of clang with an entry of each name."""
    content = b"__CLANG_OFFLOAD_BUNDLE__" + struct.pack("<Q", len(names))
    for name in names:
        content += struct.pack("<QQQ", 4096, 0 if name.startswith("host") else 64, len(name)) + name.encode()
    return content


def elf(sections: Mapping[str, bytes] | Sequence[tuple[str, bytes]], *, table_first: bool = False) -> bytes:
    """A 64-bit ELF file with those sections, the table of sections at its end or its start."""
    pairs = list(sections.items() if isinstance(sections, Mapping) else sections)
    pairs.append((".shstrtab", b"\0" + b"".join(name.encode() + b"\0" for name, _ in [*pairs, (".shstrtab", b"")])))
    names, length = pairs[-1][1], 64 * len(pairs)
    body, rows, base = b"", b"", 64 + (length if table_first else 0)
    for name, content in pairs:
        body = body.ljust(-(-len(body) // 64) * 64, b"\0")
        at = names.index(name.encode() + b"\0")
        rows += struct.pack("<II4QIIQQ", at, 1, 0, 0, base + len(body), len(content), 0, 0, 8, 0)
        body += content
    start = 64 if table_first else base + len(body)
    head = b"\x7fELF\x02\x01\x01".ljust(0x28, b"\0") + struct.pack("<Q", start)
    head = head.ljust(0x3A, b"\0") + struct.pack("<3H", 64, len(pairs), len(pairs) - 1)
    return head + (rows + body if table_first else body + rows)


def pe(sections: Mapping[str, bytes]) -> bytes:
    """A PE file with those sections, names cut to 8 letters."""
    head = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x40)
    head += b"PE\0\0" + struct.pack("<HH12xHH", 0x8664, len(sections), 16, 0) + b"\0" * 16
    start, rows, body = len(head) + 40 * len(sections), b"", b""
    start += -start % 512
    for name, content in sections.items():
        padded = content.ljust(-(-len(content) // 512) * 512, b"\0")
        rows += struct.pack("<8s4I16x", name.encode()[:8], len(content), 0x1000, len(padded), start + len(body))
        body += padded
    return (head + rows).ljust(start, b"\0") + body
