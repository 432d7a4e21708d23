"""Environments and disks."""

from __future__ import annotations

from typing import Any

import pytest

from mlenv.facts.environment import Distribution, Environment
from mlenv.facts.hardware import Disk
from mlenv.facts.reading import Reading
from mlenv.probe.environments.environment import read_environment
from mlenv.probe.host.disk import cache_folder, environment_folder, find_existing, temporary_folder
from mlenv.system.host import DiskUsage
from mlenv.system.recording import RecordedHost
from tests.unit.probe.environment_hosts import PACKAGES, VENV, macos, read, readings_of, venv, windows
from tests.unit.probe.probe_hosts import GIB, linux, probe, readings


def host(files: dict[str, str], **more: Any) -> RecordedHost:
    return RecordedHost(linux(files, **more))


def test_folder_without_an_environment() -> None:
    assert read_environment(host({"/srv/data/notes.txt": ""}), "/srv/data") is None
    assert read_environment(host({}), "/srv/nowhere") is None


def test_virtual_environment() -> None:
    files = {
        f"{VENV}/pyvenv.cfg": "home = /usr/bin\ninclude-system-site-packages = false\nversion_info = 3.12.8\n",
        f"{VENV}/mlenv-manifest.json": "{}",
        f"{PACKAGES}/torch-2.15.0.dist-info/INSTALLER": "uv\n",
        f"{PACKAGES}/torch/version.py": "__version__ = '2.15.0+cu132'\ncuda: Optional[str] = '13.2'\n",
        f"{PACKAGES}/nvidia_cublas-13.2.0.9.dist-info/METADATA": "",
        f"{PACKAGES}/PyYAML-5.1-py3.12.egg-info/PKG-INFO": "",
        f"{PACKAGES}/~umpy-2.1.0.dist-info/METADATA": "",
        f"{PACKAGES}/numpy/__init__.py": "",
    }
    links = {f"{VENV}/bin/python": "/usr/bin/python3.12", f"{VENV}/lib64": f"{VENV}/lib"}
    environment = read_environment(host(files, links=links), VENV)
    assert environment == Environment(
        path=VENV,
        kind="venv",
        python="3.12.8",
        executable=f"{VENV}/bin/python",
        home="/usr/bin",
        system_packages=False,
        distributions=(
            Distribution(name="nvidia-cublas", version="13.2.0.9", path=f"{PACKAGES}/nvidia_cublas-13.2.0.9.dist-info"),
            Distribution(name="pyyaml", version="5.1", path=f"{PACKAGES}/PyYAML-5.1-py3.12.egg-info"),
            Distribution(
                name="torch",
                version="2.15.0",
                build="cu132",
                path=f"{PACKAGES}/torch-2.15.0.dist-info",
                installer="uv",
            ),
        ),
        shadows=(),
        overlaps=(),
        openmp=(),
        libraries=(),
        manifest=f"{VENV}/mlenv-manifest.json",
        readings=(
            Reading(id="environment.python", source=f"{VENV}/pyvenv.cfg", outcome="found"),
            Reading(id="environment.distributions", source=PACKAGES, outcome="found"),
            Reading(id="environment.leftover", source=f"{PACKAGES}/~umpy-2.1.0.dist-info", outcome="found"),
            Reading(
                id="environment.shadows", source="working directory", outcome="not_asked", detail="it is not known"
            ),
            Reading(id="environment.shadows", source="PYTHONPATH", outcome="absent"),
            Reading(id="environment.overlaps", source="RECORD", outcome="absent"),
            Reading(id="environment.openmp", source=VENV, outcome="absent"),
            Reading(id="environment.libraries", source="ld.so", outcome="absent"),
        ),
    )


def test_quick_look_reads_names_versions_and_builds_alone() -> None:
    files = {
        "torch-2.15.0.dist-info/INSTALLER": "uv",
        "torch/version.py": "__version__ = '2.15.0'\ncuda = '13.2'\n",
        "/home/ada/random.py": "",
    }
    environment = read(venv(files, environ={"PWD": "/home/ada"}), thorough=False)
    assert environment.distributions == (
        Distribution(name="torch", version="2.15.0", build="cu132", path=f"{PACKAGES}/torch-2.15.0.dist-info"),
    )
    untouched = (environment.shadows, environment.overlaps, environment.openmp, environment.libraries)
    assert untouched == (None, None, None, None)
    assert [item.id for item in environment.readings] == ["environment.python", "environment.distributions"]


