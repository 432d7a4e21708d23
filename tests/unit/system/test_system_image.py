"""An image mounted at a path, read by its own links."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mlenv.system.host import LiveHost
from mlenv.system.image import ImageHost, find_root, open_image, resolve

pytestmark = pytest.mark.skipif(os.name != "posix", reason="images of Linux have links")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The root of an image: a system's Python, and a virtual environment that links to it."""
    root = tmp_path / "image"
    for folder in ("etc", "usr/bin", "opt/venv/bin", "srv/project"):
        (root / folder).mkdir(parents=True)
    (root / "etc/os-release").write_text("ID=debian\n")
    (root / "usr/bin/python3.98").write_text("elf")
    (root / "usr/bin/python3").symlink_to("python3.98")
    (root / "bin").symlink_to("usr/bin")
    (root / "opt/venv/bin/python").symlink_to("/usr/bin/python3")
    (root / "opt/venv/pyvenv.cfg").write_text("home = /usr/bin\n")
    return root


@pytest.mark.parametrize(
    "path", ["", "/opt/venv", "/opt/venv/", "/opt/venv/bin", "/opt/venv/bin/python", "/usr", "/usr/bin/python3", "/bin"]
)
def test_what_belongs_to_an_image(root: Path, path: str) -> None:
    assert str(root) == find_root(f"{root}{path}")


def test_what_belongs_to_this_machine(root: Path, tmp_path: Path) -> None:
    assert find_root("/") is None
    assert find_root(str(root / "srv" / "project")) is None
    (root / "etc" / "os-release").unlink()
    assert find_root(str(root / "opt" / "venv")) is None
    assert open_image(LiveHost(), str(tmp_path)) is None


def test_a_link_that_leads_nowhere_inside_is_no_interpreter(root: Path, tmp_path: Path) -> None:
    (tmp_path / "python3").touch()
    (root / "opt/venv/bin/python").unlink()
    (root / "opt/venv/bin/python").symlink_to(f"{tmp_path}/python3")
    assert find_root(f"{root}/opt/venv") is None


def test_a_root_under_another_name_is_this_machine(tmp_path: Path) -> None:
    (tmp_path / "itself").symlink_to("/")
    assert find_root(f"{tmp_path}/itself/usr") is None


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/bin/python3", "usr/bin/python3.98"),
        ("/opt/venv/bin/python", "usr/bin/python3.98"),
        ("/../../etc/os-release", "etc/os-release"),
        ("/opt/venv/bin/../pyvenv.cfg", "opt/venv/pyvenv.cfg"),
        ("/gone/x", "gone/x"),
        ("/loop", "loop"),
    ],
)
def test_links_stay_inside(root: Path, path: str, expected: str) -> None:
    (root / "loop").symlink_to("/loop")
    assert f"{root}/{expected}" == resolve(str(root), path)


def test_the_host_of_an_image(root: Path) -> None:
    host = open_image(LiveHost({"LD_LIBRARY_PATH": "/here"}), f"{root}/opt/venv")
    assert host is not None
    assert "elf" == host.read_text("/opt/venv/bin/python")
    assert b"lf" == host.read_bytes(f"{root}/opt/venv/bin/python", 2, 1)
    assert ["python3", "python3.98"] == host.list_directory("/bin")
    assert ("/usr/bin/python3.98", "file") == (host.real_path("/bin/python3"), host.status("/bin/python3").kind)
    assert host.exists("/opt/venv")
    assert not host.exists(f"/..{root.parent}")
    assert not host.writable("/opt")
    assert ("linux", "/root", None) == (host.identity.system, host.home, host.environ.get("LD_LIBRARY_PATH"))
    assert host.run(["true"], timeout=1).missing
    with pytest.raises(FileNotFoundError):
        host.read_text("/etc/none")


def test_the_c_library_is_the_images(root: Path) -> None:
    assert "glibc" == ImageHost(LiveHost(), str(root)).identity.libc
    (root / "lib").mkdir()
    (root / "lib/ld-musl-x86_64.so.1").touch()
    assert "" == ImageHost(LiveHost(), str(root)).identity.libc
