"""A GPU that is not used: each framework says so in words of its own, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from plants.ground import Ground
from plants.plant import Call, Plant, Sign
from plants.stubs import add_torch, describe_gpus, read_fake

CUDA_LISTED = "CUDAExecutionProvider,CPUExecutionProvider"
DML_LISTED = "DmlExecutionProvider,CPUExecutionProvider"

# What PyTorch does where the variable leaves no device.
HIDDEN = """
if os.environ.get("CUDA_VISIBLE_DEVICES") == "":
    cuda.is_available = lambda: False

    def _init():
        raise RuntimeError("No CUDA GPUs are available")

    cuda.init = _init
"""

# As much of TensorFlow as its check of devices touches; it says on standard error why it sees no GPU.
TENSORFLOW = """
import contextlib, sys, types
GPUS = {gpus}
PLACE = "{place}"
sys.stderr.write("{said}")
config = types.SimpleNamespace(
    set_soft_device_placement=lambda soft: None,
    list_physical_devices=lambda kind: [
        types.SimpleNamespace(name=f"/physical_device:GPU:{{i}}") for i in range(GPUS)
    ],
)
sysconfig = types.SimpleNamespace(
    get_build_info=lambda: {{"is_cuda_build": {cuda}, "cuda_version": "12.9"}}
)
device = lambda name: contextlib.nullcontext()
constant = lambda numbers, dtype=None: numbers
cast = lambda value, dtype: value
matmul = lambda left, right: types.SimpleNamespace(device="/job:localhost/replica:0/task:0/device:" + PLACE)
"""
NO_DRIVER = "E0000 cuda_platform.cc:51] failed call to cuInit: UNKNOWN ERROR (303)\\n"
NO_LIBRARY = "W0000 gpu_device.cc:2342] Cannot dlopen some GPU libraries. Skipping registering GPU devices...\\n"

# JAX that has the CPU alone, and says so by its logger.
JAX = """
import logging, types
SAID = "{said}"


class Device:
    platform, device_kind, client = "cpu", "cpu", None


def local_devices():
    if SAID:
        logging.getLogger("jax._src.xla_bridge").warning(SAID)
    return [Device()]


def devices(backend):
    raise RuntimeError(f"Unknown backend {{backend}}")
"""
JAX_SAID = (
    "An NVIDIA GPU may be present on this machine, but a CUDA-enabled jaxlib is not installed. Falling back to cpu."
)

# XGBoost that trains on the CPU, whatever was asked for.
XGBOOST = """
import types, warnings
LABELS = []


class DMatrix:
    def __init__(self, table, label=None):
        LABELS[:] = label or LABELS


class Booster:
    def save_config(self):
        return '{{"learner": {{"generic_param": {{"device": "{used}"}}}}}}'

    def predict(self, data):
        return types.SimpleNamespace(tolist=lambda: list(LABELS))


def train(settings, data, num_boost_round):
    if settings.get("device") != "cpu":
        warnings.warn("Device is changed from GPU to CPU as we couldn't find any available GPU on the system.")
    return Booster()


def build_info():
    return {{"USE_CUDA": {built}}}