def test_distribution_that_is_there_twice() -> None:
    files = {f"{VENV}/bin/python": "", f"{VENV}/pyvenv.cfg": "", f"{PACKAGES}/numpy-1.26.4.dist-info/RECORD": ""}
    files[f"{PACKAGES}/numpy-2.1.0.dist-info/RECORD"] = ""
    environment = read_environment(host(files), VENV)
    assert environment is not None
    assert (environment.python, [dist.version for dist in environment.distributions]) == ("3.12", ["1.26.4", "2.1.0"])
    assert len({dist.path for dist in environment.distributions}) == 2


def test_conda_environment() -> None:
    files = {"/opt/env/conda-meta/python-3.11.9-hb806964_0_cpython.json": "", "/opt/env/bin/python": ""}
    files["/opt/env/lib/python3.11/site-packages/jax-0.9.2.dist-info/METADATA"] = ""
    environment = read_environment(host(files), "/opt/env")
    assert environment is not None
    assert (environment.kind, environment.python) == ("conda", "3.11.9")
    assert environment.executable == "/opt/env/bin/python"
    assert environment.distribution("jax") is not None


def test_conda_environment_without_python() -> None:
    environment = read(linux({"/opt/env/conda-meta/cuda-nvcc-12.9.86-hcdd1206_1.json": "{}"}), "/opt/env")
    assert (environment.kind, environment.python, environment.executable) == ("conda", None, None)
    assert readings_of(environment, "environment.executable") == [("/opt/env/bin/python", "absent", "")]


@pytest.mark.parametrize("path", [VENV, f"{VENV}/", f"{VENV}/bin", f"{VENV}/bin/python", f"{VENV}/bin/python3.12"])
def test_every_name_of_an_environment(path: str) -> None:
    environment = read(venv({f"{VENV}/bin/python3.12": ""}), path)
    assert (environment.path, environment.kind) == (VENV, "venv")


def test_folder_that_is_named_like_an_interpreter() -> None:
    files = {"/opt/bin/python/pyvenv.cfg": "version = 3.12.1\n", "/opt/bin/python/bin/python": ""}
    assert read(linux(files), "/opt/bin/python").path == "/opt/bin/python"


def test_interpreter_that_is_gone() -> None:
    recording = linux({f"{VENV}/pyvenv.cfg": "version = 3.12.8\n"}, directories={f"{VENV}/bin": ["python"]})
    environment = read(recording)
    assert environment.executable is None
    assert readings_of(environment, "environment.executable") == [
        (f"{VENV}/bin/python", "unreadable", "a link to nothing")
    ]


def test_debian_s_own_python() -> None:
    files = {
        "/usr/bin/python3": "",
        "/usr/bin/python3.11": "",
        "/usr/lib/python3.11/EXTERNALLY-MANAGED": "[externally-managed]\n",
        "/usr/lib/python3.12/os.py": "",
        "/usr/include/python3.11/patchlevel.h": '#define PY_VERSION          "3.11.2"\n',
        "/usr/lib/python3/dist-packages/numpy-1.24.2.egg-info/PKG-INFO": "",
        "/usr/local/lib/python3.11/dist-packages/numpy-2.1.0.dist-info/RECORD": "",
        "/usr/local/lib/python3.11/site-packages/other-1.0.dist-info/RECORD": "",
    }
    environment = read(linux(files, links={"/usr/bin/python3": "/usr/bin/python3.11"}), "/usr/bin/python3")
    assert (environment.path, environment.kind, environment.python) == ("/usr", "system", "3.11.2")
    assert environment.externally_managed
    assert [(dist.version, dist.path) for dist in environment.distributions] == [
        ("2.1.0", "/usr/local/lib/python3.11/dist-packages/numpy-2.1.0.dist-info"),
        ("1.24.2", "/usr/lib/python3/dist-packages/numpy-1.24.2.egg-info"),
    ]


def test_folders_of_another_release_do_not_count() -> None:
    files = {
        "/usr/local/bin/python3.13": "",
        "/usr/local/lib/python3.13/site-packages/numpy-2.1.0.dist-info/RECORD": "",
        "/usr/local/lib/python3.12/site-packages/torch-2.9.0.dist-info/RECORD": "",
    }
    environment = read(linux(files), "/usr/local/bin/python3.13")
    assert (environment.python, environment.executable) == ("3.13", "/usr/local/bin/python3.13")
    assert [dist.name for dist in environment.distributions] == ["numpy"]


