"""Payloads around PyTorch against fakes: mismatched companions, wrong numbers, devices that are not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlenv.verify.result import DeviceKind, Target, Verification
from tests.unit.verify.verify_stubs import FAKE_TORCH, StubEnvironment, brief, make_environment

BEGINNING = [("import", "pass", ""), ("version", "pass", ""), ("companions", "pass", "")]

# nms, roi_align and resize as they are defined, for what the payload gives them.
FAKE_VISION = """
import os
import types
import torch

MODE = os.environ.get("FAKE_VISION", "good")
if MODE == "broken":
    raise RuntimeError("operator torchvision::nms does not exist")


def share(a, b):
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    return width * height / (sum(areas) - width * height)


def nms(boxes, scores, limit):
    kept = []
    for i in sorted(range(len(scores.numbers)), key=lambda i: -scores.numbers[i]):
        if MODE == "wrong" or all(share(boxes.numbers[i], boxes.numbers[j]) <= limit for j in kept):
            kept.append(i)
    return torch.Tensor(kept, "cpu" if MODE == "fallback" else boxes.device)


def shrink(rows, left, size, cells):
    step = size / cells
    points = [[left + step * i + step * (2 * k + 1) / 4 for k in range(2)] for i in range(cells)]
    shift = 0.0 if left is not None and size == 4 else 0.5
    line = [sum(x - shift for x in pair) / 2 for pair in points]
    return torch.Tensor([[[line] * cells]], rows.device)


ops = types.SimpleNamespace(
    nms=nms,
    roi_align=lambda rows, region, output_size, sampling_ratio: shrink(rows, 0, 4, output_size),
)
transforms = types.SimpleNamespace(
    functional=types.SimpleNamespace(resize=lambda rows, size, antialias: shrink(rows, 0, 8, size[0]))
)
"""

FAKE_HOROVOD = """
import os
import torch

MODE = os.environ.get("FAKE_HOROVOD", "good")
if MODE == "unbuilt":
    raise ImportError("Extension horovod.torch has not been built")
Sum = "sum"
init = shutdown = lambda: None
size, rank = lambda: 1, lambda: 0
gloo_built, mpi_built = lambda: True, lambda: False
nccl_built = ccl_built = lambda: 0


def allreduce(tensor, op, prescale_factor, name):
    factor = 1.0 if MODE == "wrong" else prescale_factor
    return torch.Tensor([[factor * number for number in row] for row in tensor.numbers], tensor.device)


def broadcast(tensor, root_rank, name):
    return tensor
"""

FAKE_XFORMERS = """
import os

MODE = os.environ.get("FAKE_XFORMERS", "good")


class Build:
    torch_version = "2.10.0+cu128"


class WrongBuild(Exception):
    def __str__(self):
        return "xFormers was built for:\\n  PyTorch 2.10.0+cu128 (you have 2.15.0)"


_build_metadata = Build()
_cpp_library_load_exception = WrongBuild() if MODE == "mismatch" else None
"""

FAKE_BITS = """
import ctypes
import os

MODE = os.environ.get("FAKE_BITS", "good")


class Library:
    compiled_with_cuda = MODE == "cuda"

    def __getattr__(self, name):
        return lambda *words: None


lib = Library()
if MODE == "unloaded":
    lib.formatted_error = "CUDA Setup failed"
else:
    lib._lib = type("CDLL", (), {"_name": "/x/libbitsandbytes_cpu.so"})
"""


FAKE_PLATFORM = """
import os
import types

