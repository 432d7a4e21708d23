"""Findings about the builds of frameworks and their companions: what has each, and what nearly has it."""

from __future__ import annotations

from mlenv.checks.registry import Case, ImportAttempt
from mlenv.facts.environment import Environment, EnvironmentKind
from mlenv.facts.gpu import Gpu, Vendor
from mlenv.facts.machine import Machine
from mlenv.facts.report import FrameworkView
from mlenv.facts.system import OperatingSystem
from tests.unit.checks.checks_cases import make_environment, make_machine, with_nvidia
from tests.unit.checks.near_misses import DATED, NearMiss, held, said, seen, told_in, told_on
from tests.unit.checks.platform_cases import told_case, told_machine

LINUX = told_machine()
WINDOWS = told_machine("windows")
ADA = with_nvidia("8.9", "580.95.05")
BLACKWELL = with_nvidia("12.0", "580.95.05")
PASCAL = with_nvidia("6.1", "580.95.05")
NOT_USED = "torch.cuda.is_available() is False"
NO_CUDA = "AssertionError: Torch not compiled with CUDA enabled"
NOT_OPENED = "Cannot dlopen some GPU libraries. Skipping registering GPU devices..."
WHOLE = tuple(f"part-{number}==1.0" for number in range(30))


def _mac(version: str) -> Machine:
    return told_machine(os=OperatingSystem(family="macos", version=version), architecture="arm64")


def _card(vendor: Vendor, **facts: object) -> Machine:
    gpu = Gpu(**{"vendor": vendor, "integrated": False, **facts})  # type: ignore[arg-type]
    return make_machine(gpus=(gpu,))


def _jetson(version: str) -> Case:
    """PyTorch on a Jetson board, which finds no GPU."""
    where = told_machine(architecture="aarch64", gpus=(Gpu(vendor="nvidia", name="Orin (nvgpu)"),))
    view = FrameworkView(framework="torch", version=version, cuda="12.6", available=False)
    return told_case(NOT_USED, where, views=(view,))


def attempt(outcome: str, *, told: bool = False) -> Case:
    """One import of a framework, with or without a report beside it."""
    attempt = ImportAttempt(framework="torch", outcome=outcome, detail="OSError: a part is missing")  # type: ignore[arg-type]
    case = told_case("it does not start") if told else Case(machine=make_machine())
    return Case(machine=case.machine, environment=make_environment("torch==2.14.1"), imports=(attempt,),
                report=case.report, clues=case.clues)  # fmt: skip


def _traced(kind: EnvironmentKind) -> Case:
    """A traceback through the user's own folder, in an environment of one kind or another."""
    trace = 'File "/home/ada/.local/lib/python3.12/site-packages/h5py/__init__.py", line 4\nValueError: bad size'
    return told_case(trace, environment=Environment(path="/srv/e", kind=kind))


