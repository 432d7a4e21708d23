"""Processors of all systems, and what control groups leave of them."""

from __future__ import annotations

from typing import Any

import pytest

from mlenv.facts.hardware import Cpu
from mlenv.formats.mounts import Mount
from mlenv.probe.host.cgroup import folders_above, parse_groups, read_limits
from mlenv.probe.host.processor import NODES, REGISTRY, TOPOLOGY, count_listed, parse_quota, read_processor
from mlenv.probe.host.sysctl import COMMAND
from mlenv.probe.log import Log
from mlenv.system.host import Identity
from mlenv.system.recording import RecordedHost, Recording
from tests.unit.probe.probe_hosts import GIB, answer, command, linux, probe

MAC = Identity(system="macos", release="24.1.0", machine="arm64")
WINDOWS = Identity(system="windows", release="10.0.22631", machine="AMD64")
GRACE = "".join(f"processor\t: {number}\nCPU implementer\t: 0x41\nCPU part\t: 0xd4f\n\n" for number in range(4))


def read(recording: Recording) -> tuple[Cpu, Log]:
    log = Log()
    return read_processor(RecordedHost(recording), log), log


def test_laptop() -> None:
    cpu, log = read(linux({f"{NODES}/has_cpu": "0\n"}))
    assert (cpu.sockets, cpu.physical_cores, cpu.logical_cores, cpu.usable_cores) == (1, 1, 2, 2)
    assert cpu.numa_nodes == 1
    assert [(row.id, row.outcome) for row in log.readings] == [("cpu", "found"), ("cpu.numa", "found")]


def test_memory_of_gpus_is_no_node_with_processors() -> None:
    files = {
        "/proc/cpuinfo": GRACE,
        f"{NODES}/has_cpu": "0-1\n",
        f"{NODES}/node0/x": "",
        f"{NODES}/node8/x": "",
        f"{TOPOLOGY}/thread_siblings_list": "0\n",
        f"{TOPOLOGY}/core_siblings_list": "0-1\n",
    }
    cpu, _ = read(linux(files, identity=Identity(system="linux", release="6.8", machine="aarch64")))
    assert cpu == Cpu(
        model="Neoverse-V2",
        vendor="ARM",
        physical_cores=4,
        logical_cores=4,
        usable_cores=2,
        sockets=2,
        numa_nodes=2,
    )


def test_kernels_without_that_list_show_the_nodes() -> None:
    files = {f"{NODES}/node0/cpulist": "0\n", f"{NODES}/node1/cpulist": "1\n", f"{NODES}/possible": "0-1\n"}
    cpu, _ = read(linux(files))
    assert cpu.numa_nodes == 2


def test_nodes_are_unknown_where_nothing_shows_them() -> None:
    cpu, log = read(linux())
    assert cpu.numa_nodes is None
    assert ("cpu.numa", "absent") in [(row.id, row.outcome) for row in log.readings]


def test_clusters_of_a_board_are_no_sockets() -> None:
    files = {
        "/proc/cpuinfo": GRACE,
        f"{TOPOLOGY}/thread_siblings_list": "0\n",
        f"{TOPOLOGY}/core_siblings_list": "0-1\n",
        "/proc/device-tree/model": "Board",
    }
    cpu, _ = read(linux(files, identity=Identity(system="linux", release="6.8", machine="aarch64")))
    assert (cpu.sockets, cpu.physical_cores) == (None, 4)


def test_threads_of_power() -> None:
    blocks = "".join(f"processor\t: {number}\ncpu\t\t: POWER9\n\n" for number in range(8))
    files = {
        "/proc/cpuinfo": blocks,
        f"{TOPOLOGY}/thread_siblings_list": "0-3\n",
        f"{TOPOLOGY}/core_siblings_list": "0-7\n",
    }
    cpu, _ = read(linux(files, identity=Identity(system="linux", release="6.8", machine="ppc64le")))
    assert (cpu.sockets, cpu.physical_cores, cpu.logical_cores) == (1, 2, 8)


def test_no_table() -> None:
    recording = linux()
    del recording.files["/proc/cpuinfo"]
    cpu, log = read(recording)
    assert cpu == Cpu(usable_cores=2)
    assert ("/proc/cpuinfo", "absent") in [(row.source, row.outcome) for row in log.readings]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0-1", 2), ("0,8\n", 2), ("0-3,8-11", 8), ("0-4294967295", None), ("", None), ("3-1", None), ("a", None)],
)
def test_lists_of_the_kernel(text: str, expected: int | None) -> None:
    assert count_listed(text) == expected


def test_mac() -> None:
    stdout = "machdep.cpu.brand_string: Apple M2\nhw.physicalcpu: 8\nhw.logicalcpu: 8\n"
    cpu, _ = read(Recording(identity=MAC, cores=8, commands=[command(*COMMAND, stdout=stdout)]))
    assert cpu == Cpu(model="Apple M2", vendor="Apple", physical_cores=8, logical_cores=8, usable_cores=8)


