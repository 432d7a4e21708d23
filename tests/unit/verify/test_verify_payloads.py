"""The payloads' own parts: their arithmetic, their reading of devices, what they need of Python."""

from __future__ import annotations

import ast
import importlib
import itertools
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mlenv.verify.children import PAYLOADS

FILES = sorted(Path(PAYLOADS).rglob("*.py"))
OWN = sorted(path.stem for path in Path(PAYLOADS).glob("[!_]*.py"))


def load(name: str) -> Any:
    return importlib.import_module(f"mlenv.verify.payloads.{name}")


exact, installed, verdicts, common = load("_exact"), load("_installed"), load("_verdicts"), load("_common")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_payloads_need_python_3_8_and_its_library_alone(path: Path) -> None:
    tree = ast.parse(path.read_text(), feature_version=(3, 8))
    modules = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            modules |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            modules.add(str(node.module).split(".")[0])
    assert modules <= set(sys.stdlib_module_names)


@pytest.mark.parametrize("name", OWN)
def test_every_payload_has_a_check(name: str) -> None:
    assert callable(load(name).check)


def test_the_matrices_are_whole_numbers_and_stay_the_same() -> None:
    left, right = exact.make_matrices()
    assert {number for row in left + right for number in row} == {-1, 0, 1}
    assert (exact.measure(left), exact.measure(right)) == ((128, 64), (64, 192))
    assert left[0][:8] == [1, 0, 0, 0, 1, -1, -1, -1]
    assert exact.make_matrices() == (left, right)


def test_the_product_is_right() -> None:
    assert exact.multiply([[1, 2], [3, 4]], [[5, 6, 7], [8, 9, 10]]) == [[21, 24, 27], [47, 54, 61]]
    product = exact.multiply(*exact.make_matrices())
    assert max(abs(number) for row in product for number in row) <= 64


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ([[1.0, 2.0], [3.0, 5.0]], "float32: element [1, 1] is 5.0 and must be 4 (1 of 4 elements are wrong)"),
        ([[1.0, 2.0]], "the result has shape (1, 2), not (2, 2)"),
        ([[1.0], [2.0, 3.0]], "the result has shape None, not (2, 2)"),
        (4.0, "the result has shape None"),
    ],
)
def test_a_difference_is_named(found: object, words: str) -> None:
    with pytest.raises(verdicts.Failure) as caught:
        exact.compare(found, [[1, 2], [3, 4]], "float32")
    assert caught.value.reason == "wrong-number"
    assert words in str(caught.value)


def test_equal_numbers_of_another_type_are_equal() -> None:
    assert exact.compare([[1.0, -0.0]], [[1, 0]], "float32") is None


@pytest.mark.parametrize(
    ("one", "other"),
    [("2.13.0+cpu", "2.13.0"), ("2.20.0-rc0", "2.20.0rc0"), ("1.0", "1.0.0"), ("2026.01.1", "2026.1.1")],
)
def test_versions_that_are_the_same(one: str, other: str) -> None:
    assert installed.normalise(one) == installed.normalise(other)


@pytest.mark.parametrize(("one", "other"), [("2.1", "2.10"), ("2.0", "2.0rc1"), ("1.0.1", "1.0"), ("0", "1")])
def test_versions_that_differ(one: str, other: str) -> None:
    assert installed.normalise(one) != installed.normalise(other)


@pytest.mark.parametrize(
    ("wanted", "found", "same"),
    [
        ("2.13.0+cpu", "2.13.0", True),
        ("2.13.0", "2.13.0+cu130", True),
        ("2.13.0+cpu", "2.13.0+cu130", False),
        ("2.13.0", "2.12.0", False),
    ],
)
def test_local_parts_count_where_both_have_one(wanted: str, found: str, same: bool) -> None:
    assert installed.agree(wanted, found) is same


@pytest.mark.parametrize(
    ("stated", "is_it"),
    [
        ("2026.4.1-22982-e213a147257-releases/2026/4", True),
        ("2026.4.1", True),
        ("2026.4.10-22982-e213a147257", False),
        ("2026.4.0-22982-e213a147257", False),
    ],
)
def test_a_module_may_add_a_mark_of_its_build(stated: str, is_it: bool) -> None:
    assert installed.belongs(stated, "2026.4.1") is is_it


@pytest.mark.parametrize(
    ("stated", "is_it"), [("5.0.0", True), ("5.0.0.93", True), ("5.0.1", False), ("5.0", True), ("5.0.0.9", False)]
)
def test_the_number_of_a_packaging_says_nothing_of_the_library(stated: str, is_it: bool) -> None:
    assert installed.belongs(stated, "5.0.0.93") is is_it


def test_the_modules_of_a_wheel() -> None:
    paths = [
        "torch/__init__.py",
        "torch/nn/__init__.py",
        "torch-2.13.0.dist-info/RECORD",
        "../../../bin/torchrun",
        "six.py",
        "_cffi_backend.cpython-311-x86_64-linux-gnu.so",
        "google/protobuf/__init__.py",
        "torchgen/packaged/x.yaml",
    ]
    assert installed.find_roots(paths) == ["_cffi_backend", "google.protobuf", "six", "torch"]


def test_tensorflow_says_where_a_tensor_lies() -> None:
    check_place = load("tensorflow").check_place
    prefix = "/job:localhost/replica:0/task:0/device:"
    assert check_place("/GPU:0", "cuda:0", prefix + "GPU:0") is None
    with pytest.raises(verdicts.Failure) as caught:
        check_place("/GPU:0", "cuda:0", prefix + "CPU:0")
    assert caught.value.reason == "cpu-fallback"


