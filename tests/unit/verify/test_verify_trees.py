"""The payloads of LightGBM, CatBoost and XGBoost, and what NVIDIA's driver is asked."""

from __future__ import annotations

import ctypes
import importlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mlenv.verify.result import DeviceKind, Level, Target, Verification
from tests.unit.verify.verify_stubs import StubEnvironment, brief, make_environment

FAKES = Path(__file__).parent / "fakes"
LIGHTGBM = Target(framework="lightgbm", distribution="lightgbm")
BEGINNING = [("import", "pass", ""), ("version", "pass", "")]


def load(name: str) -> Any:
    return importlib.import_module(f"mlenv.verify.payloads.{name}")


drivers, trees, verdicts, common = load("_drivers"), load("_trees"), load("_verdicts"), load("_common")


@pytest.fixture(scope="module")
def stub(tmp_path_factory: pytest.TempPathFactory) -> StubEnvironment:
    environment = make_environment(tmp_path_factory.mktemp("trees") / "env")
    environment.add("numpy", (FAKES / "numpy_stub.txt").read_text())
    environment.add("lightgbm", (FAKES / "lightgbm_stub.txt").read_text(), version="4.7.0")
    return environment


def verify(stub: StubEnvironment, mode: str, device: DeviceKind, level: Level = "quick") -> Verification:
    return stub.verify(LIGHTGBM, device=device, level=level, variables={"FAKE_LIGHTGBM": mode})


def test_lightgbm_on_the_cpu(stub: StubEnvironment) -> None:
    verification = verify(stub, "none", "auto")
    assert brief(verification) == [*BEGINNING, ("compute", "pass", "")]
    assert verification.results[2].device == "cpu"


def test_lightgbm_with_a_wrong_leaf(stub: StubEnvironment) -> None:
    result = verify(stub, "wrong", "cpu").results[2]
    assert (result.status, result.reason) == ("fail", "wrong-number")
    assert result.detail == "a full tree gives 102.5 for 103.0"


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("none", "built without CUDA; this LightGBM was built without OpenCL"),
        ("opencl-empty", "built without CUDA; it was built with OpenCL, and no OpenCL device is found"),
    ],
)
def test_lightgbm_tells_a_missing_build_from_a_missing_device(stub: StubEnvironment, mode: str, words: str) -> None:
    verification = verify(stub, mode, "gpu")
    assert brief(verification) == [*BEGINNING, ("device", "fail", "device-missing")]
    assert words in verification.results[2].detail
    thorough = verify(stub, mode, "auto", "standard")
    assert brief(thorough) == [*BEGINNING, ("compute", "pass", ""), ("device", "skip", "skipped")]
    assert words in thorough.results[3].detail


@pytest.mark.parametrize(
    ("mode", "device", "label"),
    [
        ("cuda", "cuda", "cuda:0"),
        ("opencl:NVIDIA H200, Vendor: NVIDIA Corporation", "cuda", "cuda:0"),
        ("opencl:gfx1100, Vendor: Advanced Micro Devices, Inc.", "rocm", "rocm:0"),
        ("opencl:Intel(R) Arc(TM) A770 Graphics, Vendor: Intel(R) Corporation", "xpu", "xpu:0"),
        ("opencl:Mali-G78, Vendor: ARM", "gpu", "opencl:0"),
    ],
)
def test_lightgbm_on_a_gpu(stub: StubEnvironment, mode: str, device: DeviceKind, label: str) -> None:
    verification = verify(stub, mode, device)
    assert brief(verification) == [*BEGINNING, ("device", "pass", ""), ("compute", "pass", "")]
    assert [result.device for result in verification.results[2:]] == [label, label]


