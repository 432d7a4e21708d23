"""/proc/cpuinfo of many architectures, sysctl of Macs, and the levels of x86-64."""

from __future__ import annotations

import time

import pytest

from mlenv.facts.hardware import Cpu
from mlenv.formats.arm_parts import name_arm_core, name_arm_maker
from mlenv.formats.cpu_flags import linux_flags, name_level
from mlenv.formats.cpu_sysctl import parse_sysctl_processor
from mlenv.formats.cpu_table import parse_cpu_table

V1 = "fpu cx8 cmov fxsr sse sse2 syscall lm"
V2 = f"{V1} pni ssse3 cx16 sse4_1 sse4_2 popcnt lahf_lm"
V3 = f"{V2} fma movbe xsave avx f16c abm bmi1 avx2 bmi2"
V4 = f"{V3} avx512f avx512dq avx512cd avx512bw avx512vl"


def block(number: int, package: int = 0, core: int = 0, flags: str = V3) -> str:
    return (
        f"processor\t: {number}\nvendor_id\t: GenuineIntel\nmodel name\t: Xeon\nphysical id\t: {package}\n"
        f"core id\t\t: {core}\nflags\t\t: {flags}\npower management:\n"
    )


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (V1, "x86-64-v1"),
        (V2, "x86-64-v2"),
        (V3, "x86-64-v3"),
        (V4, "x86-64-v4"),
        (V3.replace(" movbe", ""), "x86-64-v2"),
        (f"{V1} avx2", "x86-64-v1"),
        ("fp asimd sve", None),
        ("", None),
    ],
)
def test_levels(flags: str, expected: str | None) -> None:
    assert name_level(flags.split()) == expected


def test_unknown_flags_show_no_level() -> None:
    assert name_level(None) is None


