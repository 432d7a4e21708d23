"""The links of a GPU: PCI Express, NVLink, and the fabric of NVSwitches."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.facts.gpu import Gpu
from mlenv.facts.pattern import lazy
from mlenv.health.scene import Scene
from mlenv.health.signal import Signal, SignalSeverity
from mlenv.matrix.health import NvLinkCount

_SLOT = lazy(r"\b(?:PCIe|NVL)\b")


def find_pcie_width(scene: Scene, gpu: Gpu) -> Iterator[Signal]:
    """``gpu.pcie_width``: as many lanes as card and slot have; it does not change while idle."""
    link, name = gpu.link, "gpu.pcie_width"
    if gpu.integrated:
        return
    if link is None or link.width is None or link.largest_width is None:
        yield scene.missing(name, gpu, "link", "number of PCI Express lanes")
    elif link.width >= link.largest_width:
        yield scene.say(name, "pass", f"{link.width} lanes", gpu, measured={"pcie_lanes": link.width})
    else:
        found = f"{link.width} of {link.largest_width} lanes"
        yield scene.judge(name, "pcie-width", found, gpu, _soften(scene, gpu), measured={"pcie_lanes": link.width})


def find_pcie_generation(scene: Scene, gpu: Gpu) -> Iterator[Signal]:
    """``gpu.pcie_gen``: as fast as card and slot can; idle GPUs lower it, so it is judged under load alone."""
    link, name = gpu.link, "gpu.pcie_gen"
    if gpu.integrated:
        return
    if not scene.under_load:
        yield scene.say(name, "skip", "judged under load only")
    elif link is None or link.generation is None or link.largest_generation is None:
        yield scene.missing(name, gpu, "link", "generation of PCI Express")
    elif link.generation >= link.largest_generation:
        yield scene.say(
            name, "pass", f"generation {link.generation} under load", gpu, measured={"pcie_generation": link.generation}
        )
    else:
        found = f"generation {link.generation} of {link.largest_generation} under load"
        severity = _soften(scene, gpu)
        yield scene.judge(name, "pcie-generation", found, gpu, severity, measured={"pcie_generation": link.generation})


def _soften(scene: Scene, gpu: Gpu) -> SignalSeverity | None:
    """In a virtual machine the slot is the host's, and clouds wire some cards with fewer lanes."""
    return "info" if scene.is_virtual(gpu) else None


def find_product(scene: Scene, gpu: Gpu) -> NvLinkCount | None:
    """The row of a product whose NVLinks are wired on its board."""
    name = (gpu.name or "").removeprefix("NVIDIA ")
    if _SLOT.search(name):
        return None
    return next((row for row in scene.table.nvlink if name.startswith(row.names)), None)


def find_nvlinks(scene: Scene, gpu: Gpu) -> Iterator[Signal]:
    """``gpu.nvlink``: where a product's links are wired on its board, all are up and fast."""
    name, row = "gpu.nvlink", find_product(scene, gpu)
    if not gpu.nvlinks:
        if row is not None:
            yield scene.missing(name, gpu, "nvlinks", "NVLinks")
        return
    active = [link for link in gpu.nvlinks if link.active]
    counts: dict[str, float | str] = {"nvlinks_active": len(active), "nvlinks": len(gpu.nvlinks)}
    found = f"{len(active)} of {row.links if row else len(gpu.nvlinks)} links are up"
    if any(link.active is None for link in gpu.nvlinks):
        yield scene.missing(name, gpu, "nvlinks", "state of the NVLinks")
    elif gpu.mig and not active:
        yield scene.say(name, "skip", "MIG does not use NVLink", gpu)
    elif row is None or (not active and _stands_alone(scene, gpu)):
        whole = len(active) == len(gpu.nvlinks)
        yield scene.say(name, "pass" if whole else "info", found, gpu, measured=counts)
    elif len(active) < row.links:
        yield scene.judge(name, "inactive-links", found, gpu, measured=counts)
    else:
        yield _judge_speed(scene, gpu, row, found, counts)


def _judge_speed(scene: Scene, gpu: Gpu, row: NvLinkCount, found: str, counts: dict[str, float | str]) -> Signal:
    floor = row.gb_per_s * scene.table.find_limit("link-speed").value
    slow = [link for link in gpu.nvlinks or () if link.speed is not None and link.speed < floor]
    if slow:
        text = f"link {slow[0].link} runs at {slow[0].speed:g} of {row.gb_per_s:g} GB/s"
        return scene.judge("gpu.nvlink", "link-speed", text, gpu, measured=counts)
    return scene.say("gpu.nvlink", "pass", found, gpu, measured=counts)


def _stands_alone(scene: Scene, gpu: Gpu) -> bool:
    """Whether there may be nothing at the other ends: a lone GPU, or one lent to a virtual machine."""
    return scene.is_virtual(gpu) or len(scene.machine.gpus_of("nvidia")) == 1


def find_fabric(scene: Scene, gpu: Gpu) -> Iterator[Signal]:
    """``gpu.fabric``: on a machine with NVSwitches, the GPU has joined their fabric."""
    name, state = "gpu.fabric", gpu.fabric.state if gpu.fabric else None
    status = gpu.fabric.status if gpu.fabric else None
    if state == "completed" and status in ("success", None):
        yield scene.say(name, "pass", "has joined the fabric", gpu)
    elif state == "completed":
        yield scene.judge(name, "fabric", f"joining ended with {status}", gpu)
    elif state in ("not-started", "in-progress"):
        yield scene.judge(name, "fabric", f"joining is {state.replace('-', ' ')}{_word_manager(scene)}", gpu)
    elif find_product(scene, gpu) is not None:
        yield from _judge_manager(scene, gpu)


def _judge_manager(scene: Scene, gpu: Gpu) -> Iterator[Signal]:
    """GPUs before Hopper do not say whether they have joined: the service that lets them in is asked."""
    state = scene.machine.nvidia
    manager = state.fabric_manager if state else None
    if state is None or manager is None:
        return
    if manager.running and manager.version in (None, state.driver):
        yield scene.say("gpu.fabric", "pass", "the fabric manager runs", gpu)
    elif manager.running is None:
        yield scene.say("gpu.fabric", "skip", "whether the fabric manager runs is not known", gpu)
    elif state.cuda_init == "ok":
        yield scene.say("gpu.fabric", "info", f"CUDA starts{_word_manager(scene)}", gpu)
    else:
        yield scene.judge("gpu.fabric", "fabric", f"CUDA does not start{_word_manager(scene)}", gpu)


def _word_manager(scene: Scene) -> str:
    state = scene.machine.nvidia
    manager = state.fabric_manager if state else None
    if state is None or manager is None:
        return ""
    if manager.running is False:
        return ", and the fabric manager does not run"
    if manager.version and state.driver and manager.version != state.driver:
        return f", and the fabric manager is of {manager.version}, the driver {state.driver}"
    return ""
