"""Findings about libraries, compilers and installers: what has each, and what nearly has it."""

from __future__ import annotations

from mlenv.checks.registry import Case
from mlenv.facts.environment import LoadedLibrary, LoaderWay
from mlenv.facts.hardware import Disk
from mlenv.facts.machine import Machine
from tests.unit.checks.checks_cases import make_environment, make_machine
from tests.unit.checks.near_misses import NearMiss, beside, said, told_in, told_on
from tests.unit.checks.platform_cases import NO_MATCH, told_machine

WHOLE = tuple(f"part-{number}==1.0" for number in range(30))
NO_NUMPY = "RuntimeError: Numpy is not available"


def _loading(way: LoaderWay) -> Case:
    """PyTorch, for which the loader takes the system's cuDNN."""
    library = LoadedLibrary(
        distribution="torch", soname="libcudnn.so.9", path="/usr/local/cuda/lib64/libcudnn.so.9", way=way
    )
    held = make_environment("torch==2.7.0")
    return Case(machine=make_machine(), environment=type(held)(path=held.path, libraries=(library,)))


def _free(size: int) -> Machine:
    return make_machine(disks=(Disk(purpose="environment", path="/home", free_bytes=size),))


CASES = {
    # libraries of CUDA
    "ld-library-path-shadows-pip-libs": NearMiss(fires=_loading("ld-library-path"), silent=_loading("runpath")),
    "cudnn-loaded-older-than-build": said(
        "Loaded runtime CuDNN library: 8.9.7 but source was compiled with: 9.3.0",
        "Loaded runtime CuDNN library: 9.3.0 and source was compiled with: 9.3.0",
    ),
    "nvidia-pip-pin-conflict": told_in(
        "libcusparse.so.12: undefined symbol: __nvJitLinkAddData_12_4, version libnvJitLink.so.12",
        make_environment("torch==2.6.0", "nvidia-nvjitlink-cu12==12.1.105"),
        make_environment("torch==2.6.0", "nvidia-nvjitlink-cu12==12.4.127"),
    ),
    "nvidia-pip-libs-missing": said(
        "ImportError: libcupti.so.12: cannot open shared object file: No such file or directory",
        "ImportError: libcurl.so.12: cannot open shared object file: No such file or directory",
    ),
    "undefined-symbol": said(
        "ImportError: /v/lib/libtiff.so.6: undefined symbol: jpeg12_write_raw_data",
        "ImportError: /v/lib/libtiff.so.6: undefined symbol: cublasLt_write_raw_data",
    ),
    "mkl-too-new-for-torch": said(
        "ImportError: libtorch_cpu.so: undefined symbol: iJIT_IsProfilingActive",
        "ImportError: libtorch_cpu.so: undefined symbol: iJIN_IsProfilingActive",
    ),
    "duplicate-openmp-runtime": said(
        "OMP: Error #15: Initializing libomp.dylib, but found libiomp5.dylib already initialized.",
        "OMP: Error #13: Initializing libfoo.dylib, and found libiomp5.dylib already uninstalled.",
    ),
    # NumPy and protobuf
    "numpy2-abi-break": told_in(
        NO_NUMPY, make_environment("torch==2.2.2", "numpy==2.2.6"), make_environment("torch==2.2.2", "numpy==1.26.4")
    ),
    "numpy-abi-mismatch": told_in(
        "numpy.ndarray size changed, may indicate binary incompatibility",
        make_environment("numpy==1.23.5"),
        make_environment("numpy==2.2.6"),
    ),
    "numpy-not-installed": told_in(
        NO_NUMPY, make_environment("numpydoc==1.0", *WHOLE), make_environment("numpy==1.0", *WHOLE)
    ),
    "numpy-alias-removed": said(
        "AttributeError: module 'numpy' has no attribute 'bool'.",
        "AttributeError: module 'numpy' has no attribute 'boost'.",
    ),
    "protobuf-too-new": said(
        "TypeError: Descriptors cannot be created directly.", "TypeError: Descriptors cannot be pickled directly."
    ),
    "protobuf-too-old": said(
        "ImportError: cannot import name 'runtime_version' from 'google.protobuf' (/v/protobuf.py)",
        "ImportError: cannot import name 'runtime_version' from 'google.protobuf_json' (/v/protobuf.py)",
    ),
    # compilers
    "cuda-toolkit-mismatch-for-build": said(
        "nvcc fatal   : Unsupported gpu architecture 'compute_120'",
        "nvcc fatal   : Unsupported host compiler 'clang_120'",
    ),
    "nvcc-missing-for-build": said(
        "OSError: CUDA_HOME environment variable is not set.", "OSError: DATA_HOME environment variable is not set."
    ),
    "triton-missing-c-compiler": beside(
        "RuntimeError: Failed to find C compiler.",
        "Building wheel for triton (setup.py)",
        "Building wheel for psutil (setup.py)",
    ),
    "triton-missing-python-headers": beside(
        "main.c:6:10: fatal error: Python.h: No such file or directory",
        "Building wheel for triton (setup.py)",
        "Building wheel for psutil (setup.py)",
    ),
    "triton-ptxas-too-old-for-gpu": said(
        "ptxas fatal   : Value 'sm_103a' is not defined for option 'gpu-name'",
        "ptxas fatal   : Value 'quick' is not defined for option 'opt-level'",
    ),
    "triton-missing": said(
        "ModuleNotFoundError: No module named 'triton'", "ModuleNotFoundError: No module named 'tritonclient'"
    ),
    "build-tools-missing": beside(
        "error: command 'gcc' failed: No such file or directory",
        "ERROR: Failed building wheel for psutil",
        "ERROR: Failed drawing wheel for psutil",
    ),
    # installers
    "package-name-wrong": said(NO_MATCH.format("pytorch"), NO_MATCH.format("torch")),
    "no-matching-wheel": told_on(
        NO_MATCH.format("torch"), told_machine(python="3.12.4"), told_machine(python="3.15.0")
    ),
    "permission-denied-install": said(
        "PermissionError: [Errno 13] Permission denied: '/usr/lib/python3/dist-packages/numpy'",
        "PermissionError: [Errno 13] Permission denied: '/srv/data/python3/dist-of-classes.npy'",
    ),
    "resolver-conflict": said(
        "ERROR: Cannot install a==1 and b==2 because these package versions have conflicting dependencies.",
        "ERROR: Cannot install a==1 and b==2 because these package versions have missing dependencies.",
    ),
    "hash-mismatch": said(
        "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
        "ERROR: THESE PACKAGES DO NOT MATCH THE MARKERS FROM THE REQUIREMENTS FILE.",
    ),
    "corrupt-download": said(
        "pip: zipfile.BadZipFile: File is not a zip file", "pip: zipfile.LargeZipFile: File is a very large zip"
    ),
    # networks
    "tls-interception-untrusted-ca": said(
        "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self signed certificate in certificate chain",
        "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate is not yet valid",
    ),
    "proxy-needed": said(
        "WARNING: connection broken by 'ProxyError('Tunnel connection failed: 407 Proxy Authentication Required')'",
        "WARNING: connection broken by 'OSError('Unit connection timed out: 408 Origin Repetition Required')'",
    ),
    "index-unreachable": beside(
        "Max retries exceeded: Failed to establish a new connection: [Errno -2] Name or service not known",
        "Collecting torch==2.6.0",
        "Running torch==2.6.0",
    ),
    # what is told and not understood
    "error-not-explained": told_on("ValueError: step 3 went wrong", _free(500 * 10**9), _free(10**9)),
}
