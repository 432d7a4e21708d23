"""The rules: may this build be used here?  One small predicate each, with its reason.

A rule takes a :class:`Question` and answers with a :class:`Failure` or nothing.  What is unknown
is never treated as good.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import msgspec
from packaging.specifiers import SpecifierSet

from mlenv.facts.machine import Gpu, Machine
from mlenv.facts.version import at_least
from mlenv.matrix import query
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import Accelerator, Build, Framework, Release


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why a build falls: the rule's id, what was asked and found, and what would lift it.

    ``driver`` is the lowest NVIDIA driver that would lift it, where a newer driver does.
    """

    rule: str
    text: str
    remedy: str = ""
    driver: str = ""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A build of a release, to be used on ``accelerator`` of a machine."""

    machine: Machine
    matrix: Matrix
    framework: Framework
    release: Release
    build: Build
    accelerator: Accelerator
    specifier: SpecifierSet
    variant: str | None = None
    as_of: dt.date | None = None

    @property
    def name(self) -> str:
        """``torch 2.15.0 cu132``, for sentences."""
        variant = "" if self.build.variant == "any" else f" {self.build.variant}"
        return f"{self.framework.id} {self.release.version}{variant}"


Rule = Callable[[Question], Failure | None]


def accelerated_gpus(machine: Machine, accelerator: Accelerator) -> tuple[Gpu, ...]:
    """The GPUs that a build for an accelerator would use.

    Integrated AMD GPUs do not count where a card of its own is there: ROCm builds are chosen for
    the card.
    """
    vendor = VENDOR_OF.get(accelerator)
    if vendor is None:
        return ()
    gpus = tuple(gpu for gpu in machine.gpus or () if gpu.vendor == vendor)
    discrete = tuple(gpu for gpu in gpus if not gpu.integrated)
    return discrete or gpus


def distinct_gpus(machine: Machine, accelerator: Accelerator) -> tuple[Gpu, ...]:
    """One of each kind among the GPUs in use: eight equal cards are judged once."""
    kinds = {(gpu.name, gpu.compute_capability, gpu.gfx): gpu for gpu in accelerated_gpus(machine, accelerator)}
    return tuple(kinds.values())


VENDOR_OF: dict[str, str] = {"cuda": "nvidia", "rocm": "amd", "xpu": "intel", "mps": "apple", "tpu": "google"}


def may_be_chosen(question: Question) -> Failure | None:
    """Yanked, unreleased (``--as-of``) and unwanted versions fall."""
    release = question.release
    if release.yanked:
        return Failure(rule="yanked", text=f"{question.framework.id} {release.version} was withdrawn")
    if question.as_of and release.released > question.as_of:
        return Failure(rule="released", text=f"{question.framework.id} {release.version} came on {release.released}")
    if not question.specifier.contains(release.version, prereleases=True):
        text = f"{question.framework.id} {release.version} is not {question.specifier}"
        return Failure(rule="requested-version", text=text)
    return None


def is_built_for_platform(question: Question) -> Failure | None:
    """There is a build for this system and processor."""
    platform = question.machine.platform
    if platform in question.build.platforms:
        return None
    built = ", ".join(question.build.platforms)
    return Failure(rule="platform", text=f"{question.name} is built for {built}, this machine is {platform}")


def is_requested_variant(question: Question) -> Failure | None:
    """``--accelerator cu126`` asks for that build of every framework that has device code."""
    asked, build = question.variant, question.build
    if asked is None or build.variant in ("any", asked):
        return None
    named_so = any(row.variant == asked for release in question.framework.release for row in release.builds)
    if not named_so and build.runtime and asked.startswith(build.runtime):
        return None  # jax calls its CUDA 12 build cuda12: the CUDA major is what it shares with cu126
    return Failure(rule="requested-build", text=f"{question.name} is not the {asked} build asked for")


def fits_libc(question: Question) -> Failure | None:
    """The C library is new enough, and of the kind that the wheel was built for."""
    build, libc = question.build, question.machine.os.libc
    if question.machine.os.family != "linux" or not (build.glibc or build.musl):
        return None
    if libc is None:
        text = f"{question.name} needs glibc {build.glibc} and the C library of this machine is not known"
        return Failure(rule="libc-unknown", text=text, remedy="say which C library the machine has")
    floor = build.musl if libc.family == "musl" else build.glibc
    if not floor:
        text = (
            f"{question.name} has wheels for {'glibc' if build.glibc else 'musl'} only, this machine has {libc.family}"
        )
        return Failure(rule="libc-kind", text=text, remedy=f"use a system with glibc {build.glibc} or newer")
    if at_least(libc.version, floor):
        return None
    text = f"{question.name} needs {libc.family} {floor}, this machine has {libc.version}"
    return Failure(rule="libc", text=text, remedy=f"use a newer system ({libc.family} {floor} or newer)")


def fits_macos(question: Question) -> Failure | None:
    """MacOS is new enough for the wheel, and for Metal where it is to be used."""
    build, system = question.build, question.machine.os
    if system.family != "macos":
        return None
    floor = build.macos
    if question.accelerator == "mps" and build.mps_macos:
        floor = build.mps_macos if not floor or at_least(build.mps_macos, floor) else floor
    if not floor:
        return None
    if system.version is None:
        return Failure(rule="macos-unknown", text=f"{question.name} needs macOS {floor}; the version here is not known")
    if at_least(system.version, floor):
        return None
    text = f"{question.name} needs macOS {floor} or newer, this machine has {system.version}"
    return Failure(rule="macos", text=text, remedy=f"update macOS to {floor} or newer")


def fits_cpu(question: Question) -> Failure | None:
    """The processor has the instructions that the build was compiled to use.

    Flags that nobody could read do not forbid: the plan warns instead (every x86-64 processor
    since 2011 has AVX, and a crash would show in the verification).
    """
    flags = question.machine.cpu.flags
    if not flags:
        return None
    missing = [flag for flag in question.build.cpu_flags if flag not in flags]
    if not missing:
        return None
    names = ", ".join(flag.upper() for flag in missing)
    text = f"{question.name} is compiled for processors with {names}, which this one lacks"
    return Failure(rule="cpu-flags", text=text, remedy="use another machine, or a build from source")


def has_driver(question: Question) -> Failure | None:
    """A CUDA build needs an NVIDIA driver that is there and new enough."""
    if question.accelerator != "cuda":
        return None
    driver = question.machine.nvidia.driver if question.machine.nvidia else None
    if driver is None:
        text = f"{question.name} needs the NVIDIA driver, and none is known on this machine"
        return Failure(rule="driver-unknown", text=text, remedy="install the NVIDIA driver")
    return _driver_is_new_enough(question, driver)


def _driver_is_new_enough(question: Question, driver: str) -> Failure | None:
    build, drivers = question.build, question.matrix.drivers
    system = query.driver_system(question.machine)
    floor = query.driver_floor(drivers, build.cuda, system=system)
    if build.driver and system == "linux" and (floor is None or at_least(build.driver, floor)):
        floor = build.driver
    if floor is None:
        return Failure(rule="driver-floor-unknown", text=f"no row says which driver CUDA {build.cuda} needs")
    if at_least(driver, floor):
        return None
    text = f"{question.name} (CUDA {build.cuda}) needs driver {floor} or newer, this machine has {driver}"
    return Failure(rule="driver-too-old", text=text, driver=floor)


def driver_knows_gpus(question: Question) -> Failure | None:
    """The driver's branch still serves, or already serves, the generation of every GPU."""
    if question.accelerator != "cuda" or question.machine.nvidia is None:
        return None
    driver = question.machine.nvidia.driver
    if driver is None:
        return None
    for gpu in distinct_gpus(question.machine, "cuda"):
        capability = capability_of(question, gpu)
        if capability is None or query.driver_knows(question.matrix.drivers, driver, capability):
            continue
        row = query.architecture_of(question.matrix.drivers, capability)
        name = row.name if row else f"compute capability {capability}"
        if row and query.driver_is_past(row, driver):
            text = f"driver {driver} no longer serves {gpu.name} ({name}); branch {row.last_driver} was the last"
            return Failure(rule="driver-too-new-for-gpu", text=text, remedy=f"install driver branch {row.last_driver}")
        text = f"driver {driver} does not know {gpu.name} ({name})"
        first = str(row.first_driver) if row else ""
        return Failure(rule="driver-does-not-know-gpu", text=text, driver=first)
    return None


