"""Words that resemble messages about packages, installers and networks: they stay silent, and the real ones fire."""

from __future__ import annotations

import pytest

from tests.unit.checks.resembling import fired_anywhere

CIRCULAR = "(most likely due to a circular import)"
HALF = f"AttributeError: partially initialized module '{{}}' has no attribute '{{}}' {CIRCULAR}"

SILENT = {
    "hashes": (
        "hash mismatch in my checkpoint",
        "git: sha1 hash mismatch, fetched object differs",
        "torrent: hash mismatch for piece 31",
        "RuntimeError: dataset hash mismatch, the cached split is from another run",
        "replay desync: state hash mismatch at tick 4410",
        "dvc: hash mismatch for model.pkl, run dvc repro",
    ),
    "conflicts": (
        "git: conflicting dependencies",
        "npm ERR! ERESOLVE could not resolve, conflicting dependencies of react",
        "airflow: DAG has conflicting dependencies between tasks",
        "The user requested cancellation of the job, which has a conflict",
        "sbatch: error: job requirements are unsatisfiable by any node",
        "CONFLICT (content): Merge conflict in train.py",
    ),
    "archives": (
        "zipfile.BadZipFile: File is not a zip file (while reading /data/report.xlsx)",
        "The save game appears to be corrupted",
        "Checkpoint /ckpt/step_900.pt appears to be corrupted, falling back to step_800",
        "OSError: invalid gzip header in /data/train.json.gz",
    ),
    "networks": (
        "Generated self-signed certificate for https://localhost:8888",
        "LOG: database uses a self-signed certificate",
        "nginx: reverse proxy upstream timed out (110: Connection timed out)",
        "psycopg2.OperationalError: connection refused, is the server running on host db?",
        "Could not resolve host: prometheus (scrape target)",
    ),
    "modules": (
        HALF.format("helpers", "load"),
        f"cannot import name 'Net' from partially initialized module 'models' {CIRCULAR} (/home/me/models.py)",
        "ImportError: cannot import name 'train' from 'utils' (/home/me/proj/utils.py)",
        "AttributeError: module 'trainer' has no attribute 'fit', see '/home/me/trainer.py'",
        "ModuleNotFoundError: No module named 'vllm.config'",
        "ModuleNotFoundError: No module named 'detectron2.checkpoint'",
        "ModuleNotFoundError: No module named 'fairseq.criterions'",
        "Please install tritonclient[all] to send requests",
        "Please install Triton Inference Server first",
        "Good knowledge of numpy is required for this job",
        "Unknown backend: gpu_queue in celery config",
    ),
    "environments": (
        "The cluster secret is externally managed by Vault",
        "Kubernetes: externally managed load balancer found",
    ),
}  # fmt: skip
FIRING = {
    "hash-mismatch": (
        "Hash mismatch for `torch==2.6.0`",
        "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
        "ChecksumMismatchError: Conda detected a mismatch between the expected content and downloaded content",
        "$ uv sync\n  hash mismatch in the archive",
    ),
    "resolver-conflict": (
        "ERROR: Cannot install a and b because these package versions have conflicting dependencies.",
        "The conflict is caused by:\n    The user requested torch==2.0",
        "and we can conclude that your requirements are unsatisfiable.",
        "No solution found when resolving dependencies",
        "UnsatisfiableError: The following specifications were found to be incompatible",
    ),
    "corrupt-download": (
        "zipfile.BadZipFile: Bad CRC-32 for file 'torch/lib/libtorch.so'",
        "$ pip install torch\nzipfile.BadZipFile: File is not a zip file",
        "ERROR: Wheel 'torch' located at /tmp/torch-2.6.0-cp312-none-any.whl is invalid.",
    ),
    "tls-interception-untrusted-ca": (
        "ssl.SSLCertVerificationError: certificate verify failed: self-signed certificate in certificate chain",
        "curl: (60) SSL certificate problem: self signed certificate",
    ),
    "local-file-shadows-package": (
        HALF.format("torch", "nn"),
        "ImportError: cannot import name 'Random' from 'random' (/home/me/random.py)",
        "ImportError: cannot import name 'get' from 'requests' (/home/me/requests.py)",
        "$ pip install rarepkg\nImportError: cannot import name 'a' from 'rarepkg' (/home/me/rarepkg.py)",
    ),
    "extension-built-for-other-torch": ("ImportError: cannot import name 'vllm._C'", ),
    "triton-missing": ("Please install triton", "ModuleNotFoundError: No module named 'triton.ops'"),
    "numpy-not-installed": ("ImportError: numpy is required", "RuntimeError: Numpy is not installed"),
    "pep668-externally-managed": (
        "error: externally-managed-environment",
        "error: The interpreter at /usr is externally managed, and indicates the following",
    ),
    "jax-cuda-plugin-missing": ("RuntimeError: Unknown backend: 'gpu' requested, but no platforms are present",),
}  # fmt: skip


@pytest.mark.parametrize("words", [words for rows in SILENT.values() for words in rows])
def test_resembling_words_stay_silent(words: str) -> None:
    assert fired_anywhere(words) == set()


@pytest.mark.parametrize(("slug", "words"), [(slug, words) for slug, rows in FIRING.items() for words in rows])
def test_the_real_message_fires(slug: str, words: str) -> None:
    assert slug in fired_anywhere(words)
