"""How systems name themselves."""

from __future__ import annotations

import pytest

from mlenv.formats.os_release import (
    Distribution,
    parse_distribution,
    parse_kernel,
    parse_mac_version,
    parse_os_release,
    parse_red_hat_release,
)


def test_fields_with_quotes_comments_and_escapes() -> None:
    text = '# comment\nID=\'ubuntu\'\nVERSION_ID="22.04"\nNAME="a \\"b\\" \\$c"\nEMPTY=\nnonsense\n'
    assert parse_os_release(text) == {"ID": "ubuntu", "VERSION_ID": "22.04", "NAME": 'a "b" $c'}


def test_distribution_in_its_own_words() -> None:
    text = (
        'PRETTY_NAME="openEuler 24.03 (LTS)"\nID="openEuler"\nID_LIKE="fedora"\nVERSION_ID="24.03"\nVARIANT_ID=server\n'
    )
    assert parse_distribution(text) == Distribution(
        name="openeuler", version="24.03", like=("fedora",), edition="server", title="openEuler 24.03 (LTS)"
    )


def test_lsb_release_says_the_same() -> None:
    text = 'DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=14.04\nDISTRIB_DESCRIPTION="Ubuntu 14.04.6 LTS"\n'
    assert parse_distribution(text) == Distribution(name="ubuntu", version="14.04", title="Ubuntu 14.04.6 LTS")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CentOS release 6.10 (Final)\n", ("centos", "6.10")),
        ("Red Hat Enterprise Linux Server release 7.2 (Maipo)\n", ("rhel", "7.2")),
        ("Scientific Linux release 7.9 (Nitrogen)\n", ("scientific", "7.9")),
        ("Debian\n", (None, None)),
        ("a" * 100_000 + " release", (None, None)),
        ("", (None, None)),
    ],
)
def test_red_hat_release(text: str, expected: tuple[str | None, str | None]) -> None:
    found = parse_red_hat_release(text)
    assert (found.name, found.version) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Linux version 6.8.0-45-generic (buildd@host) (gcc 13.2.0) #45-Ubuntu SMP\n", "6.8.0-45-generic"),
        ("Linux node7 5.15.0-1064-nvidia #65-Ubuntu SMP x86_64 GNU/Linux\n", "5.15.0-1064-nvidia"),
        ("Darwin mac.local 23.5.0 Darwin Kernel Version 23.5.0: Wed May  1; arm64\n", "23.5.0"),
        ("Linux version unknown\n", None),
        ("MINGW64_NT-10.0 host 3.4.9\n", None),
        ("Linux", None),
        ("", None),
    ],
)
def test_kernel(text: str, expected: str | None) -> None:
    assert parse_kernel(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<key>ProductName</key>\n<string>macOS</string>\n<key>ProductVersion</key>\n\t<string>14.5</string>", "14.5"),
        ("ProductName:\t\tmacOS\nProductVersion:\t\t26.1\nBuildVersion:\t\t25B78\n", "26.1"),
        ("<key>ProductVersion</key><string>soon</string>", None),
        ("", None),
    ],
)
def test_mac_version(text: str, expected: str | None) -> None:
    assert parse_mac_version(text) == expected