def has_code_for_gpus(question: Question) -> Failure | None:
    """Every GPU in use finds code in the build that it can run."""
    if question.accelerator == "cuda":
        return _first(question, distinct_gpus(question.machine, "cuda"), _has_cuda_code)
    if question.accelerator == "rocm":
        return _first(question, distinct_gpus(question.machine, "rocm"), _has_gfx_code)
    if question.accelerator == "xpu":
        return _first(question, distinct_gpus(question.machine, "xpu"), _is_known_xpu)
    return None


def _first(
    question: Question, gpus: tuple[Gpu, ...], rule: Callable[[Question, Gpu], Failure | None]
) -> Failure | None:
    return next((failure for gpu in gpus if (failure := rule(question, gpu)) is not None), None)


def _has_cuda_code(question: Question, gpu: Gpu) -> Failure | None:
    capability = capability_of(question, gpu)
    if capability is None:
        text = f"the compute capability of {gpu.name or 'the NVIDIA GPU'} is not known"
        return Failure(rule="gpu-unknown", text=text, remedy="give it as compute_capability in a machine file")
    build = question.build
    runs = query.build_runs_on(question.matrix.drivers, build, capability)
    if runs:
        return None
    if runs is None:
        return Failure(rule="gpu-code-unknown", text=f"no row says which GPU code {question.name} holds")
    held = ", ".join((*build.sass, *(f"PTX {code}" for code in build.ptx)))
    held = held or f"{build.capability_floor} and newer"
    text = f"{question.name} has no code for {gpu.name or 'a GPU'} ({capability}); it holds {held}"
    return Failure(rule="gpu-code", text=text)


