"""NVIDIA's kernel module, loaded and on disk, and the services beside the driver."""

from __future__ import annotations

import base64
import struct
from typing import Any

import pytest

from mlenv.facts.drivers import FabricManager
from mlenv.facts.gpu import Gpu
from mlenv.probe.accelerators.nvidia_kernel import (
    KernelAnswer,
    KernelModule,
    parse_information,
    parse_module,
    read_kernel,
)
from mlenv.probe.accelerators.nvidia_module_file import find_section, find_sections, read_module_file, section_place
from mlenv.probe.accelerators.nvidia_services import NvidiaServices, parse_fabric_manager, read_nvidia_services
from mlenv.probe.log import Log
from mlenv.system.host import Identity
from mlenv.system.recording import RecordedHost
from tests.unit.probe.probe_hosts import LINUX, command, linux

MODULES = f"/lib/modules/{LINUX.release}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 2024\nGCC version: 12\n",
            KernelModule(version="535.183.01", is_open=False),
        ),
        (
            "NVRM version: NVIDIA UNIX Open Kernel Module for aarch64  580.95.05  Release Build  (b@h)  Tue\n",
            KernelModule(version="580.95.05", is_open=True),
        ),
        ("NVRM version: something else\n", None),
        ("NVRM version: " + "Kernel Module " * 1000, None),
        ("", None),
    ],
)
def test_kernel_module(text: str, expected: KernelModule | None) -> None:
    assert parse_module(text) == expected


@pytest.mark.parametrize(("taint", "is_open"), [("POE\n", False), ("OE\n", True), (None, None)])
def test_module_of_a_kernel_without_its_proc_files(taint: str | None, is_open: bool | None) -> None:
    files = {"/sys/module/nvidia/version": "580.95.05\n"}
    if taint is not None:
        files["/sys/module/nvidia/taint"] = taint
    found = read_kernel(RecordedHost(linux(files)), Log())
    assert KernelAnswer(module=KernelModule(version="580.95.05", is_open=is_open)) == found


def test_kernel_names_a_gpu() -> None:
    text = (
        "Model: \t NVIDIA A10\nGPU UUID: \t GPU-01234567-89ab-cdef-0123-456789abcdef\nBus Location: \t 0000:65:00.0\n"
    )
    assert parse_information(text, "0000:65:00.0") == Gpu(
        vendor="nvidia",
        name="NVIDIA A10",
        uuid="GPU-01234567-89ab-cdef-0123-456789abcdef",
        pci_address="0000:65:00.0",
    )
    assert parse_information("Model: Unknown\n", "0000:65:00.0") == Gpu(vendor="nvidia", pci_address="0000:65:00.0")


def module_file(information: bytes) -> bytes:
    """A kernel module of three sections: none, its information, and the names of the sections."""
    names = b"\0.modinfo\0.shstrtab\0"
    table_at = 64 + len(information) + len(names)
    header = bytearray(64)
    header[:6] = b"\x7fELF\x02\x01"
    struct.pack_into("<Q", header, 40, table_at)
    struct.pack_into("<HHH", header, 58, 64, 3, 2)
    sections = bytearray(3 * 64)
    for index, name, offset, size in ((1, 1, 64, len(information)), (2, 10, 64 + len(information), len(names))):
        struct.pack_into("<I", sections, index * 64, name)
        struct.pack_into("<QQ", sections, index * 64 + 24, offset, size)
    return bytes(header) + information + names + bytes(sections)


def on_disk(path: str, data: bytes = b"", **more: Any) -> RecordedHost:
    return RecordedHost(linux(bytes={f"{MODULES}/{path}": base64.b64encode(data).decode()}, **more))


@pytest.mark.parametrize(
    ("path", "licence", "kind"),
    [
        ("updates/dkms/nvidia.ko", b"Dual MIT/GPL", "open"),
        ("updates/dkms/nvidia-current.ko", b"NVIDIA", "proprietary"),
        ("kernel/drivers/video/nvidia.ko", b"NVIDIA", "proprietary"),
        ("kernel/nvidia-580-open/nvidia.ko", b"Dual MIT/GPL", "open"),
        ("extra/nvidia/nvidia.ko", b"Dual MIT/GPL", "open"),
    ],
)
def test_module_on_disk(path: str, licence: bytes, kind: str) -> None:
    log = Log()
    data = module_file(b"license=" + licence + b"\0alias=x\0version=580.95.05\0supported=external\0")
    assert "580.95.05" == read_module_file(on_disk(path, data), log)
    assert [(f"{MODULES}/{path}", "found", f"580.95.05, {kind}")] == [
        (item.source, item.outcome, item.detail) for item in log.readings
    ]


@pytest.mark.parametrize(
    "path", ["kernel/drivers/video/fbdev/nvidia/nvidiafb.ko", "updates/dkms/nvidia-uvm.ko", "extra/nvidia-fs.ko"]
)
def test_other_modules_are_not_the_driver(path: str) -> None:
    log = Log()
    assert read_module_file(on_disk(path), log) is None
    assert () == log.readings


