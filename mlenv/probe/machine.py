"""The whole machine: every subject read side by side and put together."""

from __future__ import annotations

from functools import partial

import msgspec

from mlenv.facts.hardware import Cpu, Disk, DiskPurpose, Memory
from mlenv.facts.machine import Machine
from mlenv.facts.packages import PackageConfiguration
from mlenv.facts.system import OperatingSystem
from mlenv.probe.amd import AmdAnswer, read_amd
from mlenv.probe.apple import read_apple
from mlenv.probe.cuda_driver import CudaDriver, read_cuda_driver
from mlenv.probe.cuda_toolkit import read_cuda_toolkits
from mlenv.probe.disk import cache_folder, environment_folder, read_disk, temporary_folder
from mlenv.probe.gpus import Sources, join_nvidia, list_gpus, unlisted
from mlenv.probe.interpreters import read_interpreters
from mlenv.probe.managers import read_managers
from mlenv.probe.memory import read_memory
from mlenv.probe.nvidia import NvidiaAnswer, read_nvidia
from mlenv.probe.nvidia_kernel import KernelAnswer, read_kernel
from mlenv.probe.operating_system import name_family, read_architecture, read_operating_system
from mlenv.probe.package_configuration import read_package_configuration
from mlenv.probe.pci import read_displays
from mlenv.probe.processor import read_processor
from mlenv.probe.schedule import Schedule, Subject
from mlenv.probe.variables import read_variables
from mlenv.system.host import Host


def read_machine(host: Host, *, environment_path: str, deadline: float) -> Machine:
    """Every subject of this machine; one that fails is left unknown and has a reading that says so.

    What waits for child processes is started first.
    """
    schedule = Schedule(host, deadline)
    start, take = schedule.start, schedule.take
    devices = _Devices(schedule)
    pythons, managers = start("pythons", read_interpreters), start("managers", read_managers)
    toolkits, packages = start("cuda_toolkits", read_cuda_toolkits), start("packages", read_package_configuration)
    system, architecture = start("os", read_operating_system), start("architecture", read_architecture)
    processor, memory = start("cpu", read_processor), start("memory", read_memory)
    disks, variables = _start_disks(schedule, host, environment_path), start("variables", read_variables)

    facts = Machine(
        os=take(system, OperatingSystem(family=name_family(host.identity))),
        architecture=take(architecture, None),
        cpu=take(processor, Cpu()),
        memory=take(memory, Memory()),
        disks=tuple(take(disk, unknown) for disk, unknown in disks),
        cuda_toolkits=take(toolkits, ()),
        pythons=take(pythons, None),
        managers=take(managers, None),
        packages=take(packages, PackageConfiguration()),
        variables=take(variables, ()),
    )
    return _with_devices(facts, devices.take(), schedule)


class _Devices:
    """The sources of GPUs, under way; each is lost alone."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._nvidia = schedule.start("nvidia.nvml", read_nvidia)
        self._cuda = schedule.start("nvidia.cuda_init", read_cuda_driver)
        self._kernel = schedule.start("nvidia.kernel_module", read_kernel)
        self._displays = schedule.start("gpus.pci", read_displays)
        self._amd = schedule.start("gpus.amd", read_amd)
        self._apple = schedule.start("gpus.apple", read_apple)

    def take(self) -> Sources:
        """What they said."""
        take = self._schedule.take
        return Sources(
            nvidia=take(self._nvidia, NvidiaAnswer(nvml="no answer", gpus=None)),
            cuda=take(self._cuda, CudaDriver(init="no answer")),
            kernel=take(self._kernel, KernelAnswer()),
            displays=take(self._displays, None),
            amd=take(self._amd, AmdAnswer()),
            apple=take(self._apple, None),
        )


def _with_devices(facts: Machine, sources: Sources, schedule: Schedule) -> Machine:
    gpus = list_gpus(sources)
    schedule.add(unlisted(gpus, sources.displays))
    return msgspec.structs.replace(
        facts, gpus=gpus, nvidia=join_nvidia(sources), rocm=sources.amd.rocm, readings=schedule.readings
    )


def _start_disks(schedule: Schedule, host: Host, environment_path: str) -> list[tuple[Subject[Disk], Disk]]:
    """A subject for each disk: one that hangs, as a lost network share does, is lost alone."""
    places: dict[DiskPurpose, str] = {
        "environment": environment_folder(host, environment_path),
        "cache": cache_folder(host),
        "temporary": temporary_folder(host),
    }
    return [
        (
            schedule.start(f"disk.{purpose}", partial(read_disk, purpose=purpose, path=path)),
            Disk(purpose=purpose, path=path),
        )
        for purpose, path in places.items()
    ]
