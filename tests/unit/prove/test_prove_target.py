"""What uv is told of a machine."""

from __future__ import annotations

import msgspec
import pytest

from mlenv.prove.target import Target, find_target
from tests.unit.prove.prove_cases import LINUX, answer_of, machine_of

MAC = 'os = "macos"\nos_version = "14.5"\narch = "arm64"\npython = ["3.12.4"]\n'


def target(text: str, *, here: bool = False, name: str = "numpy", python: str = "") -> Target:
    resolution = answer_of(name)
    if python:
        resolution = msgspec.structs.replace(resolution, python=python)
    return find_target(resolution, machine_of(text), here=here)


@pytest.mark.parametrize(
    ("text", "platform"),
    [
        (LINUX, "x86_64-manylinux_2_35"),
        (LINUX.replace("2.35", "2.30"), "x86_64-manylinux_2_28"),
        (LINUX.replace("2.35", "2.99"), "x86_64-manylinux_2_40"),
        (LINUX.replace("x86_64", "aarch64"), "aarch64-manylinux_2_35"),
        (LINUX.replace("glibc 2.35", "musl 1.2.5"), "x86_64-unknown-linux-musl"),
        (LINUX.replace('libc = "glibc 2.35"\n', ""), "x86_64-manylinux_2_17"),
        (MAC, "aarch64-apple-darwin"),
        ('os = "windows"\narch = "x86_64"\npython = ["3.12.4"]\n', "x86_64-pc-windows-msvc"),
    ],
)
def test_a_described_machine_is_named(text: str, platform: str) -> None:
    argv = target(text).argv
    assert platform == argv[argv.index("--python-platform") + 1]
    assert "3.12.4" == argv[argv.index("--python-version") + 1]
    assert "--no-python-downloads" in argv


@pytest.mark.parametrize("text", [LINUX.replace("2.35", "2.12"), LINUX.replace("glibc 2.35", "musl 1.1.24")])
def test_a_c_library_that_uv_has_no_name_for(text: str) -> None:
    assert target(text).doubt.startswith("uv has no name for linux-x86_64 with ")


def test_the_version_of_macos_is_a_variable() -> None:
    assert {"MACOSX_DEPLOYMENT_TARGET": "14.5"} == target(MAC).environ
    assert {"MACOSX_DEPLOYMENT_TARGET": "11.0"} == target(MAC.replace('os_version = "14.5"\n', "")).environ


def test_an_interpreter_of_this_machine_speaks_for_itself() -> None:
    resolution = answer_of("numpy")
    assert resolution.interpreter is not None
    found = msgspec.structs.replace(resolution.interpreter, path="/usr/bin/python3.12")
    resolution = msgspec.structs.replace(resolution, interpreter=found)
    assert ("--python", "/usr/bin/python3.12") == find_target(resolution, machine_of(), here=True).argv
    assert "/usr/bin/python3.12" not in find_target(resolution, machine_of(), here=False).argv


def test_a_free_threaded_python_must_be_installed() -> None:
    assert "free-threaded Python 3.14t" in target(LINUX, python="3.14t").doubt
