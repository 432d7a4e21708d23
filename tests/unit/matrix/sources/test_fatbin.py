"""Fat binaries and bundles, byte by byte."""

from __future__ import annotations

import struct
import tracemalloc
import zlib
from collections.abc import Iterator

import pytest
import zstandard

from mlenv.matrix.sources.byte_stream import ByteStream
from mlenv.matrix.sources.fatbin import UnreadableCodeError, read_fat_binary
from mlenv.matrix.sources.hip_bundle import read_bundle
from tests.unit.matrix.sources.sources_wheels import bundle, container, entry

# The head of a group that fatbinary 13.4 wrote with -concat for sm_100f, sm_120a and sm_121.
GROUP = bytes.fromhex(
    "000101019801000050050000000000004c0500004000000001000000000000000000000000000000"
    "11800000000000000000000000000000c83d00000000000003000000580100000200010100000000"
    "98140000000000000000000040000000080001006400000000000000000000001100200100000000"
    "00000000000000000000000000000000480000002400000000020900000202010002050500030701"
    "010203000002060100040b0800090000000000000000000002000101981400009814000000000000"
    "00000000400000000800010078000000000000000000000011001001000000000000000000000000"
    "00000000000000004800000024000000000209010002020100020505000307010102030000020601"
    "00040b08005000000000000000000000020001013029000098140000000000000000000040000000"
    "08000100790000000000000000000000110000010000000000000000000000000000000000000000"
    "480000002400000000020900000202010002050500030701010203000002060100040b0800000000"
    "0000000000000000"
)
NAMES = ["host-x86_64-unknown-linux-gnu-", "hipv4-amdgcn-amd-amdhsa--gfx942:sramecc+:xnack-"]
AMD = bundle(*NAMES, "hipv4-amdgcn-amd-amdhsa--gfx90a", "hip-amdgcn-amd-amdhsa--gfx11-generic")


def slowly(content: bytes) -> Iterator[bytes]:
    return (content[at : at + 7] for at in range(0, len(content), 7))


@pytest.mark.parametrize(
    ("content", "codes"),
    [
        pytest.param(container(), set(), id="empty"),
        pytest.param(container(entry(2, 75), entry(1, 90)), {"sm_75", "compute_90"}, id="SASS and PTX"),
        pytest.param(container(entry(2, 90, flags=0x108011)), {"sm_90a"}, id="for one device"),
        pytest.param(container(entry(2, 100, flags=0x1208011, header=104)), {"sm_100f"}, id="for a family"),
        pytest.param(container(entry(1, 120, flags=0x8011, header=80)), {"compute_120"}, id="packed PTX"),
        pytest.param(container(entry(8, 90), entry(2, 90)), {"sm_90"}, id="code to be linked is not code to run"),
        pytest.param(container(entry(16, 100)), {"sm_100"}, id="the other kind of SASS"),
        pytest.param(container(GROUP + b"\xee" * 1360), {"sm_100f", "sm_120a", "sm_121"}, id="a group"),
    ],
)
def test_fat_binary(content: bytes, codes: set[str]) -> None:
    stream = ByteStream(slowly(content + b"rest"))
    assert frozenset(codes) == read_fat_binary(stream)
    assert (len(content), b"rest") == (stream.position, stream.peek(9))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(container(entry(64, 90)), "an unknown kind \\(64\\)", id="kind"),
        pytest.param(container(entry(2, 90, header=64))[:50], "cut short", id="cut in a header"),
        pytest.param(container(entry(2, 90)[:-8]), "wrong length", id="longer than its container"),
        pytest.param(container(entry(2, 90, header=64).replace(b"\x40\0\0\0", b"\x08\0\0\0", 1)), "wrong", id="header"),
        pytest.param(
            container(GROUP.replace(b"\x03\0\0\0\x58", b"\x04\0\0\0\x58") + b"\0" * 1360), "4 images", id="group"
        ),
    ],
)
def test_unknown_forms(content: bytes, words: str) -> None:
    with pytest.raises(UnreadableCodeError, match=words):
        read_fat_binary(ByteStream(slowly(content)))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\x50\xed\x55\xba" + b"\x0f\xb6" * 20, id="an instruction that compares with the mark"),
        pytest.param(b"\x50\xed\x55\xba\x01\0\x10\0", id="the end"),
    ],
)
def test_what_only_looks_like_one(content: bytes) -> None:
    stream = ByteStream(slowly(content))
    assert (None, 0) == (read_fat_binary(stream), stream.position)


def packed(version: int, method: int, content: bytes) -> bytes:
    body = zstandard.compress(content) if method else zlib.compress(content)
    form = {1: "<4sHHIQ", 2: "<4sHHIIQ", 3: "<4sHHQQQ"}[version]
    total = [] if version == 1 else [struct.calcsize(form) + len(body)]
    return struct.pack(form, b"CCOB", version, method, *total, len(content), 0) + body


@pytest.mark.parametrize("content", [AMD, *(packed(v, m, AMD + b"\1\2\3" * 9000) for v in (1, 2, 3) for m in (0, 1))])
def test_bundle(content: bytes) -> None:
    assert frozenset({"gfx942", "gfx90a", "gfx11-generic"}) == read_bundle(ByteStream(slowly(content + b"\0" * 40)))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(AMD[:100], id="cut short"),
        pytest.param(AMD[:24] + b"\xff" * 8 + AMD[32:], id="a count of many"),
        pytest.param(packed(2, 1, AMD)[:40], id="packed and cut short"),
        pytest.param(packed(3, 1, b"something else" * 9), id="something else packed"),
    ],
)
def test_unreadable_bundle(content: bytes) -> None:
    with pytest.raises(UnreadableCodeError):
        read_bundle(ByteStream(slowly(content)))


def test_a_bundle_that_unpacks_to_gigabytes_takes_no_memory() -> None:
    bomb = zstandard.compress(AMD + b"\0" * 200_000_000)
    content = struct.pack("<4sHHQQQ", b"CCOB", 3, 1, 32 + len(bomb), 0, 0) + bomb
    tracemalloc.start()
    assert read_bundle(ByteStream(slowly(content))) is not None
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4_000_000


def test_letters_that_are_no_bundle() -> None:
    assert read_bundle(ByteStream(slowly(b"CCOB is a word of four letters, no more"))) is None
