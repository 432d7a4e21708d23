"""Python interpreters and package managers."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from mlenv.facts.python import PackageManager, PythonInterpreter
from mlenv.probe.log import Log
from mlenv.probe.paths import find_program, join, parent, search_path
from mlenv.probe.python.executable import Executable, parse_executable
from mlenv.probe.python.interpreter_layout import Layout, parse_homebrew, parse_pyenv, parse_uv, parse_venv_version
from mlenv.probe.python.interpreters import QUESTION, parse_launcher, parse_told, read_interpreters
from mlenv.probe.python.managers import parse_version
from mlenv.system.host import Identity
from mlenv.system.process import run
from mlenv.system.recording import RecordedHost, Recording
from tests.unit.probe.probe_hosts import command, elf, linux, probe, readings

PYENV = "/home/ada/.pyenv/versions"
UV = "/home/ada/.local/share/uv/python"


def told(version: str, *, implementation: str = "cpython", threaded: str = "false") -> str:
    return (
        f'mlenv-python:{{"version":"{version}","implementation":"{implementation}","bits":64,'
        f'"free_threaded":{threaded}}}\n'
    )


def ask(path: str, stdout: str, **more: Any) -> Any:
    return command(path, "-I", "-S", "-c", QUESTION, stdout=stdout, **more)


def pythons(recording: Recording) -> tuple[PythonInterpreter, ...]:
    return read_interpreters(RecordedHost(recording), Log())


def python(version: str, path: str, **more: Any) -> PythonInterpreter:
    return PythonInterpreter(version=version, path=path, bits=64, architecture="x86_64", **more)


def test_pyenv_beside_the_system() -> None:
    machine = probe(
        linux(
            {"/usr/lib/python3.11/EXTERNALLY-MANAGED": "", "/home/ada/.pyenv/shims/python3": "#!/usr/bin/env bash\n"},
            environ={"PATH": "/home/ada/.pyenv/shims:/usr/bin:/bin"},
            bytes={
                "/usr/bin/python3.11": elf(),
                f"{PYENV}/3.12.1/bin/python3.12": elf(),
                f"{PYENV}/3.13.0t/bin/python3.13t": elf(),
                f"{PYENV}/2.7.18/bin/python2.7": elf(),
            },
            links={
                "/usr/bin/python3": "/usr/bin/python3.11",
                "/bin/python3": "/usr/bin/python3.11",
                "/bin/python3.11": "/usr/bin/python3.11",
                f"{PYENV}/3.12.1/bin/python3": f"{PYENV}/3.12.1/bin/python3.12",
                f"{PYENV}/3.12.1/bin/python": f"{PYENV}/3.12.1/bin/python3.12",
                f"{PYENV}/3.13.0t/bin/python3": f"{PYENV}/3.13.0t/bin/python3.13t",
                f"{PYENV}/2.7.18/bin/python": f"{PYENV}/2.7.18/bin/python2.7",
            },
            commands=[ask("/usr/bin/python3.11", told("3.11.2"))],
        )
    )
    assert machine.pythons == (
        python("3.13.0", f"{PYENV}/3.13.0t/bin/python3.13t", kind="pyenv", free_threaded=True),
        python("3.12.1", f"{PYENV}/3.12.1/bin/python3.12", kind="pyenv"),
        python("3.11.2", "/usr/bin/python3.11", kind="system", externally_managed=True),
    )
    assert readings(machine, "pythons")[0] == ("/usr/bin/python3.11", "found", "3.11.2")


def test_uv_and_conda_say_their_versions_by_their_places() -> None:
    found = pythons(
        linux(
            {
                "/home/ada/miniforge3/conda-meta/python-3.12.4-h194c7f8_0_cpython.json": "",
                "/home/ada/miniforge3/conda-meta/python-dateutil-2.9.0-pyhd8ed1ab_0.json": "",
            },
            bytes={
                f"{UV}/cpython-3.13.1+freethreaded-linux-x86_64-gnu/bin/python3": elf(),
                f"{UV}/pypy-3.10.14-linux-x86_64-gnu/bin/python3": elf(),
                "/home/ada/miniforge3/bin/python3": elf(),
            },
        )
    )
    assert found == (
        python(
            "3.13.1",
            f"{UV}/cpython-3.13.1+freethreaded-linux-x86_64-gnu/bin/python3",
            kind="uv",
            free_threaded=True,
        ),
        python("3.12.4", "/home/ada/miniforge3/bin/python3", kind="conda"),
        python("3.10.14", f"{UV}/pypy-3.10.14-linux-x86_64-gnu/bin/python3", kind="uv", implementation="pypy"),
    )


def test_virtual_environment_counts_only_without_its_base() -> None:
    environment: dict[str, Any] = {
        "environ": {"PATH": "/srv/venv/bin:/usr/bin"},
        "links": {"/srv/venv/bin/python": "/opt/py/bin/python3.12", "/srv/venv/bin/python3": "/opt/py/bin/python3.12"},
    }
    files = {"/srv/venv/pyvenv.cfg": "home = /opt/py/bin\nversion = 3.12.8\n"}
    alone = pythons(linux(files, bytes={"/opt/py/bin/python3.12": elf()}, **environment))
    assert alone == (python("3.12.8", "/srv/venv/bin/python3", kind="venv"),)
    environment["environ"] = {"PATH": "/srv/venv/bin:/opt/py/bin"}
    commands = [ask("/opt/py/bin/python3.12", told("3.12.8"))]
    both = pythons(linux(files, bytes={"/opt/py/bin/python3.12": elf()}, commands=commands, **environment))
    assert both == (python("3.12.8", "/opt/py/bin/python3.12", kind="other"),)


def test_32_bit_arm_interpreter() -> None:
    recording = linux(
        bytes={"/usr/bin/python3": elf(bits=32, machine=0x28)}, commands=[ask("/usr/bin/python3", told("3.9.2"))]
    )
    assert [(item.bits, item.architecture) for item in pythons(recording)] == [(32, "arm")]


def test_interpreter_that_does_not_answer_is_left_out() -> None:
    log = Log()
    crash = command("/usr/bin/python3", "-I", "-S", "-c", QUESTION, status=-4)
    assert read_interpreters(RecordedHost(linux(bytes={"/usr/bin/python3": elf()}, commands=[crash])), log) == ()
    assert [(item.outcome, item.detail) for item in log.readings] == [
        ("unreadable", "ended by SIGILL"),
        ("absent", ""),
    ]


def test_python_3_5_is_too_old() -> None:
    recording = linux(bytes={"/usr/bin/python3": elf()}, commands=[ask("/usr/bin/python3", told("3.5.3"))])
    assert pythons(recording) == ()


def test_question_is_understood_by_a_real_interpreter() -> None:
    import platform
    import sys

    answer = parse_told(run([sys.executable, "-I", "-S", "-c", QUESTION], timeout=60).stdout)
    assert answer is not None
    assert answer.version == platform.python_version().rstrip("+")


def test_stub_of_macos_is_not_started() -> None:
    recording = Recording(
        identity=Identity(system="macos", release="23.5.0", machine="arm64"),
        home="/Users/ada",
        environ={"PATH": "/usr/bin"},
        existing=["/usr/bin/python3"],
        commands=[ask("/usr/bin/python3", told("3.9.6"))],
    )
    assert pythons(recording) == ()


def test_windows_launcher_and_path() -> None:
    base = "C:\\Python313\\python.exe"
    header = b"MZ" + bytes(0x3A) + struct.pack("<I", 0x80) + bytes(0x40) + b"PE\0\0" + struct.pack("<H", 0x8664)
    import base64

    recording = Recording(
        identity=Identity(system="windows", release="10.0.22631", machine="AMD64"),
        home="C:\\Users\\ada",
        environ={"PATH": "C:\\Windows;C:\\Users\\ada\\AppData\\Local\\Microsoft\\WindowsApps"},
        existing=["C:\\Windows\\py.exe"],
        bytes={base: base64.b64encode(header).decode()},
        errors={"C:\\Users\\ada\\AppData\\Local\\Microsoft\\WindowsApps\\python.exe": "OSError"},
        commands=[command("py", "-0p", stdout=f" -V:3.13 *        {base}\n"), ask(base, told("3.13.1"))],
    )
    assert pythons(recording) == (python("3.13.1", base, kind="other"),)


def test_launcher_lists_paths() -> None:
    text = (
        " -V:3.12 *        C:\\Users\\Ada L\\Programs\\Python312\\python.exe\n"
        " -3.9-64          C:\\Python39\\python.exe\nInstalled Pythons found by py.exe\n"
    )
    assert parse_launcher(text) == ("C:\\Users\\Ada L\\Programs\\Python312\\python.exe", "C:\\Python39\\python.exe")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/home/a/.pyenv/versions/3.12.1/bin/python3.12", Layout(kind="pyenv", version="3.12.1")),
        ("/opt/pyenv/versions/3.14.0rc1/bin/python3.14", Layout(kind="pyenv", version="3.14.0rc1")),
        ("/home/a/.pyenv/versions/pypy3.10-7.3.17/bin/pypy3.10", Layout(kind="pyenv")),
        ("C:\\Users\\a\\.pyenv\\pyenv-win\\versions\\3.11.9\\python.exe", Layout(kind="pyenv", version="3.11.9")),
        ("/usr/bin/python3", None),
    ],
)
def test_pyenv_layout(path: str, expected: Layout | None) -> None:
    assert parse_pyenv(path) == expected


def test_uv_and_homebrew_layouts() -> None:
    assert parse_uv("/x/cpython-3.12.1-macos-aarch64-none/bin/python3.12") == Layout(kind="uv", version="3.12.1")
    assert parse_uv("/x/cpython-3.12-linux-x86_64-gnu/bin/python3.12") is None
    cellar = "/opt/homebrew/Cellar/python@3.12/3.12.4/Frameworks/Python.framework/Versions/3.12/bin/python3.12"
    assert parse_homebrew(cellar) == Layout(kind="homebrew", version="3.12.4")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("home = /usr/bin\nversion = 3.11.7\n", "3.11.7"),
        ("version_info = 3.12.1.final.0\n", "3.12.1"),
        ("uv = 0.9.7\nversion_info = 3.13.0\n", "3.13.0"),
        ("version = 3.14.0rc1\n", "3.14.0rc1"),
        ("home = /usr/bin\n", None),
    ],
)
def test_venv_version(text: str, expected: str | None) -> None:
    assert parse_venv_version(text) == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"\x7fELF\x02\x02\x01" + bytes(11) + b"\x00\x16", Executable(format="elf", bits=64, architecture="s390x")),
        (b"\x7fELF", Executable(format="elf")),
        (
            b"\xcf\xfa\xed\xfe" + struct.pack("<I", 0x0100000C),
            Executable(format="macho", bits=64, architecture="arm64"),
        ),
        (b"\xca\xfe\xba\xbe\0\0\0\2", Executable(format="macho", bits=64)),
        (b"MZ", Executable(format="pe")),
        (b"#!/bin/sh", None),
        (b"", None),
    ],
)
def test_executable(header: bytes, expected: Executable | None) -> None:
    assert parse_executable(header) == expected


def test_managers() -> None:
    machine = probe(
        linux(
            {
                "/opt/tools/lib/python3.12/site-packages/pip-24.2.dist-info/METADATA": "",
                "/opt/conda/conda-meta/conda-24.5.0-py312h06a4308_0.json": "",
            },
            environ={"PATH": "/home/ada/.pyenv/shims:/opt/tools/bin", "CONDA_EXE": "/opt/conda/bin/conda"},
            existing=[
                "/home/ada",
                "/home/ada/.pyenv/shims/pip",
                "/opt/tools/bin/uv",
                "/opt/tools/bin/pip",
                "/opt/conda/bin/conda",
                "/opt/tools/bin/pixi",
            ],
            commands=[
                command("/opt/tools/bin/uv", "--version", stdout="uv 0.9.7 (0adb44480 2025-10-30)\n"),
                command("/opt/tools/bin/pixi", "--version", status=1, stderr="illegal option"),
            ],
        )
    )
    assert machine.managers == (
        PackageManager(name="uv", path="/opt/tools/bin/uv", version="0.9.7"),
        PackageManager(name="pip", path="/opt/tools/bin/pip", version="24.2"),
        PackageManager(name="conda", path="/opt/conda/bin/conda", version="24.5.0"),
        PackageManager(name="pixi", path="/opt/tools/bin/pixi"),
    )
    assert readings(machine, "managers.mamba") == [("PATH", "absent", "")]
    assert readings(machine, "managers.pixi")[0] == (
        "/opt/tools/bin/pixi",
        "unreadable",
        "ended with status 1: illegal option",
    )


def test_uv_beside_mlenv() -> None:
    identity = Identity(
        system="linux", release="6.1", machine="x86_64", libc="glibc 2.36", executable="/srv/mlenv/bin/python"
    )
    folder = "/srv/mlenv/lib/python3.12/site-packages/uv-0.9.7.dist-info"
    machine = probe(linux({f"{folder}/METADATA": ""}, identity=identity, existing=["/home/ada", "/srv/mlenv/bin/uv"]))
    assert machine.managers == (PackageManager(name="uv", path="/srv/mlenv/bin/uv", version="0.9.7"),)


@pytest.mark.parametrize(
    ("text", "expected"), [("pixi 0.40.0\n", "0.40.0"), ("2.0.5\n", "2.0.5"), ("error: no\n", None)]
)
def test_manager_version(text: str, expected: str | None) -> None:
    assert parse_version(text) == expected


def test_search_path_in_wsl_leaves_windows_out() -> None:
    identity = Identity(system="linux", release="5.15.0-microsoft-standard-WSL2", machine="x86_64")
    environ = {"PATH": "/usr/bin:/mnt/c/Windows:/mnt/data/bin::relative:/usr/bin"}
    assert search_path(RecordedHost(linux(identity=identity, environ=environ))) == ["/usr/bin", "/mnt/data/bin"]


def test_windows_paths() -> None:
    recording = Recording(
        identity=Identity(system="windows", release="10.0.22631", machine="AMD64"),
        environ={"PATH": '"C:\\Program Files\\Tools";D:\\bin'},
        existing=["D:\\bin\\uv.exe"],
    )
    host = RecordedHost(recording)
    assert find_program(host, "uv") == "D:\\bin\\uv.exe"
    assert [parent(host, path) for path in ("C:\\a\\b", "C:\\a", "C:\\")] == ["C:\\a", "C:\\", "C:\\"]
    assert join(host, "C:\\", "a", "b") == "C:\\a\\b"
