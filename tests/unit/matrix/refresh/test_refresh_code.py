"""GPU code read out of wheels, laid into rows that only believed it."""

from __future__ import annotations

from typing import Any

import pytest

from mlenv.matrix.refresh.carry import CARRIED
from mlenv.matrix.refresh.code import SOURCE, SOURCE_TEXT, lay_code
from mlenv.matrix.rows import Build, Framework
from mlenv.matrix.sources.gpu_code import GpuCode
from mlenv.matrix.sources.published import PublishedWheel
from tests.unit.matrix.refresh.refresh_cases import LINUX, build, each, files, framework, listing, project, release

CODE = GpuCode(sass=("7.5", "9.0", "12.0"), ptx=("12.0",), how="read", transferred=9)
NONE = GpuCode(how="no fat binaries", transferred=9)
WINDOWS = each(("3.12",), "win_amd64")


def gpu(**fields: Any) -> Build:
    usual: dict[str, Any] = {"variant": "cu132", "accelerators": ("cuda",), "cuda": "13.2", "sass": ("8.0",)}
    return build(**{**usual, "evidence": "inferred", "note": f"{CARRIED} 1.0; not read", **fields})


class Reader:
    """Gives the same code of every wheel, and remembers which were read."""

    def __init__(self, code: GpuCode | None = CODE) -> None:
        self.code = code
        self.read: list[str] = []

    def __call__(self, wheel: PublishedWheel) -> GpuCode | None:
        self.read.append(wheel.filename)
        return self.code


def lay(before: Framework, reader: Reader, *tags: str) -> Framework:
    found = project(
        "acme", files("acme-1.1", *(tags or each(("3.12",), LINUX))), files("acme-1.0", *each(("3.12",), LINUX))
    )
    return lay_code(before, listing(found), reader)  # fmt: skip


def test_what_was_read_is_measured() -> None:
    reader, before = Reader(), framework(release("1.1", gpu()), release("1.0", gpu()))
    after = lay(before, reader)
    expected = gpu(
        sass=("7.5", "9.0", "12.0"), ptx=("12.0",), evidence="measured", source=("pypi", "wheel-code"), note=""
    )
    assert (expected,) == after.release[0].builds
    assert before.release[1:] == after.release[1:]
    assert {"pypi": "PyPI: listing", SOURCE: SOURCE_TEXT} == after.sources
    assert ["acme-1.1-cp312-cp312-manylinux_2_28_x86_64.whl"] == reader.read
    assert after == lay(after, Reader(None))


def test_what_people_wrote_about_a_build_stays() -> None:
    after = lay(framework(release("1.1", gpu(note="slow on Turing"))), Reader())
    assert ["slow on Turing"] == [one.note for one in after.release[0].builds]


def test_each_platform_has_a_wheel_of_its_own() -> None:
    reader = Reader()
    before = framework(release("1.1", gpu(platforms=("linux-x86_64", "windows-x86_64"))))
    after = lay(before, reader, *each(("3.12",), LINUX), *WINDOWS)
    assert ["acme-1.1-cp312-cp312-manylinux_2_28_x86_64.whl", "acme-1.1-cp312-cp312-win_amd64.whl"] == reader.read
    assert [("linux-x86_64", "windows-x86_64")] == [one.platforms for one in after.release[0].builds]


def test_a_wheel_is_read_once() -> None:
    reader = Reader()
    lay(framework(release("1.1", gpu(), gpu(pythons=("3.13",)))), reader)
    assert 1 == len(reader.read)


@pytest.mark.parametrize("code", [None, NONE], ids=["cannot-be-told", "none-found"])
def test_what_cannot_be_told_changes_nothing(code: GpuCode | None) -> None:
    before = framework(release("1.1", gpu()))
    assert before == lay(before, Reader(code))


@pytest.mark.parametrize(
    ("one", "tags"),
    [
        pytest.param(gpu(evidence="measured"), (), id="measured-already"),
        pytest.param(gpu(indexes=("pytorch",)), (), id="elsewhere"),
        pytest.param(gpu(distribution="other"), (), id="a-distribution-that-was-not-listed"),
        pytest.param(build(variant="cpu", evidence="inferred"), (), id="no-device-code"),
        pytest.param(gpu(), ("py3-none-any",), id="a-pure-wheel"),
        pytest.param(gpu(), WINDOWS, id="no-wheel-for-the-platform"),
    ],
)
def test_wheels_that_are_not_read(one: Build, tags: tuple[str, ...]) -> None:
    reader, before = Reader(), framework(release("1.1", one))
    assert (before, []) == (lay(before, reader, *tags), reader.read)


def test_a_framework_without_releases() -> None:
    assert framework() == lay(framework(), Reader())
