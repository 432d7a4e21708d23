"""The matrix has rows for all that the tutorial names, and for what users expect besides."""

from __future__ import annotations

import pytest
from packaging.requirements import Requirement

from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import Framework

MATRIX = Matrix()
PROFILE = "tutorial"
TUTORIAL = (
    *("torch", "torchvision", "torchaudio", "torchao", "tensordict", "torchrl"),
    *("tensorflow", "tensorflow-text", "tf-keras", "ai-edge-litert", "tensorflow-serving-api", "tfx", "keras", "jax"),
    *("scikit-learn", "xgboost", "transformers", "pyspark", "ray", "horovod", "mxnet", "oneflow", "openvino"),
    *("onnx", "onnxruntime", "spacy", "nltk", "numpy", "pandas", "matplotlib", "seaborn", "jupyter"),
    *("ydata-profiling", "mlflow", "wandb", "torchserve", "pycaret", "h2o", "dowhy", "causalml"),
    *("qiskit", "cirq", "theano"),
)
BESIDES = (
    *("lightgbm", "catboost", "paddlepaddle", "mlx", "cupy", "cudf", "cuml", "vllm", "deepspeed", "accelerate"),
    *("bitsandbytes", "flash-attn", "xformers", "triton", "lightning", "pytorch-lightning", "fastai", "tensorrt"),
)
DEVICES = {
    "torch": {"cpu": "torch", "cuda": "torch", "rocm": "torch", "xpu": "torch", "mps": "torch"},
    "tensorflow": {"cpu": "tensorflow", "cuda": "tensorflow", "rocm": "tensorflow-rocm", "mps": "tensorflow-metal"},
    "jax": {"cpu": "jax", "cuda": "jax", "tpu": "jax", "rocm": "jax-rocm", "mps": "jax-metal"},
    "xgboost": {"cpu": "xgboost", "cuda": "xgboost"},
}
"""The devices that the tutorial speaks of, and the framework that may have them as rows of its own."""


def named_by_profile() -> set[str]:
    if PROFILE not in MATRIX.profile_names:
        return set()
    profile = MATRIX.profile(PROFILE)
    return {Requirement(text).name for text in (*profile.frameworks, *profile.optional)}


def find(name: str) -> Framework:
    assert name in MATRIX.framework_ids, f"no framework is called {name}"
    return MATRIX.framework(name)


def test_the_profile_names_all_of_the_tutorial() -> None:
    assert PROFILE in MATRIX.profile_names
    assert [] == [name for name in TUTORIAL if name not in named_by_profile()]


@pytest.mark.parametrize("name", sorted({*TUTORIAL, *BESIDES, *named_by_profile()}))
def test_each_has_a_release_with_its_source_and_day(name: str) -> None:
    framework = find(name)
    assert framework.release
    assert framework.checked_on <= MATRIX.info.as_of
    for release in framework.release:
        assert release.source
        assert release.builds
        assert all(build.source for build in release.builds)
        assert {*release.source, *(source for build in release.builds for source in build.source)} <= set(
            framework.sources
        )


def devices_of(name: str) -> set[str]:
    builds = [build for release in find(name).release for build in release.builds]
    return {accelerator for build in builds for accelerator in build.accelerators}


@pytest.mark.parametrize("name", DEVICES)
def test_the_devices_that_the_tutorial_speaks_of(name: str) -> None:
    known = devices_of(name)
    missing = [
        device for device, own in DEVICES[name].items() if device not in known and own not in MATRIX.framework_ids
    ]
    assert [] == missing


@pytest.mark.parametrize("name", ["mxnet", "theano"])
def test_what_is_dead_is_told_with_what_to_use_instead(name: str) -> None:
    framework = find(name)
    assert ("dead", True) == (framework.status, bool(framework.successor))
