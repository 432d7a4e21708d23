"""The whole machine: every subject read and put together."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from mlenv.facts.hardware import Cpu, Disk, DiskPurpose, Memory
from mlenv.facts.machine import Machine
from mlenv.facts.packages import PackageConfiguration
from mlenv.facts.system import OperatingSystem
from mlenv.probe.accelerators.devices import device_readers, join_devices
from mlenv.probe.accelerators.driver_libraries import DriverLibraries
from mlenv.probe.host.account import read_account
from mlenv.probe.host.certificates import read_certificates
from mlenv.probe.host.cloud import read_cloud
from mlenv.probe.host.containers import read_containers
from mlenv.probe.host.cuda_toolkit import read_cuda_toolkits
from mlenv.probe.host.device_nodes import read_device_nodes
from mlenv.probe.host.disk import (
    cache_folder,
    environment_folder,
    huggingface_folder,
    read_disk,
    shared_memory_folder,
    temporary_folder,
)
from mlenv.probe.host.dkms import read_dkms
from mlenv.probe.host.firmware import read_model
from mlenv.probe.host.infiniband import read_network_ports
from mlenv.probe.host.kernel_log import read_kernel_events
from mlenv.probe.host.kernel_modules import read_kernel_modules
from mlenv.probe.host.libraries import read_libraries
from mlenv.probe.host.limits import read_limits
from mlenv.probe.host.memory import read_memory
from mlenv.probe.host.operating_system import name_family, read_architecture, read_operating_system
from mlenv.probe.host.processor import read_processor
from mlenv.probe.host.variables import read_variables
from mlenv.probe.python.interpreters import read_interpreters
from mlenv.probe.python.managers import read_managers
from mlenv.probe.python.package_configuration import read_package_configuration
from mlenv.probe.schedule import Reader, Schedule
from mlenv.system.host import Host

# A field of the machine, its reader, and what is said of it where the reader fails.
Field = tuple[str, Reader[Any], Any]
FIELDS: tuple[Field, ...] = (
    ("pythons", read_interpreters, None),
    ("managers", read_managers, None),
    ("cuda_toolkits", read_cuda_toolkits, ()),
    ("kernel_events", read_kernel_events, None),
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


def begin_machine(schedule: Schedule, libraries: DriverLibraries, *, environment_path: str) -> Callable[[], Machine]:
    """Read every subject that answers at once; the function waits for the others and gives the machine.

    A subject that fails is left unknown and has a reading that says so.
    """
    host = schedule.host
    disks = _disks(host, environment_path)
    readers = [(f"disk.{disk.purpose}", partial(read_disk, purpose=disk.purpose, path=disk.path)) for disk in disks]
    fields = [(name, read) for name, read, _ in FIELDS]
    subjects = schedule.read_in_turn([*device_readers(), *fields, *readers])
    devices, others = subjects[: -len(fields) - len(readers)], subjects[-len(fields) - len(readers) :]

    def finish() -> Machine:
        facts = {
            name: schedule.take(subject, default)
            for (name, _, default), subject in zip(FIELDS, others[: len(fields)], strict=True)
        }
        facts["os"] = facts["os"] or OperatingSystem(family=name_family(host.identity))
        pairs = zip(disks, others[len(fields) :], strict=True)
        facts["disks"] = tuple(schedule.take(subject, disk) for disk, subject in pairs)
        facts.update(join_devices(schedule, libraries, devices))
        return Machine(**facts, readings=schedule.readings)

    return finish


def _disks(host: Host, environment_path: str) -> list[Disk]:
    """The places to be measured; each is a subject of its own, for one on a lost network share hangs."""
    places: dict[DiskPurpose, str | None] = {
        "environment": environment_folder(host, environment_path),
        "cache": cache_folder(host),
        "temporary": temporary_folder(host),
        "huggingface": huggingface_folder(host),
        "shared-memory": shared_memory_folder(host),
    }
    return [Disk(purpose=purpose, path=path) for purpose, path in places.items() if path is not None]
