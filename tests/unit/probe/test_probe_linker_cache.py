"""The dynamic linker's cache."""

from __future__ import annotations

import base64
import struct
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mlenv.probe.host.linker_cache import (
    LINKER_CACHE,
    MAGIC,
    CacheEntry,
    LinkerCache,
    parse_linker_cache,
    read_linker_cache,
)
from mlenv.system.host import Identity
from mlenv.system.recording import RecordedHost, Recording
from tests.unit.probe.linker_caches import ARM, I386, X86_64, linker_cache, old_linker_cache
from tests.unit.probe.probe_hosts import linux

ROWS = [
    ("libcudart.so.12", "/opt/newer/libcudart.so.12", X86_64, 1 << 62),
    ("libcudart.so.12", "/usr/lib/i386-linux-gnu/libcudart.so.12", I386, 0),
    ("libcudart.so.12", "/usr/local/cuda-12.8/lib64/libcudart.so.12", X86_64, 0),
    ("libcudart.so.12", "/usr/local/cuda-12.4/lib64/libcudart.so.12", X86_64, 0),
    ("libc.so.6", "/lib/x86_64-linux-gnu/libc.so.6", X86_64, 0),
]


@pytest.mark.parametrize("data", [linker_cache(ROWS), linker_cache(ROWS, order=">"), old_linker_cache(ROWS)])
def test_entries_in_every_form_of_the_file(data: bytes) -> None:
    assert tuple(CacheEntry(*row) for row in ROWS) == parse_linker_cache(data)


def test_the_first_plain_file_of_this_architecture_is_taken() -> None:
    cache = LinkerCache(linker_cache(ROWS), "x86_64")
    assert "/usr/local/cuda-12.8/lib64/libcudart.so.12" == cache.find("libcudart.so.12")
    assert (
        "/usr/local/cuda-12.8/lib64/libcudart.so.12",
        "/usr/local/cuda-12.4/lib64/libcudart.so.12",
        "/opt/newer/libcudart.so.12",
    ) == cache.find_all("libcudart.so.12")
    assert cache.find("libcudart.so") is None
    assert (True, False) == (cache.mentions("libcudart"), cache.mentions("libcudnn"))


def test_another_architecture_has_its_own_files() -> None:
    rows = [("libcuda.so.1", "/usr/lib/aarch64-linux-gnu/libcuda.so.1", ARM, 0)]
    assert LinkerCache(linker_cache(rows), "x86_64").find("libcuda.so.1") is None
    assert "/usr/lib/aarch64-linux-gnu/libcuda.so.1" == LinkerCache(linker_cache(rows), "aarch64").find("libcuda.so.1")


def test_an_unknown_architecture_takes_every_library_of_glibc() -> None:
    rows = [("liba.so", "/lib/liba.so", 0x1203, 0), ("liba.so", "/old/liba.so", 0x0001, 0)]
    assert ("/lib/liba.so",) == LinkerCache(linker_cache(rows), "loongarch64").find_all("liba.so")


def test_the_cache_of_a_machine() -> None:
    data = base64.b64encode(linker_cache(ROWS)).decode()
    cache = read_linker_cache(RecordedHost(linux(bytes={LINKER_CACHE: data})))
    assert "/lib/x86_64-linux-gnu/libc.so.6" == cache.find("libc.so.6")
    assert cache


@pytest.mark.parametrize(
    "recording",
    [
        linux(),
        linux(errors={LINKER_CACHE: "PermissionError"}),
        Recording(identity=Identity(system="windows", release="10.0.22631", machine="AMD64")),
    ],
)
def test_a_machine_without_one(recording: Recording) -> None:
    cache = read_linker_cache(RecordedHost(recording))
    assert (False, None) == (bool(cache), cache.find("libc.so.6"))


@given(data=st.one_of(st.binary(max_size=300), st.binary(max_size=300).map(lambda tail: MAGIC + tail)))
@example(data=MAGIC + struct.pack("<I", 2**32 - 1) + bytes(200))
@example(data=MAGIC + b"\x01\0\0\0" + bytes(24) + struct.pack("<iIIIQ", 0x0303, 2**32 - 1, 2**31, 0, 0))
def test_any_bytes_give_entries(data: bytes) -> None:
    assert isinstance(parse_linker_cache(data), tuple)
    assert LinkerCache(data, "x86_64").find("libc.so.6") is None


@given(cut=st.integers(min_value=0, max_value=500))
def test_a_file_that_is_cut_off_gives_what_is_left(cut: int) -> None:
    entries = parse_linker_cache(linker_cache(ROWS)[:cut])
    assert set(entries) <= {CacheEntry(*row) for row in ROWS}


def test_a_hostile_file_takes_little_time() -> None:
    count = 100_000
    rows = struct.pack("<iIIIQ", X86_64, 48, 48, 0, 0) * count
    data = MAGIC + struct.pack("<II", count, 0) + bytes(20) + rows + b"/" * 100_000
    begin = time.process_time()
    LinkerCache(data, "x86_64").find("///")
    assert time.process_time() - begin < 5
