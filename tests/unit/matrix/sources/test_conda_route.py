"""The route of a release, made of its builds."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from mlenv.matrix.rows import Platform
from mlenv.matrix.sources.conda_build import CondaBuild
from mlenv.matrix.sources.conda_channel import CondaPackage, CondaRelease
from mlenv.matrix.sources.conda_route import ChannelRoute, RouteBuild, route_of

GLIBC = "__glibc >=2.17,<3.0.a0"
GLIBC_28 = "__glibc >=2.28,<3.0.a0"
DAY = dt.date(2026, 8, 13)
ASKED: tuple[Platform, ...] = ("linux-x86_64", "windows-x86_64", "macos-arm64")


def build(text: str, **facts: Any) -> CondaBuild:
    """A build of Linux for the CPU, unless ``facts`` say otherwise."""
    plain = {"number": 0, "platform": "linux-x86_64", "kind": "any", "accelerator": "cpu"}
    return CondaBuild(build=text, **{**plain, **facts})


def package(*versions: str, builds: tuple[CondaBuild, ...] = (build("py312_0"),)) -> CondaPackage:
    releases = tuple(CondaRelease(version=version, released=DAY, builds=builds) for version in versions)
    return CondaPackage(channel="conda-forge", package="pytorch", platforms=ASKED, releases=releases)


def route(*builds: CondaBuild) -> ChannelRoute:
    found = route_of(package("2.13.0", builds=builds))
    assert found is not None
    return found


def test_whole_route() -> None:
    cpu = {"kind": "cpu", "virtual_packages": (GLIBC,)}
    cuda = {"kind": "cuda129", "accelerator": "cuda", "cuda": "12.9"}
    assert ChannelRoute(
        channel="conda-forge",
        package="pytorch",
        version="2.13.0",
        released=DAY,
        platforms=("linux-x86_64", "windows-x86_64"),
        selectors={"cpu": "*cpu*", "cuda": "*cuda*"},
        builds=(
            RouteBuild(
                kind="cpu",
                accelerator="cpu",
                platform="linux-x86_64",
                selector="*cpu*",
                pythons=("3.9", "3.13", "3.14t"),
                virtual_packages=(GLIBC,),
                bytes=30_000_000,
            ),
            RouteBuild(
                kind="cuda129",
                accelerator="cuda",
                platform="windows-x86_64",
                selector="*cuda129*",
                cuda="12.9",
                pythons=("3.13",),
                virtual_packages=("__cuda",),
                virtual_limits=("__cuda >=12",),
            ),
        ),
    ) == route(
        build("cpu_generic_py313_h1_0", pythons=("3.13",), bytes=30_000_000, **cpu),
        build("cpu_mkl_py39_h1_100", pythons=("3.9",), bytes=28_000_000, **cpu),
        build("cpu_generic_py314_h1_0", pythons=("3.14t",), **cpu),
        build(
            "cuda129_generic_py313_h1_200",
            platform="windows-x86_64",
            pythons=("3.13",),
            virtual_packages=("__cuda",),
            virtual_limits=("__cuda >=12",),
            **cuda,
        ),
    )


@pytest.mark.parametrize(
    ("versions", "asked", "chosen"),
    [
        (("2.14.0rc1", "2.13.0", "2.9.1"), "", "2.13.0"),
        (("2.14.0rc1", "2.13.0"), "2.14.0rc1", "2.14.0rc1"),
        (("2.13.0", "2.9.1"), "2.9.1", "2.9.1"),
        (("2.14.0rc1", "2.14.0.dev1"), "", "2.14.0rc1"),
        (("2024b", "2024a"), "", "2024b"),
        (("9e", "9d"), "", "9e"),
    ],
)
def test_which_release(versions: tuple[str, ...], asked: str, chosen: str) -> None:
    found = route_of(package(*versions), version=asked)
    assert found is not None
    assert chosen == found.version


@pytest.mark.parametrize(("versions", "asked"), [((), ""), (("2.13.0",), "1.0")])
def test_no_route_without_a_release(versions: tuple[str, ...], asked: str) -> None:
    assert route_of(package(*versions), version=asked) is None


def test_each_cuda_release_has_its_selector_and_one_picks_all() -> None:
    found = route(
        *(build(f"{kind}_py312_h1_0", kind=kind, accelerator="cuda") for kind in ("cuda129", "cuda130")),
        build("cpu_py312_h1_0", kind="cpu"),
    )
    assert ({"cpu": "*cpu*", "cuda": "*cuda*"}, ["*cpu*", "*cuda129*", "*cuda130*"]) == (
        found.selectors,
        [one.selector for one in found.builds],
    )


def test_a_kind_that_build_strings_do_not_show_has_no_selector() -> None:
    found = route(*(build(f"py312_{kind[4:]}", kind=kind, accelerator="cuda") for kind in ("cuda12", "cuda13")))
    assert ({}, ["", ""]) == (found.selectors, [one.selector for one in found.builds])


def test_plain_builds_beside_those_with_a_suffix() -> None:
    found = route(build("py312h1_0"), build("py312h1_0_cuda", kind="cuda129", accelerator="cuda"))
    assert ({"cuda": "*cuda*"}, {"any": "", "cuda129": "*cuda*"}) == (
        found.selectors,
        {one.kind: one.selector for one in found.builds},
    )


@pytest.mark.parametrize(
    ("demands", "least"),
    [
        (((GLIBC_28,), (GLIBC,)), (GLIBC,)),
        (((GLIBC, "__archspec 1.* *haswell*"), (GLIBC,)), (GLIBC,)),
        (((GLIBC, GLIBC_28), (GLIBC_28,)), (GLIBC_28,)),
        ((("__cuda",), ("__cuda >=12",)), ("__cuda",)),
        (((), (GLIBC,)), ()),
    ],
)
def test_demands_are_those_of_the_least_demanding_build(
    demands: tuple[tuple[str, ...], ...], least: tuple[str, ...]
) -> None:
    found = route(*(build(f"h{number}_0", virtual_packages=texts) for number, texts in enumerate(demands)))
    assert least == found.builds[0].virtual_packages


@pytest.mark.parametrize(("levels", "lowest"), [((4, 3), 3), ((3, None), None), ((None,), None)])
def test_the_processor_that_all_builds_need(levels: tuple[int | None, ...], lowest: int | None) -> None:
    found = route(*(build(f"h{number}_0", cpu_level=level) for number, level in enumerate(levels)))
    assert lowest == found.builds[0].cpu_level


@pytest.mark.parametrize(
    ("demands", "platforms"),
    [
        ([()], ("linux-x86_64", "windows-x86_64", "macos-arm64")),
        ([("__unix",)], ("linux-x86_64", "macos-arm64")),
        ([("__win",), ("__linux",)], ("linux-x86_64", "windows-x86_64")),
        ([("__cuda >=12",)], ("linux-x86_64", "windows-x86_64")),
        ([("__unix", "__cuda")], ("linux-x86_64",)),
    ],
)
def test_platforms_of_noarch_builds(demands: list[tuple[str, ...]], platforms: tuple[str, ...]) -> None:
    builds = [build(f"py_{n}", platform="noarch", virtual_packages=texts) for n, texts in enumerate(demands)]
    assert platforms == route(*builds).platforms


def test_noarch_builds_join_the_platforms_of_the_others() -> None:
    assert ("linux-x86_64",) == route(build("py_0", platform="noarch"), build("h_0")).platforms
