"""Texts of real failures and what they are called."""

from __future__ import annotations

import pytest

from mlenv.verify import endings
from mlenv.verify.imports import explain_import

IMPORTS = [
    (
        "ImportError: libcudnn.so.9: cannot open shared object file: No such file or directory",
        "missing-library",
        "a shared library is missing or cannot be loaded (libcudnn.so.9): ",
    ),
    (
        (
            "OSError: Could not load this library: /env/torchaudio/lib/_torchaudio.abi3.so; caused by OSError: "
            "libc10_cuda.so: cannot open shared object file: No such file or directory"
        ),
        "missing-library",
        "a shared library is missing or cannot be loaded (libc10_cuda.so): ",
    ),
    (
        "ImportError: DLL load failed while importing _C: The specified module could not be found.",
        "missing-library",
        "a shared library is missing or cannot be loaded (_C): ",
    ),
    (
        "ImportError: dlopen(/env/xgboost/libxgboost.dylib, 6): Library not loaded: @rpath/libomp.dylib",
        "missing-library",
        "a shared library is missing or cannot be loaded (@rpath/libomp.dylib): ",
    ),
    ("ImportError: /env/libtorch_cuda.so: undefined symbol: ncclCommSplit", "binary-mismatch", None),
    ("RuntimeError: operator torchvision::nms does not exist", "binary-mismatch", None),
    ("ImportError: /lib64/libc.so.6: version `GLIBC_2.34' not found (required by x.so)", "binary-mismatch", None),
    ("ImportError: numpy.core.multiarray failed to import", "binary-mismatch", None),
    (
        "ValueError: numpy.dtype size changed, may indicate binary incompatibility. Expected 96 from C header",
        "binary-mismatch",
        None,
    ),
    (
        "ModuleNotFoundError: No module named 'typing_extensions'",
        "missing-module",
        "torch needs a module that is not installed (typing_extensions): ",
    ),
    ("TypeError: Descriptors cannot be created directly.", "import-error", ""),
]


@pytest.mark.parametrize(("text", "reason", "words"), IMPORTS)
def test_why_an_import_failed(text: str, reason: str, words: str | None) -> None:
    expected = "two binaries do not belong together: " if words is None else words
    assert explain_import(text, "torch") == (reason, expected)


# What faulthandler prints for a time-out in a process of two threads, and for a signal.
HANG = """\
I0000 00:00:1795366212.356461   11746 port.cc:153] oneDNN custom operations are on.
W0000 00:00:1795366212.356461   11746 x.cc:1] something odd
Timeout (0:01:48)!
Thread 0x00007f2a4dffb6c0 (most recent call first):
  File "/usr/lib/python3.12/threading.py", line 359 in wait
Thread 0x00007f2a5c7fd740 (most recent call first):
  File "/env/lib/python3.12/site-packages/hangs/__init__.py", line 3 in <module>
  File "<frozen importlib._bootstrap>", line 488 in _call_with_frames_removed
"""
ABORT = """\
OMP: Error #15: Initializing libiomp5.so, but found libomp.so already initialized.
Fatal Python error: Aborted

Thread 0x00007f2a4dffb6c0 (most recent call first):
  File "/usr/lib/python3.12/threading.py", line 359 in wait

Current thread 0x00007f2a5c7fd740 (most recent call first):
  File "/env/lib/python3.12/site-packages/torch/__init__.py", line 409 in <module>

Extension modules: numpy._core._multiarray_umath (total: 1)
"""


@pytest.mark.parametrize(
    ("stderr", "words"),
    [
        ("", ""),
        ("one\n\ntwo\nthree\nfour\n", "; last words: two / three / four"),
        (
            HANG,
            (
                '; Python was in File "/env/lib/python3.12/site-packages/hangs/__init__.py", line 3 in <module>'
                "; last words: W0000 00:00:1795366212.356461   11746 x.cc:1] something odd"
            ),
        ),
        (
            ABORT,
            (
                '; Python was in File "/env/lib/python3.12/site-packages/torch/__init__.py", line 409 in <module>'
                "; last words: OMP: Error #15: Initializing libiomp5.so, but found libomp.so already initialized."
            ),
        ),
    ],
)
def test_last_words(stderr: str, words: str) -> None:
    assert endings.read_last_words(stderr) == words


def test_a_signal_without_a_hint_is_only_named() -> None:
    assert endings.word_signal("SIGFPE") == "SIGFPE (arithmetic fault)"
    assert endings.word_signal("signal 64") == "signal 64"


def test_a_phase_of_one_framework_alone() -> None:
    assert endings.word_phase("fit", "scikit-learn") == "in the check 'fit' of scikit-learn"
