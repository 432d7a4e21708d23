"""The Python of a bundle: uv names, fetches and checks its archive, and installs it again without network."""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
from io import BytesIO
from pathlib import Path

import msgspec
import pytest
import uv as package

from mlenv.bundle.bringing import bring_python
from mlenv.bundle.interpreter import Uv, bring_archive
from mlenv.bundle.opening import open_bundle
from mlenv.bundle.writing import write_bundle
from mlenv.errors import InstallError, NoVerdictError
from mlenv.facts.system import Libc, OperatingSystem
from mlenv.system.process import Completed
from tests.unit.bundle.making import LINUX, make_contents

NAME = "cpython-3.12.16+20261110-x86_64-unknown-linux-gnu-install_only_stripped.tar.gz"
SYSCONFIG = """\
# system configuration generated and used by the sysconfig module
build_time_vars = {"CC": "cc"}
"""


def make_archive(path: Path) -> str:
    """An archive as uv expects one, with nothing of a Python but its places; its hash comes back."""
    path.parent.mkdir(parents=True, exist_ok=True)
    library = "python/lib/python3.12"
    files = {
        "python/bin/python3.12": "#!/bin/sh\n",
        f"{library}/os.py": "\n",
        f"{library}/_sysconfigdata__linux_x86_64-linux-gnu.py": SYSCONFIG,
    }
    with tarfile.open(path, "w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(text), 0o755
            tar.addfile(member, BytesIO(text.encode()))
    return hashlib.sha256(path.read_bytes()).hexdigest()


def environ(folder: Path, sha256: str, archive: Path) -> dict[str, str]:
    """The variables of a user whose uv has a list of downloads of its own."""
    entry = {
        "name": "cpython",
        "arch": {"family": "x86_64", "variant": None},
        "os": "linux",
        "libc": "gnu",
        "major": 3,
        "minor": 12,
        "patch": 16,
        "prerelease": "",
        "url": archive.as_uri(),
        "sha256": sha256,
        "variant": None,
        "build": "20261110",
    }
    (folder / "downloads.json").write_text(json.dumps({"cpython-3.12.16-linux-x86_64-gnu": entry}))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("UV_")}
    return {**kept, "UV_PYTHON_DOWNLOADS_JSON_URL": str(folder / "downloads.json"), "UV_NO_CONFIG": "1"}


def test_the_archive_lies_as_a_mirror_has_it_and_is_installed_again(tmp_path: Path) -> None:
    source = tmp_path / "20261110" / NAME
    variables = environ(tmp_path, make_archive(source), source)
    uv = package.find_uv_bin()
    folder = tmp_path / "bundle"
    (folder / "wheels").mkdir(parents=True)
    python = bring_archive("3.12", LINUX, folder, Uv(path=uv, environ=variables))
    assert ("3.12.16", f"python/20261110/{NAME}") == (python.version, python.path)
    assert source.read_bytes() == (folder / python.path).read_bytes()

    write_bundle(folder, make_contents(python=python))
    places = {"UV_PYTHON_INSTALL_DIR": str(tmp_path / "pythons"), "UV_PYTHON_DOWNLOADS": "never"}
    bring_python(open_bundle(folder), uv, {**variables, **places})
    assert (tmp_path / "pythons/cpython-3.12.16-linux-x86_64-gnu/bin/python3.12").is_file()


def test_an_archive_with_another_hash_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "20261110" / NAME
    make_archive(source)
    variables = environ(tmp_path, "0" * 64, source)
    with pytest.raises(InstallError, match=r"Python 3\.12\.16 for linux-x86_64 cannot be fetched: .*[Hh]ash mismatch"):
        bring_archive("3.12", LINUX, tmp_path / "bundle", Uv(path=package.find_uv_bin(), environ=variables))
    assert not (tmp_path / "bundle").exists()


def row(version: str, **changes: str) -> dict[str, str]:
    """A line of uv's list."""
    usual = {"key": f"cpython-{version}", "os": "linux", "arch": "x86_64", "libc": "gnu", "variant": "default"}
    url = f"https://example.org/20261110/cpython-{version}.tar.gz"
    return {**usual, "version": version, "implementation": "cpython", "url": url, **changes}


ROWS = [
    row("3.12.9", key="older"),
    row("3.12.16", key="newest"),
    row("3.12.17", key="musl", libc="musl"),
    row("3.12.18", key="arm", arch="aarch64"),
    row("3.12.19", key="faster", arch="x86_64_v3"),
    row("3.12.20", key="pypy", implementation="pypy"),
    row("3.13.1", key="free", variant="freethreaded"),
]
MUSL = msgspec.structs.replace(LINUX, os=OperatingSystem(family="linux", libc=Libc(family="musl", version="1.2.4")))
ARM = msgspec.structs.replace(LINUX, architecture="aarch64")


@pytest.mark.parametrize(
    ("python", "machine", "key"),
    [("3.12", LINUX, "newest"), ("3.12", MUSL, "musl"), ("3.12", ARM, "arm"), ("3.13t", LINUX, "free")],
)
def test_the_archive_for_the_machine_is_chosen(tmp_path: Path, python: str, machine: object, key: str) -> None:
    asked: list[str] = []

    def execute(argv: tuple[str, ...], **_: object) -> Completed:
        asked.append(argv[-1])
        return Completed(status=0, stdout=json.dumps(ROWS)) if "list" in argv else Completed(status=1)

    with pytest.raises(InstallError, match="cannot be fetched"):
        bring_archive(python, machine, tmp_path, Uv(path="uv", environ={}, execute=execute))  # type: ignore[arg-type]
    assert [python, key] == asked


def test_a_platform_without_archives_is_told(tmp_path: Path) -> None:
    windows = msgspec.structs.replace(LINUX, os=OperatingSystem(family="windows"))
    uv = Uv(path="uv", environ={}, execute=lambda *_, **__: Completed(status=0, stdout=json.dumps(ROWS)))
    with pytest.raises(InstallError, match=r"uv knows no archive of Python 3\.12 for windows-x86_64"):
        bring_archive("3.12", windows, tmp_path, uv)


def test_a_list_that_cannot_be_had_is_told(tmp_path: Path) -> None:
    uv = Uv(path="uv", environ={}, execute=lambda *_, **__: Completed(status=2, stderr="error: no such file"))
    with pytest.raises(NoVerdictError, match=r"uv cannot list the archives of Python 3\.12: error: no such file"):
        bring_archive("3.12", LINUX, tmp_path, uv)