current_platform = types.SimpleNamespace(device_type=os.environ.get("FAKE_VLLM", ""))
"""


@pytest.fixture(scope="module")
def stubs(tmp_path_factory: pytest.TempPathFactory) -> StubEnvironment:
    environment = make_environment(tmp_path_factory.mktemp("family") / "env")
    environment.add("torch", f"{FAKE_TORCH.read_text()}\n__version__ = '2.15.0'\n", version="2.15.0")
    environment.add("torchvision", FAKE_VISION, version="0.30.0")
    ask(environment, "torchvision-0.30.0", "torch (==2.15.0)")
    Path(environment.site, "torchvision", "_C.so").write_bytes(b"no library at all")
    for name in ("xformers", "bitsandbytes", "horovod", "flash_attn", "vllm"):
        environment.add(name, "")
    environment.add("triton", "", version="3.9.0")
    for package, module, code in (
        ("xformers", "_cpp_lib", FAKE_XFORMERS),
        ("xformers", "ops", ""),
        ("bitsandbytes", "cextension", FAKE_BITS),
        ("bitsandbytes", "functional", ""),
        ("horovod", "torch", FAKE_HOROVOD),
        ("triton", "language", ""),
        ("vllm", "platforms", FAKE_PLATFORM),
    ):
        Path(environment.site, package, f"{module}.py").write_text(code)
    return environment


def ask(environment: StubEnvironment, folder: str, *requirements: str) -> None:
    """What a distribution of the environment asks for from now on."""
    path = Path(environment.site, f"{folder}.dist-info", "METADATA")
    kept = [line for line in path.read_text().splitlines() if not line.startswith("Requires-Dist")]
    path.write_text("\n".join([*kept, *(f"Requires-Dist: {text}" for text in requirements)]) + "\n")


def verify(environment: StubEnvironment, name: str, device: DeviceKind = "auto", **variables: str) -> Verification:
    target = Target(framework=name, distribution=name)
    return environment.verify(target, device=device, variables={"FAKE_TORCH": "cpu", **variables})


def test_torchvision_is_right_on_every_gpu(stubs: StubEnvironment) -> None:
    verification = verify(stubs, "torchvision", FAKE_TORCH="cuda")
    assert brief(verification) == [*BEGINNING, ("device", "pass", ""), *[("compute", "pass", "")] * 2]
    assert [result.device for result in verification.results[4:]] == ["cuda:0", "cuda:1"]


@pytest.mark.parametrize(("mode", "reason"), [("wrong", "wrong-number"), ("fallback", "cpu-fallback")])
def test_torchvision_that_is_wrong_fails_on_every_gpu(stubs: StubEnvironment, mode: str, reason: str) -> None:
    verification = verify(stubs, "torchvision", FAKE_TORCH="cuda", FAKE_VISION=mode)
    assert brief(verification)[4:] == [("compute", "fail", reason)] * 2
    words = {"wrong": "gave [1, 0, 2] and must give [1, 2]", "fallback": "silently computed on the CPU: cuda:1"}
    assert words[mode] in verification.results[5].detail


def test_a_binary_for_another_pytorch_is_named_with_both_versions(stubs: StubEnvironment) -> None:
    verification = verify(stubs, "torchvision", FAKE_VISION="broken")
    assert brief(verification) == [("import", "fail", "binary-mismatch"), ("companions", "fail", "binary-mismatch")]
    assert "torchvision 0.30.0 does not load beside torch 2.15.0 (CPU build): " in verification.results[1].detail


def test_what_imports_a_broken_torchvision_names_it(stubs: StubEnvironment) -> None:
    stubs.add("timm", "import torchvision")
    verification = verify(stubs, "timm", FAKE_VISION="broken")
    assert brief(verification)[1] == ("companions", "fail", "binary-mismatch")
    assert verification.results[1].detail.startswith("torchvision 0.30.0 does not load beside torch 2.15.0")


def test_what_is_not_installed_is_no_matter_of_companions(stubs: StubEnvironment) -> None:
    target = Target(framework="peft", distribution="peft")
    verification = stubs.verify(target, variables={"FAKE_TORCH": "cpu"})
    assert brief(verification) == [("import", "fail", "not-installed")]


def test_an_import_that_fails_for_another_reason_is_not_laid_on_a_sound_torchvision(stubs: StubEnvironment) -> None:
    stubs.add("trl", "raise ImportError('no backend')")
    binary = Path(stubs.site, "torchvision", "_C.so")
    binary.rename(binary.with_suffix(".off"))
    try:
        verification = verify(stubs, "trl")
    finally:
        binary.with_suffix(".off").rename(binary)
    assert brief(verification) == [("import", "fail", "import-error"), ("companions", "pass", "")]


def test_another_version_than_the_package_asks_for_fails(stubs: StubEnvironment) -> None:
    ask(stubs, "torchvision-0.30.0", "numpy", "torch (==2.14.1)", 'torch>=9; extra == "x"')
    try:
        verification = verify(stubs, "torchvision")
    finally:
        ask(stubs, "torchvision-0.30.0", "torch (==2.15.0)")
    assert brief(verification)[2:] == [
        ("companions", "fail", "version-mismatch"),
        ("device", "pass", ""),
        ("compute", "pass", ""),
    ]
    text = "torchvision 0.30.0 asks for torch==2.14.1, and torch 2.15.0 is installed"
    assert verification.results[2].detail == text


@pytest.mark.parametrize(
    ("mode", "results"),
    [
        ("good", [("companions", "pass", ""), ("device", "pass", ""), ("compute", "pass", "")]),
        ("wrong", [("companions", "pass", ""), ("device", "pass", ""), ("compute", "fail", "wrong-number")]),
    ],
)
def test_horovod_adds_up(stubs: StubEnvironment, mode: str, results: list[tuple[str, str, str]]) -> None:
    verification = verify(stubs, "horovod", FAKE_HOROVOD=mode)
    assert brief(verification)[2:] == [("bindings", "pass", ""), *results]
    assert verification.results[2].detail == "bindings for torch; built with gloo"


def test_horovod_without_a_binding_says_so(stubs: StubEnvironment) -> None:
    verification = verify(stubs, "horovod", FAKE_HOROVOD="unbuilt")
    assert brief(verification)[2:] == [("bindings", "fail", "binding-missing")]
    assert "torch (ImportError: Extension horovod.torch has not been built)" in verification.results[2].detail


def test_xformers_names_the_pytorch_that_it_was_built_for(stubs: StubEnvironment) -> None:
    results = brief(verify(stubs, "xformers"))
    assert results[4:] == [("library", "pass", ""), ("compute", "skip", "skipped")]
    verification = verify(stubs, "xformers", FAKE_XFORMERS="mismatch")
    assert brief(verification)[4] == ("library", "fail", "binary-mismatch")
    assert verification.results[4].detail == "xFormers was built for: PyTorch 2.10.0+cu128 (you have 2.15.0)"


@pytest.mark.parametrize(
    ("mode", "torch", "result", "words"),
    [
        ("good", "cpu", ("library", "pass", ""), "libbitsandbytes_cpu.so was loaded"),
        ("cuda", "cuda", ("library", "pass", ""), "libbitsandbytes_cpu.so was loaded"),
        ("good", "cuda", ("library", "fail", "binary-mismatch"), "no code for a GPU, beside a PyTorch for CUDA 13.0"),
        ("unloaded", "cpu", ("library", "fail", "missing-library"), "not loaded: CUDA Setup failed"),
    ],
)
def test_the_library_of_bitsandbytes(
    stubs: StubEnvironment, mode: str, torch: str, result: tuple[str, str, str], words: str
) -> None:
    verification = verify(stubs, "bitsandbytes", FAKE_BITS=mode, FAKE_TORCH=torch)
    assert brief(verification)[4] == result
    assert words in verification.results[4].detail


def test_flash_attention_needs_a_gpu(stubs: StubEnvironment) -> None:
    target = Target(framework="flash-attn", distribution="flash_attn")
    auto, gpu = (stubs.verify(target, device=device, variables={"FAKE_TORCH": "cpu"}) for device in ("auto", "gpu"))
    assert brief(auto)[4:] == [("compute", "skip", "skipped")]
    assert brief(gpu)[3:] == [("device", "fail", "device-missing")]


def test_pytorch_asks_for_one_exact_triton(stubs: StubEnvironment) -> None:
    assert brief(verify(stubs, "triton"))[2:] == [
        *BEGINNING[2:],
        ("device", "pass", ""),
        ("compute", "skip", "skipped"),
    ]
    ask(stubs, "torch-2.15.0", "triton==3.8.0")
    try:
        verification = verify(stubs, "triton")
    finally:
        ask(stubs, "torch-2.15.0")
    assert brief(verification)[2] == ("companions", "fail", "version-mismatch")
    assert verification.results[2].detail == "torch 2.15.0 asks for triton==3.8.0, and triton 3.9.0 is installed"


@pytest.mark.parametrize(
    ("platform", "torch", "result"),
    [
        ("", "cpu", ("library", "skip", "skipped")),
        ("cuda", "cpu", ("library", "skip", "skipped")),
        ("cpu", "cuda", ("library", "fail", "wrong-device")),
        ("cuda", "cuda", ("library", "fail", "binary-mismatch")),
    ],
)
def test_vllm_works_for_the_device_of_pytorch(
    stubs: StubEnvironment, platform: str, torch: str, result: tuple[str, str, str]
) -> None:
    verification = verify(stubs, "vllm", FAKE_VLLM=platform, FAKE_TORCH=torch)
    assert brief(verification)[4:] == [result]
