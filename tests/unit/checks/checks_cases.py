"""Machines, environments and a small matrix of our own for the checks."""

from __future__ import annotations

from pathlib import Path

from mlenv.checks.finding import CheckOutcome, Finding
from mlenv.checks.registry import Case, ImportAttempt, all_checks, diagnose
from mlenv.facts.environment import Distribution, Environment
from mlenv.facts.machine import Cpu, Disk, Gpu, Libc, Machine, Memory, Nvidia, OperatingSystem, PythonInterpreter
from mlenv.facts.reading import Reading
from mlenv.matrix.load import Matrix

GIB = 1024**3

MATRIX_TOML = """
schema = 1
version = "2026.11.22"
as_of = 2026-11-22
"""

DRIVERS_TOML = """
checked_on = 2026-11-22
sources = { guide = "NVIDIA's compatibility guide" }
cuda_family = [
  { major = 13, minor_compatible = true, linux = "580.65.06", windows = "580", source = ["guide"] },
  { major = 12, minor_compatible = true, linux = "525.60.13", windows = "528.33", source = ["guide"] },
  { major = 11, minor_compatible = true, linux = "450.80.02", windows = "452.39", source = ["guide"] },
]
cuda_release = []
driver_branch = [
  { branch = 590, cuda = "13.1", source = ["guide"] },
  { branch = 580, cuda = "13.0", source = ["guide"] },
  { branch = 570, cuda = "12.8", source = ["guide"] },
  { branch = 535, cuda = "12.2", source = ["guide"] },
  { branch = 470, cuda = "11.4", source = ["guide"] },
]
architecture = [
  { name = "Kepler", compute_capabilities = ["3.7"], first_driver = 319, last_driver = 470, source = ["guide"] },
  { name = "Pascal", compute_capabilities = ["6.0", "6.1"], first_driver = 367, last_driver = 580, source = ["guide"] },
  { name = "Turing", compute_capabilities = ["7.5"], first_driver = 410, last_driver = 0, source = ["guide"] },
  { name = "Ampere", compute_capabilities = ["8.0", "8.6", "8.7"], first_driver = 450, last_driver = 0, source = ["guide"] },
  { name = "Ada Lovelace", compute_capabilities = ["8.9"], first_driver = 520, last_driver = 0, source = ["guide"] },
  { name = "Blackwell", compute_capabilities = ["12.0"], first_driver = 570, last_driver = 0, source = ["guide"] },
  { name = "Rubin", compute_capabilities = ["10.7"], first_driver = 580, last_driver = 0, source = ["guide"] },
]
code_rule = [
  { code = "6.0", below = "7.0", not_on = ["6.2"], source = ["guide"] },
  { code = "8.0", below = "9.0", not_on = ["8.7"], unified_from = "13.2", source = ["guide"] },
  { code = "10.0", below = "10.4", source = ["guide"] },
  { code = "12.0", below = "13.0", source = ["guide"] },
]
"""

GPUS_TOML = """
checked_on = 2026-11-22
sources = {}
gpu = [
  { vendor = "nvidia", name = "GeForce GTX 1080 Ti", compute_capability = "6.1", source = [] },
  { vendor = "nvidia", name = "GeForce RTX 4090", compute_capability = "8.9", source = [] },
  { vendor = "amd", name = "AMD Radeon RX 7900 XTX", gfx = "gfx1100", source = [] },
]
"""