def windows(facts: dict[str, Any] | None = None, **more: Any) -> Recording:
    scripts = [] if facts is None else [answer("processor", facts)]
    return Recording(identity=WINDOWS, cores=4, scripts=scripts, **more)


def test_windows_has_names_in_the_registry_and_flags_in_the_processor() -> None:
    recording = windows(
        {
            "registers": [[1, 0, 0, 0, 1 << 28, 1], [7, 0, 0, 1 << 16, 0, 0]],
            "xcr0": 7,
            "physical_cores": 2,
            "logical_cores": 64,
        },
        registry={rf"{REGISTRY}\0": {"ProcessorNameString": "AMD Ryzen 5  ", "VendorIdentifier": "AuthenticAMD"}},
        registry_keys={REGISTRY: ["0", "1", "2", "3"]},
    )
    cpu, log = read(recording)
    assert cpu == Cpu(
        model="AMD Ryzen 5",
        vendor="AuthenticAMD",
        physical_cores=2,
        logical_cores=4,
        usable_cores=4,
        flags=("fpu", "avx"),
    )
    assert [(row.id, row.outcome) for row in log.readings] == [("cpu", "found"), ("cpu.flags", "found")]


def test_windows_on_arm_has_no_registers() -> None:
    cpu, _ = read(windows({"model": "Snapdragon X", "flags": ["neon"], "logical_cores": 12}))
    assert cpu == Cpu(model="Snapdragon X", logical_cores=12, usable_cores=4, flags=("neon",))


def test_windows_without_any_answer() -> None:
    cpu, log = read(windows(environ={"PROCESSOR_IDENTIFIER": "Intel64 Family 6", "NUMBER_OF_PROCESSORS": "8"}))
    assert cpu == Cpu(model="Intel64 Family 6", logical_cores=8, usable_cores=4)
    assert {(row.id, row.outcome) for row in log.readings} == {("cpu", "unreadable"), ("cpu.flags", "unreadable")}


@pytest.mark.parametrize(
    ("text", "period", "expected"),
    [
        ("200000 100000", "", 2.0),
        ("max 100000", "", None),
        ("50000", "100000", 0.5),
        ("-1", "100000", None),
        ("", "", None),
        ("100000", "0", None),
        ("9" * 5000, "100000", None),
    ],
)
def test_quota(text: str, period: str, expected: float | None) -> None:
    assert parse_quota(text, period) == expected


def test_groups_of_both_versions() -> None:
    text = "4:cpu,cpuacct:/user.slice\n1:name=systemd:/\n0::/init.scope\nnonsense\n"
    assert parse_groups(text) == {
        "cpu": "/user.slice",
        "cpuacct": "/user.slice",
        "name=systemd": "/",
        "": "/init.scope",
    }


@pytest.mark.parametrize(
    ("root", "group", "expected"),
    [
        ("/", "/a/b", ["/cg/a/b", "/cg/a", "/cg"]),
        ("/docker/1", "/docker/1/sub", ["/cg/sub", "/cg"]),
        ("/docker/1", "/docker/1", ["/cg"]),
        ("/", "/../other", ["/cg"]),
    ],
)
def test_folders_of_groups(root: str, group: str, expected: list[str]) -> None:
    assert folders_above(Mount(root=root, point="/cg", filesystem="cgroup2"), group) == expected


def test_limits_of_version_1_come_from_the_mount_of_the_controller() -> None:
    mounts = (
        "34 30 0:31 / /data rw - ext4 /dev/sda - cgroup\n"
        "35 31 0:32 / /cg/memory rw - cgroup cgroup rw,memory\n36 31 0:33 / /cg/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
    )
    files = {
        "/proc/self/mountinfo": mounts,
        "/proc/self/cgroup": "4:memory:/job/7\n3:cpu,cpuacct:/job\n",
        "/cg/memory/job/memory.limit_in_bytes": f"{4 * GIB}\n",
        "/cg/memory/memory.limit_in_bytes": "9223372036854771712\n",
        "/cg/cpu/job/cpu.cfs_quota_us": "50000\n",
        "/cg/cpu/job/cpu.cfs_period_us": "100000\n",
    }
    recording = linux(files)
    limits = list(read_limits(RecordedHost(recording), "memory", "memory.max", "memory.limit_in_bytes"))
    assert [path for path, _ in limits] == [
        "/cg/memory/job/memory.limit_in_bytes",
        "/cg/memory/memory.limit_in_bytes",
    ]
    machine = probe(recording)
    assert (machine.memory.limit_bytes, machine.cpu.usable_cores) == (4 * GIB, 0.5)
