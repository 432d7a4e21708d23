"""Which wheels fit which machine, told from their names."""

from __future__ import annotations

import pytest

from mlenv.facts.machine import Machine
from mlenv.facts.system import Architecture, Libc, OperatingSystem, SystemFamily
from mlenv.supply.wheels import offers_of


def machine(
    family: SystemFamily = "linux", architecture: Architecture = "x86_64", libc: str = "glibc 2.31", version: str = ""
) -> Machine:
    name, _, number = libc.partition(" ")
    found = Libc(family=name, version=number) if family == "linux" else None
    return Machine(os=OperatingSystem(family=family, libc=found, version=version or None), architecture=architecture)


LINUX = machine()
CASES = [
    ("torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl", LINUX, ("2.13.0", "cpu", ("3.11",))),
    ("torch-2.13.0-cp314-cp314t-manylinux_2_28_x86_64.whl", LINUX, ("2.13.0", "", ("3.14t",))),
    ("torch-2.13.0-cp311-cp311-manylinux_2_28_x86_64.whl", machine(libc="glibc 2.17"), None),
    ("torch-2.13.0-cp311-cp311-manylinux2014_x86_64.whl", machine(libc="glibc 2.17"), ("2.13.0", "", ("3.11",))),
    ("torch-2.13.0-cp311-cp311-manylinux1_x86_64.whl", machine(libc="musl 1.2"), None),
    ("torch-2.13.0-cp311-cp311-musllinux_1_2_x86_64.whl", machine(libc="musl 1.2.4"), ("2.13.0", "", ("3.11",))),
    ("torch-2.13.0-cp311-cp311-linux_x86_64.whl", LINUX, ("2.13.0", "", ("3.11",))),
    ("torch-2.13.0-cp311-cp311-manylinux_2_28_aarch64.whl", LINUX, None),
    ("torch-2.13.0-py3-none-any.whl", LINUX, ("2.13.0", "", ("any",))),
    ("torch-2.13.0-cp311-cp311-win_amd64.whl", machine("windows"), ("2.13.0", "", ("3.11",))),
    ("torch-2.13.0-cp311-cp311-win_amd64.whl", LINUX, None),
    (
        "torch-2.13.0-cp311-none-macosx_14_0_arm64.whl",
        machine("macos", "arm64", version="14.2"),
        ("2.13.0", "", ("3.11",)),
    ),
    ("torch-2.13.0-cp311-cp311-macosx_14_0_arm64.whl", machine("macos", "arm64", version="13.6"), None),
    (
        "torch-2.13.0-cp311-cp311-macosx_11_0_universal2.whl",
        machine("macos", "x86_64", version="15.0"),
        ("2.13.0", "", ("3.11",)),
    ),
    ("torchvision-0.28.0-cp311-cp311-linux_x86_64.whl", LINUX, None),
    ("torch-2.13.0.tar.gz", LINUX, None),
    ("torch-junk.whl", LINUX, None),
    ("torch-2.13.0-cp27-cp27mu-manylinux1_x86_64.whl", LINUX, None),
]


@pytest.mark.parametrize(("filename", "where", "expected"), CASES)
def test_offers(filename: str, where: Machine, expected: tuple[str, str, tuple[str, ...]] | None) -> None:
    offers = offers_of([filename], project="torch", machine=where, source="s")
    assert ([] if expected is None else [expected]) == [(o.version, o.local, o.pythons) for o in offers]


def test_abi3_reaches_upwards() -> None:
    (offer,) = offers_of(["torch-1-cp310-abi3-manylinux_2_28_x86_64.whl"], project="torch", machine=LINUX, source="s")
    assert offer.fits("3.13")
    assert not offer.fits("3.9")
