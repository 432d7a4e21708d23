"""Systems, containers and hypervisors."""

from __future__ import annotations

import pytest

from mlenv.facts.system import Libc, OperatingSystem
from mlenv.probe.host.container import find_container, name_hypervisor, read_container, read_virtualization
from mlenv.probe.host.operating_system import find_wsl, read_architecture, read_operating_system
from mlenv.probe.log import Log
from mlenv.system.host import Identity
from mlenv.system.recording import RecordedHost
from tests.unit.probe.probe_hosts import LINUX, command, linux, probe, readings


def test_system_before_os_release() -> None:
    recording = linux({"/etc/redhat-release": "CentOS release 6.10 (Final)\n"})
    del recording.files["/etc/os-release"]
    machine = probe(recording)
    assert (machine.os.distribution, machine.os.version) == ("centos", "6.10")
    assert readings(machine, "os.distribution") == [("/etc/redhat-release", "found", "")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            'PRETTY_NAME="Rocky Linux 9.4 (Blue Onyx)"\nID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.4"\n',
            ("rocky", "9.4", None, ("rhel", "centos", "fedora")),
        ),
        ("ID=arch\nBUILD_ID=rolling\n", ("arch", None, None, ())),
        ('ID=nixos\nVERSION_ID="24.05"\nVARIANT_ID=installer\n', ("nixos", "24.05", "installer", ())),
        ("ID=flatcar\nID_LIKE=coreos\nVERSION_ID=4081.2.0\n", ("flatcar", "4081.2.0", None, ("coreos",))),
        ('ID="amzn"\nID_LIKE="fedora"\nVERSION_ID="2023"\n', ("amzn", "2023", None, ("fedora",))),
        ('PRETTY_NAME="Debian GNU/Linux trixie/sid"\nID=debian\n', ("debian", None, None, ())),
    ],
)
def test_distributions(text: str, expected: tuple[str, str | None, str | None, tuple[str, ...]]) -> None:
    system = read_operating_system(RecordedHost(linux({"/etc/os-release": text})), Log())
    assert (system.distribution, system.version, system.edition, system.like) == expected


def test_distribution_inside_wsl() -> None:
    identity = Identity(
        system="linux", release="5.15.153.1-microsoft-standard-WSL2", machine="x86_64", libc="glibc 2.39"
    )
    text = 'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n'
    recording = linux({"/etc/os-release": text}, identity=identity, environ={"WSL_DISTRO_NAME": "Ubuntu-24.04"})
    system = read_operating_system(RecordedHost(recording), Log())
    assert system == OperatingSystem(
        family="linux",
        distribution="ubuntu",
        version="24.04",
        kernel="5.15.153.1-microsoft-standard-WSL2",
        libc=Libc(family="glibc", version="2.39"),
        wsl=2,
        container="",
        virtualization="hyper-v",
        secure_boot=system.secure_boot,
        like=("debian",),
    )


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
