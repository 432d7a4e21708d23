"""Indexes with one page per build, from pages in the true form."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest

from mlenv.matrix.rows import Build, Framework, Index, Platform, Release
from mlenv.matrix.sources.published import SourceTrouble
from mlenv.matrix.sources.variant_index import (
    Answer,
    VariantBuild,
    find_variants,
    published_builds,
    read_variants,
    recorded_builds,
)
from mlenv.system.page import Page
from tests.unit.matrix.sources.sources_web import PagesOnly

PYTORCH = Index(id="pytorch", title="the PyTorch index", url="https://wheels.example/whl/{variant}", source=())
MULTI_ARCH = Index(id="multi-arch", title="an index for all GPUs", url="https://amd.example/whl-multi-arch/", source=())
PYTHONS = ("3.11", "3.12", "3.13", "3.13t", "3.14", "3.15")
LINUX, ARM, WINDOWS = "manylinux_2_28_x86_64", "manylinux_2_28_aarch64", "win_amd64"


def project_page(*filenames: str, folder: str = "/whl/cu126") -> Page:
    """A page as PyTorch writes it: some links with a hash, some with metadata, some on another host."""
    links = []
    for number, name in enumerate(filenames):
        host = "https://wheels-r2.example" if number % 2 else ""
        digest = "" if number % 3 else f"#sha256={number:064x}"
        mark = f' data-dist-info-metadata="sha256={number:064x}" data-core-metadata="sha256={number:064x}"'
        href = f"{host}{folder}/{name.replace('+', '%2B')}{digest}"
        links.append(f'    <a href="{href}"{"" if number % 3 == 1 else mark}>{name}</a><br/>')
    body = "\n".join(
        ["<!DOCTYPE html>", "<html>", "  <body>", "    <h1>Links for torch</h1>", *links, "  </body></html>"]
    )
    return Page(state="found", content_type="text/html", body=body.encode())


def address(variant: str) -> str:
    return f"https://wheels.example/whl/{variant}/torch/"


def read(pages: Mapping[str, Page], *variants: str) -> dict[str, Answer]:
    web = PagesOnly({address(variant): page for variant, page in pages.items()})
    return read_variants(web, PYTORCH, "torch", variants or tuple(pages), newest_python="3.15")


def build(release: str, variant: str, platform: Platform, *pythons: str, local: str | None = None) -> VariantBuild:
    return VariantBuild(
        release=release, variant=variant, platform=platform, local=variant if local is None else local, pythons=pythons
    )


CU126 = project_page(
    f"torch-2.14.1+cu126-cp312-cp312-{LINUX}.whl",
    f"torch-2.15.0+cu126-cp314-cp314-{LINUX}.whl",
    f"torch-2.15.0+cu126-cp312-cp312-{LINUX}.whl",
    f"torch-2.15.0+cu126-cp313-cp313t-{LINUX}.whl",
    f"torch-2.15.0+cu126-cp312-cp312-{ARM}.whl",
    f"torch-2.15.0+cu126-cp312-cp312-{WINDOWS}.whl",
)


def test_builds_by_release_variant_platform_and_pythons() -> None:
    expected = (
        build("2.15.0", "cu126", "linux-aarch64", "3.12"),
        build("2.15.0", "cu126", "linux-x86_64", "3.12", "3.13t", "3.14"),
        build("2.15.0", "cu126", "windows-x86_64", "3.12"),
        build("2.14.1", "cu126", "linux-x86_64", "3.12"),
    )
    assert expected == published_builds(read({"cu126": CU126}), pythons=PYTHONS)


def test_files_keep_their_addresses() -> None:
    answer = read({"cu126": CU126})["cu126"]
    assert not isinstance(answer, SourceTrouble)
    (wheel,) = answer[1].wheels
    assert ("2.14.1+cu126", "2.28") == (answer[1].version, wheel.glibc)
    assert f"https://wheels.example/whl/cu126/torch-2.14.1%2Bcu126-cp312-cp312-{LINUX}.whl" == wheel.url.split("#")[0]
    assert wheel.url.split("#")[0] + ".metadata" == wheel.metadata_url
    assert (None, None) == (wheel.bytes, wheel.uploaded)


@pytest.mark.parametrize(
    ("filenames", "expected"),
    [
        pytest.param(
            ["torch-2.5.1-cp312-cp312-manylinux2014_aarch64.whl"],
            [build("2.5.1", "cpu", "linux-aarch64", "3.12", local="")],
            id="no local part",
        ),
        pytest.param(
            ["torch-2.6.0-cp313-none-macosx_11_0_arm64.whl"],
            [build("2.6.0", "cpu", "macos-arm64", "3.13", local="")],
            id="macOS",
        ),
        pytest.param(
            ["torch-2.0.1+cpu.cxx11.abi-cp311-cp311-linux_x86_64.whl", "torch-2.0.1+cpu-cp311-cp311-linux_x86_64.whl"],
            [
                build("2.0.1", "cpu", "linux-x86_64", "3.11"),
                build("2.0.1", "cpu", "linux-x86_64", "3.11", local="cpu.cxx11.abi"),
            ],
            id="two builds on one page",
        ),
        pytest.param(
            ["torch-2.6.0-cp313-cp313-linux_x86_64.whl", f"torch-2.6.0-cp313-cp313-{LINUX}.whl"],
            [build("2.6.0", "cpu", "linux-x86_64", "3.13", local="")],
            id="two files of one build",
        ),
        pytest.param(["torch-2.6.0+cpu-cp38-cp38-win_amd64.whl"], [], id="a Python that nobody asks for"),
        pytest.param(["torch-2.6.0+cpu-cp312-cp312-win_arm64.whl"], [], id="a platform that the matrix has not"),
        pytest.param(["torch-2.7.0rc1+cpu-cp312-cp312-win_amd64.whl"], [], id="a pre-release"),
    ],
)
def test_what_a_page_says(filenames: list[str], expected: list[VariantBuild]) -> None:
    assert expected == list(published_builds(read({"cpu": project_page(*filenames)}), pythons=PYTHONS))


def test_prereleases_for_those_who_ask() -> None:
    answers = read({"cpu": project_page("torch-2.7.0rc1+cpu-cp312-cp312-win_amd64.whl")})
    expected = (build("2.7.0rc1", "cpu", "windows-x86_64", "3.12"),)
    assert expected == published_builds(answers, pythons=PYTHONS, prereleases=True)


def test_each_variant_is_asked_once() -> None:
    web = PagesOnly({address("cu126"): CU126})
    answers = read_variants(web, PYTORCH, "Torch", ["cu126", "cu130", "cu126"], newest_python="3.15")
    assert ["cu126", "cu130"] == list(answers)
    assert sorted([address("cu126"), address("cu130")]) == sorted(web.asked)


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (Page(state="missing", detail="HTTP 404"), ()),
        (Page(state="unreachable", detail="HTTP 403"), ()),
        (Page(state="unreachable", detail="no answer in time"), "no answer in time"),
        (Page(state="unreachable", detail="HTTP 503"), "HTTP 503"),
        (Page(state="found", content_type="text/html", body=b"sign in"), "no file of torch is listed on its page"),
        (project_page("numpy-2.4.0-cp312-cp312-win_amd64.whl"), "no file of torch is listed on its page"),
        (Page(state="found", content_type="application/json", body=b"[]"), "what it answers is no package index"),
    ],
)
def test_one_variant_without_an_answer(page: Page, expected: tuple[()] | str) -> None:
    answers = read({"cu126": CU126, "cu130": page})
    answer = answers["cu130"]
    assert expected == (answer.phrase if isinstance(answer, SourceTrouble) else answer)
    assert 4 == len(published_builds(answers, pythons=PYTHONS))


@pytest.mark.parametrize("detail", ["HTTP 403", "its name does not resolve"])
def test_an_index_out_of_reach(detail: str) -> None:
    gone = Page(state="unreachable", detail=detail)
    troubles = list(read({"cu126": gone, "cu130": gone}).values())
    assert [("the PyTorch index", address(variant), detail) for variant in ("cu126", "cu130")] == [
        (trouble.source, trouble.url, trouble.phrase) for trouble in troubles if isinstance(trouble, SourceTrouble)
    ]
    assert () == published_builds({"cu126": troubles[0]}, pythons=PYTHONS)


def test_one_page_for_all_variants() -> None:
    page = project_page(
        f"torch-2.12.0+rocm7.14.0-cp312-cp312-{LINUX}.whl", f"torch-2.11.0+rocm7.13.0-cp312-cp312-{LINUX}.whl"
    )
    web = PagesOnly({"https://amd.example/whl-multi-arch/torch/": page})
    answers = read_variants(web, MULTI_ARCH, "torch", ["rocm7.14.0", "rocm7.13.0", "rocm7.2"], newest_python="3.15")
    assert 1 == len(web.asked)
    assert () == answers["rocm7.2"]
    expected = (
        build("2.12.0", "rocm7.14.0", "linux-x86_64", "3.12"),
        build("2.11.0", "rocm7.13.0", "linux-x86_64", "3.12"),
    )
    assert expected == published_builds(answers, pythons=PYTHONS)


def test_variants_are_found_on_the_page_of_all() -> None:
    page = project_page(
        f"torch-2.15.0+cu134-cp312-cp312-{LINUX}.whl",
        f"torch-2.15.0+cpu-cp312-cp312-{LINUX}.whl",
        "torch-2.5.1-cp312-cp312-manylinux2014_aarch64.whl",
    )
    web = PagesOnly({"https://wheels.example/whl/torch/": page})
    assert ("cpu", "cu134") == find_variants(web, PYTORCH, "torch", newest_python="3.15")
    assert () == find_variants(PagesOnly({}), PYTORCH, "torch", newest_python="3.15")


def test_the_page_of_all_out_of_reach() -> None:
    gone = Page(state="unreachable", detail="connection refused")
    web = PagesOnly({"https://wheels.example/whl/torch/": gone})
    with pytest.raises(SourceTrouble, match="the PyTorch index: connection refused"):
        find_variants(web, PYTORCH, "torch", newest_python="3.15")


def row(variant: str, platforms: tuple[Platform, ...], pythons: tuple[str, ...], **others: Any) -> Build:
    facts: dict[str, Any] = {"indexes": ("pytorch",), "local": True, "evidence": "inferred", "source": ("notes",)}
    return Build(variant=variant, platforms=platforms, pythons=pythons, **(facts | others))


ROWS = (
    row("cu126", ("linux-x86_64", "windows-x86_64"), ("3.12", "3.14")),
    row("cu126", ("linux-x86_64",), ("3.13t",), indexes=("pytorch", "default")),
    row("cu130", ("linux-x86_64",), ("3.12",), indexes=("default",), local=False),
    row("cpu", ("linux-aarch64",), ("3.12",), local=False),
    row("xpu", ("linux-x86_64",), ("3.12",), distribution="torch-xpu"),
)
DAY = dt.date(2026, 11, 22)
TORCH = Framework(
    id="torch",
    name="PyTorch",
    distribution="torch",
    imports=("torch",),
    checked_on=DAY,
    sources={"notes": "release notes"},
    release=(Release(version="2.15.0", released=DAY, builds=ROWS, source=("notes",)),),
)


def test_recorded_builds_have_the_form_of_published_ones() -> None:
    expected = (
        build("2.15.0", "cpu", "linux-aarch64", "3.12", local=""),
        build("2.15.0", "cu126", "linux-x86_64", "3.12", "3.13t", "3.14"),
        build("2.15.0", "cu126", "windows-x86_64", "3.12", "3.14"),
    )
    assert expected == recorded_builds(TORCH, PYTORCH, "torch", ["cpu", "cu126", "cu130", "xpu"])


def test_drift_is_the_difference() -> None:
    answers = read({"cu126": CU126})
    published = set(published_builds(answers, pythons=PYTHONS))
    recorded = set(recorded_builds(TORCH, PYTORCH, "torch", answers))
    assert {build("2.15.0", "cu126", "windows-x86_64", "3.12", "3.14")} == recorded - published
    assert {
        build("2.14.1", "cu126", "linux-x86_64", "3.12"),
        build("2.15.0", "cu126", "linux-aarch64", "3.12"),
        build("2.15.0", "cu126", "windows-x86_64", "3.12"),
    } == published - recorded


def test_variants_that_did_not_answer_are_not_compared() -> None:
    assert () == recorded_builds(TORCH, PYTORCH, "torch", [])
    assert [build("2.15.0", "xpu", "linux-x86_64", "3.12")] == list(
        recorded_builds(TORCH, PYTORCH, "torch-xpu", ["xpu"])
    )
