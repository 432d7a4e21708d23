"""AMD's GPUs: the compute driver, what lies beside it, and the tools where it is absent."""

from __future__ import annotations

import json

import pytest

from mlenv.facts.drivers import Rocm, RocmRelease
from mlenv.facts.gpu import Gpu
from mlenv.probe.accelerators.amd import AmdAnswer, read_amd
from mlenv.probe.log import Log
from mlenv.system.host import Identity
from mlenv.system.recording import RecordedHost, Recording
from tests.unit.probe.probe_hosts import GIB, command, linux

NODES = "/sys/class/kfd/kfd/topology/nodes"
BUS = "/sys/bus/pci/devices"
WINDOWS = Identity(system="windows", release="10.0.26100", machine="AMD64")
PROCESSOR = {f"{NODES}/0/properties": "cpu_cores_count 16\nsimd_count 0\ngfx_target_version 0\n"}


def node(number: int, target: int, location: int, *, device: int = 0x744C, unique: int = 0xBEEF) -> dict[str, str]:
    """A GPU of the topology with 16 GiB and 4 compute units."""
    properties = (
        f"cpu_cores_count 0\nsimd_count 8\nsimd_per_cu 2\ngfx_target_version {target}\nvendor_id 4098\n"
        f"device_id {device}\nlocation_id {location}\ndomain 0\nunique_id {unique}\n"
    )
    return {
        f"{NODES}/{number}/properties": properties,
        f"{NODES}/{number}/mem_banks/0/properties": f"heap_type 1\nsize_in_bytes {16 * GIB}\n",
    }


def read(recording: Recording) -> tuple[AmdAnswer, Log]:
    log = Log()
    return read_amd(RecordedHost(recording), log), log


def outcomes(log: Log, subject: str) -> list[tuple[str, str]]:
    return [(item.source, item.outcome) for item in log.readings if item.id == subject]


def test_card_with_what_the_graphics_driver_knows() -> None:
    board = f"{BUS}/0000:03:00.0"
    answer, _ = read(
        linux(
            {
                **PROCESSOR,
                **node(1, 110000, 0x300),
                f"{board}/product_name": "AMD Radeon RX 7900 XTX\n",
                f"{board}/vbios_version": "113-D7020100-102\n",
                f"{board}/mem_info_vram_total": f"{16 * GIB}\n",
                f"{board}/mem_info_vram_used": f"{GIB}\n",
                "/sys/module/amdgpu/version": "6.10.5\n",
            }
        )
    )
    assert answer == AmdAnswer(
        rocm=Rocm(driver="6.10.5"),
        gpus=(
            Gpu(
                vendor="amd",
                index=0,
                name="AMD Radeon RX 7900 XTX",
                uuid="GPU-000000000000beef",
                pci_address="0000:03:00.0",
                gfx="gfx1100",
                memory_bytes=16 * GIB,
                memory_free_bytes=15 * GIB,
                integrated=False,
                pci_id="1002:744c",
                compute_units=4,
                vbios="113-D7020100-102",
            ),
        ),
    )


def test_partitions_know_their_mode_and_their_own_memory() -> None:
    board = f"{BUS}/0000:05:00.0"
    files = {
        **node(2, 90402, 0x500, device=0x74A1),
        **node(3, 90402, 0x501, device=0x74A1),
        f"{NODES}/2/mem_banks/0/used_memory": f"{GIB}\n",
        f"{board}/current_compute_partition": "CPX\n",
        f"{board}/current_memory_partition": "NPS4\n",
        f"{board}/mem_info_vram_used": f"{100 * GIB}\n",
    }
    gpus = read(linux(files))[0].gpus
    assert gpus is not None
    assert [("0000:05:00.0", "CPX/NPS4", 15 * GIB), ("0000:05:00.0", "CPX/NPS4", None)] == [
        (gpu.pci_address, gpu.partition, gpu.memory_free_bytes) for gpu in gpus
    ]


def test_empty_name_is_none() -> None:
    files = {**node(1, 90000, 0x900), f"{BUS}/0000:09:00.0/product_name": "\n"}
    gpus = read(linux(files))[0].gpus
    assert gpus is not None
    assert gpus[0].name is None


