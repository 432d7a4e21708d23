"""Messages about processors, C libraries, Windows, memory, disks and rights: each names its cause."""

# ruff: noqa: ISC004 - tables of long messages
from __future__ import annotations

import datetime as dt

import pytest

from mlenv.facts.environment import Distribution, Environment
from mlenv.facts.hardware import Cpu, Disk, Memory
from mlenv.facts.machine import Machine
from mlenv.facts.system import KernelEvent, Libc, OperatingSystem
from mlenv.matrix.load import Matrix
from tests.unit.checks.checks_cases import GIB, make_linux
from tests.unit.checks.platform_cases import first, first_id, ran_well, told_case, told_machine

LINUX, WINDOWS = told_machine(), told_machine("windows")
MAC = told_machine(
    architecture="arm64", os=OperatingSystem(family="macos", version="14.1"), cpu=Cpu(model="Apple M1 Pro")
)
MAC_UNKNOWN = told_machine("macos", architecture=None)
INTEL_MAC = told_machine(os=OperatingSystem(family="macos"), cpu=Cpu(model="Intel(R) Core(TM) i5-8259U CPU @ 2.30GHz"))
DOCKER = told_machine(os=make_linux(container="docker"))


@pytest.fixture(scope="module")
def real() -> Matrix:
    return Matrix(as_of=dt.date(2025, 6, 1))


def _cpu(model: str | None = None, *flags: str) -> Machine:
    return told_machine(cpu=Cpu(model=model, flags=flags or None))


