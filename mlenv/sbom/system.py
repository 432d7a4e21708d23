"""The machine below an environment as parts of a bill of materials: system, drivers, runtimes, libraries, GPUs."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.facts.gpu import Gpu
from mlenv.facts.machine import Machine
from mlenv.resolve.driver_words import driver_of
from mlenv.sbom.part import Part, PartKind, Place

_MAKERS = {"nvidia": "NVIDIA", "amd": "AMD", "intel": "Intel", "apple": "Apple", "google": "Google"}


def find_system(machine: Machine) -> tuple[Part, ...]:
    """What is known of the machine, each thing once; nothing in it names whose machine it is."""
    found = [
        *_find_operating_system(machine),
        *_find_nvidia(machine),
        *_find_amd(machine),
        *_find_intel(machine),
        *_find_others(machine),
        *_find_libraries(machine),
        *_find_gpus(machine),
    ]
    return tuple(sorted({part.key: part for part in found}.values(), key=lambda part: part.key))


def _part(key: str, kind: PartKind, name: str, version: str | None, maker: str = "", **properties: str | None) -> Part:
    return Part(
        key=f"system:{key}",
        kind=kind,
        name=name,
        version=version or "",
        maker=maker,
        place=Place() if kind != "device" else None,
        properties={f"mlenv:{name.replace('_', '-')}": value for name, value in properties.items() if value},
    )


def _tell(value: bool | None, yes: str, no: str) -> str | None:
    return None if value is None else yes if value else no


def _find_operating_system(machine: Machine) -> Iterator[Part]:
    system = machine.os
    name = system.distribution or system.family
    yield _part(
        "os",
        "operating-system",
        name.lower(),
        system.version,
        architecture=machine.architecture,
        edition=system.edition,
        container=system.container,
        virtualization=system.virtualization,
    )
    if system.kernel:
        yield _part("kernel", "operating-system", f"{system.family}-kernel", system.kernel)
    if system.libc:
        yield _part("libc", "library", system.libc.family, system.libc.version)
    if system.vc_runtime:
        yield _part("vc-runtime", "library", "vc-runtime", system.vc_runtime, "Microsoft")


def _find_nvidia(machine: Machine) -> Iterator[Part]:
    nvidia, driver = machine.nvidia, driver_of(machine)
    if driver:
        newest = nvidia.cuda if nvidia else None
        yield _part("nvidia-driver", "device-driver", "nvidia-driver", driver, "NVIDIA", newest_cuda=newest)
    if nvidia and nvidia.kernel_module:
        is_open = _tell(nvidia.open_kernel_module, "open", "proprietary")
        name = "nvidia-kernel-module"
        yield _part(name, "device-driver", name, nvidia.kernel_module, "NVIDIA", module=is_open)
    if nvidia and nvidia.fabric_manager and nvidia.fabric_manager.version:
        yield _part("fabric-manager", "application", "nvidia-fabricmanager", nvidia.fabric_manager.version, "NVIDIA")
    for toolkit in machine.cuda_toolkits:
        key = f"cuda-toolkit:{toolkit.path}"
        yield _part(key, "library", "cuda-toolkit", toolkit.version, "NVIDIA", path=toolkit.path)
    if machine.containers and machine.containers.toolkit:
        yield _part(
            "container-toolkit", "application", "nvidia-container-toolkit", machine.containers.toolkit, "NVIDIA"
        )


def _find_amd(machine: Machine) -> Iterator[Part]:
    rocm = machine.rocm
    if rocm is None:
        return
    if rocm.driver:
        yield _part("amdgpu-driver", "device-driver", "amdgpu", rocm.driver, "AMD")
    for release in rocm.releases:
        yield _part(f"rocm:{release.path}", "library", "rocm", release.version, "AMD", path=release.path)
    if rocm.version and not rocm.releases:
        yield _part("rocm", "library", "rocm", rocm.version, "AMD")


def _find_intel(machine: Machine) -> Iterator[Part]:
    intel = machine.intel
    if intel is None:
        return
    for key, name, version in (
        ("level-zero", "level-zero-loader", intel.level_zero),
        ("intel-compute-runtime", "intel-compute-runtime", intel.compute_runtime),
        ("intel-opencl", "intel-opencl", intel.opencl),
    ):
        if version:
            yield _part(key, "library", name, version, "Intel")


def _find_others(machine: Machine) -> Iterator[Part]:
    if machine.jetson and machine.jetson.l4t:
        jetpack = machine.jetson.jetpack
        yield _part("l4t", "device-driver", "nvidia-l4t", machine.jetson.l4t, "NVIDIA", jetpack=jetpack)
    if machine.tpu and machine.tpu.library:
        yield _part("libtpu", "library", "libtpu", machine.tpu.library, "Google")


def _find_libraries(machine: Machine) -> Iterator[Part]:
    for library in machine.libraries or ():
        yield _part(f"library:{library.path}", "library", library.name, library.version, path=library.path)


def _find_gpus(machine: Machine) -> Iterator[Part]:
    for number, gpu in enumerate(machine.gpus or ()):
        yield _describe_gpu(number, gpu)
        for kind, version in (("vbios", gpu.vbios), ("gsp-firmware", gpu.gsp_firmware)):
            if version:
                yield _part(f"gpu:{number}:{kind}", "firmware", kind, version, _MAKERS[gpu.vendor], gpu=str(number))


def _describe_gpu(number: int, gpu: Gpu) -> Part:
    maker = _MAKERS[gpu.vendor]
    return _part(
        f"gpu:{number}",
        "device",
        gpu.name or f"{maker} GPU",
        None,
        maker,
        compute_capability=gpu.compute_capability,
        gfx=gpu.gfx,
        pci_id=gpu.pci_id,
        memory_bytes=str(gpu.memory_bytes) if gpu.memory_bytes else None,
        mig=_tell(gpu.mig, "on", "off"),
    )
