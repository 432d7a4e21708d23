"""AMD GPUs as the kernel's compute driver describes them, and the ROCm user space."""

from __future__ import annotations

import msgspec

from mlenv.facts.drivers import Rocm
from mlenv.facts.gpu import Gpu
from mlenv.probe.accelerators.rocm import MODULE, read_rocm
from mlenv.probe.log import Log
from mlenv.probe.paths import is_windows
from mlenv.system.host import Host

NODES = "/sys/class/kfd/kfd/topology/nodes"
DEVICE = "/dev/kfd"
# What ROCm's programs ask: the compute driver, the graphics driver, or Windows' own below WSL.
_TOOLS_ASK = (DEVICE, "/dev/dxg", MODULE)


class AmdAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of AMD here; ``gpus`` is None where nothing could be asked."""

    rocm: Rocm | None = None
    gpus: tuple[Gpu, ...] | None = None


def read_amd(host: Host, log: Log) -> AmdAnswer:
    """The GPUs that ROCm could use, and the installed ROCm."""
    if host.identity.system == "macos":
        log.not_asked("gpus.amd", NODES, "only Linux shows it")
        return AmdAnswer()
    rocm = read_rocm(host, log)
    gpus = _read_gpus(host, log)
    if gpus is None:
        return _ask_tools(host, log, rocm)
    return AmdAnswer(rocm=rocm, gpus=gpus)


def _ask_tools(host: Host, log: Log, rocm: Rocm | None) -> AmdAnswer:
    """The GPUs by ROCm's own programs, where there is anything that they could ask."""
    if not (rocm if is_windows(host) else any(host.exists(path) for path in _TOOLS_ASK)):
        return AmdAnswer(rocm=rocm)
    from mlenv.probe.accelerators.amd_tools import read_tools

    report = read_tools(host, log, rocm)
    if report is None:
        return AmdAnswer(rocm=rocm)
    stated = rocm or Rocm()
    software = Rocm(
        version=stated.version or report.rocm, releases=stated.releases, driver=stated.driver or report.driver
    )
    return AmdAnswer(rocm=software if software != Rocm() else None, gpus=report.gpus)


def _read_gpus(host: Host, log: Log) -> tuple[Gpu, ...] | None:
    if host.identity.system != "linux":
        log.not_asked("gpus.amd", NODES, "only Linux shows it")
        return None
    try:
        names = host.list_directory(NODES)
    except FileNotFoundError:
        log.absent("gpus.amd", NODES)
        return None
    except OSError as error:
        log.unreadable("gpus.amd", NODES, type(error).__name__)
        return None
    from mlenv.probe.accelerators.kfd import read_nodes

    gpus = read_nodes(host, log, NODES, names)
    # A container whose engine was not told to pass the compute device may read no node of a GPU.
    hidden = any(item.id == "gpus.amd" and item.outcome == "unreadable" for item in log.readings)
    if gpus:
        log.found("gpus.amd", NODES)
    elif not hidden:
        log.absent("gpus.amd", NODES)
    if gpus or hidden:
        _read_access(host, log)
    return gpus


def _read_access(host: Host, log: Log) -> None:
    """Whether this user may open the compute device; containers often lack it, users the group."""
    if not host.exists(DEVICE):
        log.absent("gpus.amd.device", DEVICE)
    elif not host.writable(DEVICE):
        log.unreadable("gpus.amd.device", DEVICE, "this user may not open it")
    else:
        log.found("gpus.amd.device", DEVICE)