CASES = [
    # ---------------------------------------------------------------- processors
    ("Illegal instruction (core dumped)", _cpu("Intel(R) Core(TM)2 Quad CPU Q6600"), "cpu-lacks-avx"),
    ("Illegal instruction (core dumped)", _cpu("AMD Phenom(tm) II X4 955 Processor"), "cpu-lacks-avx"),
    ("Illegal instruction: 4", _cpu("Intel(R) Xeon(R) CPU X5650 @ 2.67GHz"), "cpu-lacks-avx"),
    ("Process finished with exit code 132 (interrupted by signal 4: SIGILL)", _cpu("Intel(R) Celeron(R) N4020"),
     "cpu-lacks-avx"),
    ("Process finished with exit code -1073741795 (0xC000001D)", told_machine("windows"), "cpu-lacks-avx"),
    ("illegal instruction", _cpu(None, "sse4_1", "ssse3"), "cpu-lacks-avx"),
    ("The TensorFlow library was compiled to use AVX instructions, but these aren't available on your machine.\n"
     "Aborted (core dumped)", _cpu("Common KVM processor"), "cpu-lacks-avx"),
    ("RuntimeError: This version of jaxlib was built using AVX instructions, which your CPU and/or operating system "
     "do not support.", LINUX, "cpu-lacks-avx"),
    ("RuntimeError: This version of jaxlib was built using AVX instructions, which your CPU and/or operating system "
     "do not support.", MAC, "rosetta-x86-python"),
    ("zsh: illegal hardware instruction  python train.py (SIGILL)", MAC, "rosetta-x86-python"),
    ("ImportError: dlopen(/opt/e/_multiarray_umath.so, 0x0002): tried: '/opt/e/_multiarray_umath.so' (mach-o file, but "
     "is an incompatible architecture (have 'x86_64', need 'arm64e'))", MAC_UNKNOWN, "rosetta-x86-python"),
    ("ImportError: dlopen(_sqlite3.so, 2): no suitable image found. mach-o, but wrong architecture", MAC_UNKNOWN,
     "rosetta-x86-python"),
    # ---------------------------------------------------------------- C libraries
    ("OSError: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.32' not found (required by /e/lib/libtorch.so)", LINUX,
     "glibc-too-old"),
    ("ImportError: /lib64/libc.so.6: version ‘GLIBC_2.28’ not found (required by /e/_C.so)", LINUX, "glibc-too-old"),
    ("ImportError: /usr/lib/x86_64-linux-gnu/libstdc++.so.6: version `GLIBCXX_3.4.30' not found (required by /e/a.so)",
     LINUX, "libstdcxx-too-old"),
    ("ImportError: /lib64/libstdc++.so.6: version `CXXABI_1.3.13' not found (required by /e/a.so)", LINUX,
     "libstdcxx-too-old"),
    ("ImportError: Error loading shared library ld-linux-x86-64.so.2: No such file or directory (needed by /e/a.so)",
     told_machine(os=make_linux(libc=Libc(family="musl", version="1.2"))), "musl-no-wheel"),
    ("Error relocating /e/libtorch_cpu.so: __memcpy_chk: symbol not found", LINUX, "musl-no-wheel"),
    # ---------------------------------------------------------------- Windows
    ('OSError: [WinError 126] Das angegebene Modul wurde nicht gefunden. Error loading "C:\\e\\torch\\lib\\fbgemm.dll" '
     "or one of its dependencies.", WINDOWS, "windows-missing-runtime-dll"),
    ('OSError: [WinError 1114] A dynamic link library (DLL) initialization routine failed. Error loading '
     '"C:\\e\\Lib\\site-packages\\torch\\lib\\c10.dll" or one of its dependencies.', WINDOWS,
     "windows-missing-runtime-dll"),
    ("ImportError: DLL load failed while importing _pywrap_tensorflow_internal: The specified module could not be "
     "found.", WINDOWS, "windows-missing-runtime-dll"),
    ("ImportError: Could not find the DLL(s) 'msvcp140_1.dll'. TensorFlow requires that these DLLs be installed",
     WINDOWS, "windows-missing-runtime-dll"),
    ("OSError: [WinError 1455] The paging file is too small for this operation to complete. Error loading "
     '"C:\\e\\torch\\lib\\cudnn_cnn_infer64_8.dll" or one of its dependencies.', WINDOWS, "paging-file-too-small"),
    ("ERROR: Could not install packages due to an OSError: [Errno 2] No such file or directory: 'C:\\\\e\\\\x'\n"
     "HINT: This error might have occurred since this system does not have Windows Long Path support enabled.",
     WINDOWS, "windows-long-paths"),
    # ---------------------------------------------------------------- what Python imports
    ("OMP: Error #15: Initializing libomp.dylib, but found libiomp5.dylib already initialized.", MAC,
     "duplicate-openmp-runtime"),
    ("OMP: Error #15: Initializing libiomp5md.dll, but found libomp140.x86_64.dll already initialized.", WINDOWS,
     "duplicate-openmp-runtime"),
    ("Error: mkl-service + Intel(R) MKL: MKL_THREADING_LAYER=INTEL is incompatible with libgomp.so.1 library.", LINUX,
     "duplicate-openmp-runtime"),
    ("AttributeError: partially initialized module 'torch' has no attribute 'nn' (most likely due to a circular "
     "import)", LINUX, "local-file-shadows-package"),
    ("ImportError: cannot import name 'Tensor' from partially initialized module 'torch' (most likely due to a "
     "circular import) (/home/me/model/torch.py)", LINUX, "local-file-shadows-package"),
    ("AttributeError: module 'random' has no attribute 'seed' (consider renaming '/home/me/model/random.py' since it "
     "has the same name as the standard library module named 'random')", LINUX, "local-file-shadows-package"),
    ("ModuleNotFoundError: No module named 'torch.nn'; 'torch' is not a package", LINUX, "local-file-shadows-package"),
    ("ImportError: Error importing numpy: you should not try to import numpy from its source directory; please exit "
     "the numpy source tree", LINUX, "local-file-shadows-package"),
    ("Traceback:\n  File \"/home/me/a.py\", line 1\n  File \"/home/me/torch.py\", line 3\n"
     "AttributeError: module 'torch' has no attribute 'Tensor'", LINUX, "local-file-shadows-package"),
    ("ModuleNotFoundError: No module named 'torch'", LINUX, "wrong-environment-active"),
    ("Requirement already satisfied: torch in /usr/lib/python3.9/site-packages (2.1.0)\n"
     "ModuleNotFoundError: No module named 'torch'", LINUX, "wrong-environment-active"),
    # ---------------------------------------------------------------- memory
    ("RuntimeError: DataLoader worker (pid 181) is killed by signal: Bus error. It is possible that dataloader's "
     "workers are out of shared memory.", LINUX, "shm-too-small"),
    ("ERROR: Unexpected bus error encountered in worker. This might be caused by insufficient shared memory (shm).",
     LINUX, "shm-too-small"),
    ("RuntimeError: unable to write to file </torch_81_1234_5>", LINUX, "shm-too-small"),
    ("RuntimeError: unable to mmap 1024 bytes from file </torch_81_1_0>: Cannot allocate memory (12)", DOCKER,
     "shm-too-small"),
    ("NCCL WARN Error while creating shared memory segment /dev/shm/nccl-x (size 9637888): No space left on device",
     DOCKER, "shm-too-small"),
    ("RuntimeError: received 0 items of ancdata", LINUX, "file-limit-too-low"),
    ("OSError: [Errno 24] Too many open files: 'data/1.png'", LINUX, "file-limit-too-low"),
    ("RuntimeError: DataLoader worker (pid 99) is killed by signal: Killed.", LINUX, "oom-killed"),
    ("slurmstepd: error: Detected 1 oom-kill event(s). Some of your processes may have been killed by the cgroup "
     "out-of-memory handler. oom_kill", LINUX, "oom-killed"),
    ("Last State: Terminated  Reason: OOMKilled  Exit Code: 137", DOCKER, "oom-killed"),
    ("[ 81.2] Out of memory: Killed process 4321 (python3) total-vm:29000000kB", LINUX, "oom-killed"),
    ("subprocess.CalledProcessError: Command died with <Signals.SIGKILL: 9>.", LINUX, "oom-killed"),
    ("torch.distributed.elastic: failed (exitcode: -9) local_rank: 0 (pid: 81)", LINUX, "oom-killed"),
    ("RuntimeError: [enforce fail at alloc_cpu.cpp:80] . DefaultCPUAllocator: not enough memory: you tried to allocate "
     "4294967296 bytes.", WINDOWS, "oom-killed"),
    ("Collecting torch\n  Downloading torch-2.5.1-cp312-cp312-manylinux1_x86_64.whl (906.4 MB)\nMemoryError", LINUX,
     "install-out-of-memory"),
    # ---------------------------------------------------------------- disks
    ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device: "
     "'/tmp/pip-unpack-x/torch-2.5.1.whl'", LINUX, "tmpdir-too-small"),
    ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device: "
     "'/home/me/e/lib/python3.12/site-packages/torch/lib/libtorch_cuda.so'", LINUX, "disk-full"),
    ("error: Failed to write: /opt/e: Disk quota exceeded (os error 122)", LINUX, "disk-full"),
    ("OSError: [WinError 112] There is not enough space on the disk", WINDOWS, "disk-full"),
    ("OSError: [Errno 28] No space left on device", told_machine(
        disks=(Disk(purpose="temporary", path="/t", free_bytes=10**7),
               Disk(purpose="environment", path="/e", free_bytes=10**11))), "tmpdir-too-small"),
    ("OSError: [Errno 28] No space left on device\ntmpfs 2.0G 2.0G 0 100% /tmp\n/dev/sda1 90G 20G 70G 23% /", LINUX,
     "tmpdir-too-small"),
    ("OSError: [Errno 28] No space left on device\ntmpfs 2.0G 1.0M 2.0G 1% /tmp\n/dev/sda1 90G 90G 0 100% /", LINUX,
     "disk-full"),
    # ---------------------------------------------------------------- rights
    ("error: externally-managed-environment\n\n× This environment is externally managed", LINUX,
     "pep668-externally-managed"),
    ("error: The interpreter at /usr is externally managed, and indicates the following:", LINUX,
     "pep668-externally-managed"),
    ("PermissionError: [Errno 13] Permission denied: '/home/ada/.cache/torch'", LINUX, "cache-dir-not-writable"),
    ("no permission to write ~/.cache/torch/hub in the image", LINUX, "cache-dir-not-writable"),
    ("There was a problem when trying to write in your cache folder (/.cache/huggingface/hub). You should set the "
     "environment variable TRANSFORMERS_CACHE to a writable directory.", LINUX, "cache-dir-not-writable"),
    ("RuntimeError: cannot cache function '__shear_dense': no locator available for file '/usr/lib/x.py'", LINUX,
     "cache-dir-not-writable"),
    ("ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied: "
     "'/usr/local/lib/python3.10/dist-packages/numpy'\nConsider using the `--user` option or check the permissions.",
     LINUX, "permission-denied-install"),
    ("ERROR: Could not install packages due to an EnvironmentError: [WinError 5] Zugriff verweigert: "
     "'c:\\program files\\python38\\Lib\\site-packages\\numpy'", WINDOWS, "permission-denied-install"),
    ("EnvironmentNotWritableError: The current user does not have write permissions to the target environment.\n"
     "  environment location: /opt/conda", LINUX, "permission-denied-install"),
    # ---------------------------------------------------------------- networks
    ("pip._vendor.requests: SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify "
     "failed: self signed certificate in certificate chain (_ssl.c:1129)'))", LINUX, "tls-interception-untrusted-ca"),
    ("error: Failed to fetch: `https://index.example.org/simple/torch/`\n  Caused by: invalid peer certificate: "
     "UnknownIssuer", LINUX, "tls-interception-untrusted-ca"),
    ("WARNING: Retrying (Retry(total=0)) after connection broken by 'ProxyError('Cannot connect to proxy.', "
     "OSError('Tunnel connection failed: 407 Proxy Authentication Required'))': /simple/torch/", LINUX, "proxy-needed"),
    ("WARNING: Retrying after connection broken by 'NewConnectionError: Failed to establish a new connection: [Errno "
     "-3] Temporary failure in name resolution': /simple/torch/\nERROR: Could not find a version that satisfies the "
     "requirement torch (from versions: none)", LINUX, "index-unreachable"),
    # ---------------------------------------------------------------- installers
    ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", LINUX, "hash-mismatch"),
    ("zipfile.BadZipFile: Bad CRC-32 for file 'torch/lib/libtorch.so'", LINUX, "corrupt-download"),
    ("ERROR: Cannot install a==1 and b==2 because these package versions have conflicting dependencies.\n"
     "ERROR: ResolutionImpossible: for help visit https://example.org", LINUX, "resolver-conflict"),
    ("building 'x' extension\nerror: Microsoft Visual C++ 14.0 or greater is required.\nERROR: Failed building "
     "wheel for pycocotools", WINDOWS, "build-tools-missing"),
]  # fmt: skip


