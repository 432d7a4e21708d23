"""The device files of accelerators, and whether this user may open them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mlenv.facts.pattern import lazy
from mlenv.facts.system import DeviceNode
from mlenv.probe.log import Log, names_in
from mlenv.system.host import Host

FOLDER = "/dev"
SUBJECT = "device_nodes"
# A machine may offer 2048 channels of which each is as good as the others.
MOST_IN_FOLDER = 64
_NODE = lazy(
    r"nvidia[0-9]+|nvidiactl|nvidia-uvm|nvidia-uvm-tools|nvidia-modeset|nvidia-nvswitch(?:ctl|[0-9]+)|nvidia-fs[0-9]*"
    r"|gdrdrv|kfd|dxg|accel[0-9]+|apex_[0-9]+|nvhost-gpu|nvhost-ctrl-gpu|nvmap"
)
# Folders below /dev, and which of their files are wanted.
_FOLDERS = {
    "nvidia-caps": lazy(r"nvidia-cap[0-9]+"),
    "nvidia-caps-imex-channels": lazy(r"channel[0-9]+"),
    "dri": lazy(r"(?:renderD|card)[0-9]+"),
    "accel": lazy(r"accel[0-9]+"),
    "vfio": lazy(r"vfio|[0-9]+"),
    "nvgpu": lazy(r"igpu[0-9]+"),
    "infiniband": lazy(r"uverbs[0-9]+"),
}
# Accounts below this number are the system's; 65534 is the one of nobody.
_FIRST_USER = 1000
_SYSTEM_ACCOUNTS = ("", "root", "nobody", "daemon", "sys", "systemd", "udev", "nvidia-persistenced", "65534")
_DIGITS = lazy(r"[0-9]{1,9}")


def read_device_nodes(host: Host, log: Log) -> tuple[DeviceNode, ...] | None:
    """The device files in the order of their paths; a container shows those that it was given."""
    if host.identity.system != "linux":
        log.not_asked(SUBJECT, FOLDER, "only Linux shows it")
        return None
    try:
        names = host.list_directory(FOLDER)
    except OSError as error:
        log.unreadable(SUBJECT, FOLDER, type(error).__name__)
        return None
    groups = dict(_list_groups(host, names))
    nodes = [node for folder, paths in groups.items() for node in _read_group(host, log, folder, paths)]
    if not nodes:
        log.absent(SUBJECT, FOLDER, "no device file of an accelerator")
    return tuple(sorted(nodes, key=lambda node: node.path))


def _list_groups(host: Host, names: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Each folder with the wanted paths in it."""
    yield FOLDER, [f"{FOLDER}/{name}" for name in names if _NODE.fullmatch(name)]
    for name in [name for name in names if name in _FOLDERS]:
        folder = f"{FOLDER}/{name}"
        wanted = [f"{folder}/{file}" for file in names_in(host, folder) if _FOLDERS[name].fullmatch(file)]
        # Each GPU of a Jetson has a folder of its own.
        yield folder, [f"{path}/ctrl" for path in wanted] if name == "nvgpu" else wanted[:MOST_IN_FOLDER]


def _read_group(host: Host, log: Log, folder: str, paths: Iterable[str]) -> list[DeviceNode]:
    nodes = [node for path in paths for node in _read_node(host, log, path)]
    if nodes:
        log.found(SUBJECT, folder, ", ".join(node.path.removeprefix(f"{folder}/") for node in nodes))
    return nodes


def _read_node(host: Host, log: Log, path: str) -> Iterator[DeviceNode]:
    """Opening a device would start its driver; the permission bits answer without that."""
    try:
        status = host.status(path)
    except FileNotFoundError:
        return
    except OSError as error:
        log.unreadable(SUBJECT, path, type(error).__name__)
        yield DeviceNode(path=path)
        return
    if status.kind == "directory":
        return
    owner = name_account(status.owner)
    yield DeviceNode(
        path=path,
        readable=status.readable,
        writable=status.writable,
        mode=f"{status.mode:04o}",
        owner=owner or None,
        group=("user" if status.group == status.owner and owner == "user" else status.group) or None,
    )


def name_account(name: str) -> str:
    """The name of a system's account or its number; ``user`` for a person, whose name is nobody's business."""
    if name in _SYSTEM_ACCOUNTS or (_DIGITS.fullmatch(name) and int(name) < _FIRST_USER):
        return name
    return "user"
