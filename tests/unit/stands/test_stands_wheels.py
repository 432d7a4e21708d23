"""The tiny packages are what real tools take for packages."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import sys
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from mlenv.system.process import Completed, run
from tests.stands.clients import pip, uv
from tests.stands.wheels import make_sdist, make_wheel

OFFLINE = ("--no-config", "pip", "install", "--offline", "--python", sys.executable)
Install = Callable[[Mapping[str, str], Path, Path], Completed]


def install_with_uv(environ: Mapping[str, str], target: Path, wheel: Path) -> Completed:
    return uv(environ, *OFFLINE, "--target", str(target), str(wheel))


def install_with_pip(environ: Mapping[str, str], target: Path, wheel: Path) -> Completed:
    return pip(environ, "install", "--no-index", "--target", str(target), str(wheel))


def test_the_same_bytes_each_time(tmp_path: Path) -> None:
    made = [make_wheel(tmp_path / place, "demo", "1.0", requires=["lower"], size=1000) for place in "ab"]
    built = [make_sdist(tmp_path / place, "demo", "1.0", requires=["lower"]) for place in "ab"]
    assert made[0].read_bytes() == made[1].read_bytes()
    assert built[0].read_bytes() == built[1].read_bytes()


def test_the_record_names_each_file_with_its_hash(tmp_path: Path) -> None:
    with zipfile.ZipFile(make_wheel(tmp_path, "demo", "1.0", size=1000, scripts={"demo": "demo:main"})) as archive:
        rows = {row[0]: row[1:] for row in csv.reader(io.StringIO(archive.read("demo-1.0.dist-info/RECORD").decode()))}
        assert set(archive.namelist()) == set(rows)
        assert ["", ""] == rows.pop("demo-1.0.dist-info/RECORD")
        for path, (digest, size) in rows.items():
            body = archive.read(path)
            expected = base64.urlsafe_b64encode(hashlib.sha256(body).digest()).decode().rstrip("=")
            assert (f"sha256={expected}", str(len(body))) == (digest, size)


def test_names_tags_and_extras(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "My.Demo", "1.0+cu126", tag="cp311.cp312-none-any", extras={"fast": ["lower"]})
    assert "my_demo-1.0+cu126-cp311.cp312-none-any.whl" == wheel.name
    with zipfile.ZipFile(wheel) as archive:
        metadata = archive.read("my_demo-1.0+cu126.dist-info/METADATA").decode()
        tags = archive.read("my_demo-1.0+cu126.dist-info/WHEEL").decode()
    assert "Name: My.Demo" in metadata
    assert 'Requires-Dist: lower ; extra == "fast"' in metadata
    assert ["Tag: cp311-none-any", "Tag: cp312-none-any"] == tags.splitlines()[-2:]


def test_the_padding_does_not_compress(tmp_path: Path) -> None:
    with zipfile.ZipFile(make_wheel(tmp_path, "demo", "1.0", size=10_000)) as archive:
        body = archive.read("demo.bin")
    assert 10_000 == len(body)
    assert len(zlib.compress(body)) >= 10_000


@pytest.mark.parametrize("install", [install_with_uv, install_with_pip])
def test_what_is_installed_runs(tmp_path: Path, environ: dict[str, str], target: Path, install: Install) -> None:
    modules = {"demo/__init__.py": "def main():\n    print('here I am')\n"}
    done = install(environ, target, make_wheel(tmp_path, "demo", "1.0", modules=modules, scripts={"demo": "demo:main"}))
    assert done.ok, done.stderr
    told = {**environ, "PYTHONPATH": str(target)}
    assert "here I am\n" == run([sys.executable, "-c", "import demo; demo.main()"], environ=told, timeout=60).stdout
    assert {"bin", "Scripts"} & {path.parent.name for path in target.rglob("demo*")}


@pytest.mark.parametrize("dynamic", [False, True])
def test_a_source_distribution_builds_without_a_network(
    tmp_path: Path, environ: dict[str, str], target: Path, dynamic: bool
) -> None:
    make_wheel(tmp_path / "files", "lower", "1.0")
    make_sdist(tmp_path / "files", "demo", "1.0", requires=["lower"], dynamic=dynamic)
    arguments = ["--no-index", "--find-links", str(tmp_path / "files"), "--target", str(target), "demo"]
    done = uv(environ, *OFFLINE, *arguments)
    assert done.ok, done.stderr
    assert '__version__ = "1.0"\n' == (target / "demo.py").read_text()
    assert (target / "lower.py").exists()


def test_a_build_that_fails(tmp_path: Path, environ: dict[str, str], target: Path) -> None:
    sdist = make_sdist(tmp_path, "demo", "1.0", fails=True)
    done = uv(environ, *OFFLINE, "--target", str(target), str(sdist))
    assert 1 == done.status
    assert "this build is made to fail" in done.stderr