@pytest.mark.parametrize(("symptom", "machine", "expected"), CASES)
def test_a_message_names_its_cause(symptom: str, machine: Machine, expected: str, real: Matrix) -> None:
    case = told_case(symptom, machine)
    finding = first(case, real)
    assert (finding.id if finding else "") == expected
    assert finding is not None
    assert finding.severity == "error"
    assert set(finding.explains) & {clue.id for clue in case.clues}
    assert finding.fix
    assert ran_well(case, real)


SILENT = [
    # What the same words mean where the facts are others.
    ("Illegal instruction (core dumped)", _cpu("AMD EPYC 7543", "avx", "avx2"), "cpu-lacks-avx"),
    ("Illegal instruction (core dumped)", told_machine(architecture="aarch64"), "cpu-lacks-avx"),
    ("This TensorFlow binary is optimized to use available CPU instructions in performance-critical operations. To "
     "enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow", LINUX, "cpu-lacks-avx"),
    ("Illegal instruction: 4", INTEL_MAC, "rosetta-x86-python"),
    ("AttributeError: partially initialized module 'torchvision' has no attribute 'extension' (most likely due to a "
     "circular import)", LINUX, "local-file-shadows-package"),
    ("AttributeError: module 'torch' has no attribute 'compile'", LINUX, "local-file-shadows-package"),
    ("ImportError: cannot import name 'x' from 'torch' (/e/lib/python3.11/site-packages/torch/__init__.py)", LINUX,
     "local-file-shadows-package"),
    ('Error loading "C:\\e\\lib\\onnxruntime_providers_cuda.dll" or one of its dependencies.', WINDOWS,
     "windows-missing-runtime-dll"),
    ("torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB", LINUX, "oom-killed"),
    ("The installer was killed by a certificate", LINUX, "index-unreachable"),
    ("certificate is not yet valid: CERTIFICATE_VERIFY_FAILED", LINUX, "tls-interception-untrusted-ca"),
    ("ModuleNotFoundError: No module named 'my_own_code'", LINUX, "wrong-environment-active"),
    ("PermissionError: [Errno 13] Permission denied: '/dev/kfd'", LINUX, "permission-denied-install"),
    ("PermissionError: [Errno 13] Permission denied: '/dev/kfd'", LINUX, "cache-dir-not-writable"),
]  # fmt: skip


