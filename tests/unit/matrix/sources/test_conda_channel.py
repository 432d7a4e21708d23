"""Conda channels: what is read from the index of a folder."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from mlenv.matrix.load import Matrix
from mlenv.matrix.sources.conda_channel import _plain, read_package, read_packages
from mlenv.matrix.sources.conda_route import route_of
from mlenv.matrix.sources.published import SourceTrouble

pytest.importorskip("rattler")
pytestmark = pytest.mark.enable_socket  # the event loop talks to itself over a pair of sockets

PYTHONS = ("3.13", "3.12")
GLIBC = "__glibc >=2.17,<3.0.a0"
PYTHON = "python >=3.12,<3.13.0a0"
CUDA = [PYTHON, "__cuda", "cuda-version >=12.9,<13", GLIBC]
OCTOBER_9 = 1_760_000_000_000
OCTOBER_10 = OCTOBER_9 + 86_400_000

# (folder, name, version, build string, depends, other keys)
Record = tuple[str, str, str, str, list[str], dict[str, Any]]

PYTORCH: list[Record] = [
    ("linux-64", "pytorch", "2.9.1", "cpu_generic_py312_h59c8a2d_0", [PYTHON, GLIBC], {"timestamp": None}),
    ("linux-64", "pytorch", "2.13.0", "cuda129_generic_py312_h2592732_200", CUDA, {"timestamp": OCTOBER_10}),
    ("linux-64", "pytorch", "2.13.0", "cpu_generic_py312_h59c8a2d_0", [PYTHON, GLIBC], {"size": 30_000_000}),
    ("osx-arm64", "pytorch", "2.13.0", "cpu_generic_py312_h0a0a0a0_0", [PYTHON, "__osx >=11.0"], {}),
    ("linux-64", "pytorch", "2.14.0rc1", "cpu_generic_py312_h59c8a2d_0", [PYTHON, GLIBC], {}),
]


def write_channel(folder: Path, records: Sequence[Record]) -> str:
    """A channel with an index alone, which is all that reading it takes."""
    for subdir in {"noarch", *(record[0] for record in records)}:
        files = dict(_entry(record) for record in records if record[0] == subdir)
        index = {"info": {"subdir": subdir}, "packages": {}, "packages.conda": files, "repodata_version": 1}
        (folder / subdir).mkdir(parents=True)
        (folder / subdir / "repodata.json").write_text(json.dumps(index), encoding="utf-8")
    return str(folder)


def _entry(record: Record) -> tuple[str, dict[str, Any]]:
    subdir, name, version, build, depends, others = record
    entry = {
        "name": name,
        "version": version,
        "build": build,
        "build_number": int(build.split("_")[-1]),
        "depends": depends,
        "subdir": subdir,
        "timestamp": OCTOBER_9,
    }
    return f"{name}-{version}-{build}.conda", {**entry, **others}


def test_releases_are_newest_first_each_with_the_day_of_its_first_build(tmp_path: Path) -> None:
    found = read_package(write_channel(tmp_path, PYTORCH), "pytorch", pythons=PYTHONS)
    assert [
        ("2.14.0rc1", dt.date(2025, 10, 9)),
        ("2.13.0", dt.date(2025, 10, 9)),
        ("2.9.1", None),
    ] == [(release.version, release.released) for release in found.releases]


def test_builds_of_a_release(tmp_path: Path) -> None:
    found = read_package(write_channel(tmp_path, PYTORCH), "pytorch", pythons=PYTHONS)
    assert [
        ("linux-x86_64", "cpu", "cpu_generic_py312_h59c8a2d_0", 30_000_000, dt.date(2025, 10, 9)),
        ("linux-x86_64", "cuda129", "cuda129_generic_py312_h2592732_200", None, dt.date(2025, 10, 10)),
        ("macos-arm64", "cpu", "cpu_generic_py312_h0a0a0a0_0", None, dt.date(2025, 10, 9)),
    ] == [(build.platform, build.kind, build.build, build.bytes, build.built) for build in found.releases[1].builds]


def test_only_platforms_asked_about_are_read(tmp_path: Path) -> None:
    found = read_package(write_channel(tmp_path, PYTORCH), "pytorch", ["macos-arm64"], pythons=PYTHONS)
    assert (("macos-arm64",), {"macos-arm64"}) == (
        found.platforms,
        {build.platform for release in found.releases for build in release.builds},
    )


def test_several_packages_at_once_and_one_that_is_not_there(tmp_path: Path) -> None:
    others: list[Record] = [("noarch", "keras", "3.14.0", "pyh753f3f9_0", ["python >=3.11"], {})]
    channel = write_channel(tmp_path, [*PYTORCH, *others])
    found = read_packages(channel, ["pytorch", "Keras", "horovod"], pythons=PYTHONS)
    assert {"pytorch": 3, "Keras": 1, "horovod": 0} == {name: len(one.releases) for name, one in found.items()}


def test_an_archive_in_both_formats_counts_once(tmp_path: Path) -> None:
    channel = write_channel(tmp_path, PYTORCH)
    index = tmp_path / "osx-arm64/repodata.json"
    listed = json.loads(index.read_text())
    listed["packages"] = {name[: -len("conda")] + "tar.bz2": row for name, row in listed["packages.conda"].items()}
    index.write_text(json.dumps(listed))
    found = read_package(channel, "pytorch", ["macos-arm64"], pythons=PYTHONS)
    assert [1] == [len(release.builds) for release in found.releases]


def test_a_folder_below_the_working_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_channel(tmp_path / "channel", PYTORCH)
    monkeypatch.chdir(tmp_path)
    assert 3 == len(read_package("./channel", "pytorch", pythons=PYTHONS).releases)


def test_pythons_are_the_matrix_s_where_none_are_named(tmp_path: Path) -> None:
    found = read_package(write_channel(tmp_path, [("noarch", "keras", "3", "py_0", ["python"], {})]), "keras")
    assert {row.version for row in Matrix().pythons} == set(found.releases[0].builds[0].pythons)


def test_route(tmp_path: Path) -> None:
    found = route_of(read_package(write_channel(tmp_path, PYTORCH), "pytorch", pythons=PYTHONS))
    assert found is not None
    assert ("2.13.0", {"cpu": "*cpu*", "cuda": "*cuda*"}, ("linux-x86_64", "macos-arm64")) == (
        found.version,
        found.selectors,
        found.platforms,
    )


def trouble_of(channel: str, name: str = "pytorch") -> tuple[str, str]:
    with pytest.raises(SourceTrouble) as caught:
        read_package(channel, name, pythons=PYTHONS)
    return caught.value.source, caught.value.phrase


def test_no_such_folder(tmp_path: Path) -> None:
    assert ("conda channel", "there is no conda channel") == trouble_of(str(tmp_path / "nowhere"))


@pytest.mark.parametrize(
    ("index", "reason"),
    [
        ("<html>Sign in</html>", "expected value at line 1 column 1"),
        ("", "EOF while parsing a value at line 1 column 0"),
    ],
)
def test_an_index_in_another_form(tmp_path: Path, index: str, reason: str) -> None:
    channel = write_channel(tmp_path, PYTORCH)
    (tmp_path / "linux-64/repodata.json").write_text(index, encoding="utf-8")
    assert ("conda channel", f"failed to parse repodata.json: {reason}") == trouble_of(channel)


def test_an_address_that_is_none() -> None:
    assert ("conda channel", "could not parse url: invalid IPv6 address") == trouble_of("http://[")


def test_a_name_that_no_package_can_have(tmp_path: Path) -> None:
    _, phrase = trouble_of(write_channel(tmp_path, PYTORCH), "py torch")
    assert phrase.startswith("'py torch' is not a valid package name")


def test_without_rattler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rattler", None)
    assert ("conda channel", "py-rattler 0.28 or newer is not installed; it comes with mlenv[conda]") == trouble_of("x")


@pytest.mark.parametrize(
    ("first", "last", "phrase"),
    [
        (
            "error sending request for url (https://me:secret@host/c)",
            "Connection refused (os error 111)",
            "connection refused",
        ),
        (
            "error sending request for url (https://host/c)",
            "invalid peer certificate: UnknownIssuer",
            "its certificate is not trusted",
        ),
        (
            "could not find subdir 'noarch' in channel 'https://host/c/'",
            "HTTP status client error (404 Not Found)",
            "there is no conda channel",
        ),
        (
            "Request failed after 1 retries",
            "HTTP status client error (403 Forbidden) for url (https://host/t/token/c)",
            "HTTP 403",
        ),
        (
            "failed to decode zstd shard from 'https://host/t/token/c'",
            "Unknown frame descriptor",
            "failed to decode zstd shard: Unknown frame descriptor",
        ),
        ("something new for url (https://host/t/token/c).", "", "something new"),
        ("", "", "rattler gives no reason"),
    ],
)
def test_phrases(first: str, last: str, phrase: str) -> None:
    assert phrase == _plain(f"{first}\nCaused by: client error\nCaused by: {last}" if last else first)
