"""What single words mean: systems, versions, Pythons, GPUs, sizes."""

from __future__ import annotations

import pytest

from mlenv.facts.size import GIB
from mlenv.facts.system import Libc, OperatingSystem
from mlenv.intake.words.gpus import gpu_named, gpus_in, mig_instances_in
from mlenv.intake.words.pythons import python_in
from mlenv.intake.words.sizes import size_in
from mlenv.intake.words.systems import container_in, libc_in, platform_in, system_in
from mlenv.intake.words.versions import build_tag, cuda_of, is_hedged, is_wish, refined, says_nothing, version_in


@pytest.mark.parametrize(
    ("text", "family", "distribution", "version"),
    [
        ("Ubuntu 24.04.1 LTS (x86_64)", "linux", "Ubuntu", "24.04"),
        ("Red Hat Enterprise Linux release 9.4 (Plow) (x86_64)", "linux", "Red Hat Enterprise Linux", "9.4"),
        ("Debian bookworm", "linux", "Debian GNU/Linux", "12"),
        ("Fedora release 41 (Forty One)", "linux", "Fedora Linux", "41"),
        ("#53~22.04.1-Ubuntu SMP Wed Jan 15", "linux", "Ubuntu", None),
        ("Microsoft Windows 11 Pro (10.0.26100 64-bit)", "windows", None, "11"),
        ("win10", "windows", None, "10"),
        ("Windows-10-10.0.22631-SP0", "windows", None, "11"),
        ("macOS 15.2 (arm64)", "macos", None, "15.2"),
        ("MacBook Air, Sonoma", "macos", None, "14"),
        ("Mac OSX 10.14.6 (x86_64)", "macos", None, "10.14.6"),
        ("Darwin-19.6.0-x86_64-i386-64bit", "macos", None, "10.15"),
        ("macOS-10.16-x86_64-i386-64bit", "macos", None, None),
        ("Arch Linux", "linux", "Arch Linux", None),
        ("Linux", "linux", None, None),
    ],
)
def test_systems(text: str, family: str, distribution: str | None, version: str | None) -> None:
    found = system_in(text)
    assert found is not None
    assert (family, distribution, version) == (found.family, found.distribution, found.version)


def test_wsl_is_the_linux_inside() -> None:
    found = system_in("Windows 11 with WSL2, Ubuntu 22.04")
    assert OperatingSystem(family="linux", distribution="Ubuntu", version="22.04", wsl=2) == found


@pytest.mark.parametrize("text", ["", "posix", "the usual one", "n/a"])
def test_no_system(text: str) -> None:
    assert system_in(text) is None


def test_platform_of_linux() -> None:
    system, architecture = platform_in("Linux-6.1.0-18-amd64-x86_64-with-glibc2.36")
    assert architecture == "x86_64"
    assert OperatingSystem(family="linux", kernel="6.1.0-18-amd64", libc=Libc(family="glibc", version="2.36")) == system


def test_glibc_that_an_old_conda_python_names_is_not_the_systems() -> None:
    system, _ = platform_in("Linux-5.15.0-91-generic-x86_64-with-glibc2.10")
    assert system is not None
    assert system.libc is None


def test_kernel_of_wsl() -> None:
    system, _ = platform_in("Linux-5.15.153.1-microsoft-standard-WSL2-x86_64-with-glibc2.35")
    assert system is not None
    assert system.wsl == 2


@pytest.mark.parametrize(
    ("text", "name"),
    [("podman run ...", "podman"), ("docker compose", "docker"), ("no", ""), ("Apptainer image", "apptainer")],
)
def test_containers(text: str, name: str) -> None:
    assert name == container_in(text)


def test_libc() -> None:
    assert Libc(family="musl", version="1.2.5") == libc_in("musl libc (x86_64), musl 1.2.5")


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("2.6.0+cu124", "2.6.0+cu124"),
        ("2.3.0 (conda py3.8_0)", "2.3.0"),
        ("tf 2.16", "2.16"),
        ("2.22.0-dev20260101", "2.22.0.dev20260101"),
        ("v2.15.0-rc1-8-g6887368d6d4 2.15.0", "2.15.0rc1"),
        ("2.5.0a0+872d972e41.nv24.08", "2.5.0a0+872d972e41.nv24.08"),
        ("2.8.x (cu128 index)", "2.8"),
        ("none yet", None),
        ("1/2", None),
    ],
)
def test_versions(text: str, version: str | None) -> None:
    assert version == version_in(text)


def test_whole_numbers_only_on_demand() -> None:
    assert version_in("570") is None
    assert version_in("570", whole=True) == "570"


@pytest.mark.parametrize("text", [">=2.1", "~=1.0", "<2", "latest", "!=3", "==1.*"])
def test_wishes(text: str) -> None:
    assert is_wish(text)


@pytest.mark.parametrize("text", ["2.1", "==2.1.0", "v2"])
def test_no_wishes(text: str) -> None:
    assert not is_wish(text)


