"""What systems say of themselves: os-release, redhat-release, /proc/version, systeminfo."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlenv.formats.os_release import (
    Distribution,
    parse_distribution,
    parse_kernel,
    parse_os_release,
    parse_red_hat_release,
)
from mlenv.formats.windows_systeminfo import SystemInfo, parse_systeminfo
from tests.unit.formats.recordings import RECORDINGS, files, name, needs_recordings

pytestmark = needs_recordings

MIB = 1024**2
FOLDER = "os-files/distributions"
# Name, version and edition of each file.
DISTRIBUTIONS: dict[str, tuple[str, str | None, str | None]] = {
    "almalinux10.usr.lib.os-release": ("almalinux", "10.0", None),
    "almalinux9.usr.lib.os-release": ("almalinux", "9.1", None),
    "alpine3.17.etc.os-release": ("alpine", "3.17.3", None),
    "amazon2017.03.etc.os-release": ("amzn", "2017.03", None),
    "archlinux.usr.lib.os-release": ("archarm", None, None),
    "centos7.8.usr.lib.os-release": ("centos", "7", None),
    "centos7.etc.os-release": ("centos", "7", None),
    "dir_release.etc.os-release": ("centos", "7", None),
    "fedora30.usr.lib.os-release": ("fedora", "30", "container"),
    "linuxmint20.etc.lsb-release": ("linuxmint", "20", None),
    "linuxmint20.usr.lib.os-release": ("linuxmint", "20", None),
    "manjaro23.etc.lsb-release": ("manjaro-arm", "23.02", None),
    "manjaro23.usr.lib.os-release": ("manjaro-arm", None, None),
    "openeuler20.03.etc.os-release": ("openeuler", "20.03", None),
    "opensuse-leap15.4.usr.lib.os-release": ("opensuse-leap", "15.4", None),
    "opensuse-tumbleweed.usr.lib.os-release": ("opensuse-tumbleweed", "20230108", None),
    "oraclelinux7.etc.os-release": ("ol", "7.9", "server"),
    "oraclelinux7.etc.redhat-release": ("rhel", "7.9", None),
    "raspbian9.usr.lib.os-release": ("raspbian", "9", None),
    "redhat10.etc.redhat-release": ("rhel", "10.0", None),
    "redhat10.usr.lib.os-release": ("rhel", "10.0", None),
    "redhat7.etc.os-release": ("rhel", "7.6", "server"),
    "redhat7.etc.redhat-release": ("rhel", "7.6", None),
    "redhat9.etc.redhat-release": ("rhel", "9.0", None),
    "redhat9.usr.lib.os-release": ("rhel", "9.0", None),
    "rockylinux9.usr.lib.os-release": ("rocky", "9.0", None),
    "sled15sp5.etc.os-release": ("sled", "15.5", None),
    "sles15sp5.etc.os-release": ("sles", "15.5", None),
    "ubuntu1204.etc.lsb-release": ("ubuntu", "12.04", None),
    "ubuntu1204.etc.os-release": ("ubuntu", "12.04", None),
    "ubuntu1404.etc.lsb-release": ("ubuntu", "14.04", None),
    "ubuntu1404.etc.os-release": ("ubuntu", "14.04", None),
    "ubuntu1710.etc.lsb-release": ("ubuntu", "17.10", None),
    "ubuntu1710.usr.lib.os-release": ("ubuntu", "17.10", None),
    "ubuntu2204.etc.lsb-release": ("ubuntu", "22.04", None),
    "ubuntu2204.usr.lib.os-release": ("ubuntu", "22.04", None),
}


def read(file: str) -> Distribution:
    text = (RECORDINGS / FOLDER / file).read_text()
    return parse_red_hat_release(text) if file.endswith("redhat-release") else parse_distribution(text)


def test_every_file_is_read() -> None:
    assert {path.name for path in files(f"{FOLDER}/*")} == DISTRIBUTIONS.keys()


@pytest.mark.parametrize("file", DISTRIBUTIONS)
def test_distribution(file: str) -> None:
    found = read(file)
    assert (found.name, found.version, found.edition) == DISTRIBUTIONS[file]
    assert found.title


@pytest.mark.parametrize("path", files(f"{FOLDER}/*.os-release"), ids=name)
def test_no_field_is_lost(path: Path) -> None:
    lines = [line for line in path.read_text().splitlines() if "=" in line and not line.startswith("#")]
    filled = [line for line in lines if not line.endswith(('=""', "="))]
    assert len(parse_os_release(path.read_text())) == len(filled)


@pytest.mark.parametrize(
    ("file", "like"),
    [
        ("rockylinux9.usr.lib.os-release", ("rhel", "centos", "fedora")),
        ("manjaro23.usr.lib.os-release", ("manjaro", "arch")),
        ("opensuse-leap15.4.usr.lib.os-release", ("suse", "opensuse")),
        ("ubuntu2204.usr.lib.os-release", ("debian",)),
        ("alpine3.17.etc.os-release", ()),
    ],
)
def test_ancestors(file: str, like: tuple[str, ...]) -> None:
    assert read(file).like == like


def test_node_with_gpus() -> None:
    found = parse_distribution((RECORDINGS / "os-files/gpud/etc-os-release").read_text())
    assert found == Distribution(name="ubuntu", version="22.04", like=("debian",), title="Ubuntu 22.04.5 LTS")


@pytest.mark.parametrize(
    ("file", "release"),
    [
        ("proc-version-centos7", "3.10.0-1062.el7.x86_64"),
        ("proc-version-rhel-old", "2.6.8-1.523"),
        ("proc-version-ubuntu2010", "5.8.0-63-generic"),
    ],
)
def test_kernel(file: str, release: str) -> None:
    assert {path.name for path in files("os-files/jc/proc-version-*")} >= {file}
    assert parse_kernel((RECORDINGS / "os-files/jc" / file).read_text()) == release


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (
            "systeminfo-windows10.txt",
            SystemInfo(
                name="Microsoft Windows 10 Enterprise",
                version="10.0.19042",
                maker="VMware, Inc.",
                model="VMware7,1",
                architecture="x86_64",
                total_bytes=2047 * MIB,
                available_bytes=1417 * MIB,
                hypervisor=True,
            ),
        ),
        (
            "systeminfo-windows10-hyperv.txt",
            SystemInfo(
                name="Microsoft Windows 10 Enterprise",
                version="10.0.17134",
                maker="Dell Inc.",
                model="Precision 5530",
                architecture="x86_64",
                total_bytes=32503 * MIB,
                available_bytes=19743 * MIB,
                hypervisor=False,
            ),
        ),
        (
            "systeminfo-windows2012r2.txt",
            SystemInfo(
                name="Microsoft Windows Server 2012 R2 Standard",
                version="6.3.9600",
                maker="Microsoft Corporation",
                model="Virtual Machine",
                architecture="x86_64",
                total_bytes=3555 * MIB,
                available_bytes=771 * MIB,
                hypervisor=True,
            ),
        ),
    ],
)
def test_systeminfo(file: str, expected: SystemInfo) -> None:
    assert len(files("os-files/jc/systeminfo-*")) == 3
    assert parse_systeminfo((RECORDINGS / "os-files/jc" / file).read_text()) == expected
