"""What loggers put before lines is no part of a program's words."""

from __future__ import annotations

import pytest

from mlenv.intake.cleaning import unwrap
from mlenv.intake.forms.python_line import find_python_lines, read_python_line
from mlenv.intake.guesses import guess_family

SAID = "xFormers was built for:\n    PyTorch 2.6.0 (you have 2.7.0)"


@pytest.mark.parametrize(
    "prefix",
    [
        "Mar 03 10:00:01 node7 trainer[812]: ",
        "Mar  3 10:00:01 node7 python3[812]: ",
        "2025-03-03T10:00:01+0100 node7 trainer[812]: ",
        "2025-03-03T10:00:01.123456789Z ",
        "2025-03-03T10:00:01.123456789Z stderr F ",
        "[rank3]: ",
        "(EngineCore_DP0 pid=4711) ",
        "(EngineCore_0 pid=4711) ERROR 03-03 10:00:01 [core.py:700] ",
        "ERROR 03-03 10:00:01 [core.py:700] ",
        "(RayWorkerWrapper pid=88, ip=10.0.0.5) ",
    ],
)
def test_a_prefix_goes(prefix: str) -> None:
    assert unwrap("\n".join(prefix + line for line in SAID.split("\n"))) == SAID


def test_the_service_of_docker_compose_goes() -> None:
    lines = [*SAID.split("\n"), "done"]
    assert unwrap("\n".join(f"web-1  | {line}" for line in lines)) == "\n".join(lines)


@pytest.mark.parametrize(
    "text",
    [
        "Mar 03 10:00:01 node7 kernel: NVRM: Xid (PCI:0000:01:00): 79, pid=812",
        "[  12.345678] NVRM: loading NVIDIA UNIX x86_64 Kernel Module",
        "2025-03-03 10:00:01.123456: W external/local_tsl/tsl/x.cc:40] Could not find cuda drivers",
        "name  | version\ntorch | 2.6.0\nnumpy | 2.1.0\njax   | 0.5.0",
        "[rank0]:[W1203 10:00:00 ProcessGroupNCCL.cpp:1250] Warning: x",
        "ERROR: No matching distribution found for torch",
    ],
)
def test_other_lines_stay(text: str) -> None:
    assert unwrap(text) == text


@pytest.mark.parametrize(
    ("line", "version"),
    [
        ("Using CPython 3.14.0 interpreter at: /usr/bin/python3.14", "3.14.0"),
        ("Using Python 3.13.1 environment at: .venv", "3.13.1"),
        ("DEBUG Found `cpython-3.12.4-linux-x86_64-gnu` at `/usr/bin/python3`", "3.12.4"),
        ("  - installed Python version: 3.11.9", "3.11.9"),
        ("version python: 3.12.0", "3.12.0"),
    ],
)
def test_tools_name_the_python_that_they_use(line: str, version: str) -> None:
    assert find_python_lines(line) == [line.strip()] or find_python_lines(line) == [line]
    python = read_python_line(line).python
    assert python is not None
    assert version == python.version


def test_a_mac_is_known_by_its_words() -> None:
    assert guess_family("I run it on my MacBook Pro with an Intel processor") == "macos"
