"""The ONNX Runtime payload against a fake that reads our model: what it must not let pass."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mlenv.verify.result import DeviceKind, Target, Verification
from tests.unit.verify.verify_stubs import StubEnvironment, brief, make_environment

FAKES = Path(__file__).parent / "fakes"
DML = "DmlExecutionProvider,CPUExecutionProvider"
TARGET = Target(framework="onnxruntime", distribution="onnxruntime", payload="onnxruntime")
BEGINNING = [("import", "pass", ""), ("version", "pass", "")]


def load(name: str) -> Any:
    return importlib.import_module(f"mlenv.verify.payloads.{name}")


providers, payload, verdicts, common = load("_onnx_providers"), load("onnxruntime"), load("_verdicts"), load("_common")


@pytest.fixture(scope="module")
def stub(tmp_path_factory: pytest.TempPathFactory) -> StubEnvironment:
    environment = make_environment(tmp_path_factory.mktemp("onnxruntime") / "env")
    environment.add("numpy", (FAKES / "numpy_stub.txt").read_text())
    environment.add("onnxruntime", (FAKES / "onnxruntime_stub.txt").read_text(), version="1.32.0")
    environment.describe("onnxruntime-gpu", "1.32.0", ("onnxruntime/__init__.py",))
    return environment


def verify(
    stub: StubEnvironment, mode: str, device: DeviceKind, listed: str = DML, target: Target = TARGET
) -> Verification:
    return stub.verify(target, device=device, variables={"FAKE_ORT": mode, "FAKE_PROVIDERS": listed})


def test_a_cpu_build(stub: StubEnvironment) -> None:
    verification = verify(stub, "well", "auto", "AzureExecutionProvider,CPUExecutionProvider")
    assert brief(verification) == [*BEGINNING, *[(name, "pass", "") for name in ("device", "compute", "precision")]]
    assert [result.device for result in verification.results[2:]] == ["cpu"] * 3
    assert verification.results[3].detail == "128x64 @ 64x192 exact by CPUExecutionProvider"


def test_a_provider_that_works_and_the_cpu_beside_it(stub: StubEnvironment) -> None:
    verification = verify(stub, "well", "auto")
    names = [(result.check, result.device, result.status) for result in verification.results[2:]]
    assert names == [
        ("device", "dml:0", "pass"),
        ("compute", "dml:0", "pass"),
        ("cpu", "cpu", "pass"),
        ("precision", "dml:0", "pass"),
        ("precision", "cpu", "pass"),
    ]


def test_the_arithmetic_is_named(stub: StubEnvironment) -> None:
    results = verify(stub, "tf32", "gpu").results
    assert [(result.check, result.status) for result in results[3:]] == [("compute", "pass"), ("precision", "pass")]
    assert results[4].measured["arithmetic"] == "fp16"
    assert "DmlExecutionProvider: float32 ran as float16" in results[4].detail


@pytest.mark.parametrize("device", ["auto", "gpu"])
def test_computing_silently_on_the_cpu_fails(stub: StubEnvironment, device: DeviceKind) -> None:
    result = verify(stub, "fallback", device).results[3]
    assert (result.check, result.status, result.reason) == ("compute", "fail", "cpu-fallback")
    assert result.detail == "silently computed on the CPU: DmlExecutionProvider was asked for"


@pytest.mark.parametrize("device", ["auto", "gpu"])
def test_one_wrong_element_fails(stub: StubEnvironment, device: DeviceKind) -> None:
    result = verify(stub, "wrong", device).results[3]
    assert (result.check, result.status, result.reason) == ("compute", "fail", "wrong-number")
    assert "DmlExecutionProvider on dml:0: element [3, 17] is " in result.detail


def test_a_listed_provider_without_a_device_is_a_warning_unless_it_was_asked_for(stub: StubEnvironment) -> None:
    verification = verify(stub, "missing", "auto")
    assert brief(verification)[3:5] == [("compute", "warn", "device-unusable"), ("compute", "pass", "")]
    assert "DmlExecutionProvider makes no session (RuntimeError: This session" in verification.results[3].detail
    assert verification.status == "warning"
    assert brief(verify(stub, "missing", "gpu"))[3:] == [("compute", "fail", "provider-unusable")]


@pytest.mark.parametrize(
    ("device", "words"),
    [
        ("cuda", "no provider for it (it has CPUExecutionProvider): such a build is onnxruntime-gpu"),
        ("rocm", "such a build is onnxruntime-migraphx or onnxruntime-rocm"),
        ("mps", "such a build is onnxruntime"),
        ("tpu", "tpu was asked for, and this ONNX Runtime 1.32.0 has no provider for it"),
    ],
)
def test_a_device_that_the_build_does_not_have(stub: StubEnvironment, device: DeviceKind, words: str) -> None:
    verification = verify(stub, "well", device, "CPUExecutionProvider")
    assert brief(verification) == [*BEGINNING, ("device", "fail", "device-missing")]
    assert words in verification.results[2].detail


def test_another_distribution_over_the_one_that_is_installed(stub: StubEnvironment) -> None:
    target = Target(framework="onnxruntime", distribution="onnxruntime-gpu", payload="onnxruntime")
    verification = verify(stub, "well", "auto", "CPUExecutionProvider", target)
    assert brief(verification)[2:] == [("device", "fail", "overwritten")]
    assert "CUDAExecutionProvider is not there" in verification.results[2].detail


def test_what_is_computed_on() -> None:
    available = ["DmlExecutionProvider", "CoreMLExecutionProvider", "AzureExecutionProvider", providers.CPU]
    labels = {
        asked: [place.label for place in providers.list_places(available, asked, thorough=True)]
        for asked in ("auto", "gpu", "mps", "xpu", "tpu")
    }
    assert labels == {
        "auto": ["dml:0", "mps:0"],
        "gpu": ["dml:0", "mps:0"],
        "mps": ["mps:0"],
        "xpu": ["dml:0"],
        "tpu": [],
    }


@pytest.mark.parametrize(("name", "label"), [("CPU", "cpu"), ("GPU", "xpu:0"), ("GPU.1", "xpu:1"), ("NPU", "npu")])
def test_the_devices_of_the_openvino_inside(name: str, label: str) -> None:
    assert providers.label_openvino(name) == label


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("libcublasLt.so.12: cannot open shared object file: No such file or directory", "libcublasLt.so.12"),
        ("Could not find module 'x.dll' (or one of its dependencies).", "x.dll"),
        ("x.so: undefined symbol: Provider_GetHost", ""),
    ],
)
def test_the_missing_library_is_named(tmp_path: Path, words: str, name: str) -> None:
    tmp_path.joinpath("capi").mkdir()
    tmp_path.joinpath("capi", "libonnxruntime_providers_cuda.so").touch()

    def refuse(path: str) -> None:
        assert path == str(tmp_path / "capi" / "libonnxruntime_providers_cuda.so")
        raise OSError(words)

    found = providers.find_missing_library(str(tmp_path), "CUDAExecutionProvider", load=refuse, platform="linux")
    assert found == name
    assert providers.find_missing_library(str(tmp_path), "ROCMExecutionProvider", load=refuse, platform="linux") == ""


def test_libraries_of_other_wheels_are_made_known_and_that_is_said() -> None:
    known: list[bool] = []

    class Session:
        def __init__(self, model: bytes, options: object, providers: list[tuple[str, object]]) -> None:
            if not known:
                raise RuntimeError("libcublasLt.so.12")

        def get_providers(self) -> list[str]:
            return ["CUDAExecutionProvider"]

    options = SimpleNamespace(add_session_config_entry=lambda key, value: None)
    module = SimpleNamespace(
        SessionOptions=lambda: options, InferenceSession=Session, preload_dlls=lambda: known.append(True)
    )
    place = providers.Place("CUDAExecutionProvider", "cuda:0", {"device_id": "0"})
    how = payload.open_session(module, place, b"", common.Note(None, []))[1]
    assert how == ", after onnxruntime.preload_dlls(): a program must call it"


@pytest.mark.parametrize(
    ("place", "status"),
    [
        (("TensorrtExecutionProvider", "cuda:0", {}), "skip"),
        (("ROCMExecutionProvider", "rocm:0", {}, "", False), "skip"),
        (("MIGraphXExecutionProvider", "rocm:0", {}), "warn"),
    ],
)
def test_what_is_no_more_than_a_skip(place: tuple[Any, ...], status: str) -> None:
    note = common.Note(None, [])
    payload.excuse(verdicts.Failure("provider-unusable", "cannot be loaded"), providers.Place(*place), note)
    assert note.status == status
