"""What NVML knows of a GPU's parts, its neighbours and its users; this is where libraries fail most."""

from __future__ import annotations

from mlenv.probe.children import nvml_words as words
from mlenv.probe.children.nvml_gpu import NVLINK_COUNT, NVLINK_SPEED, NVLINK_TO_SWITCH
from mlenv.probe.children.nvml_questions import Questions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# More than any GPU has.
LONGEST_LIST = 64


def read_relations(ask: Questions, handle: Any, *, split: bool) -> dict[str, Any]:
    """MIG devices, NVLinks, fabric and processes; ``split`` tells that MIG is on."""
    links = read_links(ask, handle)
    return {
        "mig_instances": read_instances(ask, handle) if split else None,
        "nvlinks": links,
        "switched": is_switched(ask, handle, links or []),
        "fabric": read_fabric(ask, handle),
        "processes": read_processes(ask, handle),
    }


def read_instances(ask: Questions, handle: Any) -> list[dict[str, Any]] | None:
    """The MIG devices; places without one are left out."""
    count = ask("mig_instances", "nvmlDeviceGetMaxMigDeviceCount", handle)
    if count is None:
        return None
    found = (ask("mig_instances", "nvmlDeviceGetMigDeviceHandleByIndex", handle, place) for place in range(count))
    instances = [read_instance(ask, device) for device in found if device is not None]
    if ask.errors.get("mig_instances", "").startswith("NotFound"):
        del ask.errors["mig_instances"]
    return instances


def read_instance(ask: Questions, device: Any) -> dict[str, Any]:
    """One MIG device, which answers as a GPU does: ``NVIDIA A100-SXM4-40GB MIG 1g.5gb`` is its name."""
    _, _, profile = (ask.text("mig.profile", "nvmlDeviceGetName", device) or "").partition(" MIG ")
    attributes = ask("mig.attributes", "nvmlDeviceGetAttributes", device)
    memory = ask("mig.memory", "nvmlDeviceGetMemoryInfo", device)
    return {
        "uuid": ask.text("mig.uuid", "nvmlDeviceGetUUID", device),
        "profile": profile or None,
        "gpu_instance": ask("mig.gpu_instance", "nvmlDeviceGetGpuInstanceId", device),
        "compute_instance": ask("mig.compute_instance", "nvmlDeviceGetComputeInstanceId", device),
        "memory_bytes": memory.total if memory else None,
        "multiprocessors": attributes.multiprocessorCount if attributes else None,
    }


def read_links(ask: Questions, handle: Any) -> list[dict[str, Any]] | None:
    """The NVLinks, none for a GPU that says that it has none, None where it does not know of them."""
    count, speed = ask.fields("nvlinks", handle, [NVLINK_COUNT, NVLINK_SPEED])
    links: list[dict[str, Any]] = []
    for place in range(min(LONGEST_LIST, LONGEST_LIST if count is None else count)):
        state = ask("nvlinks", "nvmlDeviceGetNvLinkState", handle, place)
        if state is None:
            break
        links.append(read_link(ask, handle, place, active=bool(state), speed=speed))
    if links:
        ask.errors.pop("nvlinks", None)  # it only says where the list ends
    return links if links or count == 0 else None


def read_link(ask: Questions, handle: Any, place: int, *, active: bool, speed: Any) -> dict[str, Any]:
    """One link; only an active one has a speed and another end."""
    if not active:
        return {"link": place, "active": False}
    version = ask.name("nvlinks.version", words.NVLINK_VERSIONS, "nvmlDeviceGetNvLinkVersion", handle, place)
    peer = ask("nvlinks.peer", "nvmlDeviceGetNvLinkRemotePciInfo", handle, place)
    return {
        "link": place,
        "active": True,
        "version": version,
        "speed": speed / 1000 if speed else None,
        "peer": ask.decode("nvlinks.peer", peer.busId) if peer else None,
    }


def is_switched(ask: Questions, handle: Any, links: list[dict[str, Any]]) -> bool:
    """Whether the links end at a switch, through which every GPU reaches every other."""
    first = next((link["link"] for link in links if link["active"]), None)
    if first is None:
        return False
    kind = ask("nvlinks.peer", "nvmlDeviceGetNvLinkRemoteDeviceType", handle, first)
    return bool(kind == NVLINK_TO_SWITCH)


def read_fabric(ask: Questions, handle: Any) -> dict[str, Any] | None:
    """Whether a GPU of an NVSwitch machine has joined the fabric, and what went wrong there."""
    from ctypes import byref  # pynvml has loaded it

    info = ask("fabric", "c_nvmlGpuFabricInfo_t")
    if info is None or ask("fabric", "nvmlDeviceGetGpuFabricInfo", handle, byref(info)) is None:
        return None
    state = words.FABRIC_STATES.get(info.state)
    return {"state": state, "status": read_status(ask, info.status) if state == "completed" else None}


def read_status(ask: Questions, code: int) -> str:
    """``success``, or the library's words for the error with hyphens."""
    text = "success" if code == 0 else ask.text("fabric", "nvmlErrorString", code) or f"error {code}"
    return "-".join(text.lower().split())


def read_processes(ask: Questions, handle: Any) -> list[dict[str, Any]] | None:
    """The processes on this GPU by number; those of other containers have no name."""
    kinds: dict[int, dict[str, Any]] = {}
    known = False
    for kind, word in (("Compute", "compute"), ("Graphics", "graphics")):
        function = f"nvmlDeviceGet{kind}RunningProcesses"
        found = ask.first("processes", (f"{function}_v3", handle), (f"{function}_v2", handle))
        known = known or found is not None
        for process in found or ():
            entry = kinds.setdefault(process.pid, {"pid": process.pid, "kind": word})
            entry["kind"] = word if entry["kind"] == word else "both"
            entry["memory_bytes"] = process.usedGpuMemory
    for pid, entry in kinds.items():
        entry["name"] = ask.text("processes.name", "nvmlSystemGetProcessName", pid)
    return sorted(kinds.values(), key=lambda entry: int(entry["pid"])) if known else None
