"""How a child is started: its command line, its environment variables, its payload."""

from __future__ import annotations

import os
from collections.abc import Mapping

import msgspec

from mlenv.verify.result import DeviceKind, Level, Target

PAYLOADS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "payloads")


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """What all children of a verification have in common.

    ``python`` is the interpreter of the environment, ``environ`` the user's variables, ``device``
    where to compute, ``level`` how much to check, ``soak_seconds`` how long a GPU is kept under load
    at the level ``deep``.  ``prefix`` is the command that carries a child into an image, and
    ``payloads`` where the payloads lie for it; ``scratch`` is its folder for caches, where that is
    not made for the purpose.
    """

    python: str
    environ: Mapping[str, str]
    device: DeviceKind = "auto"
    level: Level = "quick"
    soak_seconds: float = 0.0
    prefix: tuple[str, ...] = ()
    payloads: str = PAYLOADS
    scratch: str = ""


# Further distributions and ids that a payload of another name serves.
_ALIASES = {
    "onnxruntime-directml": "onnxruntime",
    "onnxruntime-gpu": "onnxruntime",
    "onnxruntime-migraphx": "onnxruntime",
    "onnxruntime-openvino": "onnxruntime",
    "onnxruntime-rocm": "onnxruntime",
    "opencv-contrib-python": "opencv-python-headless",
    "opencv-contrib-python-headless": "opencv-python-headless",
    "opencv-python": "opencv-python-headless",
    "notebook": "jupyter",
    "sklearn": "scikit-learn",
    "tensorflow-cpu": "tensorflow",
    "xgboost-cpu": "xgboost",
}

_FIXED = {
    "PYTHONNOUSERSITE": "1",
    # Everything it says is kept and never shown unasked: it is the only place where TensorFlow
    # tells why it sees no GPU.
    "TF_CPP_MIN_LOG_LEVEL": "0",
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    # Else JAX takes three quarters of the GPU's memory from the checks beside it.
    "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "MPLBACKEND": "Agg",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}

# Frameworks write caches and settings at their first import; verifying leaves no trace of them.
_FOLDERS = {
    "XDG_CACHE_HOME": "cache",
    "HF_HOME": "huggingface",
    "TORCH_HOME": "torch",
    "TORCHINDUCTOR_CACHE_DIR": "inductor",
    "TRITON_CACHE_DIR": "triton",
    "CUDA_CACHE_PATH": "cuda",
    "CUPY_CACHE_DIR": "cupy",
    "NUMBA_CACHE_DIR": "numba",
    "MPLCONFIGDIR": "matplotlib",
    "KERAS_HOME": "keras",
    "IPYTHONDIR": "ipython",
    "JUPYTER_CONFIG_DIR": "jupyter/config",
    "JUPYTER_DATA_DIR": "jupyter/data",
    "JUPYTER_RUNTIME_DIR": "jupyter/runtime",
}

# With it PyTorch computes on the CPU what a Mac's GPU does not have.
_DROPPED = ("PYTORCH_ENABLE_MPS_FALLBACK",)


def payload_for(framework: str) -> str:
    """The name of the payload that serves a framework: its own, else ``generic``."""
    name = _ALIASES.get(framework, framework).replace("-", "_")
    own = name.isidentifier() and not name.startswith("_") and os.path.exists(os.path.join(PAYLOADS, f"{name}.py"))
    return name if own else "generic"


def child_environ(environ: Mapping[str, str], python: str, folder: str) -> dict[str, str]:
    """The variables of a child: the user's, without those that bend Python, with caches in ``folder``.

    Library paths, visible devices and the choice of a backend stay as the user has them: they are
    part of what is verified.
    """
    kept = {name: value for name, value in environ.items() if not name.startswith("PYTHON") and name not in _DROPPED}
    kept["PATH"] = os.pathsep.join(part for part in (os.path.dirname(python), environ.get("PATH", "")) if part)
    kept.setdefault("OMP_NUM_THREADS", "2")
    kept.update(_FIXED)
    for name, place in _FOLDERS.items():
        kept[name] = os.path.join(folder, *place.split("/"))
    return kept


def child_argv(
    setting: Setting, target: Target, marker: str, *, timeout: float, import_only: bool = False
) -> list[str]:
    """The command line of a child; ``timeout`` is its deadline in seconds."""
    options = {
        "distribution": target.distribution,
        "imports": target.imports,
        "version": target.version,
        "device": setting.device,
        "level": setting.level,
        "timeout": timeout,
        "import_only": import_only,
        "partners": target.partners,
        "backend": target.backend,
        "soak_seconds": setting.soak_seconds,
    }
    name = "generic" if import_only else target.payload or payload_for(target.framework)
    runner = os.path.join(setting.payloads, "_runner.py")
    command = [setting.python, "-I", "-X", "faulthandler", runner, name, marker]
    return [*setting.prefix, *command, msgspec.json.encode(options).decode()]