TORCH_TOML = """
id = "torch"
name = "PyTorch"
distribution = "torch"
imports = ["torch"]
checked_on = 2026-11-22
sources = {}

[[release]]
version = "2.15.0"
released = 2026-10-28
source = []
builds = [
  { variant = "cpu", platforms = ["linux-x86_64", "linux-aarch64"], pythons = ["3.11", "3.12", "3.13", "3.14", "3.14t"], indexes = ["pytorch"], local = true, glibc = "2.28", evidence = "measured", source = [] },
  { variant = "cpu", platforms = ["windows-x86_64"], pythons = ["3.11", "3.12", "3.13", "3.14", "3.14t"], evidence = "measured", source = [] },
  { variant = "cpu", accelerators = ["cpu", "mps"], platforms = ["macos-arm64"], pythons = ["3.11", "3.12", "3.13", "3.14", "3.14t"], macos = "14.0", evidence = "measured", source = [] },
  { variant = "cu126", accelerators = ["cuda", "cpu"], platforms = ["linux-x86_64"], pythons = ["3.11"], glibc = "2.28", cuda = "12.6", sass = ["5.0", "6.0"], evidence = "unknown", source = [] },
  { variant = "cu132", accelerators = ["cuda", "cpu"], platforms = ["linux-x86_64"], pythons = ["3.11", "3.12", "3.13", "3.14", "3.14t"], indexes = ["pytorch", "default"], local = true, glibc = "2.28", cuda = "13.2", sass = ["7.5", "8.0", "9.0", "10.0", "12.0"], evidence = "measured", source = [] },
]

[[release]]
version = "2.14.1"
released = 2026-09-30
source = []
builds = [
  { variant = "cpu", platforms = ["linux-x86_64"], pythons = ["3.10", "3.11", "3.12"], indexes = ["pytorch"], local = true, glibc = "2.28", evidence = "measured", source = [] },
  { variant = "cu126", accelerators = ["cuda", "cpu"], platforms = ["linux-x86_64"], pythons = ["3.10", "3.11", "3.12"], indexes = ["pytorch"], local = true, glibc = "2.28", cuda = "12.6.3", sass = ["5.0", "6.0", "7.0", "7.5", "8.0", "9.0"], evidence = "measured", source = [] },
  { variant = "cu130", accelerators = ["cuda", "cpu"], platforms = ["linux-x86_64", "windows-x86_64"], pythons = ["3.10", "3.11", "3.12"], indexes = ["pytorch", "default"], local = true, glibc = "2.28", cuda = "13.0", sass = ["7.5", "8.0", "9.0", "10.0", "12.0"], evidence = "measured", source = [] },
  { variant = "rocm7.2", accelerators = ["rocm"], platforms = ["linux-x86_64"], pythons = ["3.10", "3.11", "3.12"], indexes = ["pytorch"], local = true, glibc = "2.28", gfx = ["gfx942", "gfx1100"], evidence = "measured", source = [] },
]

[[release]]
version = "2.6.0"
released = 2025-01-29
source = []
builds = [
  { variant = "cpu", platforms = ["linux-x86_64"], pythons = ["3.9", "3.10", "3.11"], indexes = ["pytorch"], local = true, glibc = "2.17", evidence = "measured", source = [] },
  { variant = "cpu", accelerators = ["cpu", "mps"], platforms = ["macos-arm64"], pythons = ["3.9", "3.10", "3.11"], macos = "11.0", evidence = "measured", source = [] },
  { variant = "cu118", accelerators = ["cuda", "cpu"], platforms = ["linux-x86_64"], pythons = ["3.9", "3.10", "3.11"], indexes = ["pytorch"], local = true, glibc = "2.17", cuda = "11.8", sass = ["3.7", "5.0", "6.0", "7.0", "7.5", "8.0", "9.0"], evidence = "measured", source = [] },
]

[[release]]
version = "2.2.2"
released = 2024-03-27
source = []
builds = [
  { variant = "cpu", platforms = ["macos-x86_64"], pythons = ["3.9", "3.10", "3.11"], macos = "10.9", evidence = "measured", source = [] },
]
"""

TENSORFLOW_TOML = """
id = "tensorflow"
name = "TensorFlow"
distribution = "tensorflow"
imports = ["tensorflow"]
checked_on = 2026-11-22
sources = {}

[[release]]
version = "2.21.0"
released = 2026-03-06
source = []
builds = [
  { variant = "cu12", extra = "and-cuda", accelerators = ["cuda"], platforms = ["linux-x86_64"], pythons = ["3.12"], glibc = "2.27", cpu_flags = ["avx"], cuda = "12.5.1", sass = ["6.0", "8.0"], ptx = ["9.0"], capability_ceiling = "10.0", driver = "525.60.13", requires = { nvidia-cudnn-cu12 = ">=9.3" }, evidence = "measured", source = [] },
  { variant = "cpu", distribution = "tensorflow-cpu", platforms = ["linux-x86_64", "windows-x86_64"], pythons = ["3.12"], glibc = "2.27", cpu_flags = ["avx"], evidence = "measured", source = [] },
]
"""

