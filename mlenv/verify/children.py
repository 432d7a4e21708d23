"""How a child is started: its command line, its environment variables, its payload."""

from __future__ import annotations

import os
from collections.abc import Mapping

import msgspec

from mlenv.verify.result import DeviceKind, Target

PAYLOADS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "payloads")

# Further distributions and ids that a payload of another name serves.
_ALIASES = {
    "jupyterlab": "jupyter",
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
    python: str, target: Target, marker: str, *, device: DeviceKind, timeout: float, import_only: bool = False
) -> list[str]:
    """The command line of a child."""
    options = {
        "distribution": target.distribution,
        "imports": target.imports,
        "version": target.version,
        "device": device,
        "timeout": timeout,
        "import_only": import_only,
    }
    name = "generic" if import_only else payload_for(target.framework)
    runner = os.path.join(PAYLOADS, "_runner.py")
    return [python, "-I", "-X", "faulthandler", runner, name, marker, msgspec.json.encode(options).decode()]
