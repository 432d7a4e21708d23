"""Environment variables that change what a framework sees or which libraries it loads."""

from __future__ import annotations

from mlenv.facts.system import Variable
from mlenv.probe.log import Log
from mlenv.system.host import Host

# The beginnings of names that only runtimes and frameworks use; TF_ and LD_ alone belong to others as well.
PREFIXES = (
    "CUDA_",
    "CUDNN_",
    "CUBLAS_",
    "NVIDIA_",
    "NCCL_",
    "HIP_",
    "HSA_",
    "MIOPEN_",
    "RCCL_",
    "ROCBLAS_",
    "ROCM_",
    "ROCR_",
    "ONEAPI_",
    "SYCL_",
    "UR_",
    "ZE_",
    "ZES_",
    "LIBTPU_",
    "PJRT_",
    "TPU_",
    "JAX_",
    "XLA_",
    "TF_CPP_",
    "TF_CUDA_",
    "TF_CUDNN_",
    "TF_DETERMINISTIC_",
    "TF_DISABLE_",
    "TF_ENABLE_",
    "TF_FORCE_",
    "TF_GPU_",
    "TF_NUM_",
    "TF_USE_",
    "TF_XLA_",
    "KERAS_",
    "PYTORCH_",
    "TORCH_",
    "TORCHINDUCTOR_",
    "TRITON_",
    "VLLM_",
    "GOMP_",
    "KMP_",
    "MKL_",
    "OMP_",
    "OPENBLAS_",
    "CONDA_OVERRIDE_",
    "DYLD_",
)
NAMES = frozenset(
    {
        "ASCEND_VISIBLE_DEVICES",
        "BNB_CUDA_VERSION",
        "CC",
        "CONDA_DEFAULT_ENV",
        "CONDA_PREFIX",
        "CUDAHOSTCXX",
        "CUDACXX",
        "CXX",
        "GLIBC_TUNABLES",
        "GPU_DEVICE_ORDINAL",
        "GPU_MAX_HW_QUEUES",
        "HF_DATASETS_CACHE",
        "HF_DATASETS_OFFLINE",
        "HF_ENDPOINT",
        "HF_HOME",
        "HF_HUB_CACHE",
        "HF_HUB_DISABLE_XET",
        "HF_HUB_ENABLE_HF_TRANSFER",
        "HF_HUB_OFFLINE",
        "HUGGINGFACE_HUB_CACHE",
        "LD_AUDIT",
        "LD_BIND_NOW",
        "LD_DEBUG",
        "LD_HWCAP_MASK",
        "LD_LIBRARY_PATH",
        "LD_PRELOAD",
        "MAX_JOBS",
        "METAL_DEVICE_WRAPPER_TYPE",
        "MTL_CAPTURE_ENABLED",
        "MTL_DEBUG_LAYER",
        "NUMBA_CUDA_DRIVER",
        "NUMEXPR_MAX_THREADS",
        "OCL_ICD_VENDORS",
        "PYTHONHOME",
        "PYTHONNOUSERSITE",
        "PYTHONOPTIMIZE",
        "PYTHONPATH",
        "PYTHONPLATLIBDIR",
        "PYTHONSAFEPATH",
        "PYTHONSTARTUP",
        "PYTHONUSERBASE",
        "SLURM_GPUS_ON_NODE",
        "SLURM_JOB_GPUS",
        "TF_CONFIG",
        "TOKENIZERS_PARALLELISM",
        "TRANSFORMERS_CACHE",
        "TRANSFORMERS_OFFLINE",
        "USE_CUDA",
        "USE_FLAX",
        "USE_ROCM",
        "USE_TF",
        "USE_TORCH",
        "UV_TORCH_BACKEND",
        "VIRTUAL_ENV",
        "VECLIB_MAXIMUM_THREADS",
    }
)
# Whatever else a name says, a variable with such a word in it is nobody's business.
SECRETS = ("AUTH", "CREDENTIAL", "KEY", "PASSW", "SECRET", "TOKEN")


def read_variables(host: Host, log: Log) -> tuple[Variable, ...]:
    """Those that are set, by name; an empty value counts, it hides devices.

    Of the other variables only the names are looked at.
    """
    names = sorted(name for name in host.environ if is_of_interest(name))
    for name in names:
        log.found(f"variable.{name}", "environment")
    return tuple(Variable(name=name, value=host.environ[name]) for name in names)


def is_of_interest(name: str) -> bool:
    """Whether a variable is one that frameworks or the loader obey, and holds no secret by its name."""
    return name in NAMES or (name.startswith(PREFIXES) and not any(word in name.upper() for word in SECRETS))
