"""The whole machine: every subject read side by side and put together."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from mlenv.facts.hardware import Cpu, Disk, DiskPurpose, Memory
from mlenv.facts.machine import Machine
from mlenv.facts.packages import PackageConfiguration
from mlenv.facts.system import OperatingSystem
from mlenv.probe.account import read_account
from mlenv.probe.certificates import read_certificates
from mlenv.probe.containers import read_containers
from mlenv.probe.cuda_toolkit import read_cuda_toolkits
from mlenv.probe.device_nodes import read_device_nodes
from mlenv.probe.devices import Devices
from mlenv.probe.disk import (
    cache_folder,
    environment_folder,
    huggingface_folder,
    read_disk,
    shared_memory_folder,
    temporary_folder,
)
from mlenv.probe.dkms import read_dkms
from mlenv.probe.firmware import read_cloud, read_model
from mlenv.probe.infiniband import read_network_ports
from mlenv.probe.interpreters import read_interpreters
from mlenv.probe.kernel_log import read_kernel_events
from mlenv.probe.kernel_modules import read_kernel_modules
from mlenv.probe.libraries import read_libraries
from mlenv.probe.limits import read_limits
from mlenv.probe.managers import read_managers
from mlenv.probe.memory import read_memory
from mlenv.probe.operating_system import name_family, read_architecture, read_operating_system
from mlenv.probe.package_configuration import read_package_configuration
from mlenv.probe.processor import read_processor
from mlenv.probe.schedule import Reader, Schedule, Subject
from mlenv.probe.variables import read_variables
from mlenv.system.host import Host

# A field of the machine, its reader, and what is said of it where the reader fails.
Field = tuple[str, Reader[Any], Any]

# These may start child processes, and so wait.
WAITING: tuple[Field, ...] = (
    ("pythons", read_interpreters, None),
    ("managers", read_managers, None),
    ("cuda_toolkits", read_cuda_toolkits, ()),
    ("kernel_events", read_kernel_events, None),
)
# On Linux these read a few small files each; elsewhere they ask a child.
READING: tuple[Field, ...] = (
    ("os", read_operating_system, None),
    ("architecture", read_architecture, None),
    ("cpu", read_processor, Cpu()),
    ("memory", read_memory, Memory()),
    ("model", read_model, None),
    ("cloud", read_cloud, None),
    ("packages", read_package_configuration, PackageConfiguration()),
    ("variables", read_variables, ()),
    ("account", read_account, None),
    ("limits", read_limits, None),
    ("certificates", read_certificates, ()),
    ("containers", read_containers, None),
    ("kernel_modules", read_kernel_modules, None),
    ("dkms", read_dkms, None),
    ("device_nodes", read_device_nodes, None),
    ("libraries", read_libraries, None),
    ("network_ports", read_network_ports, None),
)


def begin_machine(schedule: Schedule, devices: Devices, *, environment_path: str) -> Callable[[], Machine]:
    """Begin to read every subject beside the devices; the function gives the machine.

    What waits for child processes is started first.  A subject that fails is left unknown and has
    a reading that says so.
    """
    host = schedule.host
    waiting = [schedule.start(name, read) for name, read, _ in WAITING]
    disks = _start_disks(schedule, host, environment_path)
    reading = _start_reading(schedule, host)

    def finish() -> Machine:
        facts: dict[str, Any] = {}
        for (name, _, default), subject in zip((*WAITING, *READING), (*waiting, *reading), strict=True):
            facts[name] = schedule.take(subject, default)
        facts["os"] = facts["os"] or OperatingSystem(family=name_family(host.identity))
        facts["disks"] = tuple(schedule.take(disk, unknown) for disk, unknown in disks)
        facts.update(devices.take())
        return Machine(**facts, readings=schedule.readings)

    return finish


def _start_reading(schedule: Schedule, host: Host) -> list[Subject[Any]]:
    """One thread on Linux, where files of the kernel answer at once; else each has one of its own."""
    if host.identity.system == "linux":
        return schedule.start_together([(name, read) for name, read, _ in READING])
    return [schedule.start(name, read) for name, read, _ in READING]


def _start_disks(schedule: Schedule, host: Host, environment_path: str) -> list[tuple[Subject[Disk], Disk]]:
    """A subject for each disk: one that hangs, as a lost network share does, is lost alone."""
    places: dict[DiskPurpose, str | None] = {
        "environment": environment_folder(host, environment_path),
        "cache": cache_folder(host),
        "temporary": temporary_folder(host),
        "huggingface": huggingface_folder(host),
        "shared-memory": shared_memory_folder(host),
    }
    return [
        (
            schedule.start(f"disk.{purpose}", partial(read_disk, purpose=purpose, path=path)),
            Disk(purpose=purpose, path=path),
        )
        for purpose, path in places.items()
        if path is not None
    ]