def test_two_packages_with_two_threads_a_core() -> None:
    table = "\n".join(block(thread, thread % 2, thread // 4) for thread in range(8))
    cpu = parse_cpu_table(table)
    assert (cpu.model, cpu.vendor, cpu.level) == ("Xeon", "GenuineIntel", "x86-64-v3")
    assert (cpu.sockets, cpu.physical_cores, cpu.logical_cores) == (2, 4, 8)


def test_cores_are_unknown_where_a_processor_does_not_tell_its_own() -> None:
    cpu = parse_cpu_table(f"{block(0)}\n{block(1)}".replace("core id\t\t: 0\n", "", 1))
    assert (cpu.sockets, cpu.physical_cores, cpu.logical_cores) == (1, None, 2)


def test_boards_name_themselves_after_the_cores() -> None:
    text = (
        "processor\t: 0\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\nCPU part\t: 0xd08\n\nModel\t: Raspberry Pi 4\n"
    )
    assert parse_cpu_table(text) == Cpu(model="Cortex-A72", vendor="ARM", logical_cores=1, flags=("fp", "asimd"))


def test_big_and_little_cores() -> None:
    parts = ("0xd87", "0xd87", "0xd85")
    blocks = [
        f"processor\t: {number}\nmodel name\t: ARMv8 Processor rev 1\nCPU implementer\t: 0x41\nCPU part\t: {part}\n"
        for number, part in enumerate(parts)
    ]
    cpu = parse_cpu_table("\n".join(blocks))
    assert (cpu.model, cpu.logical_cores) == ("Cortex-A725 + Cortex-X925", 3)


def test_an_unknown_arm_core_keeps_the_name_of_the_table() -> None:
    text = "processor\t: 0\nmodel name\t: ARMv8 Processor\nCPU implementer\t: 0x41\nCPU part\t: 0xfff\n"
    assert parse_cpu_table(text) == Cpu(model="ARMv8 Processor", vendor="ARM", logical_cores=1)


def test_gvisor_does_not_know_the_name() -> None:
    text = "processor\t: 0\nvendor_id\t: AuthenticAMD\nmodel name\t: unknown\n"
    assert parse_cpu_table(text) == Cpu(vendor="AuthenticAMD", logical_cores=1)


def test_old_arm_kernels_put_the_features_last() -> None:
    text = (
        "Processor\t: ARMv7 Processor rev 10 (v7l)\nprocessor\t: 0\nBogoMIPS\t: 790\n\nprocessor\t: 1\n\n"
        "Features\t: neon vfpv3\nCPU implementer\t: 0x41\nCPU part\t: 0xc09\n\n"
    )
    assert parse_cpu_table(text) == Cpu(model="Cortex-A9", vendor="ARM", logical_cores=2, flags=("neon", "vfpv3"))


def test_power_has_neither_flags_nor_vendor() -> None:
    text = "processor\t: 0\ncpu\t\t: POWER9, altivec supported\nclock\t\t: 2200MHz\n"
    assert parse_cpu_table(text) == Cpu(model="POWER9, altivec supported", logical_cores=1)


@pytest.mark.parametrize(("machine", "expected"), [("3931", "IBM z16"), ("1234", "IBM 1234")])
def test_mainframes_have_a_summary(machine: str, expected: str) -> None:
    text = (
        "vendor_id       : IBM/S390\n# processors    : 2\nfeatures\t: esan3 vx\n"
        f"processor 0: version = FF,  identification = 01,  machine = {machine}\n"
        f"processor 1: version = FF,  identification = 01,  machine = {machine}\n\ncpu number      : 0\n"
    )
    assert parse_cpu_table(text) == Cpu(model=expected, vendor="IBM/S390", logical_cores=2, flags=("esan3", "vx"))


def test_risc_v() -> None:
    text = "processor\t: 0\nhart\t\t: 1\nisa\t\t: rv64imafdc_zicsr_zba\nuarch\t\t: thead,c910\n"
    expected = Cpu(model="thead,c910", vendor="thead", logical_cores=1, flags=("rv64imafdc", "zicsr", "zba"))
    assert parse_cpu_table(text) == expected


@pytest.mark.parametrize("text", ["", "\n\n", "processor", "nonsense: \0"])
def test_nothing_of_the_form(text: str) -> None:
    assert parse_cpu_table(text) == Cpu()


def test_many_processors_take_little_time() -> None:
    flags = f"{V4} {' '.join(f'flag{number}' for number in range(120))}"
    table = "\n".join(block(number, number % 2, number // 4, flags) for number in range(256))
    begin = time.perf_counter()
    cpu = parse_cpu_table(table)
    assert time.perf_counter() - begin < 0.05
    assert (cpu.sockets, cpu.physical_cores, cpu.logical_cores, cpu.level) == (2, 128, 256, "x86-64-v4")


@pytest.mark.parametrize(
    ("maker", "part", "expected"),
    [
        ("0x41", "0xd4f", "Neoverse-V2"),
        ("0x4e", "0x004", "Carmel"),
        ("0x41", "0xfff", None),
        ("", "x", None),
        ("0x41", f"0x{'0' * 5000}d4f", None),
    ],
)
def test_arm_cores(maker: str, part: str, expected: str | None) -> None:
    assert name_arm_core(maker, part) == expected


def test_arm_makers() -> None:
    assert [name_arm_maker(text) for text in ("0xc0", "0x00", "")] == ["Ampere", None, None]


def test_flags_of_other_systems_in_linux_spelling() -> None:
    assert linux_flags(["SSE4.1", "AVX1.0", "EM64T", "LZCNT", "avx2", "AVX2"]) == ("sse4_1", "avx", "lm", "abm", "avx2")


def test_mac_with_an_intel_processor() -> None:
    values = {
        "machdep.cpu.brand_string": "Intel(R) Core(TM) i9",
        "machdep.cpu.vendor": "GenuineIntel",
        "machdep.cpu.features": "FPU CX8 CMOV FXSR SSE SSE2 SSE3 SSSE3 CX16 SSE4.1 SSE4.2 POPCNT AVX1.0",
        "machdep.cpu.extfeatures": "SYSCALL EM64T LAHF",
        "hw.physicalcpu": "8",
        "hw.logicalcpu": "16",
        "hw.packages": "1",
    }
    cpu = parse_sysctl_processor(values)
    assert (cpu.vendor, cpu.physical_cores, cpu.logical_cores, cpu.sockets) == ("GenuineIntel", 8, 16, 1)
    assert cpu.level == "x86-64-v2"
    assert "avx" in (cpu.flags or ())


def test_apple_silicon() -> None:
    values = {
        "machdep.cpu.brand_string": "Apple M4",
        "hw.optional.AdvSIMD": "1",
        "hw.optional.arm.FEAT_BF16": "1",
        "hw.optional.arm.FEAT_SME": "0",
        "hw.logicalcpu": "junk",
        "hw.ncpu": "10",
    }
    expected = Cpu(model="Apple M4", vendor="Apple", logical_cores=10, flags=("asimd", "bf16"))
    assert parse_sysctl_processor(values) == expected


def test_mac_that_says_nothing() -> None:
    assert parse_sysctl_processor({}) == Cpu()
