"""What a record of a conda channel says of its build."""

from __future__ import annotations

import pytest

pytest.importorskip("rattler")

from rattler import BuildString, PackageRecord

from mlenv.matrix.sources.conda_build import CondaBuild, parse_build

PYTHONS = ("3.14", "3.13", "3.12", "3.11", "3.10")
GLIBC = "__glibc >=2.17,<3.0.a0"


def read(
    build: str, depends: list[str], *, constrains: list[str] | None = None, subdir: str = "linux-64"
) -> CondaBuild:
    record = PackageRecord(
        "package", "1.0", BuildString(build), 7, subdir, depends=depends, constrains=constrains, size=30_000_000
    )
    return parse_build(record, PYTHONS)


def test_whole_build() -> None:
    depends = ["python >=3.12,<3.13.0a0", "__cuda", "cuda-version >=12.9,<13", GLIBC, "numpy >=1.23,<3"]
    assert CondaBuild(
        build="cuda129_generic_py312_h2592732_200",
        number=7,
        platform="linux-x86_64",
        kind="cuda129",
        accelerator="cuda",
        cuda="12.9",
        pythons=("3.12",),
        virtual_packages=("__cuda", GLIBC),
        bytes=30_000_000,
    ) == read("cuda129_generic_py312_h2592732_200", depends, constrains=["pytorch-cpu <0.0a0"])


@pytest.mark.parametrize(
    ("depends", "pythons"),
    [
        (["python >=3.12,<3.13.0a0"], ("3.12",)),
        (["python >=3.12"], ("3.12", "3.13", "3.14")),
        (["python >=3.12.4,<3.14.0a0"], ("3.12", "3.13")),
        (["python >=3.12,<3.14.2"], ("3.12", "3.13", "3.14")),
        (["python 3.12.*"], ("3.12",)),
        (["python 3.12.7"], ("3.12",)),
        (["python >=3.10,!=3.11.*"], ("3.10", "3.12", "3.13", "3.14")),
        (["python >=3.10", "python_abi 3.13.* *_cp313"], ("3.13",)),
        (["python >=3.14,<3.15.0a0", "python_abi 3.14.* *_cp314t"], ("3.14t",)),
        (["cpython >=3.13", "python"], ("3.13", "3.14")),
        (["libstdcxx >=14"], ()),
        (['python >=3.13[when="__win"]', "python >=3.11"], ("3.11", "3.12", "3.13", "3.14")),
        (["python >=3.12; if __unix", "python <3.12"], ("3.10", "3.11")),
        (["python >=4"], ()),
    ],
)
def test_pythons(depends: list[str], pythons: tuple[str, ...]) -> None:
    assert pythons == read("py_0", depends).pythons


@pytest.mark.parametrize(
    ("build", "depends", "kind", "accelerator", "cuda"),
    [
        ("cpu_py312h69bf00f_0", [], "cpu", "cpu", ""),
        ("pyhd8ed1ab_0", ["numpy"], "any", "cpu", ""),
        ("cuda130_py312_h_0", ["cuda-version >=13.0,<14"], "cuda130", "cuda", "13.0"),
        ("cuda12_py312_0", ["cuda-version >=12.9,<13.0a0"], "cuda12", "cuda", "12.9"),
        ("cuda126_py312_0", ["cuda-version >=12,<13.0a0"], "cuda126", "cuda", "12.6"),
        ("py312hb2abbd0_0_cuda", ["cuda-cudart >=12.9.79,<13.0a0"], "cuda129", "cuda", "12.9"),
        ("py312h83a9b5a_0", ["cuda-version >=12,<13.0a0"], "cuda12", "cuda", "12"),
        ("py312h83a9b5a_0", ["cuda-version >=12,<13.0a0", "__cuda >=12.0"], "cuda120", "cuda", "12.0"),
        ("py312h83a9b5a_0", ["cuda-version <14,>=12.4"], "cuda124", "cuda", "12.4"),
        ("py3.12_cuda12.4_cudnn9.1.0_0", ["pytorch-cuda >=12.4,<12.5"], "cuda12.4", "cuda", "12.4"),
        ("cuda112py39h01bd6f0_0", ["cudatoolkit 11.2|11.2.*"], "cuda112", "cuda", "11.2"),
        ("cuda92_0", [], "cuda92", "cuda", "9.2"),
        ("h5eee18b_0", ["tensorflow-base 2.19.1 cuda128py312h1a1a1a1_200"], "cuda128", "cuda", "12.8"),
        ("py312_0", ["__cuda"], "cuda", "cuda", ""),
        ("nocuda_h83a9b5a_0", [], "any", "cpu", ""),
        ("rocm6.4_py312_0", [], "rocm6.4", "rocm", ""),
    ],
)
def test_kind(build: str, depends: list[str], kind: str, accelerator: str, cuda: str) -> None:
    found = read(build, depends)
    assert (kind, accelerator, cuda) == (found.kind, found.accelerator, found.cuda)


def test_demands_on_the_machine() -> None:
    depends = [GLIBC, "__archspec 1.* *haswell*", "_x86_64-microarch-level >=3", "numpy"]
    found = read("py_0", depends, constrains=["__cuda >=12", "cudatoolkit 12.9|12.9.*"])
    assert (("__archspec 1.* *haswell*", GLIBC), ("__cuda >=12",), 3) == (
        found.virtual_packages,
        found.virtual_limits,
        found.cpu_level,
    )


@pytest.mark.parametrize(
    ("subdir", "platform"),
    [
        ("linux-64", "linux-x86_64"),
        ("linux-aarch64", "linux-aarch64"),
        ("win-64", "windows-x86_64"),
        ("osx-arm64", "macos-arm64"),
        ("osx-64", "macos-x86_64"),
        ("noarch", "noarch"),
    ],
)
def test_platforms(subdir: str, platform: str) -> None:
    assert platform == read("h_0", [], subdir=subdir).platform
