"""systeminfo of Windows."""

from __future__ import annotations

import pytest

from mlenv.formats.windows_systeminfo import SystemInfo, parse_megabytes, parse_systeminfo

TEXT = """
Host Name:                 DESKTOP-1
OS Name:                   Microsoft Windows 11 Pro
OS Version:                10.0.22631 N/A Build 22631
System Manufacturer:       ASUS
System Model:              ROG Strix
System Type:               ARM64-based PC
Processor(s):              1 Processor(s) Installed.
                           [01]: ARMv8 (64-bit) Family 8
Total Physical Memory:     32,503 MB
Available Physical Memory: 1.234 MB
Network Card(s):           1 NIC(s) Installed.
                           [01]: Intel(R) Wireless
                                 OS Name: not this one
"""


def test_computer() -> None:
    assert parse_systeminfo(TEXT) == SystemInfo(
        name="Microsoft Windows 11 Pro",
        version="10.0.22631",
        maker="ASUS",
        model="ROG Strix",
        architecture="arm64",
        total_bytes=32503 * 1024**2,
        available_bytes=1234 * 1024**2,
    )


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Hyper-V Requirements:      A hypervisor has been detected. Features will not be displayed.", True),
        ("Hyper-V Requirements:      VM Monitor Mode Extensions: Yes", False),
        ("", None),
    ],
)
def test_hypervisor(line: str, expected: bool | None) -> None:
    info = parse_systeminfo(TEXT + line)
    assert info is not None
    assert info.hypervisor is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2,047 MB", 2047 * 1024**2),
        ("16\u00a0251 MB", 16251 * 1024**2),
        ("N/A", None),
        ("9" * 5000 + " MB", None),
        ("", None),
    ],
)
def test_megabytes(text: str, expected: int | None) -> None:
    assert parse_megabytes(text) == expected


def test_other_texts_and_languages_are_none() -> None:
    assert parse_systeminfo("Betriebssystemname: Microsoft Windows 11 Pro\n") is None
    assert parse_systeminfo("") is None
