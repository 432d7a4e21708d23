"""The package index as a source, from pages like those it answers."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from typing import Any

import msgspec
import pytest

from mlenv.facts.packages import PackageConfiguration, Setting
from mlenv.matrix.rows import Platform
from mlenv.matrix.sources.conditions import normalise_conditions
from mlenv.matrix.sources.package_index import (
    default_index,
    neighbour_pins,
    parse_requirements,
    read_project,
    read_projects,
    read_requirements,
)
from mlenv.matrix.sources.published import PublishedProject, PublishedRelease, PublishedWheel, SourceTrouble
from mlenv.system.page import Page
from tests.unit.matrix.sources.sources_web import PagesOnly

INDEX = "https://index.test/simple"
JSON = "application/vnd.pypi.simple.v1+json"


def file(filename: str, day: str = "2026-03-01", **fields: Any) -> dict[str, Any]:
    return {
        "filename": filename,
        "url": f"https://files.test/{filename}",
        "hashes": {},
        "size": 1000,
        "upload-time": f"{day}T10:11:12.131415Z",
        **fields,
    }


def page(name: str, *files: dict[str, Any]) -> Page:
    body = msgspec.json.encode({"meta": {"api-version": "1.1"}, "name": name, "files": files, "versions": []})
    return Page(state="found", url=f"{INDEX}/{name}/", content_type=JSON, body=body)


def project(*files: dict[str, Any], name: str = "torch") -> PublishedProject:
    return read_project(PagesOnly({f"{INDEX}/{name}/": page(name, *files)}), INDEX, name, newest_python="3.15")


def release(*files: dict[str, Any]) -> PublishedRelease:
    (only,) = project(*files).releases
    return only


def shape(wheel: PublishedWheel) -> tuple[str, ...]:
    floors = [f"{name} {getattr(wheel, name)}" for name in ("glibc", "musl", "macos") if getattr(wheel, name)]
    return (wheel.platform, "/".join(wheel.pythons), *floors)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("cp312-cp312-manylinux_2_28_x86_64", [("linux-x86_64", "3.12", "glibc 2.28")]),
        ("cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64", [("linux-x86_64", "3.12", "glibc 2.17")]),
        ("cp312-cp312-manylinux_2_27_aarch64.manylinux_2_28_aarch64", [("linux-aarch64", "3.12", "glibc 2.27")]),
        ("cp314-cp314t-musllinux_1_2_x86_64", [("linux-x86_64", "3.14t", "musl 1.2")]),
        ("cp312-abi3-win_amd64", [("windows-x86_64", "3.12/3.13/3.14/3.15")]),
        ("cp312-none-macosx_11_0_arm64", [("macos-arm64", "3.12", "macos 11.0")]),
        (
            "cp312-cp312-macosx_10_13_universal2",
            [("macos-arm64", "3.12", "macos 11.0"), ("macos-x86_64", "3.12", "macos 10.13")],
        ),
        ("cp38-cp38-macosx_10_6_intel", [("macos-x86_64", "3.8", "macos 10.6")]),
        ("py3-none-manylinux2014_x86_64", [("linux-x86_64", "any", "glibc 2.17")]),
        (
            "py2.py3-none-any",
            [
                ("linux-aarch64", "any"),
                ("linux-x86_64", "any"),
                ("macos-arm64", "any"),
                ("macos-x86_64", "any"),
                ("windows-x86_64", "any"),
            ],
        ),
        ("cp312-cp312-win_arm64", []),
        ("cp312-cp312-win32", []),
        ("cp312-cp312-manylinux_2_28_ppc64le", []),
        ("pp310-pypy310_pp73-win_amd64", []),
        ("cp27-cp27mu-manylinux1_x86_64", []),
    ],
)
def test_wheel(tags: str, expected: list[tuple[str, ...]]) -> None:
    assert expected == [shape(wheel) for wheel in release(file(f"torch-2.15.0-{tags}.whl")).wheels]


def test_what_is_kept_of_a_wheel() -> None:
    name = "torch-2.15.0-cp312-cp312-win_amd64.whl"
    published = release(file(name, "2026-10-28", **{"requires-python": "<4,>=3.11", "core-metadata": True}))
    expected = PublishedWheel(
        filename=name,
        url=f"https://files.test/{name}",
        platform="windows-x86_64",
        pythons=("3.12",),
        requires_python=">=3.11,<4",
        bytes=1000,
        uploaded=dt.date(2026, 10, 28),
        metadata_url=f"https://files.test/{name}.metadata",
    )
    assert (expected,) == published.wheels


def test_releases_are_newest_first_and_dated_by_their_first_file() -> None:
    found = project(
        file("torch-2.9.1.tar.gz", "2025-11-12", size=77),
        file("torch-2.10.0rc1-py3-none-any.whl", "2026-01-02"),
        file("torch-2.10-py3-none-any.whl", "2026-02-03"),
        file("torch-2.10.0-py3-none-any.whl", "2026-02-01"),
        file("torch-2.9.1-py3-none-any.whl", "2025-11-11"),
        file("torch-1.0b2.win-amd64-py2.7.exe", "2011-01-01"),
        file("torch_extras-1-py3-none-any.whl"),
        file("torch-junk.whl"),
        file("README.txt"),
    )
    expected = [
        ("2.10", dt.date(2026, 2, 1), False, False, None),
        ("2.10.0rc1", dt.date(2026, 1, 2), True, False, None),
        ("2.9.1", dt.date(2025, 11, 11), False, True, 77),
        ("1.0b2", dt.date(2011, 1, 1), True, False, None),
    ]
    seen = [(r.version, r.released, r.prerelease, r.has_sdist, r.sdist_bytes) for r in found.releases]
    assert expected == seen


def test_yanked() -> None:
    files = (
        file("torch-2.0-cp312-cp312-win_amd64.whl", yanked="broken"),
        file("torch-2.0-cp313-cp313-win_amd64.whl", yanked=True),
    )
    whole = release(*files)
    part = release(*files, file("torch-2.0-cp314-cp314-win_amd64.whl"))
    assert (True, "broken", 2) == (whole.yanked, whole.yanked_reason, len(whole.wheels))
    assert (False, "", [("3.14",)]) == (part.yanked, part.yanked_reason, [wheel.pythons for wheel in part.wheels])


def test_requires_python_of_a_release_is_what_most_files_say() -> None:
    said = [">=3.9", ">=3.10", ">=3.10", ">=3.6.*"]
    files = [file(f"torch-1-cp3{n}-cp3{n}-win_amd64.whl", **{"requires-python": text}) for n, text in enumerate(said)]
    assert ">=3.10" == release(*files).requires_python
    assert [">=3.9", ">=3.10", ">=3.10", ""] == [wheel.requires_python for wheel in release(*files).wheels]


def test_html_page_knows_neither_dates_nor_sizes() -> None:
    html = b"""<!DOCTYPE html><html><head><meta name="pypi:repository-version" content="1.0"></head><body>
    <a href="../../files/torch-2.15.0%2Bcpu-cp312-cp312-win_amd64.whl#sha256=00" data-requires-python="&gt;=3.11"
       data-core-metadata="true">torch-2.15.0+cpu-cp312-cp312-win_amd64.whl</a></body></html>"""
    answer = Page(state="found", url=f"{INDEX}/torch/", content_type="text/html; charset=utf-8", body=html)
    found = read_project(PagesOnly({f"{INDEX}/torch/": answer}), INDEX + "/", "Torch", newest_python="3.15")
    (only,) = found.releases
    (wheel,) = only.wheels
    assert ("2.15.0+cpu", None, ">=3.11") == (only.version, only.released, only.requires_python)
    address = "https://index.test/files/torch-2.15.0%2Bcpu-cp312-cp312-win_amd64.whl"
    assert (address, address + ".metadata", None) == (wheel.url, wheel.metadata_url, wheel.bytes)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Page(state="missing", detail="HTTP 404"), "it has no torch"),
        (Page(state="unreachable", detail="no answer in time"), "no answer in time"),
        (Page(state="found", content_type=JSON, body=b"<html>"), "what it answers is no package index"),
        (Page(state="found", content_type=JSON, body=b"[]"), "what it answers is no package index"),
        (
            Page(state="found", content_type=JSON, body=b'{"meta": {"api-version": "9.0"}, "name": "x", "files": []}'),
            None,
        ),
    ],
)
def test_trouble(answer: Page, expected: str | None) -> None:
    with pytest.raises(SourceTrouble) as caught:
        read_project(PagesOnly({f"{INDEX}/torch/": answer}), INDEX, "torch", newest_python="3.15")
    assert (expected or "what it answers is no package index") == caught.value.phrase


def test_many_projects_keep_their_order_and_their_troubles() -> None:
    web = PagesOnly({f"{INDEX}/{name}/": page(name, file(f"{name}-1.tar.gz")) for name in ("numpy", "jax", "scipy")})
    found = read_projects(web, INDEX, ["scipy", "theano", "numpy", "jax", "numpy"], newest_python="3.15", workers=3)
    assert ["scipy", "theano", "numpy", "jax"] == list(found)
    assert ["theano"] == [name for name, one in found.items() if isinstance(one, SourceTrouble)]


METADATA = """\
Metadata-Version: 2.4
Name: some-framework
Version: 1.0
Requires-Python: <4.0,>=3.10
Requires-Dist: numpy<2.2.0,>=1.26.0; python_version < "3.13"
Requires-Dist: numpy>=2.1; python_version >= "3.13"
Requires-Dist: Protobuf!=4.21.0,<8.0.0.dev0,>=6.31.1
Requires-Dist: keras >= v3.10
Requires-Dist: nvidia-nccl-cu13==2.29.3; sys_platform == "linux" and platform_machine == "x86_64"
Requires-Dist: nvidia-cudnn-cu13<10.0,>=9.12; extra == "cuda13"
Requires-Dist: nvidia-cudnn-cu12<10.0,>=9.12; extra == "cuda12"
Requires-Dist: nvidia_cublas==13.1.*; extra == "CUDA13" and sys_platform == "linux"
Requires-Dist: keras<4; extra == "cuda13"
Requires-Dist: plain
Requires-Dist: new-kernel==1; platform_release >= "6.1"
Requires-Dist: broken (>=1.0.*
Provides-Extra: cuda12
Provides-Extra: CUDA13
"""
REQUIREMENTS = parse_requirements(METADATA)
NAMES = ("numpy", "protobuf", "keras", "plain", "new-kernel", "nvidia-*")
EVERYWHERE = {"keras": ">=3.10", "plain": "", "protobuf": ">=6.31.1,<8.0.0.dev0,!=4.21.0"}
NEW, OLD = {"numpy": ">=2.1"}, {"numpy": ">=1.26.0,<2.2.0"}
NCCL = {"nvidia-nccl-cu13": "==2.29.3"}


def test_requirements() -> None:
    assert (">=3.10,<4.0", ("cuda12", "cuda13"), ("broken (>=1.0.*",)) == (
        REQUIREMENTS.requires_python,
        REQUIREMENTS.extras,
        REQUIREMENTS.unreadable,
    )


@pytest.mark.parametrize(
    ("python", "platform", "extra", "expected"),
    [
        ("3.12", "linux-x86_64", "", {**EVERYWHERE, **OLD, **NCCL}),
        ("3.13", "linux-x86_64", "", {**EVERYWHERE, **NEW, **NCCL}),
        ("3.14t", "linux-aarch64", "", {**EVERYWHERE, **NEW}),
        ("3.12", "windows-x86_64", "", {**EVERYWHERE, **OLD}),
        (
            "3.13",
            "macos-arm64",
            "cuda13",
            {**EVERYWHERE, **NEW, "keras": ">=3.10,<4", "nvidia-cudnn-cu13": ">=9.12,<10.0"},
        ),
        (
            "3.13",
            "linux-aarch64",
            "cuda13",
            {
                **EVERYWHERE,
                **NEW,
                "keras": ">=3.10,<4",
                "nvidia-cublas": "==13.1.*",
                "nvidia-cudnn-cu13": ">=9.12,<10.0",
            },
        ),
    ],
)
def test_neighbour_pins(python: str, platform: Platform, extra: str, expected: dict[str, str]) -> None:
    assert expected == neighbour_pins(REQUIREMENTS, python=python, platform=platform, names=NAMES, extra=extra)


def test_pins_of_others_are_left_out() -> None:
    found = neighbour_pins(REQUIREMENTS, python="3.12", platform="linux-x86_64", names=("keras",))
    assert {"keras": ">=3.10"} == found


def test_requirements_from_the_metadata_that_the_index_shows() -> None:
    listed = file("torch-1-cp312-cp312-win_amd64.whl") | {"core-metadata": {"sha256": "00"}}
    (wheel,) = release(listed).wheels
    web = PagesOnly({wheel.metadata_url: Page(state="found", body=METADATA.encode())})
    assert REQUIREMENTS == read_requirements(web, wheel)


class OneFile(PagesOnly):
    """A web with one file, to be read in parts."""

    def __init__(self, content: bytes) -> None:
        super().__init__({})
        self._content = content

    def size(self, url: str) -> int:
        return len(self._content)

    def read_range(self, url: str, start: int, stop: int) -> bytes:
        self.transferred += stop - start
        return self._content[start:stop]


def test_requirements_from_within_the_wheel() -> None:
    (wheel,) = release(file("torch-1-cp312-cp312-win_amd64.whl")).wheels
    with io.BytesIO() as content:
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr("torch/lib/large.dll", bytes(4_000_000))
            archive.writestr("torch-1.dist-info/METADATA", METADATA)
        web = OneFile(content.getvalue())
    assert REQUIREMENTS == read_requirements(web, wheel)
    assert web.transferred < 1_000_000


def test_requirements_that_cannot_be_read() -> None:
    (wheel,) = release(file("torch-1-cp312-cp312-win_amd64.whl")).wheels
    with pytest.raises(SourceTrouble) as caught:
        read_requirements(PagesOnly({}), wheel)
    assert ("the package index", wheel.url) == (caught.value.source, caught.value.url)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<4,>=3.9", ">=3.9,<4"),
        (" >= 1.0 , != 1.5.* , < 2.0-rc1", ">=1.0,<2.0rc1,!=1.5.*"),
        ("~=2.3", "~=2.3"),
        (">=1,>=1.10,>=1.9,<3,<2,<=2.5", ">=1.10,<=2.5,<2"),
        (">=0.11,<=0.12,>=0.12,<=0.12,!=0.11.1", "==0.12,!=0.11.1"),
        ("==1.2,==1.2", "==1.2"),
        ("===weird", "===weird"),
        ("", ""),
        (">=3.6.*", ""),
        ("junk", ""),
    ],
)
def test_conditions(text: str, expected: str) -> None:
    assert expected == normalise_conditions(text)


def test_default_index() -> None:
    own = Setting(value="https://me:secret@mirror.test/simple", origin="UV_DEFAULT_INDEX")
    assert own.value == default_index(PackageConfiguration(index_url=own))
    assert default_index(PackageConfiguration()).startswith("https://")
    with pytest.raises(SourceTrouble):
        default_index(PackageConfiguration(no_index=Setting(value="true", origin="pip.conf")))