def _has_gfx_code(question: Question, gpu: Gpu) -> Failure | None:
    gfx = gpu.gfx or query.gfx_of(question.matrix.gpus, gpu.name or "")
    if gfx is None:
        return Failure(rule="gpu-unknown", text=f"the gfx target of {gpu.name or 'the AMD GPU'} is not known")
    if gfx in question.build.gfx:
        return None
    if not question.build.gfx:
        return Failure(rule="gpu-code-unknown", text=f"no row says which gfx targets {question.name} holds")
    held = ", ".join(question.build.gfx)
    return Failure(
        rule="gpu-code", text=f"{question.name} has no code for {gpu.name or 'a GPU'} ({gfx}); it holds {held}"
    )


def _is_known_xpu(question: Question, gpu: Gpu) -> Failure | None:
    if query.find_gpu(question.matrix.gpus, gpu.name or "", vendor="intel") is not None:
        return None
    text = f"{gpu.name or 'the Intel GPU'} is not among the Intel GPUs that {question.framework.name} supports"
    return Failure(rule="gpu-unknown", text=text)


def capability_of(question: Question, gpu: Gpu) -> str | None:
    """The compute capability of a GPU: as read, else by the name of the product."""
    return gpu.compute_capability or query.compute_capability_of(question.matrix.gpus, gpu.name or "")


RULES: tuple[Rule, ...] = (
    may_be_chosen,
    is_built_for_platform,
    is_requested_variant,
    fits_libc,
    fits_macos,
    fits_cpu,
    has_driver,
    driver_knows_gpus,
    has_code_for_gpus,
)
"""In this order: a build that falls by an earlier rule is not shown with a later one."""