@pytest.mark.parametrize(("symptom", "machine", "slug"), SILENT)
def test_a_near_miss_is_left_alone(symptom: str, machine: Machine, slug: str, real: Matrix) -> None:
    from mlenv.checks.registry import diagnose

    findings = diagnose(told_case(symptom, machine), real).findings
    assert slug not in {finding.id for finding in findings}


def test_packages_of_the_user_come_before_the_environments(real: Matrix) -> None:
    environment = Environment(path="/e", kind="conda", distributions=(Distribution(name="numpy", version="1.26.4"),))
    own = (Distribution(name="numpy", version="2.1.0"),)
    case = told_case("AttributeError: something odd", environment=environment, user_site=own)
    finding = first(case, real)
    assert finding is not None
    assert (finding.id, finding.severity) == ("user-site-shadows-env", "error")
    assert "numpy 2.1.0 in the user's folder, 1.26.4 in the environment" in finding.evidence
    same = (Distribution(name="numpy", version="1.26.4"),)
    assert first_id(told_case("odd", environment=environment, user_site=same), real) == ""


def test_a_traceback_through_the_users_folder_in_an_environment(real: Matrix) -> None:
    symptom = (
        'File "/opt/conda/envs/ml/bin/train", line 3\n'
        'File "/home/me/.local/lib/python3.10/site-packages/h5py/__init__.py", line 4\nValueError: bad size'
    )
    assert first_id(told_case(symptom), real) == "user-site-shadows-env"
    bare = 'File "/home/me/.local/lib/python3.10/site-packages/h5py/__init__.py", line 4\nValueError: bad size'
    assert first_id(told_case(bare), real) == ""


