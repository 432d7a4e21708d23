"""Environment variables that change what a framework sees or which libraries it loads."""

from __future__ import annotations

from mlenv.facts.system import Variable
from mlenv.probe.log import Log
from mlenv.system.host import Host

NAMES = (
    "CUDA_VISIBLE_DEVICES",
    "CUDA_DEVICE_ORDER",
    "NVIDIA_VISIBLE_DEVICES",
    "NVIDIA_DRIVER_CAPABILITIES",
    "HIP_VISIBLE_DEVICES",
    "ROCR_VISIBLE_DEVICES",
    "HSA_OVERRIDE_GFX_VERSION",
    "ONEAPI_DEVICE_SELECTOR",
    "ZE_AFFINITY_MASK",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "DYLD_LIBRARY_PATH",
    "PYTHONPATH",
    "PYTHONHOME",
    "CUDA_HOME",
    "CUDA_PATH",
    "ROCM_PATH",
    "JAX_PLATFORMS",
    "XLA_FLAGS",
    "PYTORCH_CUDA_ALLOC_CONF",
    "PYTORCH_ENABLE_MPS_FALLBACK",
    "TF_FORCE_GPU_ALLOW_GROWTH",
)


def read_variables(host: Host, log: Log) -> tuple[Variable, ...]:
    """Those of :data:`NAMES` that are set; an empty value counts, it hides devices."""
    names = [name for name in NAMES if name in host.environ]
    for name in names:
        log.found(f"variable.{name}", "environment")
    return tuple(Variable(name=name, value=host.environ[name]) for name in names)
