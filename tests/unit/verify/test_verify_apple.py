"""MLX and JAX on Metal: which device computes, and what a language model must do."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mlenv.verify.result import DeviceKind, Target
from tests.unit.verify.verify_stubs import brief, make_environment

BEGINNING = [("import", "pass", ""), ("version", "pass", "")]
FAKES = Path(__file__).parent / "fakes"


def load(name: str) -> Any:
    return importlib.import_module(f"mlenv.verify.payloads.{name}")


verdicts = load("_verdicts")


def fake_mlx(*, metal: bool = False, cuda: bool | None = None) -> SimpleNamespace:
    module = SimpleNamespace(
        cpu="cpu",
        gpu="gpu",
        Device=lambda kind, index: (kind, index),
        metal=SimpleNamespace(is_available=lambda: metal),
    )
    if cuda is not None:
        module.cuda = SimpleNamespace(is_available=lambda: cuda)
    return module


@pytest.mark.parametrize(
    ("metal", "cuda", "asked", "label"),
    [
        (True, None, "auto", "mps"),
        (True, None, "mps", "mps"),
        (True, None, "cpu", "cpu"),
        (False, True, "gpu", "cuda:0"),
        (False, True, "cuda", "cuda:0"),
        (False, False, "auto", "cpu"),
        (False, None, "auto", "cpu"),
    ],
)
def test_mlx_has_one_device(metal: bool, cuda: bool | None, asked: str, label: str) -> None:
    device, found = load("mlx").find_device(fake_mlx(metal=metal, cuda=cuda), asked)
    assert (found, device[0]) == (label, "cpu" if label == "cpu" else "gpu")


@pytest.mark.parametrize(
    ("metal", "cuda", "asked", "words"),
    [
        (False, False, "gpu", "gpu was asked for, and this MLX sees only the CPU"),
        (True, None, "cuda", "cuda was asked for, and this MLX sees a GPU of mps"),
        (False, True, "mps", "mps was asked for, and this MLX sees a GPU of cuda"),
        (False, True, "rocm", "rocm was asked for"),
    ],
)
def test_mlx_without_the_device(metal: bool, cuda: bool | None, asked: str, words: str) -> None:
    with pytest.raises(verdicts.Failure, match=words) as caught:
        load("mlx").find_device(fake_mlx(metal=metal, cuda=cuda), asked)
    assert caught.value.reason == "device-missing"


@pytest.mark.skipif("sys.platform != 'linux'", reason="elsewhere the backend comes by itself")
def test_mlx_without_a_backend(tmp_path: Path) -> None:
    environment = make_environment(tmp_path / "env")
    environment.add("mlx", "")
    found = environment.verify(Target(framework="mlx", distribution="mlx", payload="mlx"))
    assert brief(found) == [("import", "fail", "missing-library")]
    assert "install mlx[cpu], mlx[cuda12] or mlx[cuda13]" in found.results[0].detail


@pytest.mark.parametrize(
    ("mode", "device", "end"),
    [
        ("metal", "auto", [("device", "pass", ""), ("compute", "pass", "")]),
        ("metal", "mps", [("device", "pass", ""), ("compute", "pass", "")]),
        ("metal", "cpu", [("device", "skip", "skipped")]),
        ("metal", "cuda", [("device", "fail", "device-missing")]),
        ("none", "auto", [("device", "fail", "device-missing")]),
        ("fallback", "auto", [("device", "pass", ""), ("compute", "fail", "cpu-fallback")]),
        ("wrong", "auto", [("device", "pass", ""), ("compute", "fail", "wrong-number")]),
    ],
)
def test_jax_on_metal(tmp_path: Path, mode: str, device: DeviceKind, end: list[tuple[str, str, str]]) -> None:
    environment = make_environment(tmp_path / "env")
    environment.add("numpy", "def array(numbers, dtype): return numbers")
    environment.add("jax", FAKES.joinpath("jax_metal_stub.txt").read_text(), version="0.5.0")
    plugin = Path(environment.site, "jax_plugins", "metal_plugin")
    plugin.mkdir(parents=True)
    plugin.joinpath("__init__.py").write_text("")
    environment.describe("jax_metal", "0.1.1", ("jax_plugins/metal_plugin/__init__.py",))
    target = Target(framework="jax-metal", distribution="jax-metal", payload="jax_metal")
    found = environment.verify(target, device=device, variables={"FAKE_JAX": mode})
    assert brief(found) == [*BEGINNING, *end]
