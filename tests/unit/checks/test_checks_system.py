"""Checks of system, processor, memory, disk and Python."""

from __future__ import annotations

import pytest

from mlenv.facts.hardware import Cpu, Disk, Memory
from mlenv.facts.machine import Machine
from mlenv.facts.python import PythonInterpreter
from mlenv.facts.system import Libc, OperatingSystem
from mlenv.matrix.load import Matrix
from tests.unit.checks.checks_cases import GIB, found, make_environment, make_linux, make_machine, run_one

GB = 10**9


def _mac(version: str | None, architecture: str = "arm64", **changes: object) -> Machine:
    system = OperatingSystem(family="macos", version=version)
    return make_machine(os=system, architecture=architecture, cpu=Cpu(model="Apple M1"), **changes)


def _glibc(version: str) -> Machine:
    return make_machine(os=make_linux(libc=Libc(family="glibc", version=version)))


def _pythons(*pythons: PythonInterpreter) -> Machine:
    return make_machine(pythons=pythons)


def _python(version: str, **changes: object) -> PythonInterpreter:
    return PythonInterpreter(version=version, **{"bits": 64, **changes})  # type: ignore[arg-type]


def _ram(total: float | None, limit: float | None = None, **changes: object) -> Machine:
    memory = Memory(
        total_bytes=None if total is None else int(total * GIB), limit_bytes=None if limit is None else int(limit * GIB)
    )
    return make_machine(memory=memory, **changes)


def _disks(*disks: Disk) -> Machine:
    return make_machine(disks=disks)


def _disk(purpose: str, free: float | None, **changes: object) -> Disk:
    size = None if free is None else int(free * GB)
    return Disk(purpose=purpose, path=f"/{purpose}", free_bytes=size, **changes)  # type: ignore[arg-type]


