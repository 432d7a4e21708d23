"""The row of a new release: what is read, what is carried over, and how it is marked."""

from __future__ import annotations

from typing import Any

import pytest

from mlenv.matrix.refresh.framework import refresh_framework
from mlenv.matrix.rows import Release
from mlenv.matrix.sources.package_index import Requirements, parse_requirements
from tests.unit.matrix.refresh.refresh_cases import (
    LINUX,
    build,
    builds_of,
    each,
    files,
    framework,
    listing,
    metadata,
    project,
    refresh,
    release,
)

PURE = "py3-none-any"
GPU: dict[str, Any] = {
    "variant": "cu126",
    "accelerators": ("cuda",),
    "cuda": "12.6.3",
    "cudnn": "9.5.1.17",
    "nccl": "2.26.2",
    "sass": ("7.5", "9.0"),
    "ptx": ("9.0",),
    "runtime": "cu12",
    "requires": {"nvidia-cudnn-cu12": "==9.5.1.17", "nvidia-nccl-cu12": "==2.26.2"},
    "bytes": 900_000_000,
    "source": ("wheel-code",),
}
SAME = ("cuda-toolkit==12.6.4", "nvidia-cudnn-cu12==9.10.2.21", "nvidia-nccl-cu12==2.27.5", "numpy")
MOVED = ("cuda-toolkit==13.0.2", "nvidia-cudnn-cu13==9.15.1.9", "nvidia-nccl-cu13==2.28.9", "numpy")
ELSEWHERE = tuple(f'{line}; platform_system == "Windows"' for line in MOVED)


def gpu_row(*required: str) -> Release:
    before = framework(release("2.0", build(**GPU)))
    found = project("acme", files("acme-2.0", *each(("3.12",), LINUX)), files("acme-2.1", *each(("3.12",), LINUX)))
    return refresh(before, found, read=metadata(acme=required)).release[0]


def test_a_plain_build_is_measured_by_its_file_names() -> None:
    old = release("1.0", build(note="by hand", bytes=5, source=("wiki",)), source=("wiki",), requires={"numpy": ">=1"})
    found = project(
        "acme",
        files("acme-1.0", *each(("3.12",), LINUX)),
        files("acme-1.1", *each(("3.12", "3.13"), "manylinux_2_34_x86_64"), **{"requires-python": ">=3.12"}),
    )
    new = refresh(framework(old), found, read=metadata(acme=["numpy>=2", "scipy>=1"])).release[0]
    expected = release(
        "1.1",
        build(pythons=("3.12", "3.13"), glibc="2.34", source=("pypi", "wiki")),
        requires_python=">=3.12",
        requires={"numpy": ">=2"},
    )
    assert expected == new


@pytest.mark.parametrize(
    ("required", "expected"),
    [
        pytest.param(SAME, ("cu126", "12.6.4", "9.10.2.21", "2.27.5", "cu12", "inferred"), id="the-same-cuda"),
        pytest.param(MOVED, ("cu130", "13.0.2", "9.15.1.9", "2.28.9", "cu13", "unknown"), id="another-cuda"),
        pytest.param(ELSEWHERE, ("cu126", "12.6.3", "", "", "cu12", "inferred"), id="pins-for-another-system"),
        pytest.param((), ("cu126", "12.6.3", "", "", "cu12", "inferred"), id="no-pins"),
    ],
)
def test_the_libraries_of_a_gpu_build_are_those_that_it_pins(required: tuple[str, ...], expected: Any) -> None:
    (new,) = gpu_row(*required).builds
    assert expected == (new.variant, new.cuda, new.cudnn, new.nccl, new.runtime, new.evidence)


def test_gpu_code_is_carried_over_and_said_to_be() -> None:
    (new,) = gpu_row(*SAME).builds
    assert (("7.5", "9.0"), ("9.0",), None) == (new.sass, new.ptx, new.bytes)
    assert ("pypi", "wheel-code") == new.source
    assert "device code as in 2.0; not read" == new.note
    assert {"nvidia-cudnn-cu12": "==9.10.2.21", "nvidia-nccl-cu12": "==2.27.5"} == new.requires


def test_another_cuda_is_said_to_be() -> None:
    (new,) = gpu_row(*MOVED).builds
    assert "device code as in 2.0, which had CUDA 12.6.3; not read" == new.note
    assert {} == new.requires


