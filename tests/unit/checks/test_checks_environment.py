"""Checks of an environment's builds and imports."""

from __future__ import annotations

import msgspec
import pytest

from mlenv.checks.registry import ImportAttempt
from mlenv.checks.subjects.imports import MEANINGS
from mlenv.facts.environment import Environment
from mlenv.facts.gpu import Gpu
from mlenv.facts.machine import Machine
from mlenv.matrix.load import Matrix
from tests.unit.checks.checks_cases import make_environment, make_machine, run_one, with_nvidia

ADA = with_nvidia("8.9", "535.183.01")
PASCAL = with_nvidia("6.1", "580.95.05")
MI300X = make_machine(gpus=(Gpu(vendor="amd", name="AMD Instinct MI300X", gfx="gfx942"),))
MI50 = make_machine(gpus=(Gpu(vendor="amd", name="AMD Instinct MI50", gfx="gfx906"),))
CASES = [
    ("driver-too-old-for-build", ADA, make_environment("torch==2.14.1+cu130"), "error"),
    ("driver-too-old-for-build", ADA, make_environment("torch==2.15.0!cu132"), "error"),
    # The default index's build carries no tag: the matrix knows which one it is.
    ("driver-too-old-for-build", ADA, make_environment("torch==2.14.1"), "error"),
    ("driver-too-old-for-build", ADA, make_environment("torch==2.14.1+cu126"), "ran"),
    # A nightly build that no row knows: its tag names the CUDA.
    ("driver-too-old-for-build", ADA, make_environment("torch==2.16.0.dev20261101+cu134"), "error"),
    ("driver-too-old-for-build", ADA, make_environment("torch==2.16.0.dev20261101+cu128"), "ran"),
    ("driver-too-old-for-build", ADA, make_environment("torch==2.15.0+cpu"), "skipped"),
    ("driver-too-old-for-build", ADA, make_environment("numpy==2.4.0"), "skipped"),
    ("driver-too-old-for-build", ADA, None, "skipped"),
    ("driver-too-old-for-build", with_nvidia("8.9", None), make_environment("torch==2.14.1+cu130"), "unknown"),
    ("driver-too-old-for-build", make_machine(), make_environment("torch==2.14.1+cu130"), "skipped"),
    ("driver-too-old-for-build", ADA, make_environment("jax==0.12.0", "jax-cuda13-plugin==0.12.0"), "error"),
    ("driver-too-old-for-build", ADA, make_environment("tensorflow==2.21.0", "nvidia-cudnn-cu12==9.3.0"), "ran"),
    ("gpu-arch-dropped-by-build", PASCAL, make_environment("torch==2.14.1+cu130"), "error"),
    ("gpu-arch-dropped-by-build", PASCAL, make_environment("torch==2.14.1+cu126"), "ran"),
    ("gpu-arch-dropped-by-build", with_nvidia("12.0", "580.95.05"), make_environment("torch==2.14.1+cu126"), "ran"),
    ("gpu-arch-not-in-build", with_nvidia("12.0", "580.95.05"), make_environment("torch==2.14.1+cu126"), "error"),
    ("gpu-arch-not-in-build", PASCAL, make_environment("torch==2.14.1+cu130"), "ran"),
    ("gpu-arch-not-in-build", PASCAL, make_environment("torch==2.16.0.dev20261101+cu134"), "ran"),
    ("gpu-arch-not-in-build", with_nvidia(None, "580.95.05"), make_environment("torch==2.14.1+cu126"), "unknown"),
    ("cpu-build-on-gpu-machine", ADA, make_environment("torch==2.15.0+cpu"), "warning"),
    ("cpu-build-on-gpu-machine", ADA, make_environment("torch==2.14.1+cu126"), "ran"),
    ("cpu-build-on-gpu-machine", ADA, make_environment("tensorflow-cpu==2.21.0"), "warning"),
    ("cpu-build-on-gpu-machine", make_machine(), make_environment("torch==2.15.0+cpu"), "skipped"),
    # Nothing would serve this GPU: the CPU build is right.
    ("cpu-build-on-gpu-machine", with_nvidia("2.0", "390.157"), make_environment("torch==2.15.0+cpu"), "ran"),
    ("cpu-build-on-gpu-machine", MI300X, make_environment("torch==2.15.0+cpu"), "warning"),
    ("cpu-build-on-gpu-machine", MI50, make_environment("torch==2.15.0+cpu"), "ran"),
    ("rocm-gfx-not-in-build", MI50, make_environment("torch==2.14.1+rocm7.2"), "error"),
    ("rocm-gfx-not-in-build", MI300X, make_environment("torch==2.14.1+rocm7.2"), "ran"),
    ("rocm-gfx-not-in-build", MI300X, make_environment("torch==2.15.0+cpu"), "skipped"),
    ("jax-cuda-plugin-missing", PASCAL, make_environment("jax==0.12.0"), "ran"),
    ("jax-cuda-plugin-missing", with_nvidia("8.9", "580.95.05"), make_environment("jax==0.12.0"), "warning"),
    (
        "jax-cuda-plugin-missing",
        with_nvidia("8.9", "580.95.05"),
        make_environment("jax==0.12.0", "jax-cuda13-plugin==0.12.0"),
        "ran",
    ),
    ("jax-cuda-plugin-missing", make_machine(), make_environment("jax==0.12.0"), "skipped"),
]


