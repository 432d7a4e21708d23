"""Containers and hypervisors around a system, and variables that reach into it."""

from __future__ import annotations

import pytest

from mlenv.facts.system import Variable
from mlenv.probe.host.container import find_container_root, read_container, read_virtualization
from mlenv.probe.host.variables import is_of_interest, read_variables
from mlenv.probe.log import Log
from mlenv.system.host import Identity
from mlenv.system.recording import RecordedHost, RecordingHost
from tests.unit.probe.probe_hosts import CPU_TABLE, LINUX, linux

GVISOR_DATE = "Sun Jan 10 15:06:54 PST 2016"


@pytest.mark.parametrize(
    ("release", "version", "expected"),
    [
        ("4.19.0-gvisor", "", "gvisor"),
        ("4.4.0", f"Linux version 4.4.0 #1 SMP {GVISOR_DATE}\n", "gvisor"),
        ("4.4.0", "Linux version 4.4.0 (builder@host) #1 SMP Mon Feb 1 10:00:00 UTC 2016\n", ""),
        ("6.1.0-18-amd64", f"{GVISOR_DATE}\n", ""),
    ],
)
def test_gvisor_plays_a_kernel(release: str, version: str, expected: str) -> None:
    identity = Identity(system="linux", release=release, machine="x86_64")
    assert read_container(RecordedHost(linux({"/proc/version": version}, identity=identity)), Log()) == expected


@pytest.mark.parametrize(
    ("environ", "expected"),
    [({"SHIFTER_RUNTIME": "1"}, "shifter"), ({"CH_RUNNING": "Weird Al Yankovic"}, "charliecloud")],
)
def test_containers_of_clusters(environ: dict[str, str], expected: str) -> None:
    assert read_container(RecordedHost(linux(environ=environ)), Log()) == expected


@pytest.mark.parametrize(
    ("mounts", "expected"),
    [
        ("1 0 0:1 / / rw - overlay overlay rw,lowerdir=/var/lib/docker/overlay2/l/A,upperdir=/x\n", "docker"),
        ("1 0 0:1 / / rw - overlay overlay rw,lowerdir=/var/lib/containerd/snapshots/1/fs\n", "containerd"),
        ("1 0 0:1 / / rw - overlay overlay rw,lowerdir=/var/lib/containers/storage/overlay/l/A\n", "podman"),
        ("1 0 8:1 /var/lib/lxc/web/rootfs / rw - ext4 /dev/sda1 rw\n", "lxc"),
        ("1 0 8:1 /data/enroot/web / rw - ext4 /dev/sda1 rw\n2 1 8:1 /x /.lock ro - ext4 /dev/sda1 rw\n", "enroot"),
        ("1 0 0:1 / / rw - overlay overlay rw,lowerdir=/run/live/rootfs,upperdir=/run/live/up\n", ""),
        ("1 0 8:1 / / rw - ext4 /dev/sda1 rw\n", ""),
        ("", ""),
    ],
)
def test_root_file_systems_of_containers(mounts: str, expected: str) -> None:
    assert find_container_root(mounts) == expected


def test_the_flag_of_a_guest_is_enough() -> None:
    recording = linux({"/proc/cpuinfo": CPU_TABLE.replace("fma", "fma hypervisor")})
    log = Log()
    assert read_virtualization(RecordedHost(recording), log) == "vm"
    assert [(row.source, row.outcome) for row in log.readings] == [("/proc/cpuinfo", "found")]


def test_the_kernel_knows_xen() -> None:
    files = {"/proc/cpuinfo": CPU_TABLE.replace("fma", "fma hypervisor"), "/sys/hypervisor/type": "xen\n"}
    assert read_virtualization(RecordedHost(linux(files)), Log()) == "xen"


def test_a_named_hypervisor_needs_no_flag() -> None:
    files = {"/sys/class/dmi/id/sys_vendor": "Hetzner\n", "/sys/class/dmi/id/product_name": "vServer\n"}
    identity = Identity(system="linux", release="6.1", machine="aarch64")
    assert read_virtualization(RecordedHost(linux(files, identity=identity)), Log()) == "kvm"


def test_bare_metal() -> None:
    log = Log()
    assert read_virtualization(RecordedHost(linux(identity=LINUX)), log) == ""
    assert [(row.source, row.outcome, row.detail) for row in log.readings] == [
        ("/sys/class/dmi/id", "found", "LENOVO 20L6S0AB00")
    ]


def test_variables_that_are_set() -> None:
    environ = {
        "CUDA_VISIBLE_DEVICES": "",
        "LD_LIBRARY_PATH": "/opt/cuda/lib64",
        "NVIDIA_API_KEY": "hidden",
        "HF_TOKEN": "hidden",
        "EDITOR": "vi",
    }
    recording = linux(environ=environ)
    host = RecordingHost(RecordedHost(recording))
    log = Log()
    assert read_variables(host, log) == (
        Variable(name="CUDA_VISIBLE_DEVICES", value=""),
        Variable(name="LD_LIBRARY_PATH", value="/opt/cuda/lib64"),
    )
    assert [row.id for row in log.readings] == ["variable.CUDA_VISIBLE_DEVICES", "variable.LD_LIBRARY_PATH"]
    assert set(host.recording.environ) == {"CUDA_VISIBLE_DEVICES", "LD_LIBRARY_PATH"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("NVIDIA_DRIVER_CAPABILITIES", True),
        ("HSA_OVERRIDE_GFX_VERSION", True),
        ("TF_CPP_MIN_LOG_LEVEL", True),
        ("TF_VAR_db_password", False),
        ("TOKENIZERS_PARALLELISM", True),
        ("VLLM_API_KEY", False),
        ("NVIDIA_password", False),
        ("WANDB_MODE", False),
        ("LD_SDK_KEY", False),
        ("PATH", False),
    ],
)
def test_names_of_interest(name: str, expected: bool) -> None:
    assert is_of_interest(name) is expected