def test_installation_of_pyenv() -> None:
    folder = "/home/ada/.pyenv/versions/3.12.4"
    environment = read(linux({f"{folder}/bin/python3": "", f"{folder}/lib/python3.12/os.py": ""}), folder)
    assert (environment.kind, environment.python, environment.externally_managed) == ("system", "3.12.4", False)


def test_virtual_environment_that_sees_the_system_s_packages() -> None:
    files = {
        f"{VENV}/pyvenv.cfg": "home = /usr/bin\ninclude-system-site-packages = true\nversion = 3.12.8\n",
        "numpy-2.1.0.dist-info/RECORD": "",
        "/usr/lib/python3/dist-packages/numpy-1.24.2.egg-info/PKG-INFO": "",
        "/home/ada/.local/lib/python3.12/site-packages/numpy-1.26.4.dist-info/RECORD": "",
    }
    environment = read(venv(files))
    assert environment.system_packages
    assert environment.user_site == "/home/ada/.local/lib/python3.12/site-packages"
    assert [dist.version for dist in environment.distributions] == ["2.1.0", "1.26.4", "1.24.2"]


SITE = ".local/lib/python3.11/site-packages"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, f"/home/ada/{SITE}"),
        ({"PYTHONNOUSERSITE": "1"}, None),
        ({"PYTHONUSERBASE": "/data/ada"}, "/data/ada/lib/python3.11/site-packages"),
        ({"PYTHONUSERBASE": "/nowhere"}, None),
    ],
)
def test_user_site(environ: dict[str, str], expected: str | None) -> None:
    files = {
        "/opt/env/conda-meta/python-3.11.9-hb806964_0_cpython.json": "",
        "/opt/env/bin/python": "",
        f"/home/ada/{SITE}/six.py": "",
        "/data/ada/lib/python3.11/site-packages/six.py": "",
    }
    assert read(linux(files, environ=environ), "/opt/env").user_site == expected


def test_user_site_of_a_framework_build() -> None:
    prefix = "/Library/Frameworks/Python.framework/Versions/3.12"
    site = "/Users/ada/Library/Python/3.12/lib/python/site-packages"
    files = {f"{prefix}/bin/python3": "", f"{prefix}/lib/python3.12/os.py": "", f"{site}/six.py": ""}
    environment = read(macos(files, links={f"{prefix}/bin/python3": f"{prefix}/bin/python3.12"}), prefix)
    assert (environment.kind, environment.python, environment.user_site) == ("system", "3.12", site)
    assert environment.libraries is None


def test_windows_environment() -> None:
    packages = "C:\\work\\.venv\\Lib\\site-packages"
    recording = windows(
        {
            "C:\\work\\.venv\\pyvenv.cfg": "home = C:\\Python312\nversion = 3.12.8\n",
            "C:\\work\\.venv\\Scripts\\python.exe": "",
            f"{packages}\\torch-2.9.0.dist-info\\METADATA": "",
            f"{packages}\\torch\\version.py": "__version__ = '2.9.0+cpu'\n",
        }
    )
    environment = read(recording, ".venv")
    assert environment.executable == "C:\\work\\.venv\\Scripts\\python.exe"
    assert environment.distributions == (
        Distribution(name="torch", version="2.9.0", build="cpu", path=f"{packages}\\torch-2.9.0.dist-info"),
    )
    assert environment.home == "C:\\Python312"
    assert read(recording, "C:\\work\\.venv\\Scripts\\python.exe").path == "C:\\work\\.venv"


def test_installation_of_windows() -> None:
    site = "C:\\Users\\ada\\AppData\\Roaming\\Python\\Python312\\site-packages"
    files = {"C:\\Python312\\python.exe": "", "C:\\Python312\\python312.dll": "", f"{site}\\six.py": ""}
    environment = read(windows(files), "C:\\Python312")
    assert (environment.kind, environment.python, environment.user_site) == ("system", "3.12", site)


def test_unreadable_packages_are_a_reading() -> None:
    recording = linux({f"{VENV}/pyvenv.cfg": "version = 3.12.8\n"}, errors={PACKAGES: "PermissionError"})
    recording.directories[f"{VENV}/lib"] = ["python3.12"]
    environment = read(recording, thorough=False)
    assert environment.readings[-1] == Reading(
        id="environment.distributions", source=PACKAGES, outcome="unreadable", detail="PermissionError"
    )


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
        noexec=False,
        network=True,
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
