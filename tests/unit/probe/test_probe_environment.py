"""Environments and disks."""

from __future__ import annotations

from typing import Any

import pytest

from mlenv.facts.environment import Distribution, Environment
from mlenv.facts.hardware import Disk
from mlenv.facts.reading import Reading
from mlenv.probe.disk import cache_folder, environment_folder, find_existing, temporary_folder
from mlenv.probe.environment import parse_metadata_name, parse_torch_build, read_environment
from mlenv.system.host import DiskUsage, Identity
from mlenv.system.recording import RecordedHost, Recording
from tests.unit.probe.probe_hosts import GIB, linux, probe, readings

VENV = "/srv/venv"
PACKAGES = f"{VENV}/lib/python3.12/site-packages"


def host(files: dict[str, str], **more: Any) -> RecordedHost:
    return RecordedHost(linux(files, **more))


def test_folder_without_an_environment() -> None:
    assert read_environment(host({"/srv/data/notes.txt": ""}), "/srv/data") is None
    assert read_environment(host({}), "/srv/nowhere") is None


def test_virtual_environment() -> None:
    files = {
        f"{VENV}/pyvenv.cfg": "home = /usr/bin\nversion_info = 3.12.8\n",
        f"{VENV}/mlenv-manifest.json": "{}",
        f"{PACKAGES}/torch-2.15.0.dist-info/METADATA": "",
        f"{PACKAGES}/torch/version.py": "__version__ = '2.15.0+cu132'\ncuda: Optional[str] = '13.2'\n",
        f"{PACKAGES}/nvidia_cublas-13.2.0.9.dist-info/METADATA": "",
        f"{PACKAGES}/PyYAML-5.1-py3.12.egg-info/PKG-INFO": "",
        f"{PACKAGES}/~umpy-2.1.0.dist-info/METADATA": "",
        f"{PACKAGES}/numpy/__init__.py": "",
    }
    links = {f"{VENV}/bin/python": "/usr/bin/python3.12", f"{VENV}/lib64": f"{VENV}/lib"}
    assert read_environment(host(files, links=links), VENV) == Environment(
        path=VENV,
        python="3.12.8",
        executable=f"{VENV}/bin/python",
        distributions=(
            Distribution(name="nvidia-cublas", version="13.2.0.9"),
            Distribution(name="pyyaml", version="5.1"),
            Distribution(name="torch", version="2.15.0", build="cu132"),
        ),
        manifest=f"{VENV}/mlenv-manifest.json",
        readings=(
            Reading(id="environment.python", source=f"{VENV}/pyvenv.cfg", outcome="found"),
            Reading(id="environment.distributions", source=PACKAGES, outcome="found"),
            Reading(id="environment.leftovers", source=PACKAGES, outcome="found", detail="~umpy-2.1.0.dist-info"),
        ),
    )


def test_distribution_that_is_there_twice() -> None:
    files = {f"{VENV}/bin/python": "", f"{PACKAGES}/numpy-1.26.4.dist-info/RECORD": ""}
    files[f"{PACKAGES}/numpy-2.1.0.dist-info/RECORD"] = ""
    environment = read_environment(host(files), VENV)
    assert environment is not None
    assert (environment.python, [dist.version for dist in environment.distributions]) == ("3.12", ["1.26.4", "2.1.0"])


def test_conda_environment() -> None:
    files = {"/opt/env/conda-meta/python-3.11.9-hb806964_0_cpython.json": "", "/opt/env/bin/python": ""}
    files["/opt/env/lib/python3.11/site-packages/jax-0.9.2.dist-info/METADATA"] = ""
    environment = read_environment(host(files), "/opt/env")
    assert environment is not None
    assert (environment.python, environment.executable) == ("3.11.9", "/opt/env/bin/python")
    assert environment.distribution("jax") == Distribution(name="jax", version="0.9.2")


def test_windows_environment() -> None:
    recording = Recording(
        identity=Identity(system="windows", release="10.0.22631", machine="AMD64"),
        home="C:\\Users\\ada",
        environ={"PWD": "C:\\work"},
        files={
            "C:\\work\\.venv\\pyvenv.cfg": "version = 3.12.8\n",
            "C:\\work\\.venv\\Scripts\\python.exe": "",
            "C:\\work\\.venv\\Lib\\site-packages\\torch-2.9.0.dist-info\\METADATA": "",
            "C:\\work\\.venv\\Lib\\site-packages\\torch\\version.py": "__version__ = '2.9.0+cpu'\n",
        },
    )
    environment = read_environment(RecordedHost(recording), ".venv")
    assert environment is not None
    assert environment.executable == "C:\\work\\.venv\\Scripts\\python.exe"
    assert environment.distributions == (Distribution(name="torch", version="2.9.0", build="cpu"),)


