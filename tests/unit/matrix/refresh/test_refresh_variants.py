"""Builds on an index of their own, beside what that index lists."""

from __future__ import annotations

from typing import Any

import pytest

from mlenv.matrix.refresh.variants import lay_variants, variants_of
from mlenv.matrix.rows import Build, Framework, Index
from mlenv.matrix.sources.published import SourceTrouble
from mlenv.matrix.sources.variant_index import Answer
from tests.unit.matrix.refresh.refresh_cases import (
    LINUX,
    PYTHONS,
    build,
    builds_of,
    each,
    files,
    framework,
    project,
    release,
    say,
)

INDEX = Index(id="pytorch", title="the PyTorch index", url="https://wheels.test/{variant}", source=("x",))
OUT: Answer = SourceTrouble(source="the PyTorch index", phrase="no answer in time")
CODE: dict[str, Any] = {"accelerators": ("cuda",), "cuda": "12.6.3", "sass": ("8.0", "9.0"), "local": True}


def gpu(**fields: Any) -> Build:
    return build(**{"variant": "cu126", "indexes": ("pytorch",), **CODE, **fields})


def answer(*groups: list[dict[str, Any]]) -> Answer:
    return project("torch", *groups).releases


def lay(before: Framework, **answers: Answer) -> Framework:
    return lay_variants(before, INDEX, "torch", answers, PYTHONS)


def torch(*rows: Any) -> Framework:
    return framework(*rows, name="torch")


WHEEL = files("torch-2.15.0+cu126", *each(("3.12",), LINUX))


def test_variants_by_distribution() -> None:
    before = torch(
        release("2.15.0", build(variant="cpu"), gpu(), gpu(variant="cu130", distribution="torch-nightly")),
        release("2.14.0", gpu(variant="cu118"), gpu()),
    )
    assert {"torch": ("cu126", "cu118"), "torch-nightly": ("cu130",)} == variants_of(before, INDEX)


@pytest.mark.parametrize("answered", [answer(WHEEL), OUT], ids=["listed", "out-of-reach"])
def test_what_is_listed_or_not_told_stands(answered: Answer) -> None:
    before = torch(release("2.15.0", gpu()))
    assert before == lay(before, cu126=answered)


@pytest.mark.parametrize(
    ("before", "answered", "expected"),
    [
        pytest.param(gpu(), answer(files("torch-2.15.0+cu126", "sdist")), [], id="no-wheel-any-more"),
        pytest.param(gpu(), (), [], id="no-such-page-any-more"),
        pytest.param(
            gpu(pythons=("3.12", "3.13")), answer(WHEEL), ["cu126 linux-x86_64 3.12 glibc 2.28 on pytorch"], id="loses"
        ),
        pytest.param(
            gpu(indexes=("default", "pytorch")), (), ["cu126 linux-x86_64 3.12 glibc 2.28 on default"], id="the-other"
        ),
        pytest.param(
            gpu(pythons=("3.12", "3.13"), indexes=("default", "pytorch")),
            answer(WHEEL),
            [
                "cu126 linux-x86_64 3.12 glibc 2.28 on default/pytorch",
                "cu126 linux-x86_64 3.13 glibc 2.28 on default",
            ],
            id="some-pythons-on-the-other",
        ),
        pytest.param(
            gpu(variant="cu130"), answer(WHEEL), ["cu130 linux-x86_64 3.12 glibc 2.28 on pytorch"], id="not-asked-about"
        ),
        pytest.param(
            gpu(),
            answer(WHEEL, files("torch-2.16.0.dev1+cu126", *each(("3.12",), LINUX))),
            ["cu126 linux-x86_64 3.12 glibc 2.28 on pytorch"],
            id="releases-without-a-row",
        ),
    ],
)
def test_listed_no_more(before: Build, answered: Answer, expected: list[str]) -> None:
    after = lay(torch(release("2.15.0", before)), cu126=answered)
    assert expected == [f"{say(one)} on {'/'.join(one.indexes)}" for one in after.release[0].builds]


def test_newly_listed_with_the_code_of_the_nearest_release() -> None:
    before = torch(
        release("2.15.0", build(variant="cpu")), release("2.14.0", gpu(bytes=9)), release("2.13.0", gpu(sass=("7.0",)))
    )
    found = answer(
        files("torch-2.15.0+cu126", *each(("3.12", "3.13"), LINUX)),
        files("torch-2.14.0+cu126", *each(("3.12",), LINUX)),
        files("torch-2.13.0+cu126", *each(("3.12",), LINUX)),
    )
    after = lay(before, cu126=found)
    expected = gpu(
        pythons=("3.12", "3.13"),
        evidence="inferred",
        note="device code as in 2.14.0; listed by its index, not read",
    )
    assert (build(variant="cpu"), expected) == after.release[0].builds
    assert before.release[1:] == after.release[1:]
    assert after == lay(after, cu126=found)


def test_unknown_code_stays_unknown() -> None:
    before = torch(release("2.15.0", build(variant="cpu")), release("2.14.0", gpu(evidence="unknown", sass=())))
    after = lay(before, cu126=answer(WHEEL, files("torch-2.14.0+cu126", *each(("3.12",), LINUX))))
    assert ["measured", "unknown"] == [one.evidence for one in after.release[0].builds]


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(files("torch-2.15.0+cu126", *each(("3.12",), "win_amd64")), id="a-platform-that-never-had-it"),
        pytest.param(files("torch-2.15.0+cu126", *each(("3.12",), LINUX), yanked=True), id="yanked"),
        pytest.param(files("torch-2.15.0+cu126", *each(("3.9",), LINUX)), id="a-python-that-is-none-of-ours"),
    ],
)
def test_not_newly_listed(found: list[dict[str, Any]]) -> None:
    before = torch(release("2.15.0", build(variant="cpu")), release("2.14.0", gpu()))
    older = files("torch-2.14.0+cu126", *each(("3.12",), LINUX))
    assert before == lay(before, cu126=answer(found, older))


def test_a_wheel_for_a_newer_system_stands_apart() -> None:
    before = torch(release("2.15.0", build(variant="cpu")), release("2.14.0", gpu()))
    tags = (*each(("3.12",), LINUX), *each(("3.14",), "manylinux_2_34_x86_64"))
    after = lay(before, cu126=answer(files("torch-2.15.0+cu126", *tags)))
    expected = ["cu126 linux-x86_64 3.12 glibc 2.28", "cu126 linux-x86_64 3.14 glibc 2.34"]
    assert expected == builds_of(after, "2.15.0")[1:]


def test_a_python_that_got_its_wheel_later_joins_its_build() -> None:
    before = torch(release("2.15.0", gpu(pythons=("3.12",), evidence="build-config")))
    found = answer(files("torch-2.15.0+cu126", *each(("3.9", "3.12", "3.13"), LINUX)))
    after = lay(before, cu126=found)
    assert (gpu(pythons=("3.12", "3.13"), evidence="build-config"),) == after.release[0].builds
