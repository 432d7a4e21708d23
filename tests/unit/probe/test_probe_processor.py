"""Processor, memory, control groups and mounts."""

from __future__ import annotations

import pytest

from mlenv.facts.hardware import Cpu, Memory
from mlenv.probe.arm_parts import name_arm_core
from mlenv.probe.cgroup import folders_above, parse_groups, read_limits
from mlenv.probe.memory import parse_limit, parse_memory_table
from mlenv.probe.mounts import Mount, find_mount, parse_mounts
from mlenv.probe.processor import parse_cpu_table, parse_quota, parse_sysctl_processor
from mlenv.probe.sysctl import parse_sysctl
from mlenv.system.recording import RecordedHost
from tests.unit.probe.probe_hosts import GIB, linux, probe


def test_two_packages_with_two_threads_a_core() -> None:
    blocks = [
        f"processor\t: {thread}\nmodel name\t: Xeon\nphysical id\t: {thread % 2}\ncore id\t: {thread // 4}\n"
        for thread in range(8)
    ]
    cpu = parse_cpu_table("\n".join(blocks))
    assert (cpu.physical_cores, cpu.logical_cores) == (4, 8)


def test_boards_name_themselves_after_the_cores() -> None:
    text = (
        "processor\t: 0\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\nCPU part\t: 0xd08\n\nModel\t: Raspberry Pi 4\n"
    )
    assert parse_cpu_table(text) == Cpu(model="Cortex-A72", vendor="ARM", logical_cores=1, flags=("fp", "asimd"))


def test_power_has_neither_flags_nor_vendor() -> None:
    text = "processor\t: 0\ncpu\t\t: POWER9, altivec supported\nclock\t\t: 2200MHz\n"
    assert parse_cpu_table(text) == Cpu(model="POWER9, altivec supported", logical_cores=1)


def test_empty_cpu_table() -> None:
    assert parse_cpu_table("") == Cpu()


def test_unknown_arm_part() -> None:
    assert (name_arm_core("0x41", "0xfff"), name_arm_core("", "x")) == (None, None)


def test_mac_with_an_intel_processor() -> None:
    text = "machdep.cpu.vendor: GenuineIntel\nmachdep.cpu.features: SSE3 SSE4.1 AVX1.0\nhw.physicalcpu: 4\nnonsense\n"
    assert parse_sysctl_processor(parse_sysctl(text)) == Cpu(
        vendor="GenuineIntel", physical_cores=4, flags=("pni", "sse4_1", "avx")
    )


@pytest.mark.parametrize(
    ("text", "period", "expected"),
    [
        ("200000 100000", "", 2.0),
        ("max 100000", "", None),
        ("50000", "100000", 0.5),
        ("-1", "100000", None),
        ("", "", None),
        ("100000", "0", None),
    ],
)
def test_quota(text: str, period: str, expected: float | None) -> None:
    assert parse_quota(text, period) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("8589934592", 8 * GIB), ("max", None), ("9223372036854771712", None), ("", None), ("0", 0)],
)
def test_memory_limit(text: str, expected: int | None) -> None:
    assert parse_limit(text) == expected


def test_old_kernel_does_not_say_what_is_available() -> None:
    assert parse_memory_table("MemTotal:  1024 kB\nHugePages_Total:   0\n") == Memory(total_bytes=1024 * 1024)


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


def test_lowest_limit_of_the_groups_above_counts() -> None:
    files = {
        "/proc/self/cgroup": "0::/a/b\n",
        "/sys/fs/cgroup/a/b/memory.max": f"{8 * GIB}\n",
        "/sys/fs/cgroup/a/memory.max": f"{2 * GIB}\n",
    }
    assert probe(linux(files)).memory.limit_bytes == 2 * GIB


def test_mounts_with_blanks_and_nonsense() -> None:
    text = "27 1 254:0 /sub /mnt/my\\040disk rw,relatime shared:1 master:2 - xfs /dev/vda1 rw\nnonsense\n1 2 - 3\n"
    assert parse_mounts(text) == (Mount(root="/sub", point="/mnt/my disk", filesystem="xfs", options=("rw",)),)


def test_the_deepest_and_latest_mount_holds_a_path() -> None:
    mounts = tuple(
        Mount(root="/", point=point, filesystem=kind)
        for point, kind in (("/", "ext4"), ("/home", "nfs4"), ("/home", "xfs"), ("/homes", "btrfs"))
    )
    found = [find_mount(mounts, path) for path in ("/home/ada", "/homestead", "/home")]
    assert [mount.filesystem if mount else None for mount in found] == ["xfs", "ext4", "xfs"]
    assert find_mount((), "/home") is None