CASES = [
    ("wsl-version-1", make_machine(os=make_linux(wsl=1)), "warning"),
    ("wsl-version-1", make_machine(os=make_linux(wsl=2)), "ran"),
    ("wsl-version-1", make_machine(os=make_linux(wsl=None)), "unknown"),
    ("wsl-version-1", _mac("15.1"), "skipped"),
    ("glibc-too-old", _glibc("2.39"), "ran"),
    ("glibc-too-old", _glibc("2.28"), "ran"),
    ("glibc-too-old", _glibc("2.17"), "warning"),
    ("glibc-too-old", _glibc("2.12"), "error"),
    ("glibc-too-old", make_machine(os=make_linux(libc=None)), "unknown"),
    ("glibc-too-old", make_machine(os=make_linux(libc=Libc(family="musl", version="1.2.5"))), "skipped"),
    ("musl-no-wheel", make_machine(os=make_linux(libc=Libc(family="musl", version="1.2.5"))), "error"),
    ("musl-no-wheel", make_machine(), "skipped"),
    ("macos-too-old", _mac("15.1"), "ran"),
    ("macos-too-old", _mac("12.6"), "warning"),
    ("macos-too-old", _mac("10.14"), "error"),
    ("macos-too-old", _mac(None), "unknown"),
    ("macos-x86-no-wheel", _mac("13.0", architecture="x86_64"), "warning"),
    ("macos-x86-no-wheel", _mac("13.0"), "skipped"),
    ("platform-no-wheel", make_machine(), "ran"),
    ("platform-no-wheel", make_machine(os=OperatingSystem(family="windows"), architecture="aarch64"), "error"),
    ("platform-no-wheel", make_machine(architecture=None), "unknown"),
    ("cpu-lacks-avx", make_machine(), "ran"),
    ("cpu-lacks-avx", make_machine(cpu=Cpu(flags=("sse4_2",))), "warning"),
    ("cpu-lacks-avx", make_machine(cpu=Cpu(flags=None)), "unknown"),
    ("cpu-lacks-avx", make_machine(cpu=Cpu(flags=())), "unknown"),
    ("cpu-lacks-avx", make_machine(architecture="aarch64", cpu=Cpu(flags=("asimd",))), "skipped"),
    # A machine sold with 8 GB shows a little less.
    ("ram-below-minimum", _ram(7.6), "ran"),
    ("ram-below-minimum", _ram(7.25), "ran"),
    ("ram-below-minimum", _ram(7.1), "warning"),
    ("ram-below-minimum", _ram(64, limit=4), "warning"),
    ("ram-below-minimum", _ram(None, limit=4), "warning"),
    ("ram-below-minimum", _ram(None), "unknown"),
    ("ram-below-recommended", _ram(7.6), "info"),
    ("ram-below-recommended", _ram(15.3), "ran"),
    ("ram-below-recommended", _ram(14), "info"),
    ("ram-below-recommended", _ram(4), "ran"),
    ("disk-space-low", _disks(_disk("environment", 10)), "ran"),
    ("disk-space-low", _disks(_disk("environment", 9.9)), "warning"),
    ("disk-space-low", _disks(_disk("environment", 1.9)), "error"),
    ("disk-space-low", _disks(_disk("environment", None)), "unknown"),
    ("disk-space-low", _disks(), "unknown"),
    ("tmpdir-too-small", _disks(_disk("temporary", 0.5)), "warning"),
    ("tmpdir-too-small", _disks(_disk("temporary", 2)), "ran"),
    ("tmpdir-too-small", _disks(_disk("temporary", None)), "unknown"),
    ("tmpdir-too-small", _disks(), "skipped"),
    ("cache-disk-low", _disks(_disk("environment", 100), _disk("cache", 1)), "warning"),
    ("cache-disk-low", _disks(_disk("environment", 1), _disk("cache", 1)), "skipped"),
    ("cache-disk-low", _disks(_disk("environment", 100), _disk("cache", 5)), "ran"),
    ("cache-dir-not-writable", _disks(_disk("cache", 100, writable=False)), "warning"),
    ("cache-dir-not-writable", _disks(_disk("cache", 100, writable=True)), "ran"),
    ("cache-dir-not-writable", _disks(_disk("cache", 100)), "unknown"),
    ("python-missing", _pythons(), "warning"),
    ("python-missing", _pythons(_python("3.11.2", implementation="pypy")), "warning"),
    ("python-missing", _pythons(_python("3.9.2")), "ran"),
    ("python-missing", make_machine(pythons=None), "unknown"),
    ("python-too-old", _pythons(_python("3.12.3")), "ran"),
    ("python-too-old", _pythons(_python("3.15.0"), _python("3.9.2")), "ran"),
    ("python-too-old", _pythons(_python("3.10.12")), "info"),
    ("python-too-old", _pythons(_python("3.9.18")), "warning"),
    ("python-too-old", _pythons(_python("3.12.3"), _python("3.6.8")), "ran"),
    ("python-too-old", make_machine(pythons=None), "unknown"),
    ("python-too-old", _pythons(), "skipped"),
    ("python-too-new", _pythons(_python("3.15.0")), "warning"),
    ("python-too-new", _pythons(_python("3.15.0"), _python("3.13.1")), "ran"),
    ("python-too-new", _pythons(_python("3.9.18")), "ran"),
    ("python-free-threaded-no-wheel", _pythons(_python("3.13.1", free_threaded=True)), "warning"),
    ("python-free-threaded-no-wheel", _pythons(_python("3.14.0", free_threaded=True)), "ran"),
    ("python-free-threaded-no-wheel", _pythons(_python("3.12.3")), "skipped"),
    ("python-32bit", _pythons(_python("3.12.3", bits=32)), "error"),
    ("python-32bit", _pythons(_python("3.12.3", bits=32), _python("3.11.1")), "ran"),
    ("python-32bit", _pythons(_python("3.12.3", bits=None)), "unknown"),
    ("python-32bit", make_machine(architecture="x86"), "error"),
    ("rosetta-x86-python", _mac("15.1", pythons=(_python("3.12.3", architecture="x86_64"),)), "error"),
    ("rosetta-x86-python", _mac("15.1", pythons=(_python("3.12.3", architecture="arm64"),)), "ran"),
    ("rosetta-x86-python", _mac("15.1"), "unknown"),
    ("rosetta-x86-python", make_machine(), "skipped"),
    ("pep668-externally-managed", _pythons(_python("3.12.3", externally_managed=True)), "info"),
    ("pep668-externally-managed", _pythons(_python("3.12.3")), "ran"),
]


