"""What a policy file may say."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

import msgspec

from mlenv.facts.gpu import Vendor
from mlenv.facts.system import Architecture, SystemFamily
from mlenv.policy.conditions import DOTTED_PATTERN, NUMBER_PATTERN, VERSION_PATTERN
from mlenv.verify.result import DeviceKind, Level

Number = Annotated[str, msgspec.Meta(pattern=NUMBER_PATTERN, examples=[">=16", ">=12,<48"], extra={"form": "number"})]
Dotted = Annotated[str, msgspec.Meta(pattern=DOTTED_PATTERN, examples=[">=580", "==580.*"], extra={"form": "dotted"})]
PackageVersion = Annotated[
    str, msgspec.Meta(pattern=VERSION_PATTERN, examples=[">=2.14,<2.16"], extra={"form": "version"})
]
Requirement = Annotated[str, msgspec.Meta(min_length=1, examples=["numpy>=2"], extra={"form": "requirement"})]
Unwanted = Annotated[
    str,
    msgspec.Meta(min_length=1, examples=["onnxruntime-gpu+onnxruntime", "numpy<1.26"], extra={"form": "unwanted"}),
]
Said = Annotated[str, msgspec.Meta(pattern=r"\S", examples=["x8 slot by design"], extra={"form": "said"})]
Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", extra={"form": "name"})]
Ratio = Annotated[float, msgspec.Meta(gt=0, le=1)]
Accelerator = Annotated[DeviceKind, msgspec.Meta(description="Where the framework must be seen to compute.")]
Arithmetic = Literal["ieee", "fp32", "tf32", "bf16", "fp16"]
"""How float32 is really computed; ``ieee`` is another word for ``fp32``."""


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of the tables: a wrong key is an error, a missing one asks for nothing."""


class HostPolicy(Section, frozen=True, kw_only=True):
    """What the computer must be; sizes in GB of 10^9 bytes, as makers count them.

    ``ram_gb`` and ``cpu_cores`` are what a container's limits leave.  ``python`` is the Python of the
    environment; where none is looked at, some Python of the machine.
    """

    ram_gb: Number | None = None
    disk_free_gb: Number | None = None
    shared_memory_gb: Number | None = None
    cpu_cores: Number | None = None
    cpu_flags: tuple[str, ...] = ()
    os: SystemFamily | None = None
    distribution: str | None = None
    os_version: Dotted | None = None
    arch: Architecture | None = None
    glibc: Dotted | None = None
    kernel: Dotted | None = None
    python: PackageVersion | None = None
    forbid_eol_python: bool = False
    secure_boot: bool | None = None
    wsl: bool | None = None
    container: bool | None = None


class GpuPolicy(Section, frozen=True, kw_only=True):
    """What its GPUs must be: each one that counts, those beside the processor only where there is no other.

    ``names`` are patterns (``NVIDIA H100*``), ``cuda`` is the newest CUDA that the driver offers.
    ``health`` asks that the health checks ran and none failed; with a level, that they ran at it.
    """

    vendor: Vendor | None = None
    names: tuple[str, ...] = ()
    count: Number | None = None
    vram_gb: Number | None = None
    driver: Dotted | None = None
    compute_capability: Dotted | None = None
    cuda: Dotted | None = None
    rocm: Dotted | None = None
    ecc: bool | None = None
    persistence: bool | None = None
    mig: bool | None = None
    health: bool | Level = False


class FrameworkPolicy(Section, frozen=True, kw_only=True):
    """What one framework must be, judged by what it was seen to do.

    ``build`` may be a pattern (``cu13*``), ``precision`` lists the arithmetic that float32 may get.
    One that is not ``required`` may be absent.
    """

    version: PackageVersion | None = None
    build: str | None = None
    device: Accelerator | None = None
    precision: tuple[Arithmetic, ...] = ()
    required: bool = True


class EnvironmentPolicy(Section, frozen=True, kw_only=True):
    """What must and must not be installed; ``lock`` is a pylock.toml, its path seen from the policy's folder."""

    lock: str | None = None
    extra_packages: Literal["allow", "warn", "forbid"] | None = None
    pip_check: bool = False
    rivals: bool = False
    forbid: tuple[Unwanted, ...] = ()
    require: tuple[Requirement, ...] = ()


class Ratios(Section, frozen=True, kw_only=True):
    """The least part of what the hardware can do, from 0 to 1, by what is measured.

    ``spread`` is the slowest GPU's part of the fastest one's rate.
    """

    bf16: Ratio | None = None
    memory: Ratio | None = None
    host_to_device: Ratio | None = None
    device_to_host: Ratio | None = None
    spread: Ratio | None = None


class PerformancePolicy(Section, frozen=True, kw_only=True):
    """How fast it must be; ``baseline`` is a file of ``--save-baseline``, ``baseline_tolerance`` a part of 1."""

    ratios: Ratios = Ratios()
    baseline: str | None = None
    baseline_tolerance: Ratio | None = None


class VerifyPolicy(Section, frozen=True, kw_only=True):
    """How much must be checked, and whether warnings count as failures."""

    level: Level | None = None
    fail_on: Literal["fail", "warn"] = "fail"
    require_gpu: bool = False


class Waiver(Section, frozen=True, kw_only=True):
    """A known failure that is accepted until a day (the last on which it is).

    ``check`` is an id or a pattern (``gpu.pcie_*``, ``torch.compile``); ``device`` (``cuda:1``) and
    ``gpu`` (a UUID) narrow it.
    """

    check: Said
    reason: Said
    expires: dt.date
    device: Said | None = None
    gpu: Said | None = None


class Policy(Section, frozen=True, kw_only=True):
    """A policy file."""

    schema: Literal[1]
    name: str = ""
    host: HostPolicy = HostPolicy()
    gpu: GpuPolicy = GpuPolicy()
    frameworks: dict[Name, FrameworkPolicy] = {}
    env: EnvironmentPolicy = EnvironmentPolicy()
    performance: PerformancePolicy = PerformancePolicy()
    verify: VerifyPolicy = VerifyPolicy()
    waive: tuple[Waiver, ...] = ()
