"""The verdict: green means seen to work."""

from __future__ import annotations

import pytest

from mlenv.verify.children import PAYLOADS, Setting, child_argv, child_environ, payload_for
from mlenv.verify.result import DeviceKind, Result, ResultStatus, Status, Target, find_status


def make(status: ResultStatus, check: str = "compute") -> Result:
    return Result(framework="torch", version=None, device=None, check=check, status=status, seconds=0.0, detail="")


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ((), "unknown"),
        (("pass",), "ok"),
        (("pass", "skip"), "ok"),
        (("pass", "warn"), "warning"),
        (("skip",), "unknown"),
        (("error",), "unknown"),
        (("pass", "error"), "unknown"),
        (("pass", "fail"), "error"),
        (("fail", "error"), "error"),
    ],
)
def test_the_verdict(statuses: tuple[ResultStatus, ...], expected: Status) -> None:
    assert find_status(map(make, statuses)) == expected


@pytest.mark.parametrize(
    ("device", "status", "expected"),
    [
        ("auto", "skip", "ok"),
        ("cpu", "skip", "ok"),
        ("cuda", "skip", "unknown"),
        ("gpu", "skip", "unknown"),
        ("cuda", "pass", "ok"),
    ],
)
def test_an_accelerator_must_have_been_proved(device: DeviceKind, status: ResultStatus, expected: Status) -> None:
    assert find_status((make("pass"), make(status, "device")), device) == expected


@pytest.mark.parametrize(
    ("framework", "payload"),
    [
        ("torch", "torch"),
        ("scikit-learn", "scikit_learn"),
        ("notebook", "jupyter"),
        ("onnxruntime-gpu", "onnxruntime"),
        ("xgboost-cpu", "xgboost"),
        ("polars", "generic"),
        ("_common", "generic"),
        ("../runner", "generic"),
    ],
)
def test_the_payload_of_a_framework(framework: str, payload: str) -> None:
    assert payload_for(framework) == payload


def test_the_variables_of_a_child() -> None:
    environ = {
        "PATH": "/usr/bin",
        "HOME": "/home/user",
        "PYTHONPATH": "/home/user/mine",
        "PYTHONHOME": "/opt/python",
        "PYTORCH_ENABLE_MPS_FALLBACK": "1",
        "LD_LIBRARY_PATH": "/usr/local/cuda/lib64",
        "CUDA_VISIBLE_DEVICES": "1",
        "KERAS_BACKEND": "jax",
        "OMP_NUM_THREADS": "4",
        "HF_HOME": "/home/user/models",
    }
    variables = child_environ(environ, "/env/bin/python", "/scratch")
    dropped = {name for name in environ if name not in variables}
    assert dropped == {"PYTHONPATH", "PYTHONHOME", "PYTORCH_ENABLE_MPS_FALLBACK"}
    kept = ("HOME", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "KERAS_BACKEND", "OMP_NUM_THREADS")
    assert {name: variables[name] for name in kept} == {name: environ[name] for name in kept}
    assert variables["PATH"].startswith("/env/bin")
    assert (variables["PYTHONNOUSERSITE"], variables["HF_HUB_OFFLINE"], variables["MPLBACKEND"]) == ("1", "1", "Agg")
    assert variables["XLA_PYTHON_CLIENT_PREALLOCATE"] == "false"
    assert all(variables[name].startswith("/scratch") for name in ("HF_HOME", "MPLCONFIGDIR", "KERAS_HOME"))


def test_the_command_line_of_a_child() -> None:
    target = Target(framework="scikit-learn", distribution="scikit-learn", imports=("sklearn",), version="1.9.1")
    argv = child_argv(Setting(python="/env/bin/python", environ={}, device="cpu"), target, "3f0c", timeout=120.0)
    assert argv[:4] == ["/env/bin/python", "-I", "-X", "faulthandler"]
    assert argv[4].startswith(PAYLOADS)
    assert argv[5:] == [
        "scikit_learn",
        "3f0c",
        (
            '{"distribution":"scikit-learn","imports":["sklearn"],"version":"1.9.1",'
            '"device":"cpu","level":"quick","timeout":120.0,"import_only":false,'
            '"partners":[],"backend":"","soak_seconds":0.0}'
        ),
    ]


def test_an_attempt_only_imports() -> None:
    target = Target(framework="torch", distribution="torch")
    argv = child_argv(Setting(python="python", environ={}), target, "3f0c", timeout=1.0, import_only=True)
    assert (argv[5], '"import_only":true' in argv[7]) == ("generic", True)