@pytest.mark.parametrize(
    ("mode", "device", "reason"),
    [
        ("opencl:pthread-Intel(R) Xeon(R), Vendor: GenuineIntel", "gpu", "cpu-fallback"),
        ("opencl:cpu-haswell, Vendor: The pocl project", "gpu", "cpu-fallback"),
        ("opencl:Intel(R) Arc(TM), Vendor: Intel(R) Corporation", "cuda", "wrong-device"),
    ],
)
def test_opencl_on_another_device(stub: StubEnvironment, mode: str, device: DeviceKind, reason: str) -> None:
    assert brief(verify(stub, mode, device)) == [*BEGINNING, ("device", "fail", reason)]


def test_leaves() -> None:
    assert trees.compare_leaves(list(trees.TARGETS), exact=True) is None
    near = [number + 1e-4 for number in trees.TARGETS]
    assert trees.compare_leaves(near, exact=False) is None
    for found, exact in ((near, True), (trees.TARGETS[:7], True), ([float("nan")] * 8, False)):
        with pytest.raises(verdicts.Failure) as caught:
            trees.compare_leaves(found, exact=exact)
        assert caught.value.reason == "wrong-number"


def test_every_feature_says_something_at_every_node() -> None:
    halves = [
        {trees.TARGETS[i] for i in range(8) if (i >> bit & 1) == value and (i >> other & 1) == side}
        for bit in range(3)
        for other in range(3)
        for value in (0, 1)
        for side in (0, 1)
        if bit != other
    ]
    assert all(len(half) == 2 for half in halves)


def make_driver(*names: str, status: int = 0) -> SimpleNamespace:
    """NVIDIA's driver with some GPUs, or with a status that is no success."""

    def count(found: Any) -> int:
        found._obj.value = len(names)
        return 0

    def get(device: Any, index: int) -> int:
        device._obj.value = index
        return 0

    def name(buffer: Any, size: int, device: ctypes.c_int) -> int:
        buffer.value = names[device.value].encode()
        return 0

    def identify(raw: Any, device: ctypes.c_int) -> int:
        ctypes.memmove(raw._obj, bytes(range(device.value, device.value + 16)), 16)
        return 0

    def word(number: int, text: Any) -> int:
        text._obj.value = b"CUDA_ERROR_SYSTEM_DRIVER_MISMATCH"
        return 0 if number == 803 else 1

    return SimpleNamespace(
        cuInit=lambda flags: status,
        cuDeviceGetCount=count,
        cuDeviceGet=get,
        cuDeviceGetName=name,
        cuDeviceGetUuid_v2=identify,
        cuGetErrorName=word,
    )


def see(driver: SimpleNamespace | None) -> Any:
    def load(name: str) -> Any:
        if driver is None or name != "libcuda.so.1":
            raise OSError(name)
        return driver

    return drivers.see_nvidia(load, "linux")


def test_what_the_driver_lists() -> None:
    sight = see(make_driver("NVIDIA H200", "NVIDIA L4"))
    assert [(gpu.label, gpu.name) for gpu in sight.gpus] == [("cuda:0", "NVIDIA H200"), ("cuda:1", "NVIDIA L4")]
    assert sight.gpus[1].about == "GPU-01020304-0506-0708-090a-0b0c0d0e0f10"
    assert (sight.reason, sight.driver) == ("", True)


@pytest.mark.parametrize(
    ("driver", "reason", "there"),
    [
        (None, "there is no NVIDIA driver here", False),
        (make_driver(), "the NVIDIA driver lists no GPU", True),
        (make_driver(status=100), "the NVIDIA driver lists no GPU", True),
        (
            make_driver("x", status=803),
            "the NVIDIA driver cannot be used (CUDA_ERROR_SYSTEM_DRIVER_MISMATCH 803)",
            True,
        ),
        (make_driver("x", status=999), "the NVIDIA driver cannot be used (error 999)", True),
    ],
)
def test_why_there_are_none(driver: Any, reason: str, there: bool) -> None:
    assert see(driver) == drivers.Sight([], reason, driver=there)