@pytest.mark.parametrize(
    "data", [b"", b"\x7fELF", b"\x7fELF\x02\x01" + bytes(58), module_file(b"version=x\0"), bytes(64)]
)
def test_module_that_says_nothing(data: bytes) -> None:
    log = Log()
    assert read_module_file(on_disk("updates/nvidia.ko", data), log) is None
    assert ["unreadable"] == [item.outcome for item in log.readings]


def test_compressed_module_of_dkms_is_not_unpacked() -> None:
    link = f"/var/lib/dkms/nvidia/kernel-{LINUX.release}-x86_64"
    links = {link: f"/var/lib/dkms/nvidia/560.35.03/{LINUX.release}/x86_64"}
    log = Log()
    assert "560.35.03" == read_module_file(on_disk("updates/dkms/nvidia.ko.zst", links=links), log)
    assert [(link, "found")] == [(item.source, item.outcome) for item in log.readings]


def test_compressed_module_is_left_to_modinfo() -> None:
    path = f"{MODULES}/kernel/nvidia-580/nvidia.ko.xz"
    asked = command("/usr/sbin/modinfo", "-F", "version", path, stdout="580.95.05\n")
    host = on_disk("kernel/nvidia-580/nvidia.ko.xz", existing=["/usr/sbin/modinfo"], commands=[asked])
    assert "580.95.05" == read_module_file(host, Log())
    log = Log()
    assert read_module_file(on_disk("kernel/nvidia-580/nvidia.ko.xz"), log) is None
    assert ["not_asked"] == [item.outcome for item in log.readings]


def test_parts_of_a_module_file() -> None:
    data = module_file(b"version=1.2\0")
    place = find_sections(data[:64])
    assert place is not None
    offset, count, names = place
    table = data[offset:]
    assert (3, 2) == (count, names)
    assert (64, 12) == find_section(table, b"\0.modinfo\0.shstrtab\0", b".modinfo")
    assert find_section(table, b"", b".modinfo") is None
    assert section_place(table, 3) is None


# Services


def services(files: dict[str, str] | None = None, **more: Any) -> tuple[NvidiaServices, list[tuple[str, str, str]]]:
    log = Log()
    host = RecordedHost(linux({"/proc/driver/nvidia/version": "", **(files or {})}, **more))
    found = read_nvidia_services(host, log)
    return found, [(item.id, item.outcome, item.detail) for item in log.readings]


def test_a_machine_without_the_driver_has_no_services() -> None:
    log = Log()
    assert NvidiaServices() == read_nvidia_services(RecordedHost(linux()), log)
    windows = Identity(system="windows", release="10.0.22631", machine="AMD64")
    assert NvidiaServices() == read_nvidia_services(RecordedHost(linux(identity=windows)), log)
    assert () == log.readings


def test_services_of_a_workstation() -> None:
    found, readings = services(existing=["/usr/bin/nvidia-persistenced"])
    assert NvidiaServices(persistence_daemon=False, mps=False) == found
    assert ["nvidia.persistence_daemon", "nvidia.mps"] == [subject for subject, _, _ in readings]


def test_persistence_daemon_of_a_container_is_unknown() -> None:
    assert services()[0].persistence_daemon is None


@pytest.mark.parametrize(("process", "running"), [("nv-fabricmanage\n", True), ("bash\n", False), (None, False)])
def test_services_of_an_nvswitch_machine(process: str | None, running: bool) -> None:
    files = {"/var/run/nvidia-fabricmanager/nv-fabricmanager.pid": "2345\n"}
    if process:
        files["/proc/2345/comm"] = process
    found, _ = services(
        files,
        directories={"/proc/driver/nvidia-nvswitch/devices": ["0000:05:00.0", "0000:06:00.0"]},
        existing=["/usr/bin/nv-fabricmanager", "/var/run/nvidia-persistenced/socket", "/run/mps/control"],
        environ={"CUDA_MPS_PIPE_DIRECTORY": "/run/mps/"},
        commands=[command("/usr/bin/nv-fabricmanager", "--version", stdout="Fabric Manager version is : 580.95.05\n")],
    )
    manager = FabricManager(version="580.95.05", running=running)
    assert NvidiaServices(fabric_manager=manager, persistence_daemon=True, mps=True) == found


def test_switches_without_a_fabric_manager() -> None:
    found, readings = services(directories={"/proc/driver/nvidia-nvswitch/devices": ["0000:05:00.0"]})
    assert FabricManager() == found.fabric_manager
    assert (
        "nvidia.fabric_manager",
        "absent",
        "1 NVSwitches are there (/proc/driver/nvidia-nvswitch/devices)",
    ) == readings[0]


def test_fabric_manager_that_does_not_say_its_version() -> None:
    found, readings = services(existing=["/usr/bin/nv-fabricmanager"])
    assert FabricManager(running=False) == found.fabric_manager
    assert ("nvidia.fabric_manager", "unreadable") == readings[0][:2]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Fabric Manager version is : 535.104.12\n", "535.104.12"),
        ("unknown option 1.2\n", None),
        ("", None),
    ],
)
def test_fabric_manager_version(text: str, expected: str | None) -> None:
    assert expected == parse_fabric_manager(text)
