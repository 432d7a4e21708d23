"""Facts that decide plans, pinned."""

from __future__ import annotations

import pytest

from mlenv.matrix import query
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import Build, Release

MATRIX = Matrix()


def find_release(framework: str, version: str) -> Release:
    return next(row for row in MATRIX.framework(framework).release if row.version == version)


def find_build(framework: str, version: str, variant: str, platform: str, python: str = "3.12") -> Build:
    builds = find_release(framework, version).builds
    found = [row for row in builds if row.variant == variant and platform in row.platforms and python in row.pythons]
    assert len(found) == 1, found
    return found[0]


def default_variant(framework: str, version: str, platform: str) -> str:
    builds = find_release(framework, version).builds
    return next(row.variant for row in builds if platform in row.platforms and "default" in row.indexes)


def test_all_releases_of_torch_are_there() -> None:
    versions = [row.version for row in MATRIX.framework("torch").release]
    assert (len(versions), versions[0], versions[-1]) == (30, "2.15.0", "1.13.0")


@pytest.mark.parametrize(
    ("version", "platform", "variant"),
    [
        ("2.15.0", "linux-x86_64", "cu132"),
        ("2.15.0", "linux-aarch64", "cu132"),
        ("2.15.0", "windows-x86_64", "cpu"),
        ("2.14.1", "linux-x86_64", "cu130"),
        ("2.10.0", "linux-x86_64", "cu128"),
        ("2.10.0", "linux-aarch64", "cpu"),
        ("1.13.1", "linux-x86_64", "cu117"),
    ],
)
def test_what_the_default_index_gives(version: str, platform: str, variant: str) -> None:
    assert default_variant("torch", version, platform) == variant


@pytest.mark.parametrize(
    ("version", "variant", "platform", "sass"),
    [
        ("2.15.0", "cu132", "linux-x86_64", "7.5 8.0 8.6 9.0 10.0 12.0"),
        ("2.15.0", "cu132", "linux-aarch64", "8.0 9.0 10.0 11.0 12.0"),
        ("2.14.1", "cu126", "linux-x86_64", "5.0 6.0 7.0 7.5 8.0 8.6 9.0"),
        ("2.14.1", "cu126", "windows-x86_64", "5.0 6.0 6.1 7.0 7.5 8.0 8.6 9.0"),
        ("2.8.0", "cu128", "linux-x86_64", "7.0 7.5 8.0 8.6 9.0 10.0 12.0"),
        ("2.7.1", "cu118", "linux-x86_64", "3.7 5.0 6.0 7.0 7.5 8.0 8.6 9.0"),
    ],
)
def test_gpu_code_of_torch(version: str, variant: str, platform: str, sass: str) -> None:
    assert find_build("torch", version, variant, platform).sass == tuple(sass.split())


def test_a_gtx_1080_ti_is_served_by_cu126_up_to_2_14() -> None:
    row = next(row for row in MATRIX.gpus.gpu if row.name == "GeForce GTX 1080 Ti")
    assert row.compute_capability == "6.1"
    served = find_build("torch", "2.14.1", "cu126", "linux-x86_64")
    assert query.build_runs_on(MATRIX.drivers, served, row.compute_capability) is True
    newest = find_build("torch", "2.15.0", "cu132", "linux-x86_64")
    assert query.build_runs_on(MATRIX.drivers, newest, row.compute_capability) is False


def test_an_unproven_build_says_so() -> None:
    assert find_build("torch", "2.15.0", "cu126", "linux-x86_64").evidence == "unknown"
    assert find_build("torch", "2.14.1", "rocm7.14", "linux-x86_64").evidence == "unknown"


def test_metal_needs_a_newer_macos_from_2_11_on() -> None:
    old, new = (find_build("torch", version, "cpu", "macos-arm64") for version in ("2.10.0", "2.11.0"))
    assert (old.macos, old.mps_macos, new.macos, new.mps_macos) == ("11.0", "12.3", "11.0", "14.0")


@pytest.mark.parametrize(("version", "local"), [("2.15.0", True), ("2.6.0", True), ("2.5.1", False), ("1.13.0", False)])
def test_the_local_part_of_arm_wheels(version: str, local: bool) -> None:
    assert find_build("torch", version, "cpu", "linux-aarch64", "3.11" if version > "2" else "3.10").local is local


def test_companions_follow_their_torch() -> None:
    assert find_release("torchvision", "0.28.0").requires == {"torch": "==2.13.0"}
    assert find_release("torchvision", "0.29.2").requires == {"torch": ">=2.14.0"}
    assert find_release("torchaudio", "2.10.0").requires == {"torch": "==2.10.0"}
    assert "cu132" not in {build.variant for build in find_release("torchaudio", "2.11.0").builds}


def test_jax_for_cuda_13_starts_with_0_7_2() -> None:
    with_it = [
        row.version for row in MATRIX.framework("jax").release if any(build.variant == "cuda13" for build in row.builds)
    ]
    assert with_it[-1] == "0.7.2"
    build = find_build("jax", "0.7.2", "cuda13", "linux-x86_64")
    assert (build.extra, build.runtime, build.driver, build.glibc) == ("cuda13", "cu13", "580", "2.27")


def test_tensorflow_for_gpus_starts_with_its_extra() -> None:
    gpu = {row.version: {build.variant for build in row.builds} for row in MATRIX.framework("tensorflow").release}
    assert gpu["2.13.1"] == {"cpu"}
    assert gpu["2.14.1"] == {"cu11", "cpu"}
    assert [version for version, variants in gpu.items() if "metal" in variants] == ["2.19.1", "2.18.1"]


def test_tensorflow_stops_before_blackwell() -> None:
    build = find_build("tensorflow", "2.21.0", "cu12", "linux-x86_64")
    answers = [query.build_runs_on(MATRIX.drivers, build, device) for device in ("5.2", "6.1", "9.0", "10.0", "12.0")]
    assert answers == [False, True, True, False, False]


@pytest.mark.parametrize(
    ("first", "second", "clash"),
    [
        (("torch", "2.10.0", "cu128"), ("tensorflow", "2.20.0", "cu12"), False),
        (("torch", "2.10.0", "cu128"), ("tensorflow", "2.21.0", "cu12"), True),
        (("torch", "2.6.0", "cu124"), ("tensorflow", "2.20.0", "cu12"), True),
        (("torch", "2.10.0", "cu128"), ("jax", "0.12.0.1", "cuda12"), False),
    ],
)
def test_pinned_libraries_tell_which_builds_share_an_environment(
    first: tuple[str, str, str], second: tuple[str, str, str], clash: bool
) -> None:
    """What the solver found on 2026-11-22, from the pins of one and the conditions of the other."""
    from packaging.specifiers import SpecifierSet

    one, two = (find_build(*build, "linux-x86_64") for build in (first, second))
    pins = {"nvidia-cudnn-cu12": one.cudnn, "nvidia-nccl-cu12": one.nccl}
    unmet = [name for name, text in two.requires.items() if not SpecifierSet(text).contains(pins[name])]
    assert bool(unmet) is clash