def test_builds_on_an_index_of_their_own_wait_for_that() -> None:
    here, there = build(variant="cpu"), build(variant="cu126", cuda="12.6", indexes=("pytorch",))
    wheels = each(("3.12",), LINUX)
    found = project("acme", files("acme-1.0", *wheels), files("acme-1.1", *wheels))
    assert ["cpu linux-x86_64 3.12 glibc 2.28"] == builds_of(
        refresh(framework(release("1.0", here, there)), found), "1.1"
    )


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        pytest.param(
            (*each(("3.12",), LINUX), *each(("3.12",), "win_amd64"), *each(("3.12",), "macosx_14_0_arm64")),
            ["any linux-x86_64+windows-x86_64+macos-arm64 3.12 glibc 2.28 macos 14.0"],
            id="platforms-that-got-wheels",
        ),
        pytest.param(each(("3.13", "3.14"), LINUX), ["any linux-x86_64 3.13/3.14 glibc 2.28"], id="a-python-ends"),
        pytest.param(
            (*each(("3.12",), LINUX), *each(("3.15",), "manylinux_2_34_x86_64")),
            ["any linux-x86_64 3.12 glibc 2.28", "any linux-x86_64 3.15 glibc 2.34"],
            id="one-python-needs-a-newer-system",
        ),
        pytest.param(("sdist",), ["any linux-x86_64 3.12"], id="only-source-now"),
        pytest.param((*each(("3.12",), "win_amd64"), "sdist"), [], id="source-beside-wheels-for-others"),
    ],
)
def test_platforms_of_a_new_release(tags: tuple[str, ...], expected: list[str]) -> None:
    found = project("acme", files("acme-1.0", *each(("3.12",), LINUX)), files("acme-1.1", *tags))
    after = refresh(framework(release("1.0", build())), found)
    assert expected == builds_of(after, "1.1")
    assert all(("sdist" in tags) == one.source_only for one in after.release[0].builds if len(after.release) == 2)


def test_source_alone_is_for_the_pythons_that_it_admits() -> None:
    found = project("acme", files("acme-1.1", "sdist", **{"requires-python": ">=3.13"}))
    before = framework(release("1.0", build(pythons=("3.12", "3.13"))))
    assert ["any linux-x86_64 3.13"] == builds_of(refresh(before, found), "1.1")


def test_what_people_found_out_about_a_release_is_carried_over() -> None:
    old = release("1.0", build(glibc=""), constraints={"numpy": "<2"}, prereleases=("beta",), broken="bug", note="odd")
    found = project("acme", files("acme-1.0", PURE), files("acme-1.1", PURE))
    new = refresh(framework(old), found).release[0]
    assert ({"numpy": "<2"}, ("beta",), "", "") == (new.constraints, new.prereleases, new.broken, new.note)


def test_an_older_line_is_made_from_the_oldest_row() -> None:
    rows = [release("3.0", build(pythons=("3.14",), glibc="")), release("2.0", build(pythons=("3.12",), glibc=""))]
    found = project("acme", *(files(f"acme-{number}.0", PURE) for number in (3, 2, 1)))
    assert [("3.12",)] == [one.pythons for one in refresh(framework(*rows), found).release[-1].builds]


def test_conditions_are_those_of_the_platform_and_the_newest_python() -> None:
    required = ['numpy>=2.1; python_version >= "3.13"', 'numpy<2; sys_platform == "win32"', "numpy>=1.26", "acme>=1"]
    found = project("acme", files("acme-1.0", PURE), files("acme-1.1", PURE))
    before = framework(release("1.0", build(pythons=("3.12", "3.13"), glibc="")))
    new = refresh(before, found, read=metadata(acme=required), neighbours=("numpy", "acme")).release[0]
    assert {"numpy": ">=2.1"} == new.requires


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (("sdist",), ('numpy>=2; extra == "ml"', "py4j<0.11")),
        (("sdist", "cp312-cp312-manylinux_2_28_x86_64"), None),
    ],
)
def test_a_source_states_what_it_requires_where_there_is_no_wheel(tags: tuple[str, ...], expected: Any) -> None:
    found = project("acme", files("acme-1.0", *each(("3.12",), LINUX)), files("acme-1.1", *tags))
    read: list[str] = []

    def read_source(url: str) -> Requirements:
        read.append(url)
        return parse_requirements('Name: acme\nRequires-Dist: py4j<0.11\nRequires-Dist: numpy>=2; extra == "ml"\n')

    after, _ = refresh_framework(framework(release("1.0", build())), listing(found), metadata(), read_source)
    assert expected == after.release[0].metadata
    assert (["https://files.test/acme-1.1.tar.gz"] if expected else []) == read