def tensorflow(*gpus: str, cuda: bool) -> SimpleNamespace:
    devices = [SimpleNamespace(name=f"/physical_device:{gpu}") for gpu in gpus]
    build = {"is_cuda_build": cuda, "is_rocm_build": False, "cuda_version": "12.5.1"}
    return SimpleNamespace(
        config=SimpleNamespace(list_physical_devices=lambda kind: devices),
        sysconfig=SimpleNamespace(get_build_info=lambda: build),
    )


@pytest.mark.skipif(sys.platform == "darwin", reason="TensorFlow's GPUs there are Apple's")
def test_tensorflow_devices() -> None:
    find_devices, note = load("tensorflow").find_devices, common.Note(None, [])
    gpus = tensorflow("GPU:0", "GPU:1", cuda=True)
    assert find_devices(gpus, "auto", note) == ("cuda", ["/GPU:0", "/GPU:1"])
    assert find_devices(gpus, "cpu", note) == ("cpu", ["/CPU:0"])
    assert find_devices(tensorflow(cuda=True), "auto", note) == ("cpu", ["/CPU:0"])
    assert note.detail == "the CPU: this CUDA 12.5.1 build sees no GPU"
    for module, asked in itertools.product((tensorflow(cuda=False), tensorflow("GPU:0", cuda=True)), ("rocm", "tpu")):
        with pytest.raises(verdicts.Failure, match=f"{asked} was asked for"):
            find_devices(module, asked, note)


def test_jax_says_where_an_array_lies() -> None:
    jax = load("jax")
    gpu = SimpleNamespace(platform="gpu", client=SimpleNamespace(platform_version="cuda 12080"))
    amd = SimpleNamespace(platform="gpu", client=SimpleNamespace(platform_version="rocm 70200"))
    assert (jax.name_kind(gpu), jax.name_kind(amd)) == ("cuda", "rocm")


def test_jax_on_the_cpu_where_a_gpu_was_asked() -> None:
    class Device:
        def __init__(self, platform: str) -> None:
            self.platform, self.client = platform, None

    gpu, cpu = Device("gpu"), Device("cpu")
    jax = load("jax")
    assert jax.check_place(gpu, "cuda:0", SimpleNamespace(devices=lambda: {gpu})) is None
    with pytest.raises(verdicts.Failure, match="silently computed on the CPU: cuda:0 was asked for"):
        jax.check_place(gpu, "cuda:0", SimpleNamespace(devices=lambda: {cpu}))


def xgboost(used: str, *, built: bool = True) -> SimpleNamespace:
    """An XGBoost whose trained model says that it used that device, whatever was asked for."""

    def train(settings: dict[str, object], data: object, num_boost_round: int) -> SimpleNamespace:
        device = "cpu" if settings["device"] == "cpu" else used
        config = f'{{"learner": {{"generic_param": {{"device": "{device}"}}}}}}'
        return SimpleNamespace(save_config=lambda: config)

    return SimpleNamespace(
        __version__="3.2.0", build_info=lambda: {"USE_CUDA": built}, train=train, DMatrix=lambda *_, **__: None
    )


@pytest.mark.parametrize(
    ("used", "asked", "device"), [("cuda:0", "cuda", "cuda"), ("cuda:0", "auto", "cuda"), ("cpu", "auto", "cpu")]
)
def test_xgboost_says_where_it_trained(used: str, asked: str, device: str) -> None:
    assert load("xgboost").train_somewhere(xgboost(used), asked, common.Note(None, []))[1] == device


@pytest.mark.parametrize(
    ("built", "asked", "reason"),
    [(True, "cuda", "cpu-fallback"), (False, "gpu", "device-missing"), (True, "rocm", "device-missing")],
)
def test_xgboost_without_the_device(built: bool, asked: str, reason: str) -> None:
    note = common.Note(None, ["No visible GPU is found, setting device to CPU."])
    with pytest.raises(verdicts.Failure) as caught:
        load("xgboost").train_somewhere(xgboost("cpu", built=built), asked, note)
    assert caught.value.reason == reason
    assert ("No visible GPU" in str(caught.value)) is (reason == "cpu-fallback")


@pytest.mark.parametrize(
    ("tensor", "place"),
    [
        (SimpleNamespace(device="cuda:0"), "cuda:0"),
        (SimpleNamespace(device="cpu"), "cpu"),
        (SimpleNamespace(device="/job:localhost/replica:0/task:0/device:GPU:0"), "gpu:0"),
        (SimpleNamespace(devices=lambda: [SimpleNamespace(platform="cpu", id=0)]), "cpu"),
        (SimpleNamespace(devices=lambda: [SimpleNamespace(platform="gpu", id=1)]), "gpu:1"),
    ],
)
def test_keras_tensors_of_every_backend(tensor: object, place: str) -> None:
    assert load("keras").locate(tensor) == place


def test_keras_on_the_cpu_where_a_gpu_was_asked() -> None:
    compare_place = load("keras").compare_place
    assert [compare_place(*pair) for pair in (("auto", "cpu"), ("cpu", "cpu"), ("cuda", "cuda:0"))] == [None] * 3
    with pytest.raises(verdicts.Failure, match="silently computed on the CPU: cuda was asked for"):
        compare_place("cuda", "cpu")


def test_a_payload_that_misuses_a_framework_is_our_own_fault() -> None:
    session = common.Session({"distribution": ""}, lambda statement: None)
    with pytest.raises(verdicts.Stopped), session.check("compute"):
        load("tensorflow").find_devices(SimpleNamespace(), "auto", None)
    assert [(step["status"], step["reason"]) for step in session._results] == [("error", "payload")]
