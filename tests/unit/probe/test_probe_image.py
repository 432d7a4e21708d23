"""Environments of any kind: in images, behind links, and whole installations."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from mlenv.facts.environment import Environment
from mlenv.probe.environments.environment import read_environment
from mlenv.system.host import LiveHost
from tests.unit.probe.probe_hosts import elf

pytestmark = pytest.mark.skipif(os.name != "posix", reason="folders of Linux")
ARM = 0xB7


def read(path: Path) -> Environment | None:
    return read_environment(LiveHost({"PATH": "/usr/bin"}), str(path))


def make_installation(prefix: Path, *, machine: int = 0x3E) -> None:
    """An installation of Python 3.12, as far as its files tell."""
    (prefix / "bin").mkdir(parents=True, exist_ok=True)
    (prefix / "bin/python3.12").write_bytes(base64.b64decode(elf(machine=machine)))
    (prefix / "bin/python3").symlink_to("python3.12")
    packages = prefix / "lib/python3.12/site-packages"
    (packages / "six-1.17.0.dist-info").mkdir(parents=True)
    (prefix / "lib/python3.12/os.py").touch()


@pytest.fixture
def image(tmp_path: Path) -> Path:
    root = tmp_path / "image"
    make_installation(root / "usr", machine=ARM)
    (root / "etc").mkdir()
    (root / "etc/os-release").write_text("ID=debian\n")
    return root


def add_venv(root: Path, place: str) -> None:
    venv = root / place
    (venv / "bin").mkdir(parents=True)
    (venv / "bin/python").symlink_to("/usr/bin/python3")
    (venv / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.12.4\n")
    (venv / "lib/python3.12/site-packages/torch-2.13.0.dist-info").mkdir(parents=True)


@pytest.mark.parametrize("path", ["", "usr", "usr/bin/python3"])
def test_an_image_with_the_systems_python_alone(image: Path, path: str) -> None:
    found = read(image / path)
    assert found is not None
    assert ("system", f"{image}/usr", "3.12", "aarch64") == (found.kind, found.path, found.python, found.architecture)
    assert f"{image}/usr/bin/python3" == found.executable
    assert [f"{image}/usr/lib/python3.12/site-packages/six-1.17.0.dist-info"] == [
        dist.path for dist in found.distributions
    ]


@pytest.mark.parametrize("path", ["", "opt/venv", "opt/venv/bin", "opt/venv/bin/python"])
def test_the_environment_of_an_images_application(image: Path, path: str) -> None:
    add_venv(image, "opt/venv")
    found = read(image / path)
    assert found is not None
    assert ("venv", f"{image}/opt/venv", "3.12.4") == (found.kind, found.path, found.python)
    assert (f"{image}/opt/venv/bin/python", f"{image}/usr/bin") == (found.executable, found.home)
    assert ["torch"] == [dist.name for dist in found.distributions]
    assert all(not reading.source.startswith("/opt") for reading in found.readings)


def test_the_base_of_an_image_is_seen_where_the_environment_sees_it(image: Path) -> None:
    add_venv(image, "opt/venv")
    (image / "opt/venv/pyvenv.cfg").write_text("home = /usr/bin\ninclude-system-site-packages = true\n")
    found = read(image / "opt/venv")
    assert found is not None
    assert ["six", "torch"] == [dist.name for dist in found.distributions]


def test_a_link_in_a_folder_of_programs_leads_to_its_installation(tmp_path: Path) -> None:
    make_installation(tmp_path / "pythons/3.12")
    programs = tmp_path / "home/.local/bin"
    programs.mkdir(parents=True)
    (programs / "python3.12").symlink_to(tmp_path / "pythons/3.12/bin/python3.12")
    (tmp_path / "home/.local/lib/python3.12/site-packages/mine-1.dist-info").mkdir(parents=True)
    found = read(programs / "python3.12")
    assert found is not None
    assert (str(tmp_path / "pythons/3.12"), ["six"]) == (found.path, [dist.name for dist in found.distributions])


def test_an_environment_that_lost_its_configuration_stays_where_it_is(tmp_path: Path) -> None:
    make_installation(tmp_path / "python")
    (tmp_path / "env/bin").mkdir(parents=True)
    (tmp_path / "env/bin/python3").symlink_to(tmp_path / "python/bin/python3")
    found = read(tmp_path / "env")
    assert found is not None
    assert str(tmp_path / "env") == found.path


def test_a_virtual_environment_of_windows_is_read_and_has_no_interpreter_here(tmp_path: Path) -> None:
    venv = tmp_path / "env"
    (venv / "Scripts").mkdir(parents=True)
    (venv / "Scripts/python.exe").write_bytes(b"MZ")
    (venv / "pyvenv.cfg").write_text("home = C:\\Python312\nversion = 3.12.4\n")
    (venv / "Lib/site-packages/six-1.17.0.dist-info").mkdir(parents=True)
    for path in (venv, venv / "Scripts", venv / "Scripts/python.exe"):
        found = read(path)
        assert found is not None
        assert (str(venv), "3.12.4", None) == (found.path, found.python, found.executable)
        assert ["six"] == [dist.name for dist in found.distributions]


def test_the_root_of_this_machine_means_its_own_python() -> None:
    found = read(Path("/"))
    assert found is None or found.path != "/"
