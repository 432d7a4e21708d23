"""Systems, containers and hypervisors."""

from __future__ import annotations

import pytest

from mlenv.facts.system import Libc
from mlenv.probe.container import find_container, name_hypervisor, read_container, read_virtualization
from mlenv.probe.log import Log
from mlenv.probe.operating_system import (
    find_wsl,
    name_windows,
    parse_os_release,
    parse_red_hat_release,
    read_architecture,
)
from mlenv.system.host import Identity
from mlenv.system.recording import RecordedHost
from tests.unit.probe.probe_hosts import LINUX, command, linux, probe, readings


def test_os_release_with_quotes_comments_and_escapes() -> None:
    text = '# comment\nID=\'ubuntu\'\nVERSION_ID="22.04"\nNAME="a \\"b\\" \\$c"\nEMPTY=\nnonsense\n'
    assert parse_os_release(text) == {"ID": "ubuntu", "VERSION_ID": "22.04", "NAME": 'a "b" $c'}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CentOS release 6.10 (Final)\n", ("centos", "6.10")),
        ("Red Hat Enterprise Linux Server release 7.2 (Maipo)\n", ("rhel", "7.2")),
        ("", (None, None)),
    ],
)
def test_red_hat_release(text: str, expected: tuple[str | None, str | None]) -> None:
    assert parse_red_hat_release(text) == expected


def test_system_before_os_release() -> None:
    recording = linux({"/etc/redhat-release": "CentOS release 6.10 (Final)\n"})
    del recording.files["/etc/os-release"]
    machine = probe(recording)
    assert (machine.os.distribution, machine.os.version) == ("centos", "6.10")
    assert readings(machine, "os.distribution") == [("/etc/redhat-release", "found", "")]


@pytest.mark.parametrize(
    ("release", "distro", "expected"),
    [
        ("5.15.153.1-microsoft-standard-WSL2", "Ubuntu", 2),
        ("4.4.0-19041-Microsoft", "Ubuntu", 1),
        ("6.6.87.2-custom", "Debian", 2),
        ("6.1.0-18-amd64", "", 0),
    ],
)
def test_wsl(release: str, distro: str, expected: int) -> None:
    assert find_wsl(release, distro) == expected


@pytest.mark.parametrize(
    ("release", "expected"),
    [("10.0.22631", "11"), ("10.0.19045", "10"), ("6.1.7601", "6.1"), ("10", "10"), ("", None)],
)
def test_windows(release: str, expected: str | None) -> None:
    assert name_windows(release) == expected


def test_glibc_is_asked_for_where_the_interpreter_does_not_know_it() -> None:
    identity = Identity(system="linux", release="6.1", machine="x86_64")
    getconf = command("getconf", "GNU_LIBC_VERSION", stdout="glibc 2.28\n")
    machine = probe(linux(identity=identity, commands=[getconf]))
    assert machine.os.libc == Libc(family="glibc", version="2.28")


def test_unknown_libc_is_unreadable() -> None:
    machine = probe(linux(identity=Identity(system="linux", release="6.1", machine="x86_64")))
    assert machine.os.libc is None
    assert readings(machine, "os.libc") == [("getconf", "unreadable", "not in the recording")]


@pytest.mark.parametrize(
    ("machine", "expected"),
    [("AMD64", "x86_64"), ("aarch64", "aarch64"), ("i686", "x86"), ("ARM64", "arm64"), ("ppc64le", None)],
)
def test_architecture(machine: str, expected: str | None) -> None:
    host = RecordedHost(linux(identity=Identity(system="linux", release="6", machine=machine)))
    assert read_architecture(host, Log()) == expected


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ("0::/init.scope\n", ""),
        ("11:memory:/docker/3f4c\n10:cpu:/docker/3f4c\n", "docker"),
        ("0::/kubepods.slice/kubepods-besteffort.slice/cri-containerd-1.scope\n", "kubernetes"),
        ("0::/system.slice/docker-12ab.scope\n", "docker"),
        ("1:name=systemd:/lxc/web\n", "lxc"),
        ("0::/machine.slice/libpod-77.scope/container\n", "podman"),
    ],
)
def test_container_from_groups(groups: str, expected: str) -> None:
    assert find_container(groups) == expected


@pytest.mark.parametrize(
    ("files", "environ", "expected"),
    [
        ({}, {"APPTAINER_CONTAINER": "/images/ml.sif"}, "apptainer"),
        ({"/run/.containerenv": "engine=podman"}, {}, "podman"),
        ({"/run/systemd/container": "systemd-nspawn\n"}, {}, "systemd-nspawn"),
        ({"/run/systemd/container": "wsl\n"}, {"container": "wsl"}, ""),
        ({}, {"container": "oci"}, "oci"),
    ],
)
def test_container_signs(files: dict[str, str], environ: dict[str, str], expected: str) -> None:
    assert read_container(RecordedHost(linux(files, environ=environ)), Log()) == expected


@pytest.mark.parametrize(
    ("product", "guest", "expected"),
    [
        ("LENOVO 20L6S0AB00", False, ""),
        ("QEMU Standard PC (Q35 + ICH9, 2009)", True, "kvm"),
        ("VMware, Inc. VMware Virtual Platform", True, "vmware"),
        ("Microsoft Corporation Virtual Machine", True, "hyper-v"),
        ("Microsoft Corporation Surface Laptop", False, ""),
        ("Amazon EC2 g5.xlarge", True, "kvm"),
        ("Amazon EC2 p4d.metal", False, ""),
        ("", True, "vm"),
    ],
)
def test_hypervisor(product: str, guest: bool, expected: str) -> None:
    assert name_hypervisor(product, guest=guest) == expected


def test_arm_machine_without_firmware_names_is_unknown() -> None:
    recording = linux(identity=Identity(system="linux", release="6", machine="aarch64"))
    for name in ("sys_vendor", "product_name"):
        del recording.files[f"/sys/class/dmi/id/{name}"]
    assert read_virtualization(RecordedHost(recording), Log()) is None
    recording.identity = LINUX
    assert read_virtualization(RecordedHost(recording), Log()) == ""