def test_unreadable_packages_are_a_reading() -> None:
    recording = linux({f"{VENV}/pyvenv.cfg": "version = 3.12.8\n"}, errors={PACKAGES: "PermissionError"})
    recording.directories[f"{VENV}/lib"] = ["python3.12"]
    environment = read_environment(RecordedHost(recording), VENV)
    assert environment is not None
    assert environment.readings[-1] == Reading(
        id="environment.distributions", source=PACKAGES, outcome="unreadable", detail="PermissionError"
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("nvidia_cublas_cu12-12.8.4.1.dist-info", ("nvidia-cublas-cu12", "12.8.4.1")),
        ("torch-2.9.1+cu128.dist-info", ("torch", "2.9.1+cu128")),
        ("ruamel.yaml-0.18.6.dist-info", ("ruamel-yaml", "0.18.6")),
        ("zope.interface-5.4.0-py3.8-nspkg.pth", None),
        ("setuptools-69.0-py3.12.egg-info", ("setuptools", "69.0")),
        ("~orch-2.9.1.dist-info", None),
        ("torch", None),
        ("-1.dist-info", None),
    ],
)
def test_metadata_name(name: str, expected: tuple[str, str] | None) -> None:
    dist = parse_metadata_name(name)
    assert (dist and (dist.name, dist.version)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("__version__ = '2.13.0+cpu'\ncuda: Optional[str] = None\nhip: Optional[str] = None\n", "cpu"),
        ("__version__ = '2.9.1+cu128'\ncuda: Optional[str] = '12.8'\n", "cu128"),
        ("__version__ = '1.13.1'\ncuda = '11.7'\n", "cu117"),
        ("__version__ = '2.9.0'\nhip: Optional[str] = '6.4.43482-0f2d60242'\n", "rocm6.4"),
        ("__version__ = '2.15.0'\nhip: Optional[str] = '7.2.5'\nrocm: Optional[str] = '7.2.0'\n", "rocm7.2"),
        ("__version__ = '2.9.0+xpu'\nxpu: Optional[str] = '20250201'\n", "xpu"),
        ("debug = False\n", None),
    ],
)
def test_torch_build(text: str, expected: str | None) -> None:
    assert parse_torch_build(text) == expected


def test_disk_of_a_mounted_folder() -> None:
    mounts = "25 1 8:1 / / rw - ext4 /dev/sda1 rw\n40 25 0:50 / /scratch rw - nfs4 server:/scratch rw\n"
    machine = probe(
        linux(
            {"/proc/self/mountinfo": mounts},
            existing=["/home/ada", "/tmp", "/scratch/ada"],
            disks={"/scratch/ada": DiskUsage(total=10 * GIB, free=GIB)},
            environ={"UV_CACHE_DIR": "/scratch/ada/uv", "TMPDIR": "relative"},
        )
    )
    assert machine.disk("cache") == Disk(
        purpose="cache",
        path="/scratch/ada/uv",
        free_bytes=GIB,
        total_bytes=10 * GIB,
        filesystem="nfs4",
        writable=False,
    )


def test_disk_that_cannot_be_measured() -> None:
    machine = probe(linux(errors={"/tmp": "OSError"}))
    assert machine.disk("temporary") == Disk(purpose="temporary", path="/tmp")
    assert readings(machine, "disk.temporary") == [("/tmp", "unreadable", "OSError")]


def test_places() -> None:
    plain = host({}, environ={"PWD": "/home/ada/thesis", "XDG_CACHE_HOME": "/var/cache/ada", "TMPDIR": "/var/tmp"})
    assert environment_folder(plain, ".venv") == "/home/ada/thesis/.venv"
    assert environment_folder(plain, "~/envs/ml") == "/home/ada/envs/ml"
    assert cache_folder(plain) == "/var/cache/ada/uv"
    assert temporary_folder(plain) == "/var/tmp"
    assert find_existing(plain, "/home/ada/a/b/c") == "/home/ada"
    assert find_existing(host({}, existing=[]), "/x/y") == "/"