@pytest.mark.parametrize(("slug", "machine", "expected"), CASES)
def test_check(slug: str, machine: Machine, expected: str, matrix: Matrix) -> None:
    outcome, findings = run_one(slug, matrix, machine)
    got = findings[0].severity if findings else outcome.outcome
    assert (got, [finding.id for finding in findings]) == (expected, [slug] if findings else [])
    assert outcome.outcome != "crashed"


def test_the_evidence_names_its_source(matrix: Matrix) -> None:
    machine = make_machine(
        os=make_linux(libc=Libc(family="glibc", version="2.17")), readings=(found("os.libc", "getconf"),)
    )
    assert run_one("glibc-too-old", matrix, machine)[1][0].evidence == ("glibc 2.17 (getconf)",)


def test_an_old_glibc_names_what_still_runs(matrix: Matrix) -> None:
    finding = run_one("glibc-too-old", matrix, _glibc("2.17"))[1][0]
    assert finding.cause == (
        "The wheels of PyTorch 2.15.0 need glibc 2.28; PyTorch 2.6.0 of January 2025 is the newest that runs here."
    )


def test_avx_names_who_needs_it(matrix: Matrix) -> None:
    machine = make_machine(cpu=Cpu(model="Intel Celeron J1900", flags=("sse4_2",)))
    assert run_one("cpu-lacks-avx", matrix, machine)[1][0].applies_to == ("tensorflow", "jax")
    environment = make_environment("tensorflow==2.21.0")
    assert run_one("cpu-lacks-avx", matrix, machine, environment)[1][0].severity == "error"
    environment = make_environment("torch==2.15.0")
    assert run_one("cpu-lacks-avx", matrix, machine, environment)[1][0].severity == "warning"


@pytest.mark.parametrize(
    ("machine", "command"),
    [
        (_ram(64, limit=4), None),
        (_ram(4, os=make_linux(wsl=2)), "wsl --shutdown"),
        (_ram(4), None),
    ],
)
def test_memory_is_added_where_it_is_kept_back(machine: Machine, command: str | None, matrix: Matrix) -> None:
    assert run_one("ram-below-minimum", matrix, machine)[1][0].fix[0].command == command


def test_python_of_the_environment_is_the_one_that_counts(matrix: Matrix) -> None:
    machine = make_machine()
    environment = make_environment(python="3.16.0")
    outcome, findings = run_one("python-too-new", matrix, machine, environment)
    assert (outcome.outcome, findings[0].severity) == ("ran", "error")
    assert findings[0].fix[0].command == "mlenv install --profile pytorch --python 3.12"
    assert run_one("python-too-old", matrix, machine, make_environment(python="3.9.2"))[1][0].severity == "warning"


def test_python_of_the_environment_is_looked_up_by_its_path(matrix: Matrix) -> None:
    own = PythonInterpreter(version="3.12.3", path="/home/me/.venv/bin/python", bits=32)
    machine = make_machine(pythons=(PythonInterpreter(version="3.13.1", bits=64), own))
    assert run_one("python-32bit", matrix, machine, make_environment())[1][0].title == "Python 3.12.3 is a 32-bit one"


def test_no_python_fits_where_no_wheel_does(matrix: Matrix) -> None:
    machine = make_machine(os=OperatingSystem(family="windows"), architecture="aarch64", pythons=())
    finding = run_one("python-missing", matrix, machine)[1][0]
    assert finding.fix[0].command == "mlenv install --profile pytorch"
