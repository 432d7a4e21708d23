"""Findings about system, processor, memory, disks and Pythons: what has each, and what nearly has it."""

from __future__ import annotations

import datetime as dt

from mlenv.facts.hardware import Cpu, Disk, DiskPurpose, Memory
from mlenv.facts.machine import Machine
from mlenv.facts.python import PythonInterpreter
from mlenv.facts.system import Architecture, Libc, OperatingSystem
from mlenv.matrix.load import Matrix
from tests.unit.checks.checks_cases import GIB, make_linux, make_machine
from tests.unit.checks.near_misses import said, seen, told_on
from tests.unit.checks.platform_cases import NO_MATCH, told_machine

WINDOWS = told_machine("windows")


def _mac(version: str, architecture: Architecture = "arm64", python: Architecture = "arm64") -> Machine:
    interpreter = PythonInterpreter(version="3.12.4", bits=64, architecture=python)
    system = OperatingSystem(family="macos", version=version)
    return make_machine(os=system, architecture=architecture, cpu=Cpu(), pythons=(interpreter,))


def _glibc(version: str) -> Machine:
    return make_machine(os=make_linux(libc=Libc(family="glibc", version=version)))


def _windows(architecture: Architecture) -> Machine:
    return make_machine(os=OperatingSystem(family="windows", version="11"), architecture=architecture)


def _memory(total: float) -> Machine:
    return make_machine(memory=Memory(total_bytes=int(total * GIB)))


def _disk(purpose: DiskPurpose, free: int, *, total: int | None = None, writable: bool | None = None) -> Machine:
    row = Disk(purpose=purpose, path=f"/{purpose}", free_bytes=free, total_bytes=total, writable=writable)
    return make_machine(disks=(row,))


def _python(version: str, **facts: object) -> Machine:
    interpreter = PythonInterpreter(version=version, **{"bits": 64, **facts})  # type: ignore[arg-type]
    return make_machine(pythons=(interpreter,))


CASES = {
    # system
    "wsl-version-1": seen(make_machine(os=make_linux(wsl=1)), make_machine(os=make_linux(wsl=2))),
    "glibc-too-old": seen(_glibc("2.27"), _glibc("2.28")),
    "musl-no-wheel": said(
        "ImportError: Error loading shared library ld-linux-x86-64.so.2: No such file or directory",
        "ImportError: Error loading shared library libgfortran.so.5: No such file or directory",
    ),
    "macos-too-old": seen(_mac("13.7"), _mac("14.0")),
    "macos-x86-no-wheel": seen(_mac("15.5", "x86_64"), _mac("15.5", "arm64")),
    "platform-no-wheel": seen(_windows("aarch64"), _windows("x86_64")),
    "arm-no-wheel": told_on(
        NO_MATCH.format("tensorflow"),
        told_machine("windows", "3.11.9", "aarch64"),
        told_machine("windows", "3.11.9", "x86_64"),
    ),
    "libstdcxx-too-old": said(
        "ImportError: /lib64/libstdc++.so.6: version `GLIBCXX_3.4.29' not found (required by /v/_image.so)",
        "ImportError: /lib64/libquadmath.so.0: version `QUADMATH_1.1' not found (required by /v/_image.so)",
    ),
    "file-limit-too-low": said(
        "OSError: [Errno 24] Too many open files: '/data/train/00017.jpg'",
        "OSError: [Errno 27] File too large: '/data/train/00017.jpg'",
    ),
    "windows-missing-runtime-dll": said(
        'OSError: [WinError 126] Error loading "D:\\v\\torch\\lib\\shm.dll" or one of its dependencies.',
        'OSError: [WinError 126] Error loading "D:\\v\\torch\\lib\\cudnn_ops64_9.dll" or one of its dependencies.',
        WINDOWS,
    ),
    "windows-long-paths": said(
        "HINT: This might have occurred since this system does not have Windows Long Path support enabled.",
        "HINT: This might have occurred since this system does not have Windows Sandbox support enabled.",
        WINDOWS,
    ),
    # processor
    "cpu-lacks-avx": seen(
        make_machine(cpu=Cpu(flags=("sse4_1", "sse4_2"))), make_machine(cpu=Cpu(flags=("sse4_1", "avx")))
    ),
    # memory
    "ram-below-minimum": seen(_memory(7.1), _memory(7.3)),
    "ram-below-recommended": seen(_memory(14.3), _memory(14.5)),
    "oom-killed": said(
        "RuntimeError: DataLoader worker (pid 4242) is killed by signal: Killed.",
        "RuntimeError: DataLoader worker (pid 4242) is killed by signal: Hangup.",
    ),
    "install-out-of-memory": said(
        "Collecting torch\n  Downloading torch-2.6.0-cp312-cp312-manylinux1_x86_64.whl (766.7 MB)\nMemoryError",
        "Reading torch\n  Reading torch-2.6.0-weights-of-my-model-on-x86_64.pt (766.7 MB)\nMemoryError",
    ),
    "shm-too-small": seen(_disk("shared-memory", 0, total=64 * 1024**2), _disk("shared-memory", 0, total=8 * GIB)),
    "paging-file-too-small": said(
        "OSError: [WinError 1455] The paging file is too small for this operation to complete.",
        "OSError: [WinError 1392] The file or directory is corrupted; the operation did not complete.",
        WINDOWS,
    ),
    # disks
    "disk-space-low": seen(_disk("environment", 9_900_000_000), _disk("environment", 10_000_000_000)),
    "tmpdir-too-small": seen(_disk("temporary", 990_000_000), _disk("temporary", 1_000_000_000)),
    "disk-full": said(
        "OSError: [Errno 28] No space left on device: '/home/ada/v/lib/python3.12/site-packages/torch/lib/a.so'",
        "OSError: [Errno 28] No space left on device: '/tmp/pip-unpack/lib/python3.12/site-packages/torch/lib/a.so'",
    ),
    "cache-disk-low": seen(_disk("cache", 3_900_000_000), _disk("cache", 4_000_000_000)),
    "cache-dir-not-writable": seen(_disk("cache", 10**12, writable=False), _disk("cache", 10**12, writable=True)),
    # Pythons
    "python-missing": seen(_python("3.12.4", implementation="pypy"), _python("3.12.4", implementation="cpython")),
    "python-too-old": seen(_python("3.9.20"), _python("3.12.4")),
    "python-too-new": seen(_python("3.15.0"), _python("3.13.4")),
    "python-end-of-life": seen(_python("3.8.20"), _python("3.9.20"), matrix=Matrix(as_of=dt.date(2025, 6, 1))),
    "python-free-threaded-no-wheel": seen(_python("3.13.4", free_threaded=True), _python("3.14.0", free_threaded=True)),
    "python-32bit": seen(_python("3.12.4", bits=32), _python("3.12.4", bits=64)),
    "rosetta-x86-python": seen(_mac("15.5", python="x86_64"), _mac("15.5", python="arm64")),
    "pep668-externally-managed": seen(
        _python("3.12.4", externally_managed=True), _python("3.12.4", externally_managed=False)
    ),
}
