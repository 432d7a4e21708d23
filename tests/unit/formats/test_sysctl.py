"""sysctl and vm_stat of macOS."""

from __future__ import annotations

from mlenv.formats.sysctl import parse_sysctl
from mlenv.formats.vm_stat import find_available, parse_vm_stat


def test_keys_with_values() -> None:
    text = "machdep.cpu.brand_string: Apple M2: the chip\nhw.osenvironment:\nhw.physicalcpu: 8\n"
    assert parse_sysctl(text) == {"machdep.cpu.brand_string": "Apple M2: the chip", "hw.physicalcpu": "8"}


def test_warnings_and_continued_lines_are_no_keys() -> None:
    text = "sysctl: unknown oid 'hw.x': none\nkern.version: Darwin 23.5.0\n root:xnu-10063.121.3~5: x\nname: value\n"
    assert parse_sysctl(text) == {"kern.version": "Darwin 23.5.0"}


PAGES = (
    "Mach Virtual Memory Statistics: (page size of 16384 bytes)\n"
    "Pages free:                               1000.\n"
    "Pages inactive:                           3000.\n"
    '"Translation faults":                2444018907.\n'
    "Pageins:                                      7.\n"
)


def test_pages_of_memory() -> None:
    assert parse_vm_stat(PAGES) == {"free": 1000 * 16384, "inactive": 3000 * 16384}
    assert find_available(PAGES) == 4000 * 16384


def test_other_texts_have_no_pages() -> None:
    assert parse_vm_stat("Pages free: 1.\n") == {}
    assert find_available(PAGES.replace("inactive", "active")) is None
    assert find_available("") is None