def test_memory_of_a_driver_that_lists_no_banks() -> None:
    files = node(1, 110501, 0xC500)
    del files[f"{NODES}/1/mem_banks/0/properties"]
    files[f"{BUS}/0000:c5:00.0/mem_info_vram_total"] = f"{GIB // 2}\n"
    gpus = read(linux(files))[0].gpus
    assert gpus is not None
    assert (GIB // 2, True) == (gpus[0].memory_bytes, gpus[0].integrated)


@pytest.mark.parametrize(
    ("existing", "writable", "outcome"),
    [(["/dev/kfd"], ["/dev/kfd"], "found"), (["/dev/kfd"], [], "unreadable"), ([], [], "absent")],
)
def test_access_to_the_compute_device(existing: list[str], writable: list[str], outcome: str) -> None:
    _, log = read(linux(node(1, 110000, 0x300), existing=existing, writable=writable))
    assert [("/dev/kfd", outcome)] == outcomes(log, "gpus.amd.device")


def test_gpus_of_other_containers_are_noted() -> None:
    hidden = f"{NODES}/2/properties"
    recording = linux({**node(1, 110000, 0x300), hidden: ""}, errors={hidden: "PermissionError"})
    answer, log = read(recording)
    assert answer.gpus is not None
    assert len(answer.gpus) == 1
    assert [(hidden, "unreadable"), (NODES, "found")] == outcomes(log, "gpus.amd")


def test_gpus_that_are_all_hidden_are_not_absent() -> None:
    hidden = f"{NODES}/1/properties"
    answer, log = read(linux({**PROCESSOR, hidden: ""}, errors={hidden: "PermissionError"}))
    assert answer == AmdAnswer(gpus=())
    assert [(hidden, "unreadable")] == outcomes(log, "gpus.amd")
    assert [("/dev/kfd", "absent")] == outcomes(log, "gpus.amd.device")


def test_machine_without_anything_of_amd() -> None:
    answer, log = read(linux())
    assert answer == AmdAnswer()
    assert [(NODES, "absent")] == outcomes(log, "gpus.amd")


def test_processors_alone() -> None:
    answer, log = read(linux(PROCESSOR))
    assert answer == AmdAnswer(gpus=())
    assert [(NODES, "absent")] == outcomes(log, "gpus.amd")


def test_other_systems_are_not_asked() -> None:
    answer, log = read(Recording(identity=Identity(system="macos", release="24.0", machine="arm64")))
    assert answer == AmdAnswer()
    assert [(NODES, "not_asked")] == outcomes(log, "gpus.amd")


ROCMINFO = """\
WSL environment detected.
HSA System Attributes
Agent 2
*******
  Name:                    gfx1100
  Marketing Name:          AMD Radeon RX 7900 GRE
  Device Type:             GPU
  Compute Unit:            80
"""
RELEASE = {"/opt/rocm-6.4.1/.info/version": "6.4.1-83\n"}
SMI = ("rocm-smi", "--showproductname", "--showmeminfo", "vram", "--showuniqueid", "--showbus", "--json")


def test_rocminfo_below_windows() -> None:
    recording = linux(
        {**RELEASE, "/opt/rocm-6.4.1/bin/rocminfo": ""},
        existing=["/dev/dxg"],
        commands=[command("/opt/rocm-6.4.1/bin/rocminfo", stdout=ROCMINFO)],
    )
    answer, log = read(recording)
    assert answer.gpus == (
        Gpu(
            vendor="amd",
            index=0,
            name="AMD Radeon RX 7900 GRE",
            gfx="gfx1100",
            integrated=False,
            compute_units=80,
        ),
    )
    assert [(NODES, "absent"), ("rocminfo", "found")] == outcomes(log, "gpus.amd")


def test_next_tool_where_one_fails() -> None:
    cards = {
        "card0": {"Card Series": "AMD Instinct MI210", "Device ID": "0x740f"},
        "system": {"Driver version": "6.8.5"},
    }
    recording = linux(
        existing=["/dev/kfd", "/usr/bin/rocminfo", "/usr/bin/amd-smi", "/usr/bin/rocm-smi"],
        commands=[
            command("rocminfo", stdout="ROCk module is NOT loaded, possibly no GPU devices\n", status=1),
            command("amd-smi", "static", "--json", stderr="KeyError: 'ROCM_PATH'\n", status=1),
            command(*SMI, stdout=json.dumps(cards)),
        ],
    )
    answer, log = read(recording)
    assert answer.rocm == Rocm(driver="6.8.5")
    assert answer.gpus == (Gpu(vendor="amd", index=0, name="AMD Instinct MI210", pci_id="1002:740f"),)
    assert [(NODES, "absent"), ("rocminfo", "absent"), ("amd-smi", "unreadable"), ("rocm-smi", "found")] == outcomes(
        log, "gpus.amd"
    )


def test_tools_without_a_device_are_not_started() -> None:
    recording = linux({**RELEASE, "/usr/bin/rocminfo": ""}, commands=[command("rocminfo", stdout=ROCMINFO)])
    assert read(recording)[0].gpus is None


def test_hip_on_windows() -> None:
    folder = "C:\\Program Files\\AMD\\ROCm\\6.4"
    program = f"{folder}\\bin\\hipInfo.exe"
    text = (
        "device#                           0\nName:                 AMD Radeon RX 7900 XT\ngcnArchName:      gfx1100\n"
    )
    recording = Recording(
        identity=WINDOWS,
        environ={"HIP_PATH": f"{folder}\\"},
        existing=[program],
        commands=[command(program, stdout=text)],
    )
    answer, log = read(recording)
    assert answer == AmdAnswer(
        rocm=Rocm(version="6.4", releases=(RocmRelease(version="6.4", path=folder),)),
        gpus=(Gpu(vendor="amd", index=0, name="AMD Radeon RX 7900 XT", gfx="gfx1100", integrated=False),),
    )
    assert [(NODES, "not_asked"), ("hipInfo", "found")] == outcomes(log, "gpus.amd")


def test_windows_without_the_sdk_starts_nothing() -> None:
    recording = Recording(identity=WINDOWS, existing=["C:\\Windows\\System32\\amd-smi.exe"])
    assert read(recording)[0] == AmdAnswer()
