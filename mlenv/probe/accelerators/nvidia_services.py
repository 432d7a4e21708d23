"""The services beside NVIDIA's driver: fabric manager, persistence daemon, Multi-Process Service."""

from __future__ import annotations

import msgspec

from mlenv.facts.drivers import FabricManager
from mlenv.facts.pattern import lazy
from mlenv.probe.answers import explain
from mlenv.probe.log import Log, names_in, peek
from mlenv.system.host import Host

DRIVER_FOLDER = "/proc/driver/nvidia"
SWITCH_FOLDER = "/proc/driver/nvidia-nvswitch/devices"
FABRIC_MANAGER = "/usr/bin/nv-fabricmanager"
FABRIC_MANAGER_PID = "/var/run/nvidia-fabricmanager/nv-fabricmanager.pid"
PERSISTENCE_DAEMON = "/usr/bin/nvidia-persistenced"
PERSISTENCE_SOCKET = "/var/run/nvidia-persistenced/socket"
# https://docs.nvidia.com/deploy/mps/appendix-tools-and-interface-reference.html
MPS_VARIABLE, MPS_FOLDER, MPS_PIPE = "CUDA_MPS_PIPE_DIRECTORY", "/tmp/nvidia-mps", "control"  # noqa: S108
# The kernel cuts the names of processes after 15 characters.
_FABRIC_MANAGER_PROCESS = "nv-fabricmanage"
_VERSION = lazy(r"[0-9]{1,6}(?:\.[0-9]{1,6}){1,3}")
_NUMBER = lazy(r"[0-9]{1,10}")


class NvidiaServices(msgspec.Struct, frozen=True, kw_only=True):
    """Which services are there; None where nothing says so.

    A service of the host cannot be seen from inside a container: there it is unknown and not absent.
    """

    fabric_manager: FabricManager | None = None
    persistence_daemon: bool | None = None
    mps: bool | None = None


def read_nvidia_services(host: Host, log: Log) -> NvidiaServices:
    """The services on a Linux machine with NVIDIA's kernel module; empty elsewhere."""
    if host.identity.system != "linux" or not host.exists(DRIVER_FOLDER):
        return NvidiaServices()
    return NvidiaServices(
        fabric_manager=_read_fabric_manager(host, log),
        persistence_daemon=_read_persistence_daemon(host, log),
        mps=_read_mps(host, log),
    )


def _read_fabric_manager(host: Host, log: Log) -> FabricManager | None:
    """The fabric manager, where it is installed or NVSwitches ask for it."""
    subject = "nvidia.fabric_manager"
    installed, switches = host.exists(FABRIC_MANAGER), names_in(host, SWITCH_FOLDER)
    if not installed and not switches:
        return None
    if not installed:
        log.absent(subject, FABRIC_MANAGER, f"{len(switches)} NVSwitches are there ({SWITCH_FOLDER})")
        return FabricManager(running=_runs(host, FABRIC_MANAGER_PID, _FABRIC_MANAGER_PROCESS) or None)
    completed = host.run((FABRIC_MANAGER, "--version"), timeout=log.seconds_left)
    version = parse_fabric_manager(completed.stdout)
    if version:
        log.found(subject, FABRIC_MANAGER)
    else:
        log.unreadable(subject, FABRIC_MANAGER, explain(completed))
    return FabricManager(version=version, running=_runs(host, FABRIC_MANAGER_PID, _FABRIC_MANAGER_PROCESS))


# Fabric Manager version is : 580.95.05
def parse_fabric_manager(text: str) -> str | None:
    """The version that it prints."""
    line = next((line for line in text[:10_000].splitlines() if "version" in line.lower()), "")
    match = _VERSION.search(line)
    return match[0] if match else None


def _runs(host: Host, pid_file: str, name: str) -> bool:
    """Whether the process that a file names is there; numbers are used again, so its name counts too."""
    pid = _NUMBER.fullmatch((peek(host, pid_file) or "").strip()[:20])
    return pid is not None and (peek(host, f"/proc/{pid[0]}/comm") or "").strip() == name


def _read_persistence_daemon(host: Host, log: Log) -> bool | None:
    if host.exists(PERSISTENCE_SOCKET):
        log.found("nvidia.persistence_daemon", PERSISTENCE_SOCKET)
        return True
    log.absent("nvidia.persistence_daemon", PERSISTENCE_SOCKET)
    return False if host.exists(PERSISTENCE_DAEMON) else None


def _read_mps(host: Host, log: Log) -> bool:
    """Whether the control daemon of MPS has its pipe where CUDA programs of this user look for it."""
    folder = host.environ.get(MPS_VARIABLE) or MPS_FOLDER
    path = f"{folder.rstrip('/')}/{MPS_PIPE}"
    there = host.exists(path)
    note = log.found if there else log.absent
    note("nvidia.mps", path)
    return there
