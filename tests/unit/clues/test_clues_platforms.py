"""What messages about processors, systems and modules name, in the wordings that the world has."""

# ruff: noqa: E501, ISC004 - tables of long messages
from __future__ import annotations

import pytest

from mlenv.clues.clue import Clue
from mlenv.clues.find import find_clues


def found(text: str, slug: str) -> list[Clue]:
    return [clue for clue in find_clues(text) if clue.id == slug]


VALUES = [
    (
        "ImportError: /lib64/libm.so.6: version `GLIBC_2.29' not found (required by /e/lib/libx.so)",
        "glibc-version-not-found",
        {"version": "2.29", "library": "/e/lib/libx.so"},
    ),
    ("/lib/libc.so.6: version ‘GLIBC_2.38’ not found", "glibc-version-not-found", {"version": "2.38"}),
    (
        "libstdc++.so.6: version `GLIBCXX_3.4.32' not found",
        "libstdcxx-version-not-found",
        {"version": "GLIBCXX_3.4.32"},
    ),
    (
        "(mach-o file, but is an incompatible architecture (have 'arm64', need 'x86_64'))",
        "wrong-mach-o",
        {"have": "arm64", "need": "x86_64"},
    ),
    (
        'OSError: [WinError 126] x. Error loading "C:\\e\\torch\\lib\\shm.dll" or one of its dependencies.',
        "dll-not-loaded",
        {"code": "126", "dll": "shm.dll"},
    ),
    (
        "DLL load failed while importing onnxruntime_pybind11_state: %1 is not valid",
        "dll-not-loaded",
        {"module": "onnxruntime_pybind11_state"},
    ),
    (
        "Initializing libiomp5md.dll, but found mk2iomp5md.dll; Initializing libomp.dylib, but found "
        "libiomp5.dylib already initialized.",
        "openmp-twice",
        {"first": "libomp.dylib", "second": "libiomp5.dylib"},
    ),
    (
        "cannot import name 'a' from partially initialized module 'torch' (most likely due to a circular import) "
        "(/home/me/torch.py)",
        "module-half-imported",
        {"name": "a", "module": "torch", "path": "/home/me/torch.py"},
    ),
    ("No module named 'torch.nn'; 'torch' is not a package", "module-is-no-package", {"wanted": "torch.nn"}),
    ("ModuleNotFoundError: No module named 'jax'", "module-not-found", {"module": "jax"}),
    (
        "Requirement already satisfied: numpy in ./e/lib/python3.9/site-packages (1.26)",
        "already-installed-at",
        {"name": "numpy", "path": "./e/lib/python3.9/site-packages"},
    ),
]


@pytest.mark.parametrize(("text", "slug", "values"), VALUES)
def test_a_message_names_its_values(text: str, slug: str, values: dict[str, str]) -> None:
    clues = found(text, slug)
    assert clues
    assert values.items() <= clues[0].values.items()


STATED = [
    ("python-is-32bit", "3.8.6 (tags/v3.8.6:db45529) [MSC v.1927 32 bit (Intel)]"),
    ("python-is-32bit", "c:\\users\\me\\appdata\\local\\programs\\python\\python39-32\\lib\\site-packages"),
    ("python-is-32bit", "Python version: 3.9 (32-bit runtime)"),
    ("python-is-free-threaded", "Python 3.13.0 experimental free-threading build (main)"),
    ("python-is-free-threaded", "/e/lib/python3.14t/site-packages"),
    ("illegal-instruction", "Fatal Python error: Illegal instruction"),
    ("illegal-instruction", "terminated by signal SIGILL (Illegal instruction)"),
    ("avx-required", "Your CPU does not support AVX, which this build needs"),
    ("apple-processor", "Chip: Apple M3 Max"),
    ("apple-processor", "MacBook Pro M1"),
    ("rosetta-named", "terminal opened under Rosetta 2"),
    ("musl-system", "FROM python:3.12-alpine"),
    ("glibc-program-on-musl", "Error loading shared library ld-linux-aarch64.so.1: No such file or directory"),
    ("user-site-path", 'File "C:\\Users\\me\\AppData\\Roaming\\Python\\Python39\\site-packages\\x.py"'),
    ("paging-file-too-small", "OSError: [WinError 1455] 页面文件太小，无法完成操作。"),
    ("path-too-long", "[WinError 206] Der Dateiname oder die Erweiterung ist zu lang"),
    ("vc-runtime-missing", "Microsoft Visual C++ Redistributable is not installed, this may lead to the DLL load failure"),
]  # fmt: skip


@pytest.mark.parametrize(("slug", "text"), STATED)
def test_a_statement_is_known(slug: str, text: str) -> None:
    assert found(text, slug)


NOT_STATED = [
    ("python-is-32bit", "sys.platform: win32"),
    ("python-is-32bit", "3.10.4 [MSC v.1929 64 bit (AMD64)] on win32"),
    ("python-is-free-threaded", "hint: wheels are available for cp313, cp314 (no free lunch, 3.13 too)"),
    ("avx-required", "rebuild TensorFlow with the appropriate compiler flags: AVX2 AVX512F FMA"),
    ("avx-required", "flags: fpu vme sse4_2 avx avx2 f16c"),
    ("avx-required", "Your CPU supports instructions that this TensorFlow binary was not compiled to use: AVX2 FMA"),
    ("apple-processor", "Intel(R) Core(TM) m3-7Y32"),
    ("module-not-found", "No module named 'torch.nn'; 'torch' is not a package"),
    ("glibc-version-not-found", "Libc version: glibc-2.35"),
]


@pytest.mark.parametrize(("slug", "text"), NOT_STATED)
def test_other_words_do_not_state_it(slug: str, text: str) -> None:
    assert not found(text, slug)
