"""What installers say, in the wordings of pip, uv, poetry and conda."""

# ruff: noqa: E501, ISC004 - tables of long messages
from __future__ import annotations

import pytest

from mlenv.clues.clue import Clue
from mlenv.clues.find import find_clues


def found(text: str, slug: str) -> list[Clue]:
    return [clue for clue in find_clues(text) if clue.id == slug]


VALUES = [
    (
        "ERROR: Could not find a version that satisfies the requirement torch==1.9.0+cu111 (from versions: 1.11.0, 2.0.1)",
        "no-matching-distribution",
        {"package": "torch", "version": "1.9.0+cu111", "offered": "1.11.0, 2.0.1"},
    ),
    (
        "ERROR: Could not find a version that satisfies the requirement jaxlib<=0.4.10,>=0.4.7 (from jax[cuda]) "
        "(from versions: none)",
        "no-matching-distribution",
        {"package": "jaxlib", "offered": "none"},
    ),
    ("ERROR: No matching distribution found for tf-nightly", "no-matching-distribution", {"package": "tf-nightly"}),
    (
        "error: Distribution `triton==3.1.0 @ registry+https://a.example.org` can't be installed because it doesn't have "
        "a source distribution or wheel for the current platform",
        "no-wheel-for-platform",
        {"package": "triton", "version": "3.1.0"},
    ),
    (
        "Because jaxlib==0.4.1 has no wheels with a matching platform tag (e.g., `macosx_13_0_x86_64`)",
        "no-wheel-with-tag",
        {"package": "jaxlib", "version": "0.4.1", "tag": "macosx_13_0_x86_64"},
    ),
    (
        "hint: You require CPython 3.14 (`cp314`), but we only found wheels for `torch` (v2.8.0) with the following "
        "Python ABI tags: `cp310`, `cp311`",
        "wheels-for-other-tags",
        {"package": "torch", "version": "2.8.0", "tags": "'cp310', 'cp311'"},
    ),
    (
        "Unable to find installation candidates for torch (2.0.1)",
        "no-installation-candidates",
        {"package": "torch", "version": "2.0.1"},
    ),
    (
        "OSError: [Errno 28] No space left on device: '/tmp/pip-unpack-1/x.whl'",
        "no-space",
        {"path": "/tmp/pip-unpack-1/x.whl"},
    ),
    ("tmpfs 7.8G 7.8G 0 100% /tmp", "disk-row", {"mount": "/tmp", "percent": "100"}),
    (
        "PermissionError: [Errno 13] Permission denied: '/usr/lib/python3/dist-packages/x'",
        "permission-denied",
        {"path": "/usr/lib/python3/dist-packages/x"},
    ),
    (
        "PermissionError: [WinError 5] 拒绝访问。: 'c:\\e\\lib\\x.pyd'",
        "permission-denied",
        {"path": "c:\\e\\lib\\x.pyd"},
    ),
    (
        "torchvision 0.15.1 requires torch==2.0.0, but you have torch 2.1.0 which is incompatible.",
        "installed-conflict",
        {"package": "torchvision", "wants": "torch==2.0.0", "has": "torch 2.1.0"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "slug", "values"), VALUES)
def test_a_message_names_its_values(text: str, slug: str, values: dict[str, str]) -> None:
    clues = found(text, slug)
    assert clues
    assert values.items() <= clues[0].values.items()


STATED = [
    ("process-killed", "bash: line 1: 4711 Killed python train.py"),
    ("process-killed", "$ python train.py\nKilled\n$"),
    ("installing", "Collecting torch\n  Downloading torch-2.6.0-cp312-cp312-manylinux1_x86_64.whl (766.7 MB)"),
    ("installing", "Collecting numpy<2 (from -r requirements.txt (line 1))"),
    ("installing", "Downloading torch (731.2MiB)"),
    ("installing", "Resolved 12 packages in 31ms"),
    ("system-files-exhausted", "OSError: [Errno 23] Too many open files in system: 'a.jpg'"),
    ("process-killed", "The command '/bin/sh -c pip install torch' returned a non-zero code: 137"),
    ("process-killed", "Process finished with exit code 137 (interrupted by signal 9: SIGKILL)"),
    ("memory-exhausted", "numpy.core._exceptions._ArrayMemoryError: Unable to allocate 12.0 GiB for an array"),
    ("memory-exhausted", "terminate called after throwing an instance of 'std::bad_alloc'"),
    ("shared-memory-short", "The object store is using /tmp instead of /dev/shm because /dev/shm has only 67108864 bytes "
     "available."),
    ("externally-managed", "error: externally-managed-environment"),
    ("certificate-not-trusted", "ssl.SSLCertVerificationError: certificate verify failed: unable to get local issuer"),
    ("no-space", "error: failed to create file: No space left on device (os error 28)"),
    ("no-space", "OSError: [Errno 122] Disk quota exceeded"),
]  # fmt: skip


@pytest.mark.parametrize(("slug", "text"), STATED)
def test_a_statement_is_known(slug: str, text: str) -> None:
    assert found(text, slug)


NOT_STATED = [
    ("process-killed", "the killed branch was merged"),
    ("process-killed", "version 1.37 of libkilled"),
    ("process-killed", "status: 137 rows"),
    ("installing", "Collecting environment information...\nPyTorch version: 2.6.0"),
    ("installing", "Collecting rollouts\nstep 1"),
    ("installing", "Downloading shard 3 of 40"),
    ("too-many-open-files", "[Errno 23] Too many open files in system"),
    ("bus-error", "pcieport 0000:00:03.0: PCIe Bus Error: severity=Corrected, type=Data Link Layer"),
    ("memory-exhausted", "torch.cuda.OutOfMemoryError: CUDA out of memory"),
    ("no-space", "There is plenty of space on disk"),
    ("permission-denied", "ask for permission first"),
    ("requirements-conflict", "no conflicts were found"),
    ("disk-row", "100% /"),
]


@pytest.mark.parametrize(("slug", "text"), NOT_STATED)
def test_other_words_do_not_state_it(slug: str, text: str) -> None:
    assert not found(text, slug)


@pytest.mark.parametrize(
    "piece", ["a", "' ", "/", "killed ", "torch==", "(from versions: ", "has no wheels with a ", "\\"]
)
def test_long_texts_come_to_an_end(piece: str) -> None:
    assert isinstance(find_clues(piece * 20_000, "error: " + piece * 5_000), tuple)
