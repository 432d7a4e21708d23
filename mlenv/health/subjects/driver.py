"""Whether the driver of the GPUs is there, works, and shows all of them."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mlenv.facts.gpu import Gpu
from mlenv.facts.machine import Machine
from mlenv.facts.remedy import RemedyAction
from mlenv.facts.system import DeviceNode
from mlenv.health.scene import Scene
from mlenv.health.signal import Signal

_NOUVEAU = ("nouveau", "nova_core")
_PLAIN = ("", "basicdisplay")
LENT = "vfio-pci"


def cards_of(machine: Machine, vendor: str) -> tuple[Gpu, ...]:
    """The GPUs of NVIDIA, or the cards of AMD, that this system uses itself."""
    gpus = (gpu for gpu in machine.gpus or () if gpu.vendor == vendor and gpu.driver != LENT)
    return tuple(gpu for gpu in gpus if vendor == "nvidia" or not gpu.integrated)


def find_nouveau(scene: Scene) -> Iterator[Signal]:
    """``driver.nouveau``: another driver than NVIDIA's holds the GPU."""
    cards = cards_of(scene.machine, "nvidia")
    for gpu in cards:
        if gpu.driver in _NOUVEAU:
            signal = scene.say(
                "driver.nouveau", "fail", f"{gpu.driver} drives this GPU, and CUDA needs NVIDIA's driver", gpu
            )
            remedy = "Install NVIDIA's driver; it keeps nouveau from loading at the next start"
            yield _mend(signal, "update_driver", remedy)
    if cards and all(gpu.driver and gpu.driver not in _NOUVEAU for gpu in cards):
        yield scene.say("driver.nouveau", "pass", "no other driver holds an NVIDIA GPU")


def judge_nvidia(scene: Scene) -> Iterator[Signal]:
    """``driver.loaded``: NVML starts; else what it answered, and what that means."""
    machine, state = scene.machine, scene.machine.nvidia
    answer = state.nvml if state else None
    if answer == "ok":
        yield scene.say(
            "driver.loaded", "pass", f"NVIDIA driver {state.driver if state else ''} answers".replace("  ", " ")
        )
    elif machine.jetson is not None and state is not None and state.cuda_init == "ok":
        yield scene.say("driver.loaded", "pass", "CUDA starts; a Jetson has no NVML to ask")
    elif answer is not None:
        yield _judge_answer(scene, answer)
    elif _is_absent(scene):
        yield _word_absence(scene)
    else:
        reason = scene.reading("nvidia.nvml") or "no reading of NVML"
        yield scene.say("driver.loaded", "skip", f"whether the NVIDIA driver works is not known ({reason})")


def _judge_answer(scene: Scene, answer: str) -> Signal:
    row = next((row for row in scene.table.nvml_error if row.name == answer), None)
    if row is None:
        does = "does not answer" if answer in ("timeout", "no answer") else f"ends with {answer}"
        return _mend(scene.say("driver.loaded", "fail", f"NVML {does}"), "reboot", "Restart the machine")
    return _mend(
        scene.say("driver.loaded", row.severity, f"NVML answers {answer}: {row.meaning}"), row.action, row.remedy
    )


def _is_absent(scene: Scene) -> bool:
    """Whether somebody looked for NVML and it is not on the machine."""
    absent = any(row.id == "nvidia.nvml" and row.outcome == "absent" for row in scene.machine.readings)
    return absent and bool(cards_of(scene.machine, "nvidia"))


def _word_absence(scene: Scene) -> Signal:
    state = scene.machine.nvidia
    if scene.machine.os.container and state is not None and state.kernel_module:
        text = f"the host's kernel module is {state.kernel_module}, and the container has no library of the driver"
        return _mend(
            scene.say("driver.loaded", "fail", text),
            "none",
            "Start the container with the GPU (`docker run --gpus all ...`)",
        )
    return _mend(
        scene.say("driver.loaded", "fail", "there is an NVIDIA GPU and no NVIDIA driver"),
        "update_driver",
        "Install NVIDIA's driver",
    )


def judge_amd(scene: Scene) -> Iterator[Signal]:
    """``driver.loaded``: amdgpu drives AMD's cards."""
    for gpu in cards_of(scene.machine, "amd"):
        if gpu.driver is None:
            yield scene.say("driver.loaded", "skip", "which driver this GPU has is not known", gpu)
        elif gpu.driver in _PLAIN:
            signal = scene.say("driver.loaded", "fail", "no driver of AMD's drives this GPU", gpu)
            yield _mend(signal, "update_driver", "Load the module (`sudo modprobe amdgpu`) or install AMD's driver")
        else:
            yield scene.say("driver.loaded", "pass", f"driver {gpu.driver}", gpu)


