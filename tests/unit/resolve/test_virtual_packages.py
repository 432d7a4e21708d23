"""What conda's solvers may know of a machine."""

from __future__ import annotations

import pytest

from mlenv.facts.machine import Machine
from mlenv.intake.described import parse_description
from mlenv.matrix.load import Matrix
from mlenv.resolve.virtual_packages import cuda_of, overrides_for, virtual_packages

MATRIX = Matrix()
LINUX = 'os = "linux"\narch = "x86_64"\nlibc = "glibc 2.35"'
PASCAL = '[nvidia]\ndriver = "{}"\n[[gpu]]\nvendor = "nvidia"\nname = "NVIDIA GeForce GTX 1080 Ti"'
AMPERE = '[[gpu]]\nvendor = "nvidia"\nname = "NVIDIA A100-SXM4-40GB"\ncompute_capability = "8.0"'


def describe(head: str, *more: str) -> Machine:
    return parse_description("\n".join([head, "python = []", *more]), origin="test")


def names(machine: Machine) -> list[str]:
    return [f"{row.name}={row.version}={row.build}" for row in virtual_packages(machine, MATRIX)]


@pytest.mark.parametrize(
    ("machine", "expected"),
    [
        pytest.param(
            describe(LINUX), ["__unix=0=0", "__linux=0=0", "__glibc=2.35=0", "__archspec=1=x86_64"], id="no-gpu"
        ),
        pytest.param(
            describe(LINUX, PASCAL.format("535.183.01")),
            [
                "__unix=0=0",
                "__linux=0=0",
                "__glibc=2.35=0",
                "__cuda=12.2=0",
                "__cuda_arch=6.1=0",
                "__archspec=1=x86_64",
            ],
            id="cuda-by-the-branch-of-the-driver",
        ),
        pytest.param(
            describe(LINUX, AMPERE, PASCAL.format("580.95.05")),
            [
                "__unix=0=0",
                "__linux=0=0",
                "__glibc=2.35=0",
                "__cuda=13.0=0",
                "__cuda_arch=6.1=0",
                "__archspec=1=x86_64",
            ],
            id="the-lowest-capability-of-several-gpus",
        ),
        pytest.param(
            describe('os = "linux"\narch = "aarch64"\nlibc = "musl 1.2.4"'),
            ["__unix=0=0", "__linux=0=0", "__archspec=1=aarch64"],
            id="musl-is-no-glibc",
        ),
        pytest.param(
            describe('os = "macos"\nos_version = "14.5"\narch = "arm64"'),
            ["__unix=0=0", "__osx=14.5=0", "__archspec=1=m1"],
            id="macos",
        ),
        pytest.param(
            describe('os = "windows"\nos_version = "11"\narch = "x86_64"', PASCAL.format("581.80")),
            ["__win=11=0", "__cuda=13.0=0", "__cuda_arch=6.1=0", "__archspec=1=x86_64"],
            id="windows-counts-on-within-a-branch",
        ),
    ],
)
def test_virtual_packages(machine: Machine, expected: list[str]) -> None:
    assert expected == names(machine)


def test_a_driver_of_unknown_version_offers_nothing() -> None:
    assert "" == cuda_of(describe(LINUX, AMPERE), MATRIX)


def test_variables_that_stand_for_the_machine_elsewhere() -> None:
    expected = {"CONDA_OVERRIDE_CUDA": "12.2", "CONDA_OVERRIDE_GLIBC": "2.35"}
    assert expected == overrides_for(describe(LINUX, PASCAL.format("535.183.01")), MATRIX)


def test_a_kernel_is_known_by_its_numbers() -> None:
    import msgspec

    machine = describe(LINUX)
    system = msgspec.structs.replace(machine.os, kernel="5.15.167.4-microsoft-standard-WSL2")
    assert "__linux=5.15.167.4=0" in names(msgspec.structs.replace(machine, os=system))
