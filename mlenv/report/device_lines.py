"""Accelerators and their software in plain words: a line for each thing that is known."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.facts.gpu import Gpu
from mlenv.facts.machine import Machine
from mlenv.facts.size import gib
from mlenv.facts.system import DeviceNode, KernelEvent
from mlenv.report.host_lines import Line

SHOWN_EVENTS = 5
_RUNTIMES = {True: ", NVIDIA's runtime", False: ", no NVIDIA runtime", None: ""}
_MODULES = {True: "open ", False: "proprietary ", None: ""}


def device_lines(machine: Machine) -> Iterator[Line]:
    """GPUs, drivers, toolkits."""
    if machine.gpus is None:
        yield "GPU", "not known"
    elif not machine.gpus:
        yield "GPU", "none found"
    for gpu in machine.gpus or ():
        yield "GPU", describe_gpu(gpu)
        state = ", ".join(describe_state(gpu))
        if state:
            yield "", state
    yield from _driver_lines(machine)
    for toolkit in machine.cuda_toolkits:
        yield "CUDA toolkit", f"{toolkit.version} at {toolkit.path}"


def device_details(machine: Machine) -> Iterator[Line]:
    """What only a closer look asks for: libraries, device files, modules, the kernel's log, containers."""
    for library in machine.libraries or ():
        yield "Library", " ".join(filter(None, (library.name, library.version, library.path)))
    for module in machine.kernel_modules or ():
        yield "Module", " ".join(filter(None, (module.name, module.version)))
    for entry in machine.dkms or ():
        yield "DKMS", " ".join(filter(None, (entry.name, entry.version, entry.kernel, entry.state)))
    for node in machine.device_nodes or ():
        yield "Device", describe_node(node)
    for event in (machine.kernel_events or ())[-SHOWN_EVENTS:]:
        yield "Kernel log", describe_event(event)
    if machine.containers:
        for engine in machine.containers.engines:
            yield "Containers", f"{engine.name}{_RUNTIMES[engine.nvidia_runtime]}"
        if machine.containers.cdi_devices:
            yield "CDI", ", ".join(machine.containers.cdi_devices)


def describe_gpu(gpu: Gpu) -> str:
    """Name, compute capability or gfx target, memory."""
    parts = [gpu.name or f"{gpu.vendor} GPU{f' {gpu.pci_id}' if gpu.pci_id else ''}"]
    parts += [f"compute capability {gpu.compute_capability}"] if gpu.compute_capability else []
    parts += [gpu.gfx] if gpu.gfx else []
    parts += [gpu.metal] if gpu.metal else []
    parts += [gib(gpu.memory_bytes)] if gpu.memory_bytes else []
    parts += [f"partition {gpu.partition}"] if gpu.partition else []
    parts += ["integrated"] if gpu.integrated else []
    return ", ".join(parts)


def describe_state(gpu: Gpu) -> Iterator[str]:
    """How the GPU is connected and how it fares, as far as it says."""
    link = gpu.link
    if link and link.width:
        least = f" of x{link.largest_width}" if link.largest_width and link.largest_width != link.width else ""
        generation = link.largest_generation or link.generation
        yield f"PCIe{f' {generation}.0' if generation else ''} x{link.width}{least}"
    if gpu.driver is not None:
        yield f"driver {gpu.driver}" if gpu.driver else "no driver bound"
    if gpu.temperature_celsius is not None:
        yield f"{gpu.temperature_celsius} °C"
    if gpu.power and gpu.power.draw_watts is not None:
        limit = f" of {gpu.power.limit_watts:.0f}" if gpu.power.limit_watts is not None else ""
        yield f"{gpu.power.draw_watts:.0f}{limit} W"
    if gpu.ecc and gpu.ecc.enabled is not None:
        yield "ECC on" if gpu.ecc.enabled else "ECC off"
    if gpu.mig:
        count = "" if gpu.mig_instances is None else f", {len(gpu.mig_instances)} instances"
        yield f"MIG on{count}"
    if gpu.clock_events:
        yield f"clocks held by {', '.join(gpu.clock_events)}"
    if gpu.recovery_action and gpu.recovery_action != "none":
        yield f"asks for {gpu.recovery_action}"


def describe_node(node: DeviceNode) -> str:
    """``/dev/nvidia0, 0666 root:root``, with a word where this user may not open it."""
    owner = f"{node.owner}:{node.group}" if node.owner else ""
    shut = "" if node.readable and node.writable else "; this user may not open it"
    return f"{node.path} {' '.join(filter(None, (node.mode, owner)))}".rstrip() + shut


def describe_event(event: KernelEvent) -> str:
    """Kind, number, device and text; how often it came."""
    head = " ".join(filter(None, (event.kind, None if event.code is None else str(event.code), event.device)))
    return f"{head}: {event.text}{f' ({event.count} times)' if event.count > 1 else ''}"


def _driver_lines(machine: Machine) -> Iterator[Line]:
    nvidia = machine.nvidia
    if nvidia:
        yield from _nvidia_lines(machine)
    if machine.rocm and machine.rocm.version:
        driver = f", amdgpu {machine.rocm.driver}" if machine.rocm.driver else ""
        yield "ROCm", f"{machine.rocm.version}{driver}"
    if machine.intel:
        runtime = machine.intel.compute_runtime or machine.intel.level_zero
        yield "Intel", f"compute runtime {runtime}" if runtime else "no compute runtime"
    if machine.tpu:
        yield "TPU", ", ".join(filter(None, (machine.tpu.accelerator, machine.tpu.library))) or "present"
    if machine.jetson:
        l4t = f"L4T {machine.jetson.l4t}" if machine.jetson.l4t else ""
        yield "Jetson", ", ".join(filter(None, (machine.jetson.model, machine.jetson.chip, l4t)))


def _nvidia_lines(machine: Machine) -> Iterator[Line]:
    nvidia = machine.nvidia
    assert nvidia is not None
    parts = [f"driver {nvidia.driver}"] if nvidia.driver else []
    if nvidia.kernel_module:
        parts.append(f"{_MODULES[nvidia.open_kernel_module]}kernel module {nvidia.kernel_module}")
    parts += [f"CUDA {nvidia.cuda}"] if nvidia.cuda else []
    parts += [f"NVML: {nvidia.nvml}"] if nvidia.nvml not in (None, "ok") else []
    parts += [f"cuInit: {nvidia.cuda_init}"] if nvidia.cuda_init not in (None, "ok") else []
    if parts:
        yield "NVIDIA", ", ".join(parts)