"""


def torch(*words: str, mode: str = "cpu", fault: str = "", **variables: str) -> Callable[[Ground], Call]:
    def put(ground: Ground) -> Call:
        add_torch(ground, fault, mode=mode)
        return Call(("--only", "torch", *words), variables)

    return put


def torch_beside_gpus(*words: str) -> Callable[[Ground], Call]:
    """A CPU build of PyTorch on a machine with GPUs."""

    def put(ground: Ground) -> Call:
        add_torch(ground)
        return Call(("--only", "torch", "--machine", describe_gpus(ground), *words))

    return put


def stub(name: str, code: str, version: str, *words: str, **variables: str) -> Callable[[Ground], Call]:
    """Another framework, with NumPy beside it."""

    def put(ground: Ground) -> Call:
        ground.add("numpy", read_fake("numpy"), version="2.4.0")
        ground.add(name, code, version=version)
        return Call(("--only", name, *words), variables)

    return put


def onnxruntime(distribution: str, mode: str, listed: str, *words: str) -> Callable[[Ground], Call]:
    def put(ground: Ground) -> Call:
        ground.add("numpy", read_fake("numpy"), version="2.4.0")
        ground.add(distribution, read_fake("onnxruntime"), version="1.26.0", module="onnxruntime")
        return Call(("--only", distribution, *words), {"FAKE_ORT": mode, "FAKE_PROVIDERS": listed})

    return put


def tensorflow(gpus: int, said: str, place: str, *words: str, cuda: bool = True) -> Callable[[Ground], Call]:
    code = TENSORFLOW.format(gpus=gpus, said=said, place=place, cuda=cuda)
    return stub("tensorflow", code, "2.21.0", *words)


def missing(*words: str) -> Sign:
    """A device that was asked for and is not there."""
    return Sign("device", "fail", "device-missing", words)


def fallen_back(check: str, *words: str) -> Sign:
    """A computation that moved to the CPU in silence."""
    return Sign(check, "fail", "cpu-fallback", ("silently computed on the CPU", *words))


def all_plants() -> Iterator[Plant]:
    """Every fault of this subject."""
    for variant, put, sign in FAILING:
        yield Plant("fallback", variant, put, 1, sign)
    for variant, put, sign in WARNING:
        yield Plant("fallback", variant, put, 0, sign, also=(Sign("compute", "pass", device="cpu"),))


REQUIRED = "--require-gpu"
FAILING = (
    ("PyTorch for the CPU where a GPU is required", torch(REQUIRED), missing("CPU build", "not compiled with CUDA")),
    (
        "PyTorch on a machine with GPUs, for the CPU, where one is required",
        torch_beside_gpus(REQUIRED),
        missing("gpu was asked for", "CPU build"),
    ),
    (
        "PyTorch with every GPU hidden by CUDA_VISIBLE_DEVICES",
        torch(REQUIRED, mode="cuda", fault=HIDDEN, CUDA_VISIBLE_DEVICES=""),
        missing("CUDA 13.0 build", "No CUDA GPUs are available"),
    ),
    (
        "PyTorch with a driver that is too old",
        torch(REQUIRED, mode="driver"),
        missing("driver on your system is too old"),
    ),
    ("PyTorch for CUDA where ROCm is asked for", torch("--device", "rocm", mode="cuda"), missing("rocm was asked for")),
    ("PyTorch silently on the CPU", torch(mode="fallback"), fallen_back("device", "cuda:0 was asked for")),
    (
        "XGBoost silently on the CPU",
        stub("xgboost", XGBOOST.format(used="cpu", built=True), "3.2.0", "--device", "cuda"),
        fallen_back("device", "cuda was asked for", "changed from GPU to CPU"),
    ),
    (
        "XGBoost without code for CUDA",
        stub("xgboost", XGBOOST.format(used="cpu", built=False), "3.2.0", "--device", "cuda"),
        missing("built without CUDA"),
    ),
    (
        "ONNX Runtime's provider of CUDA silently on the CPU",
        onnxruntime("onnxruntime-gpu", "fallback", CUDA_LISTED),
        fallen_back("compute", "CUDAExecutionProvider was asked for"),
    ),
    (
        "ONNX Runtime without a device for its provider",
        onnxruntime("onnxruntime-gpu", "well", CUDA_LISTED, "--device", "cuda"),
        missing("cuda was asked for"),
    ),
    (
        "ONNX Runtime for the CPU where CUDA is asked for",
        onnxruntime("onnxruntime", "well", "CPUExecutionProvider", "--device", "cuda"),
        missing("no provider for it", "such a build is onnxruntime-gpu"),
    ),
    (
        "ONNX Runtime's provider makes no session",
        onnxruntime("onnxruntime-directml", "missing", DML_LISTED, REQUIRED),
        Sign("compute", "fail", "provider-unusable", ("DmlExecutionProvider makes no session",)),
    ),
    (
        "another ONNX Runtime over the one for GPUs",
        onnxruntime("onnxruntime-gpu", "well", "CPUExecutionProvider"),
        Sign("device", "fail", "overwritten", ("CUDAExecutionProvider is not there",)),
    ),
    (
        "TensorFlow whose driver does not start",
        tensorflow(0, NO_DRIVER, "CPU:0", REQUIRED),
        missing("CUDA 12.9 build", "failed call to cuInit"),
    ),
    (
        "TensorFlow without CUDA's libraries",
        tensorflow(0, NO_LIBRARY, "CPU:0", REQUIRED),
        missing("Cannot dlopen some GPU libraries"),
    ),
    (
        "TensorFlow for the CPU where a GPU is required",
        tensorflow(0, "", "CPU:0", REQUIRED, cuda=False),
        missing("CPU build"),
    ),
    ("TensorFlow's soft placement", tensorflow(1, "", "CPU:0"), fallen_back("compute", "cuda:0 was asked for")),
    (
        "TensorFlow on another GPU",
        tensorflow(2, "", "GPU:0"),
        Sign("compute", "fail", "wrong-device", ("computed on GPU:0 where cuda:1 was asked for",), "cuda:1"),
    ),
    (
        "JAX with the CPU alone where a GPU is required",
        stub("jax", JAX.format(said=JAX_SAID), "0.8.0", REQUIRED),
        missing("JAX sees only the CPU", "CUDA-enabled jaxlib is not installed"),
    ),
    (
        "JAX without the back end that is asked for",
        stub("jax", JAX.format(said=""), "0.8.0", "--device", "cuda"),
        missing("cuda was asked for", "Unknown backend cuda"),
    ),
    (
        "LightGBM without code for GPUs",
        stub("lightgbm", read_fake("lightgbm"), "4.7.0", REQUIRED),
        missing("built without CUDA", "built without OpenCL"),
    ),
    (
        "LightGBM's OpenCL on the processor",
        stub("lightgbm", read_fake("lightgbm"), "4.7.0", REQUIRED, FAKE_LIGHTGBM="opencl:cpu-haswell, Vendor: pocl"),
        fallen_back("device"),
    ),
)

WARNING = (
    (
        "an idle GPU is a warning",
        torch_beside_gpus(),
        Sign("idle-gpu", "warn", "idle-gpu", ("computed on the CPU while this machine has NVIDIA H200",)),
    ),
    (
        "a build for CUDA that cannot use its driver is a warning",
        torch(mode="driver"),
        Sign("device", "warn", "device-unusable", ("driver on your system is too old",)),
    ),
    (
        "a provider without its device beside a CPU that works",
        onnxruntime("onnxruntime-directml", "missing", DML_LISTED),
        Sign("compute", "warn", "device-unusable", ("DmlExecutionProvider makes no session",)),
    ),
)