@pytest.mark.parametrize(("slug", "machine", "environment", "expected"), CASES)
def test_check(slug: str, machine: Machine, environment: Environment | None, expected: str, matrix: Matrix) -> None:
    outcome, findings = run_one(slug, matrix, machine, environment)
    got = findings[0].severity if findings else outcome.outcome
    assert (got, [finding.id for finding in findings]) == (expected, [slug] if findings else [])
    assert outcome.outcome != "crashed"


def test_a_build_too_new_for_the_driver_is_replaced_or_the_driver_updated(matrix: Matrix) -> None:
    finding = run_one("driver-too-old-for-build", matrix, ADA, make_environment("torch==2.14.1+cu130"))[1][0]
    assert finding.title == "Driver 535.183.01 is too old for PyTorch 2.14.1 (cu130)"
    assert finding.cause == "PyTorch 2.14.1 (cu130) was built with CUDA 13.0, which needs driver 580.65.06 or newer."
    assert finding.evidence == ("driver 535.183.01", "PyTorch 2.14.1 (cu130) in /home/me/.venv")
    assert [fix.command for fix in finding.fix] == [
        "mlenv install --profile pytorch-gpu --env /home/me/.venv-new",
        "sudo ubuntu-drivers install",
        "sudo reboot",
    ]


def test_no_driver_update_is_offered_that_would_lose_the_gpu(matrix: Matrix) -> None:
    machine = with_nvidia("3.7", "470.256.02")
    finding = run_one("driver-too-old-for-build", matrix, machine, make_environment("torch==2.14.1+cu126"))[1][0]
    assert [fix.command for fix in finding.fix] == ["mlenv install --profile pytorch-gpu --env /home/me/.venv-new"]


def test_one_gpu_of_several_without_code_is_a_warning(matrix: Matrix) -> None:
    gpus = (
        Gpu(vendor="nvidia", name="NVIDIA GeForce GTX 1080 Ti", compute_capability="6.1"),
        Gpu(vendor="nvidia", name="NVIDIA GeForce RTX 4090", compute_capability="8.9"),
    )
    machine = with_nvidia("6.1", "580.95.05", gpus=gpus)
    findings = run_one("gpu-arch-dropped-by-build", matrix, machine, make_environment("torch==2.14.1+cu130"))[1]
    assert [(finding.severity, finding.applies_to) for finding in findings] == [("warning", ("torch", "gpu 0"))]
    assert findings[0].evidence[-1] == "PyTorch 2.14.1 (cu130) holds code for 7.5, 8.0, 9.0, 10.0 and 12.0"


ATTEMPTS = (
    ImportAttempt(framework="torch", outcome="imported"),
    ImportAttempt(framework="tensorflow", outcome="crashed", signal="SIGILL"),
    ImportAttempt(
        framework="jax", outcome="failed", detail="ImportError: libcudart.so.13: not found\nsaid on standard error\n"
    ),
    ImportAttempt(framework="keras", outcome="timed_out"),
)


@pytest.mark.parametrize(
    ("slug", "title", "cause"),
    [
        (
            "framework-import-crashed",
            "Importing tensorflow crashes (killed by SIGILL)",
            f"The interpreter that imported tensorflow was killed by SIGILL: {MEANINGS['SIGILL']}.",
        ),
        (
            "framework-import-failed",
            "jax cannot be imported",
            "Importing jax ends in an error: ImportError: libcudart.so.13: not found",
        ),
        (
            "framework-import-timed-out",
            "Importing keras does not end",
            "The interpreter that imported keras gave no answer in the time it had.",
        ),
    ],
)
def test_imports(slug: str, title: str, cause: str, matrix: Matrix) -> None:
    _, findings = run_one(slug, matrix, make_machine(), make_environment(), ATTEMPTS)
    assert [(row.id, row.severity, row.title, row.cause) for row in findings] == [(slug, "error", title, cause)]


@pytest.mark.parametrize(("imports", "outcome"), [(None, "skipped"), ((), "skipped"), (ATTEMPTS[:1], "ran")])
def test_imports_that_nobody_tried(imports: tuple[ImportAttempt, ...] | None, outcome: str, matrix: Matrix) -> None:
    got, findings = run_one("framework-import-crashed", matrix, make_machine(), make_environment(), imports)
    assert (got.outcome, findings) == (outcome, ())


def test_only_what_mlenv_made_is_replaced_in_place(matrix: Matrix) -> None:
    own = msgspec.structs.replace(make_environment(), manifest="/home/me/.venv/mlenv-manifest.json")
    _, (finding, *_) = run_one("framework-import-crashed", matrix, make_machine(), own, ATTEMPTS)
    (fix,) = finding.fix
    assert fix.command is not None
    assert fix.command.endswith("--env /home/me/.venv")


def test_the_lines_of_the_import_machinery_are_no_evidence(matrix: Matrix) -> None:
    frames = [
        "killed by SIGSEGV while importing torch",
        "Fatal Python error: Segmentation fault",
        'File "/env/lib/torch/__init__.py", line 1 in <module>',
        'File "<frozen importlib._bootstrap>", line 241 in _call_with_frames_removed',
        'File "/lib/mlenv/verify/payloads/_runner.py", line 80 in <module>',
    ]
    attempt = ImportAttempt(framework="torch", outcome="crashed", signal="SIGSEGV", detail="\n".join(frames))
    _, (finding,) = run_one("framework-import-crashed", matrix, make_machine(), make_environment(), (attempt,))
    assert finding.evidence == ('File "/env/lib/torch/__init__.py", line 1 in <module>',)