CASES = {
    # GPUs and builds
    "gpu-arch-dropped-by-build": held(
        PASCAL, make_environment("torch==2.14.1+cu130"), make_environment("torch==2.14.1+cu126")
    ),
    "gpu-arch-not-in-build": held(
        BLACKWELL, make_environment("torch==2.14.1+cu126"), make_environment("torch==2.14.1+cu130")
    ),
    "cpu-build-on-gpu-machine": held(
        ADA, make_environment("torch==2.14.1+cpu"), make_environment("torch==2.14.1+cu126")
    ),
    "jetson-unsupported-wheel": NearMiss(fires=_jetson("2.7.0+cu126"), silent=_jetson("2.7.0+7f1d6e9b.nv25.05")),
    "rocm-gfx-not-in-build": seen(
        _card("amd", gfx="gfx906"), _card("amd", gfx="gfx942"), make_environment("torch==2.14.1+rocm7.2")
    ),
    "wrong-rocm-index": held(
        _card("amd", gfx="gfx942"), make_environment("torch==2.14.1+cu126"), make_environment("torch==2.14.1+rocm7.2")
    ),
    "bnb-no-binary-for-cuda": told_in(
        "CUDA Setup failed despite GPU being available.",
        make_environment("torch==2.7.0+cu128"),
        make_environment("torch==2.7.0+cpu"),
    ),
    # JAX
    "jax-cuda-plugin-missing": held(
        ADA,
        make_environment("jax==0.12.0", "jax-rocm99-plugin==0.12.0"),
        make_environment("jax==0.12.0", "jax-cuda13-plugin==0.12.0"),
    ),
    "jax-jaxlib-version-mismatch": held(
        ADA, make_environment("jax==0.6.0", "jaxlib==0.6.1"), make_environment("jax==0.6.0", "jaxlib==0.6.0")
    ),
    # companions of PyTorch
    "torchvision-torch-mismatch": held(
        ADA,
        make_environment("torch==2.7.0+cu128", "torchvision==0.21.0+cu128"),
        make_environment("torch==2.7.0+cu128", "torchvision==0.22.0+cu128"),
        DATED,
    ),
    "torchaudio-torch-mismatch": held(
        ADA,
        make_environment("torch==2.7.0+cu128", "torchaudio==2.7.0+cu118"),
        make_environment("torch==2.7.0+cu128", "torchaudio==2.7.0+cu128"),
        DATED,
    ),
    "extension-built-for-other-torch": said(
        "ImportError: flash_attn_2_cuda.cpython-312.so: undefined symbol: _ZN5torch3jit17parseSchemaOrNameERKSs",
        "ImportError: flash_attn_2_cuda.cpython-312.so: undefined symbol: _ZN6libpng3jit17parseSchemaOrNameERKSs",
    ),
    "rival-distributions-installed": held(
        ADA,
        make_environment("opencv-python==4.11.0.86", "opencv-contrib-python==4.11.0.86"),
        make_environment("opencv-python==4.11.0.86", "opencv-stubs==4.11.0.86"),
        DATED,
    ),
    # TensorFlow and Keras
    "tf-windows-native-gpu-unsupported": told_in(
        "Num GPUs Available:  0",
        make_environment("tensorflow==2.11.0"),
        make_environment("tensorflow==2.10.1"),
        WINDOWS,
    ),
    "tf-pip-cuda-libs-not-found": told_in(
        NOT_OPENED, make_environment("tensorflow==2.14.0"), make_environment("tensorflow==2.13.0"), LINUX
    ),
    "tensorflow-without-cuda-extra": told_in(
        NOT_OPENED,
        make_environment("tensorflow==2.19.0", *WHOLE),
        make_environment("tensorflow==2.13.0", *WHOLE),
        LINUX,
    ),
    "tensorflow-cuda-libraries-missing": told_in(
        NOT_OPENED, make_environment("tensorflow==2.13.0"), make_environment("tensorflow==2.14.0"), LINUX
    ),
    "tf-metal-incompatible-tf": told_in(
        "zsh: abort, once the first layer is built",
        make_environment("tensorflow==2.18.0", "tensorflow-metal==1.1.0"),
        make_environment("tensorflow==2.17.1", "tensorflow-metal==1.1.0"),
        _mac("15.5"),
    ),
    "keras-tensorflow-mismatch": said(
        "ImportError: cannot import name 'Oracle' from 'keras.engine' (/v/keras/engine.py)",
        "ImportError: cannot import name 'Oracle' from 'keras_tuner.engine' (/v/keras_tuner/engine.py)",
    ),
    "transformers-version-clash": said(
        "ImportError: cannot import name 'cached_download' from 'huggingface_hub' (/v/hub.py)",
        "ImportError: cannot import name 'cached_download' from 'huggingface_hub_mirror' (/v/hub.py)",
    ),
    # ONNX Runtime
    "onnxruntime-cpu-and-gpu-installed": held(
        ADA,
        make_environment("onnxruntime==1.22.0", "onnxruntime-gpu==1.22.0"),
        make_environment("onnxruntime==1.22.0", "onnxruntime-tools==1.22.0"),
        DATED,
    ),
    "onnxruntime-gpu-cuda-mismatch": said(
        "[E] Failed to create CUDAExecutionProvider. Require cuDNN 9.* and CUDA 12.*",
        "[E] Failed to create CoreMLExecutionProvider. Require macOS 12.* and arm 64.*",
    ),
    # Macs
    "mps-macos-too-old": told_on(
        "torch.backends.mps.is_available() False",
        _mac("12.2"),
        _mac("12.3"),
        environment=make_environment("torch==1.13.1"),
    ),
    "cuda-asked-on-mac": said(NO_CUDA, "AssertionError: Torch not compiled with flash attention", _mac("15.5")),
    # what Python imports
    "framework-import-crashed": NearMiss(fires=attempt("crashed"), silent=attempt("failed")),
    "framework-import-failed": NearMiss(fires=attempt("failed"), silent=attempt("crashed")),
    "framework-import-timed-out": NearMiss(fires=attempt("timed_out"), silent=attempt("imported")),
    "local-file-shadows-package": said(
        "ImportError: cannot import name 'nn' from 'torch' (/home/ada/thesis/code/python3/torch.py)",
        "ImportError: cannot import name 'nn' from 'torch' (/home/ada/thesis/site-packages/torch.py)",
    ),
    "user-site-shadows-env": NearMiss(fires=_traced("venv"), silent=_traced("system")),
    "wrong-environment-active": said(
        "ModuleNotFoundError: No module named 'torch'", "ModuleNotFoundError: No module named 'torment'"
    ),
}
