"""Recorded processors: /proc/cpuinfo, lscpu, sysctl of Macs and registers of Windows machines."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlenv.facts.hardware import Cpu
from mlenv.formats.cpu_sysctl import parse_sysctl_processor
from mlenv.formats.cpu_table import parse_cpu_table
from mlenv.formats.cpuid import describe_registers
from mlenv.formats.lscpu import parse_lscpu
from tests.unit.formats.recordings import RECORDINGS, files, name, needs_recordings

pytestmark = needs_recordings

# The file, part of the model, the vendor, the level, a flag that is there and one that is not.
FIRST_PROCESSORS = [
    ("linux-amazon-neoverse_n1", "Neoverse-N1", "ARM", None, "asimddp", "sve"),
    ("linux-asahi-m2", "Blizzard (M2)", "Apple", None, "bf16", "sve"),
    ("linux-centos7-cascadelake", "Xeon(R) Platinum 8260M", "GenuineIntel", "x86-64-v4", "avx512_vnni", "amx_tile"),
    ("linux-rhel6-piledriver", "AMD FX(tm)-8350", "AuthenticAMD", "x86-64-v2", "fma4", "avx2"),
    ("linux-rhel7-haswell", "E5-2680 v3", "GenuineIntel", "x86-64-v3", "avx2", "avx512f"),
    ("linux-rhel7-ivybridge", "E5-2650 v2", "GenuineIntel", "x86-64-v2", "avx", "avx2"),
    ("linux-rhel9-neoverse_n2", "Neoverse-N2", "ARM", None, "svebf16", "avx2"),
    ("linux-rhel9-neoverse_v2", "Neoverse-V2", "ARM", None, "sve2", "avx2"),
    ("linux-rocky8-a64fx", "A64FX", "Fujitsu", None, "sve", "bf16"),
    ("linux-rocky8.5-zen4", "EPYC 9654", "AuthenticAMD", "x86-64-v4", "avx512_bf16", "amx_tile"),
    ("linux-rocky9-zen5", "Ryzen 9 9950X", "AuthenticAMD", "x86-64-v4", "avx512_bf16", "amx_tile"),
    ("linux-scientific7-k10", "Opteron(tm) Processor 6136", "AuthenticAMD", "x86-64-v1", "sse4a", "avx"),
    ("linux-sifive-u74mc", "sifive,u74-mc", "sifive", None, "rv64imafdc", "avx"),
    ("linux-ubuntu20.04-zen3", "Ryzen 9 5950X", "AuthenticAMD", "x86-64-v3", "avx2", "avx512f"),
    ("linux-ubuntu24.04-alderlake", "Ultra 9 285", "GenuineIntel", "x86-64-v3", "avx_vnni", "avx512f"),
    ("linux-ubuntu26.04-arrowlake_s", "Ultra 9 285", "GenuineIntel", "x86-64-v3", "avx_vnni", "avx512f"),
    ("linux-unknown-power10", "POWER10", None, None, None, "avx"),
    ("linux-unknown-sapphirerapids", "Platinum 8480+", "GenuineIntel", "x86-64-v4", "amx_bf16", "sve"),
]
# The file; then sockets, cores, logical processors, vendor and level of the whole machine.
WHOLE_TABLES = [
    ("cadvisor/cpuinfo_arm", "Cortex-A53", None, None, 4, "ARM", None),
    (
        "cadvisor/cpuinfo_onesocket_many_NUMAs",
        "Intel(R) Xeon(R) Gold 5218R CPU @ 2.10GHz",
        16,
        16,
        32,
        "GenuineIntel",
        4,
    ),
    ("cadvisor/cpuinfo_rpi4", "Cortex-A72", None, None, 4, "ARM", None),
    ("gopsutil/cpuinfo-issue1037", "Cortex-A53 + Cortex-A73", None, None, 8, "ARM", None),
    ("gopsutil/cpuinfo-issue1958", "Hygon C86-4G (OPN:5435)", 1, 1, 1, "HygonGenuine", None),
    ("ohai/cpuinfo-aarch64-graviton2.output", "Neoverse-N1", None, None, 2, "ARM", None),
    ("ohai/cpuinfo-ppc64le-p9-host.output", "POWER9, altivec supported", None, None, 2, None, None),
    ("ohai/cpuinfo-s390x.output", "IBM z15", None, None, 4, "IBM/S390", None),
    ("ohai/cpuinfo-x86-guest-kvm.output", "QEMU Virtual CPU version 2.5+", 4, 4, 4, "GenuineIntel", 1),
    ("procfs/cpuinfo", "Intel(R) Core(TM) i7-8650U CPU @ 1.90GHz", 1, 4, 8, "GenuineIntel", 3),
]
MACS = [
    ("darwin-bigsur-m1", "Apple processor", 8, 8, "sha512", None),
    ("darwin-monterey-m2", "Apple M2", 8, 8, "bf16", None),
    ("darwin-sequoia-m3", "Apple M3 Max", 14, 14, "i8mm", None),
    ("darwin-sequoia-m4", "Apple M4 Max", 16, 16, "sme2", None),
    ("darwin-mojave-skylake", "Intel(R) Core(TM) i7-6700K CPU @ 4.00GHz", None, None, "avx2", "x86-64-v3"),
]
LSCPU = [
    ("lscpu-aarch64-graviton2.output", "Neoverse-N1", "ARM", 1, 2, 2, 1, "asimddp"),
    ("lscpu-ppc64le-p9-host-rhel9.output", "POWER9, altivec supported", None, 2, 32, 128, 2, None),
    (
        "lscpu-x86-guest-kvm-nested-rhel9.output",
        "Intel Core Processor (Haswell, no TSX, IBRS)",
        "GenuineIntel",
        2,
        2,
        2,
        1,
        "avx2",
    ),
    ("lscpu-x86-host-rhel9.output", "Intel(R) Xeon(R) CPU X5680 @ 3.33GHz", "GenuineIntel", 2, 12, 12, 2, "sse4_2"),
]


def read(path: str) -> str:
    return (RECORDINGS / "cpuinfo" / path).read_text(encoding="utf-8", errors="replace")


@pytest.mark.parametrize(("path", "model", "vendor", "level", "flag", "missing"), FIRST_PROCESSORS)
def test_first_processors(
    path: str, model: str, vendor: str | None, level: str | None, flag: str | None, missing: str
) -> None:
    text = read(f"archspec/{path}")
    cpu = parse_cpu_table(text)
    assert model in (cpu.model or "")
    assert (cpu.vendor, cpu.level, cpu.logical_cores) == (vendor, level, 1)
    assert flag is None or flag in (cpu.flags or ())
    assert missing not in (cpu.flags or ())
    assert len(cpu.flags or ()) == count_flags(text)


def count_flags(text: str) -> int:
    """How many words the line of flags has, each counted once."""
    lines = [line.partition(":") for line in text.splitlines()]
    words = [value.split() for key, _, value in lines if key.strip().lower() in ("flags", "features", "isa")]
    return len(set(words[0])) if words else 0


@pytest.mark.parametrize(("path", "model", "sockets", "cores", "logical", "vendor", "level"), WHOLE_TABLES)
def test_whole_tables(
    path: str, model: str, sockets: int | None, cores: int | None, logical: int, vendor: str | None, level: int | None
) -> None:
    cpu = parse_cpu_table(read(path))
    assert (cpu.model, cpu.vendor) == (model, vendor)
    assert (cpu.sockets, cpu.physical_cores, cpu.logical_cores) == (sockets, cores, logical)
    assert cpu.level == (f"x86-64-v{level}" if level else None)


def test_virtual_machine_of_vmware() -> None:
    path = RECORDINGS / "os-files" / "jc" / "proc-cpuinfo-2"
    cpu = parse_cpu_table(path.read_text(encoding="utf-8"))
    assert cpu.model == "Intel(R) Core(TM) i5-8279U CPU @ 2.40GHz"
    assert (cpu.sockets, cpu.physical_cores, cpu.logical_cores, cpu.level) == (2, 2, 2, "x86-64-v3")
    assert "hypervisor" in (cpu.flags or ())


@pytest.mark.parametrize(("path", "model", "cores", "logical", "flag", "level"), MACS)
def test_macs(path: str, model: str, cores: int | None, logical: int | None, flag: str, level: str | None) -> None:
    cpu = parse_sysctl_processor(sysctl(RECORDINGS / "cpuinfo" / "archspec" / path))
    assert (cpu.model, cpu.physical_cores, cpu.logical_cores, cpu.level) == (model, cores, logical, level)
    assert flag in (cpu.flags or ())


def sysctl(path: Path) -> dict[str, str]:
    """Keys and values of a recorded answer."""
    pairs = (line.partition(":") for line in path.read_text(encoding="utf-8").splitlines())
    return {key: value.strip() for key, _, value in pairs}


@pytest.mark.parametrize(
    ("path", "model", "level", "flag", "missing"),
    [
        ("windows-cpuid-broadwell", "Intel(R) Core(TM) i7-5500U CPU @ 2.40GHz", "x86-64-v3", "avx2", "avx512f"),
        ("windows-cpuid-icelake", "11th Gen Intel(R) Core(TM) i7-1185G7", "x86-64-v4", "avx512_vnni", "amx_tile"),
    ],
)
def test_registers_of_windows_machines(path: str, model: str, level: str, flag: str, missing: str) -> None:
    rows = [[int(word) for word in line.split(",")] for line in read(f"archspec/{path}").splitlines() if line.strip()]
    cpu = describe_registers(rows)
    assert (cpu.vendor, cpu.level) == ("GenuineIntel", level)
    assert model in (cpu.model or "")
    assert flag in (cpu.flags or ())
    assert missing not in (cpu.flags or ())


@pytest.mark.parametrize(("path", "model", "vendor", "sockets", "cores", "logical", "nodes", "flag"), LSCPU)
def test_lscpu(
    path: str,
    model: str,
    vendor: str | None,
    sockets: int,
    cores: int,
    logical: int,
    nodes: int,
    flag: str | None,
) -> None:
    cpu = parse_lscpu(read(f"ohai/{path}"))
    assert (cpu.model, cpu.vendor) == (model, vendor)
    assert (cpu.sockets, cpu.physical_cores, cpu.logical_cores, cpu.numa_nodes) == (sockets, cores, logical, nodes)
    assert flag is None or flag in (cpu.flags or ())


def test_every_recording_of_a_processor_is_read() -> None:
    known = {f"cpuinfo/archspec/{row[0]}" for row in (*FIRST_PROCESSORS, *MACS)}
    known |= {f"cpuinfo/{row[0]}" for row in WHOLE_TABLES} | {f"cpuinfo/ohai/{row[0]}" for row in LSCPU}
    known |= {"cpuinfo/archspec/windows-cpuid-broadwell", "cpuinfo/archspec/windows-cpuid-icelake"}
    there = {name(path) for path in files("cpuinfo/*/*") if "meminfo" not in path.name}
    assert there - known == set()
    assert all(parse_cpu_table(path.read_text()) != Cpu() for path in files("cpuinfo/*/*cpuinfo*"))
