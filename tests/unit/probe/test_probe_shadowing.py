"""Files that hide the environment's own modules."""

from __future__ import annotations

import pytest

from mlenv.facts.environment import Shadow
from mlenv.probe.environments.shadowing import module_of
from tests.unit.probe.environment_hosts import PACKAGES, read, readings_of, venv
from tests.unit.probe.probe_hosts import linux

PROJECT = "/home/ada/project"


def test_files_of_the_working_directory() -> None:
    files = {
        "torch/__init__.py": "",
        "numpy/__init__.py": "",
        "six.py": "",
        f"{PROJECT}/torch.py": "",
        f"{PROJECT}/numpy/__init__.py": "",
        f"{PROJECT}/random.py": "",
        f"{PROJECT}/train.py": "",
        f"{PROJECT}/notes.txt": "",
    }
    environment = read(venv(files, environ={"PWD": PROJECT}))
    assert environment.shadows == (
        Shadow(module="numpy", path=f"{PROJECT}/numpy", found="working-directory"),
        Shadow(module="random", path=f"{PROJECT}/random.py", found="working-directory"),
        Shadow(module="torch", path=f"{PROJECT}/torch.py", found="working-directory"),
    )


def test_folder_without_a_package_hides_nothing() -> None:
    files = {"torch/__init__.py": "", f"{PROJECT}/torch/notes.txt": "", f"{PROJECT}/tensorflow.py": ""}
    environment = read(venv(files), working_directory=PROJECT)
    assert environment.shadows == ()
    assert readings_of(environment, "environment.shadows") == [(PROJECT, "absent", "")]


def test_folders_that_every_project_has_are_left_out() -> None:
    files = {"tests/__init__.py": "", "docs/conf.py": "", f"{PROJECT}/tests/__init__.py": ""}
    assert read(venv(files), working_directory=PROJECT).shadows == ()


def test_python_path() -> None:
    files = {"torch/__init__.py": "", "/opt/shared/torch.py": "", "/opt/shared/logging.py": ""}
    environment = read(venv(files, environ={"PYTHONPATH": f"/opt/shared:{PACKAGES}"}))
    assert environment.shadows == (
        Shadow(module="logging", path="/opt/shared/logging.py", found="python-path"),
        Shadow(module="torch", path="/opt/shared/torch.py", found="python-path"),
    )


def test_user_site_comes_before_the_packages_of_conda() -> None:
    site = "/home/ada/.local/lib/python3.11/site-packages"
    files = {
        "/opt/env/conda-meta/python-3.11.9-hb806964_0_cpython.json": "",
        "/opt/env/bin/python": "",
        "/opt/env/lib/python3.11/site-packages/numpy/__init__.py": "",
        f"{site}/numpy/__init__.py": "",
        f"{site}/random.py": "",
    }
    assert read(linux(files), "/opt/env").shadows == (Shadow(module="numpy", path=f"{site}/numpy", found="user-site"),)


def test_user_site_comes_after_the_packages_of_a_virtual_environment() -> None:
    files = {
        f"{PACKAGES.partition('/lib/')[0]}/pyvenv.cfg": "include-system-site-packages = true\nversion = 3.12.1\n",
        "numpy/__init__.py": "",
        "/home/ada/.local/lib/python3.12/site-packages/numpy/__init__.py": "",
    }
    environment = read(venv(files))
    assert environment.user_site is not None
    assert environment.shadows == ()


def test_project_that_runs_from_its_sources_hides_nothing() -> None:
    files = {
        "model-0.3.dist-info/direct_url.json": f'{{"url": "file://{PROJECT}", "dir_info": {{"editable": true}}}}',
        "model.py": "",
        f"{PROJECT}/model.py": "",
    }
    assert read(venv(files), working_directory=PROJECT).shadows == ()


def test_safe_path_keeps_python_out_of_the_working_directory() -> None:
    files = {"torch/__init__.py": "", f"{PROJECT}/torch.py": ""}
    environment = read(venv(files, environ={"PYTHONSAFEPATH": "1"}), working_directory=PROJECT)
    assert environment.shadows == ()
    assert readings_of(environment, "environment.shadows")[0][1] == "not_asked"


def test_working_directory_that_may_not_be_listed() -> None:
    environment = read(venv(errors={PROJECT: "PermissionError"}), working_directory=PROJECT)
    assert readings_of(environment, "environment.shadows")[0] == (PROJECT, "unreadable", "PermissionError")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("torch", "torch"),
        ("six.py", "six"),
        ("_cffi_backend.cpython-312-x86_64-linux-gnu.so", "_cffi_backend"),
        ("__pycache__", ""),
        ("numpy-2.1.0.dist-info", ""),
        ("README.md", ""),
        ("", ""),
    ],
)
def test_module_of_a_name(name: str, expected: str) -> None:
    assert module_of(name) == expected