JAX_TOML = """
id = "jax"
name = "JAX"
distribution = "jax"
imports = ["jax"]
checked_on = 2026-11-22
sources = {}

[[release]]
version = "0.12.0"
released = 2026-10-19
source = []
builds = [
  { variant = "cpu", platforms = ["linux-x86_64"], pythons = ["3.12"], glibc = "2.27", cpu_flags = ["avx"], evidence = "measured", source = [] },
  { variant = "cuda13", extra = "cuda13", accelerators = ["cuda"], platforms = ["linux-x86_64"], pythons = ["3.12"], glibc = "2.27", cpu_flags = ["avx"], cuda = "13.0", capability_floor = "7.5", evidence = "measured", source = [] },
]
"""


def write_matrix(folder: Path) -> Matrix:
    """The small matrix in a folder."""
    (folder / "frameworks").mkdir()
    for name, text in (("matrix", MATRIX_TOML), ("drivers", DRIVERS_TOML), ("gpus", GPUS_TOML)):
        (folder / f"{name}.toml").write_text(text)
    for name, text in (("torch", TORCH_TOML), ("tensorflow", TENSORFLOW_TOML), ("jax", JAX_TOML)):
        (folder / "frameworks" / f"{name}.toml").write_text(text)
    return Matrix(folder)


def make_machine(**changes: object) -> Machine:
    """A healthy laptop without a GPU, save for the changes."""
    facts: dict[str, object] = {
        "os": OperatingSystem(
            family="linux",
            distribution="Ubuntu",
            version="24.04",
            libc=Libc(family="glibc", version="2.39"),
            wsl=0,
            container="",
        ),
        "architecture": "x86_64",
        "cpu": Cpu(model="Intel Core i5-1240P", flags=("avx", "avx2")),
        "memory": Memory(total_bytes=16 * GIB),
        "disks": (Disk(purpose="environment", path="/home/me/.venv", free_bytes=200 * 10**9),),
        "gpus": (),
        "pythons": (PythonInterpreter(version="3.12.3", path="/usr/bin/python3.12", bits=64),),
    }
    return Machine(**{**facts, **changes})  # type: ignore[arg-type]


def make_linux(**changes: object) -> OperatingSystem:
    """Ubuntu 24.04, save for the changes."""
    facts: dict[str, object] = {
        "family": "linux",
        "distribution": "Ubuntu",
        "version": "24.04",
        "libc": Libc(family="glibc", version="2.39"),
        "wsl": 0,
        "container": "",
    }
    return OperatingSystem(**{**facts, **changes})  # type: ignore[arg-type]


def with_nvidia(
    capability: str | None, driver: str | None, *, name: str = "NVIDIA GPU X", memory: int | None = 24 * GIB, **changes: object
) -> Machine:
    """The laptop with one NVIDIA GPU."""
    gpu = Gpu(vendor="nvidia", name=name, index=0, compute_capability=capability, memory_bytes=memory)
    state = Nvidia(driver=driver, nvml="ok") if driver else None
    return make_machine(**{"gpus": (gpu,), "nvidia": state, **changes})


def make_environment(*packages: str, python: str | None = "3.12.3") -> Environment:
    """An environment with packages given as ``name==version`` or ``name==version!build``."""
    distributions = []
    for package in packages:
        name, _, rest = package.partition("==")
        version, _, build = rest.partition("!")
        distributions.append(Distribution(name=name, version=version, build=build or None))
    return Environment(
        path="/home/me/.venv",
        python=python,
        executable="/home/me/.venv/bin/python",
        distributions=tuple(distributions),
    )


def run_one(
    slug: str,
    matrix: Matrix,
    machine: Machine,
    environment: Environment | None = None,
    imports: tuple[ImportAttempt, ...] | None = None,
) -> tuple[CheckOutcome, tuple[Finding, ...]]:
    """One check on one case: how it went, and what it found."""
    chosen = [check for check in all_checks() if check.id == slug]
    diagnosis = diagnose(Case(machine=machine, environment=environment, imports=imports), matrix, chosen)
    return diagnosis.checks[0], diagnosis.findings


def found(subject: str, source: str) -> Reading:
    """A reading that gave an answer."""
    return Reading(id=subject, source=source, outcome="found")


def absent(subject: str, source: str) -> Reading:
    """A reading that found nothing."""
    return Reading(id=subject, source=source, outcome="absent")
