"""A described machine (TOML, see the command contract) as a Machine.

Only what is written is assumed; the rest is unknown.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from mlenv.errors import UsageError
from mlenv.facts.drivers import Jetson, Nvidia, Rocm
from mlenv.facts.gpu import Gpu, MigInstance, Vendor
from mlenv.facts.hardware import Cpu, Disk, Memory
from mlenv.facts.machine import Machine
from mlenv.facts.python import PythonInterpreter
from mlenv.facts.reading import Reading
from mlenv.facts.size import GIB
from mlenv.facts.system import Architecture, Libc, OperatingSystem, SystemFamily, Variable
from mlenv.matrix.toml_file import parse_toml, written_as

DottedVersion = Annotated[str, written_as(r"^\d+(\.\d+)*$", "580.95.05")]
Capability = Annotated[str, written_as(r"^\d+\.\d$", "8.6")]
PythonVersion = Annotated[str, written_as(r"^\d+(\.\d+){1,2}t?$", "3.12.4")]
GfxTarget = Annotated[str, written_as(r"^gfx[0-9a-f]+$", "gfx1100")]
Amount = Annotated[float, msgspec.Meta(ge=0)]


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of the tables: a wrong key is an error."""


class _Cpu(_Table, frozen=True, kw_only=True):
    model: str | None = None
    flags: tuple[str, ...] | None = None


class _Nvidia(_Table, frozen=True, kw_only=True):
    driver: DottedVersion


class _Mig(_Table, frozen=True, kw_only=True):
    """A MIG device of a GPU: ``profile`` such as ``1g.10gb``, ``uuid`` as nvidia-smi shows it."""

    profile: str | None = None
    uuid: str | None = None
    memory_gib: Amount | None = None


class _Gpu(_Table, frozen=True, kw_only=True):
    """A GPU.

    ``integrated`` tells one that shares the main memory from a card, ``uuid`` is for variables that
    name it so; ``mig`` says that it is split with MIG into these devices, ``[]`` that it has none
    yet; ``virtual`` that it is a virtual GPU (vGPU, GRID).
    """

    vendor: Vendor
    name: str | None = None
    compute_capability: Capability | None = None
    gfx: GfxTarget | None = None
    memory_gib: Amount | None = None
    integrated: bool | None = None
    uuid: str | None = None
    mig: tuple[_Mig, ...] | None = None
    virtual: bool | None = None


class _Rocm(_Table, frozen=True, kw_only=True):
    version: DottedVersion


class _Jetson(_Table, frozen=True, kw_only=True):
    """A Jetson board: ``l4t`` is its Jetson Linux, the first line of /etc/nv_tegra_release."""

    l4t: DottedVersion


class DescribedMachine(_Table, frozen=True, kw_only=True):
    """The keys of a described machine; ``environment`` are variables such as CUDA_VISIBLE_DEVICES."""

    os: SystemFamily
    os_version: str | None = None
    arch: Literal["x86_64", "aarch64", "arm64"]
    libc: str | None = None
    python: tuple[PythonVersion, ...] | None = None
    ram_gib: Amount | None = None
    disk_free_gib: Amount | None = None
    wsl: bool | None = None
    container: bool | None = None
    cpu: _Cpu | None = None
    nvidia: _Nvidia | None = None
    gpu: tuple[_Gpu, ...] | None = None
    rocm: _Rocm | None = None
    jetson: _Jetson | None = None
    environment: dict[str, str] | None = None


def parse_description(text: str, *, origin: str) -> Machine:
    """The machine that a TOML text describes; :class:`UsageError` names the wrong key."""
    described = parse_toml(text, DescribedMachine, origin=origin)
    return Machine(
        os=_system(described, origin),
        architecture=_architecture(described),
        cpu=Cpu(model=described.cpu.model, flags=described.cpu.flags) if described.cpu else Cpu(),
        memory=Memory(total_bytes=_bytes(described.ram_gib)),
        disks=_disks(described),
        gpus=None if described.gpu is None else tuple(_gpu(i, gpu) for i, gpu in enumerate(described.gpu)),
        nvidia=Nvidia(driver=described.nvidia.driver) if described.nvidia else None,
        rocm=Rocm(version=described.rocm.version) if described.rocm else None,
        jetson=Jetson(l4t=described.jetson.l4t) if described.jetson else None,
        variables=tuple(Variable(name=name, value=value) for name, value in (described.environment or {}).items()),
        pythons=_pythons(described),
        readings=tuple(_readings(described, origin)),
    )


def _system(described: DescribedMachine, origin: str) -> OperatingSystem:
    container = None if described.container is None else ("container" if described.container else "")
    return OperatingSystem(
        family=described.os,
        version=described.os_version,
        libc=_libc(described.libc, origin),
        wsl=None if described.wsl is None else (2 if described.wsl else 0),
        container=container,
    )


def _libc(text: str | None, origin: str) -> Libc | None:
    """``"glibc 2.35"`` or ``"musl 1.2.4"``."""
    if text is None:
        return None
    family, _, version = text.partition(" ")
    if family not in ("glibc", "musl") or not version[:1].isdigit():
        raise UsageError(f'{origin}: `libc` is {text!r}, expected a text such as "glibc 2.35" or "musl 1.2.4"')
    return Libc(family=family, version=version)


def _architecture(described: DescribedMachine) -> Architecture:
    if described.arch == "x86_64":
        return "x86_64"
    return "arm64" if described.os == "macos" else "aarch64"


def _bytes(gib: float | None) -> int | None:
    return None if gib is None else int(gib * GIB)


def _disks(described: DescribedMachine) -> tuple[Disk, ...]:
    if described.disk_free_gib is None:
        return ()
    return (Disk(purpose="environment", path=".", free_bytes=_bytes(described.disk_free_gib)),)


def _gpu(index: int, gpu: _Gpu) -> Gpu:
    return Gpu(
        vendor=gpu.vendor,
        name=gpu.name,
        index=index,
        compute_capability=gpu.compute_capability,
        gfx=gpu.gfx,
        memory_bytes=_bytes(gpu.memory_gib),
        integrated=gpu.integrated,
        uuid=gpu.uuid,
        mig=None if gpu.mig is None else True,
        mig_instances=None if gpu.mig is None else tuple(_mig(part) for part in gpu.mig),
        virtualization="vgpu" if gpu.virtual else None,
    )


def _mig(part: _Mig) -> MigInstance:
    return MigInstance(profile=part.profile, uuid=part.uuid, memory_bytes=_bytes(part.memory_gib))


def _pythons(described: DescribedMachine) -> tuple[PythonInterpreter, ...] | None:
    if described.python is None:
        return None
    return tuple(
        PythonInterpreter(version=version.rstrip("t"), free_threaded=version.endswith("t"), bits=64)
        for version in described.python
    )


def _readings(described: DescribedMachine, origin: str) -> list[Reading]:
    written = {name for name in described.__struct_fields__ if getattr(described, name) is not None}
    return [
        Reading(id=name, source=origin, outcome="found" if name in written else "not_asked")
        for name in described.__struct_fields__
    ]
