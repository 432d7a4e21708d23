"""The files of Jetson's Linux."""

from __future__ import annotations

import pytest

from mlenv.formats.l4t import find_package, parse_compatible, parse_mount_list, parse_tegra_release, plain_version


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# R32 (release), REVISION: 7.1, GCID: 1, BOARD: t186ref, EABI: aarch64, DATE: Wed Feb  2\n", "32.7.1"),
        ("# R36 (release), REVISION: 4.0, GCID: 1, BOARD: generic\n# KERNEL_VARIANT: oot\n", "36.4.0"),
        ("# R38 (release), REVISION: 2.1\nTARGET_USERSPACE_LIB_DIR=nvidia\n", "38.2.1"),
        ("# R36 (debug)\n", None),
        ("", None),
    ],
)
def test_release(text: str, expected: str | None) -> None:
    assert parse_tegra_release(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nvidia,p3737-0000+p3701-0000\0nvidia,p3701-0000\0nvidia,tegra234\0", "tegra234"),
        ("nvidia,p2972-0000\0nvidia,tegra194\0", "tegra194"),
        ("raspberrypi,4-model-b\0brcm,bcm2711\0", None),
        ("", None),
    ],
)
def test_chip(text: str, expected: str | None) -> None:
    assert parse_compatible(text) == expected


PACKAGES = """Package: nvidia-l4t-core
Status: install ok installed
Architecture: arm64
Version: 36.4.0-20240912212859
Description: NVIDIA Core Package
 Version: 1.2.3 is not this one

Package: nvidia-jetpack
Status: deinstall ok config-files
Version: 6.1+b123
"""


def test_installed_package() -> None:
    assert find_package(PACKAGES, "nvidia-l4t-core") == "36.4.0-20240912212859"
    assert plain_version("36.4.0-20240912212859") == "36.4.0"
    assert plain_version("6.1+b123") == "6.1"


def test_removed_and_unknown_packages() -> None:
    assert find_package(PACKAGES, "nvidia-jetpack") is None
    assert find_package(PACKAGES, "nvidia-l4t") is None
    assert find_package("", "nvidia-l4t-core") is None


def test_mount_list() -> None:
    text = "dev, /dev/nvhost-gpu\nlib, /usr/lib/libcuda.so.1.1\n\nnonsense\nsym,\nfile, /etc/x\n"
    assert parse_mount_list(text) == (("dev", "/dev/nvhost-gpu"), ("lib", "/usr/lib/libcuda.so.1.1"))
