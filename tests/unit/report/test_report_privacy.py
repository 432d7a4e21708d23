"""What leaves the machine does not tell whose it is."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlenv.report.privacy import Owner, Redactor

ADA = Owner(user="adalove", host="babbage.example.org", home="/home/adalove")
ON_WINDOWS = Owner(user="Adalove", host="BABBAGE-PC", home="C:\\Users\\Adalove")
UUID = "1f2e3d4c-aaaa-bbbb-cccc-0123456789ab"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/home/adalove/.venv/bin/python", "/home/user/.venv/bin/python"),
        ("/home/adalove2/.venv", "/home/user/.venv"),
        ("/home/grace/data and /Users/grace/data", "/home/user/data and /Users/user/data"),
        ("C:\\Users\\grace\\x C:/Users/grace/x", "C:\\Users\\user\\x C:/Users/user/x"),
        ("adalove@babbage:~$ ", "user@host:~$ "),
        ("/var/folders/zz/zyxvpxvq6csfxvn_n0000000000000/T/", "/var/folders/00/user/T/"),
        ("babbage.example.org", "host"),
        ("adaloves and xadalove", "adaloves and xadalove"),
        (f"GPU-{UUID}", "GPU-00000000-0000-0000-0000-000000000001"),
        (f"MIG-{UUID} {UUID.upper()}", f"MIG-{'0' * 8}-0000-0000-0000-{1:012d} {'0' * 8}-0000-0000-0000-{1:012d}"),
        ("SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c", "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"),
        ("{4d36e968-e325-11ce-bfc1-08002be10318}\\0001", "{4d36e968-e325-11ce-bfc1-08002be10318}\\0001"),
        ("PCI\\VEN_8086&REV_03\\A0369FFFFF2D8A0E00", "PCI\\VEN_8086&REV_03\\000000000000000001"),
        ("unique_id 16218735609212341", "unique_id 1"),
        ("GPU-3c2f6d1a5b4e7f80", "GPU-0000000000000001"),
        ("<serial>1654922014443</serial>", "<serial>0</serial>"),
        ("<serial>N/A</serial>", "<serial>N/A</serial>"),
        ('"_spdisplays_display-serial-number2" : "fd9f12"', '"_spdisplays_display-serial-number2" : "0"'),
        ('"_spdisplays_edid" : "0x00ffffff"', '"_spdisplays_edid" : "0"'),
        ("    Serial Number                         : 1654922014443", "    Serial Number                         : 0"),
        ('"serial_number" : "C02ABCDEF123"', '"serial_number" : "0"'),
        ("HF_TOKEN=hf_abcdefghijklmnopqrstuv", "HF_TOKEN=****"),
        ("token hf_abcdefghijklmnopqrstuv", "token ****"),
        ("password: hunter22", "password: ****"),
        ("https://index.example.org/simple", "https://index.example.org/simple"),
        ("NVIDIA H100 80GB HBM3", "NVIDIA H100 80GB HBM3"),
    ],
)
def test_private_words(text: str, expected: str) -> None:
    assert expected == Redactor(ADA)(text)


def test_windows_homes_in_json() -> None:
    text = msgspec.json.encode(["C:\\Users\\Adalove\\venv", "c BABBAGE-PC"]).decode()
    assert ["C:\\Users\\user\\venv", "c host"] == msgspec.json.decode(Redactor(ON_WINDOWS)(text))


@pytest.mark.parametrize("name", ["root", "python", "nvidia", "ab", "", "ubuntu"])
def test_common_names_stay(name: str) -> None:
    text = "python root nvidia ab ubuntu /usr/bin/python"
    assert text == Redactor(Owner(user=name, host=name, home="/root"))(text)


def test_one_uuid_is_one_number_in_a_document() -> None:
    redact = Redactor(ADA)
    other = UUID.replace("1f2e", "9999")
    assert [redact(UUID), redact(other), redact(UUID)] == [
        f"00000000-0000-0000-0000-{number:012d}" for number in (1, 2, 1)
    ]


@given(text=st.text())
def test_stripping_twice_changes_nothing_more(text: str) -> None:
    once = Redactor(ADA)(text)
    assert once == Redactor(ADA)(once)