def find_nodes(scene: Scene) -> Iterator[Signal]:
    """``driver.nodes``: the device files are there and this user may open them."""
    machine = scene.machine
    if machine.os.family != "linux" or machine.jetson is not None:
        return
    if machine.device_nodes is None:
        yield scene.say(
            "driver.nodes", "skip", f"device files: no reading ({scene.reading('device_nodes') or 'nobody looked'})"
        )
        return
    nodes = {node.path: node for node in machine.device_nodes}
    wanted = ["/dev/dxg"] if machine.os.wsl else _wanted_nodes(scene)
    closed = [path for path in wanted if path in nodes and _is_closed(nodes[path])]
    gone = [path for path in wanted if path not in nodes]
    if not wanted:
        return
    if closed:
        signal = scene.say(
            "driver.nodes", "fail", f"this user may not open {', '.join(closed)}", evidence=_word_rights(nodes, closed)
        )
        yield _mend(
            signal,
            "none",
            "Add the user to their groups (render, video) and log in again; in a container, pass them through",
        )
    elif gone:
        yield _judge_gone(scene, gone)
    else:
        yield scene.say("driver.nodes", "pass", f"{', '.join(wanted)} can be opened")


def _wanted_nodes(scene: Scene) -> list[str]:
    wanted: list[str] = []
    if scene.machine.nvidia is not None and scene.machine.nvidia.nvml == "ok":
        wanted += ["/dev/nvidiactl", "/dev/nvidia-uvm"]
    if cards_of(scene.machine, "amd"):
        wanted.append("/dev/kfd")
    return wanted


def _judge_gone(scene: Scene, gone: list[str]) -> Signal:
    """CUDA makes /dev/nvidia-uvm at its first start: only where it failed is its absence the cause."""
    cuda = scene.machine.nvidia.cuda_init if scene.machine.nvidia else None
    text = f"{', '.join(gone)} {'is' if len(gone) == 1 else 'are'} not there"
    if "/dev/kfd" not in gone and cuda == "ok":
        return scene.say("driver.nodes", "info", f"{text}, and CUDA starts nevertheless")
    if "/dev/kfd" not in gone and cuda is None:
        return scene.say("driver.nodes", "skip", f"{text}; whether CUDA makes it at its start was not tried")
    remedy = "Load the modules (`sudo modprobe nvidia-uvm`, `sudo nvidia-modprobe -u -c=0`)"
    if "/dev/kfd" in gone:
        remedy = "Load the module (`sudo modprobe amdgpu`)"
    if scene.machine.os.container:
        remedy = (
            "Pass the devices to the container (`--gpus all` for NVIDIA, `--device /dev/kfd --device /dev/dri` for AMD)"
        )
    return _mend(scene.say("driver.nodes", "fail", f"{text}, and programs cannot compute on the GPU"), "none", remedy)


def _is_closed(node: DeviceNode) -> bool:
    return node.readable is False or node.writable is False


def _word_rights(nodes: dict[str, DeviceNode], paths: list[str]) -> tuple[str, ...]:
    return tuple(f"{path}: mode {nodes[path].mode}, {nodes[path].owner}:{nodes[path].group}" for path in paths)


def find_count(scene: Scene) -> Iterator[Signal]:
    """``gpu.count``: NVML lists the NVIDIA GPUs that the PCI bus shows."""
    machine = scene.machine
    if machine.nvidia is None or machine.nvidia.nvml != "ok":
        return
    cards = cards_of(machine, "nvidia")
    listed = [gpu for gpu in cards if gpu.index is not None]
    rest = [gpu for gpu in cards if gpu.index is None]
    counts: dict[str, float | str] = {"pci_count": len(cards), "nvml_count": len(listed)}
    if not any(row.id == "gpus.pci" and row.outcome == "found" for row in machine.readings):
        yield scene.say(
            "gpu.count", "skip", f"the driver lists {len(listed)}; the PCI bus was not read", measured=counts
        )
    elif not rest:
        yield scene.say("gpu.count", "pass", f"{len(listed)} on the PCI bus and for the driver", measured=counts)
    elif machine.os.container:
        yield scene.say("gpu.count", "info", f"this container was given {len(listed)} of {len(cards)}", measured=counts)
    else:
        where = ", ".join(gpu.pci_address or "?" for gpu in rest)
        signal = scene.say(
            "gpu.count",
            "fail",
            f"{len(cards)} on the PCI bus, {len(listed)} for the driver: {where} is missing",
            measured=counts,
        )
        yield _mend(
            signal,
            "reboot",
            "Look for Xid 79 in the kernel's log; restart the machine, and check power and seat of the card",
        )


def _mend(signal: Signal, action: RemedyAction, remedy: str) -> Signal:
    return msgspec.structs.replace(signal, action=action, remedy=remedy)