def test_the_kernels_log_proves_an_end_for_want_of_memory(real: Matrix) -> None:
    event = KernelEvent(kind="out-of-memory", text="Memory cgroup out of memory: Killed process 9 (python)")
    machine = told_machine(kernel_events=(event,), memory=Memory(total_bytes=64 * GIB, limit_bytes=4 * GIB))
    finding = first(told_case("Killed", machine), real)
    assert finding is not None
    assert (finding.id, finding.grade) == ("oom-killed", "named")
    assert event.text in finding.evidence
    assert "memory limit 4.0 GiB" in finding.evidence


def test_a_small_shared_memory_is_a_risk_without_any_message(real: Matrix) -> None:
    machine = told_machine(disks=(Disk(purpose="shared-memory", path="/shm", total_bytes=64 * 1024**2),))
    finding = first(told_case("", machine), real)
    assert finding is not None
    assert (finding.id, finding.severity) == ("shm-too-small", "warning")


def test_an_old_python_is_good_to_know() -> None:
    case = told_case("", told_machine(python="3.9.1"))
    from mlenv.checks.registry import diagnose

    def found(day: dt.date) -> set[tuple[str, str]]:
        rows = diagnose(case, Matrix(as_of=day)).findings
        return {(row.id, row.severity) for row in rows if row.id == "python-end-of-life"}

    assert found(dt.date(2026, 1, 1)) == {("python-end-of-life", "info")}
    assert found(dt.date(2025, 1, 1)) == set()


def test_the_package_of_the_message_lies_in_the_users_folder(real: Matrix) -> None:
    own = (Distribution(name="torchvision", version="0.3.0"),)
    case = told_case("torchvision still shows 0.3.0 after an update", user_site=own)
    assert first_id(case, real) == "user-site-shadows-env"
    assert first_id(told_case("numpy is slow", user_site=own), real) == ""


def test_a_file_in_the_words_of_the_report(real: Matrix) -> None:
    symptom = "ImportError: cannot import name 'array' from 'jax' (unknown location)"
    case = told_case(symptom, remarks={"folder": "jax.py beside the notebook"})
    assert first_id(case, real) == "local-file-shadows-package"
    assert first_id(told_case(symptom), real) == ""