@pytest.mark.parametrize(
    ("asked", "driver", "status", "reason"),
    [
        ("auto", None, "skip", "skipped"),
        ("auto", make_driver(), "skip", "skipped"),
        ("auto", make_driver("x", status=803), "fail", "device-missing"),
        ("gpu", None, "fail", "device-missing"),
        ("rocm", make_driver("x"), "fail", "device-missing"),
        ("cpu", make_driver("x"), "skip", "skipped"),
        ("cuda", make_driver("x", "y"), "pass", ""),
    ],
)
def test_a_framework_that_is_nothing_without_a_gpu(asked: str, driver: Any, status: str, reason: str) -> None:
    session = common.Session({"device": asked}, lambda statement: None)
    if status == "pass":
        assert [gpu.label for gpu in drivers.require_nvidia(session, "cuDF", see(driver))] == ["cuda:0", "cuda:1"]
    else:
        with pytest.raises(verdicts.Stopped):
            drivers.require_nvidia(session, "cuDF", see(driver))
    assert [(step["status"], step["reason"]) for step in session._results] == [(status, reason)]


def test_amd_gpus_are_counted_by_the_first_runtime_that_is_there() -> None:
    def count(found: Any) -> int:
        found._obj.value = 3
        return 0

    def load(name: str) -> Any:
        if name != "libamdhip64.so.6":
            raise OSError(name)
        return SimpleNamespace(hipGetDeviceCount=count)

    assert drivers.count_amd(load, "linux") == 3
    assert drivers.count_amd(load, "darwin") == 0


def test_catboost_gpus() -> None:
    find_gpus, note = load("catboost").find_gpus, common.Note(None, [])
    assert find_gpus("auto", lambda: see(None), lambda: 2, note) == [0, 1]
    assert find_gpus("cpu", lambda: see(None), lambda: 2, note) == []
    assert find_gpus("auto", lambda: see(None), lambda: 0, note) == []
    assert (note.status, note.detail) == ("pass", "the CPU: CatBoost counts no GPU; there is no NVIDIA driver here")
    assert find_gpus("auto", lambda: see(make_driver("x")), lambda: 0, note) == []
    assert (note.status, note.reason) == ("warn", "device-unusable")
    for asked in ("gpu", "cuda", "rocm", "mps"):
        with pytest.raises(verdicts.Failure, match=f"{asked} was asked for") as caught:
            find_gpus(asked, lambda: see(None), lambda: 0, note)
        assert caught.value.reason == "device-missing"


def test_catboost_says_where_it_trained() -> None:
    class Model:
        def __init__(self, **settings: Any) -> None:
            assert settings["allow_writing_files"] is False

        def fit(self, rows: list[list[float]], targets: list[float]) -> None:
            assert len(rows) == len(targets) == 128

        def get_all_params(self) -> dict[str, str]:
            return {"task_type": "CPU"}

        def predict(self, rows: list[list[float]]) -> list[float]:
            return [7.0 for _ in rows]

    train, module = load("catboost").train, SimpleNamespace(CatBoostRegressor=Model)
    assert train(module, {}) == [7.0] * 8
    with pytest.raises(verdicts.Failure, match="silently computed on the CPU"):
        train(module, {"task_type": "GPU", "devices": "0"})


def test_xgboost_takes_another_gpu_where_there_is_none_of_that_number() -> None:
    def train(settings: dict[str, object], data: object, num_boost_round: int) -> SimpleNamespace:
        config = '{"learner": {"generic_param": {"device": "cuda:0"}}}'
        return SimpleNamespace(save_config=lambda: config)

    module = SimpleNamespace(train=train, DMatrix=lambda *_, **__: None)
    payload = load("xgboost")
    assert payload.train_there(module, "cuda:0") is not None
    with pytest.raises(verdicts.Failure) as caught:
        payload.train_there(module, "cuda:1")
    assert (caught.value.reason, str(caught.value)) == ("wrong-device", "computed on cuda:0 where cuda:1 was asked for")