def test_hedged_words() -> None:
    assert is_hedged("12.4, I think")
    assert not is_hedged("12.4")


@pytest.mark.parametrize("text", ["", "N/A", "Could not collect", "_No response_", "None", "- ", "*not available*"])
def test_words_for_nothing(text: str) -> None:
    assert says_nothing(text)


def test_nothing_is_not_part_of_a_word() -> None:
    assert not says_nothing("nvidia")
    assert not says_nothing("0")


@pytest.mark.parametrize(
    ("text", "tag"),
    [("cu121", "cu121"), ("rocm 6.2", "rocm6.2"), ("cuda 12.4", "cu124"), ("cpu only", "cpu"), ("2.1", None)],
)
def test_build_tags(text: str, tag: str | None) -> None:
    assert tag == build_tag(text)


def test_cuda_of_tags() -> None:
    assert cuda_of("cu118") == "11.8"
    assert cuda_of("cu90") == "9.0"
    assert cuda_of("cpu") is None


def test_the_fuller_of_two_versions() -> None:
    assert refined("3.9", "3.9.12") == "3.9.12"
    assert refined("3.1", "3.12") == "3.1"
    assert refined("2.9.1", "2.9.1+cu130") == "2.9.1+cu130"


def test_python_banner() -> None:
    found = python_in("3.11.9 | packaged by conda-forge | (main, Apr 19 2024, 18:36:13) [GCC 12.3.0] (64-bit runtime)")
    assert found is not None
    assert ("3.11.9", 64, "conda", False) == (found.version, found.bits, found.kind, found.free_threaded)


@pytest.mark.parametrize("text", ["3.13.1 experimental free-threading build (main)", "3.14t", "3.13.0 (3.13t)"])
def test_free_threaded_python(text: str) -> None:
    found = python_in(text)
    assert found is not None
    assert found.free_threaded


def test_32_bit_python() -> None:
    found = python_in("3.8.10 (tags/v3.8.10) [MSC v.1928 32 bit (Intel)]")
    assert found is not None
    assert (32, "x86") == (found.bits, found.architecture)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("NVIDIA GeForce RTX 3090, 24GB", ["NVIDIA GeForce RTX 3090"]),
        ("2x RTX 4090", ["RTX 4090", "RTX 4090"]),
        ("Tesla V100 (32GB) x 4", ["Tesla V100"] * 4),
        ("Intel Iris Xe + GTX 1650 4GB", ["Intel Iris Xe", "GTX 1650"]),
        ("NVIDIA A100 80GB PCIe", ["NVIDIA A100 80GB PCIe"]),
        ("TITAN X (Pascal)", ["TITAN X (Pascal)"]),
        ("GRID T4-8Q, NVIDIA-SMI 535.54", ["GRID T4-8Q"]),
        ("AMD Ryzen 9 5950X / RX 6800", ["RX 6800"]),
        ("Intel(R) Core(TM) i9-9900K", []),
        ("none, CPU only", []),
        ("N/A", []),
    ],
)
def test_gpus(text: str, names: list[str]) -> None:
    assert names == [gpu.name for gpu in gpus_in(text)]


def test_memory_belongs_to_the_gpu_before() -> None:
    assert [24 * GIB] == [gpu.memory_bytes for gpu in gpus_in("RTX 3090, 24GB")]
    assert [12 * GIB] == [gpu.memory_bytes for gpu in gpus_in("RTX 3060 12 GB")]


@pytest.mark.parametrize(
    ("name", "vendor", "integrated"),
    [
        ("NVIDIA GeForce RTX 3050 Laptop GPU", "nvidia", False),
        ("Orin (nvgpu)", "nvidia", True),
        ("AMD Radeon RX 7900 XTX", "amd", False),
        ("AMD Radeon 780M", "amd", True),
        ("AMD Radeon Graphics", "amd", True),
        ("Intel(R) Arc(TM) A770 Graphics", "intel", False),
        ("Intel(R) UHD Graphics 630", "intel", True),
        ("Apple M3 Max", "apple", True),
    ],
)
def test_what_a_name_makes_certain(name: str, vendor: str, integrated: bool) -> None:
    gpu = gpu_named(name)
    assert gpu is not None
    assert (vendor, integrated) == (gpu.vendor, gpu.integrated)


def test_target_in_a_name() -> None:
    gpu = gpu_named("AMD Instinct MI210 (gfx90a:sramecc+:xnack-)")
    assert gpu is not None
    assert ("AMD Instinct MI210", "gfx90a") == (gpu.name, gpu.gfx)


def test_mig_instances() -> None:
    assert ["1g.10gb"] * 3 == [part.profile for part in mig_instances_in("1g.10gb x3")]


@pytest.mark.parametrize(
    ("text", "size"), [("15109MiB", 15109 << 20), ("24GB", 24 * GIB), ("7.98 GB", int(7.98 * GIB)), ("v100", None)]
)
def test_sizes(text: str, size: int | None) -> None:
    assert size == size_in(text)
