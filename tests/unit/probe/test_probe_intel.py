"""Intel's GPUs and their compute runtime."""

from __future__ import annotations

import json

import pytest

from mlenv.facts.drivers import IntelCompute
from mlenv.facts.gpu import Gpu
from mlenv.probe.accelerators.intel import IntelAnswer, parse_library_version, read_intel
from mlenv.probe.log import Log
from mlenv.system.host import Identity
from mlenv.system.recording import RecordedHost, Recording
from tests.unit.probe.probe_hosts import GIB, command, linux

CARDS = "/sys/class/drm"


def card(number: int, address: str, device: str, driver: str) -> dict[str, str]:
    text = f"DRIVER={driver}\nPCI_CLASS=30000\nPCI_ID={device}\nPCI_SLOT_NAME={address}\n"
    return {f"{CARDS}/card{number}/device/uevent": text, f"{CARDS}/card{number}-DP-1/status": "connected\n"}


def read(recording: Recording) -> tuple[IntelAnswer, Log]:
    log = Log()
    return read_intel(RecordedHost(recording), log), log


GRAPHICS = Gpu(vendor="intel", pci_address="0000:00:02.0", integrated=True, pci_id="8086:46a6", driver="i915")
ARC = Gpu(vendor="intel", pci_address="0000:03:00.0", integrated=False, pci_id="8086:e20b", driver="xe")


def test_machine_without_a_card_of_intel() -> None:
    answer, log = read(linux(card(0, "0000:01:00.0", "10DE:2684", "nouveau")))
    assert answer == IntelAnswer()
    assert log.readings == ()


def test_processor_and_card() -> None:
    files = {
        **card(0, "0000:03:00.0", "8086:E20B", "xe"),
        **card(1, "0000:00:02.0", "8086:46A6", "i915"),
        f"{CARDS}/card0/device/tile0/physical_vram_size_bytes": f"{12 * GIB}\n",
        f"{CARDS}/card0/device/tile1/physical_vram_size_bytes": f"{4 * GIB}\n",
    }
    answer, log = read(linux(files))
    whole = Gpu(
        vendor="intel",
        pci_address="0000:03:00.0",
        integrated=False,
        pci_id="8086:e20b",
        driver="xe",
        memory_bytes=16 * GIB,
    )
    assert answer == IntelAnswer(gpus=(whole, GRAPHICS))
    assert [
        ("gpus.intel", "found"),
        ("intel.level_zero", "absent"),
        ("intel.compute_runtime", "absent"),
        ("intel.opencl", "absent"),
    ] == [(item.id, item.outcome) for item in log.readings]


def test_memory_of_the_packaged_driver() -> None:
    files = {**card(0, "0000:00:02.0", "8086:56C0", "i915"), f"{CARDS}/card0/lmem_total_bytes": f"{14 * GIB}\n"}
    gpus = read(linux(files))[0].gpus
    assert [(14 * GIB, False)] == [(gpu.memory_bytes, gpu.integrated) for gpu in gpus]


def test_compute_runtime() -> None:
    folder = "/usr/lib/x86_64-linux-gnu"
    answer, _ = read(
        linux(
            {
                **card(1, "0000:00:02.0", "8086:46A6", "i915"),
                "/etc/OpenCL/vendors/intel.icd": "/usr/lib/x86_64-linux-gnu/intel-opencl/libigdrcl.so\n",
            },
            links={
                f"{folder}/libze_loader.so.1": f"{folder}/libze_loader.so.1.21.9",
                f"{folder}/libze_intel_gpu.so.1": f"{folder}/libze_intel_gpu.so.1.6.33578",
            },
        )
    )
    assert answer.software == IntelCompute(
        level_zero="1.21.9",
        compute_runtime="1.6.33578",
        opencl="/usr/lib/x86_64-linux-gnu/intel-opencl/libigdrcl.so",
    )


def test_below_windows_only_software_is_seen() -> None:
    folder = "/opt/intel/lib"
    answer, _ = read(
        linux(existing=["/dev/dxg", f"{folder}/libze_loader.so.1"], environ={"LD_LIBRARY_PATH": f"{folder}/:relative"})
    )
    assert answer == IntelAnswer(software=IntelCompute(level_zero=""))


LISTED = {
    "device_id": 0,
    "device_name": "Intel(R) Arc(TM) B580 Graphics",
    "pci_bdf_address": "0000:03:00.0",
    "pci_device_id": "0xe20b",
    "uuid": "00000000-0000-0003-0000-0000e20b8086",
}
LIST = command("xpu-smi", "discovery", "-j", stdout=json.dumps({"device_list": [LISTED]}))
DETAILS = command(
    "xpu-smi", "discovery", "-d", "0", "-j", stdout=json.dumps({**LISTED, "memory_physical_size_byte": str(12 * GIB)})
)


def test_xpu_smi_adds_what_the_kernel_does_not_say() -> None:
    files = card(0, "0000:03:00.0", "8086:E20B", "xe")
    answer, _ = read(linux(files, existing=["/usr/bin/xpu-smi"], commands=[LIST, DETAILS]))
    assert answer.gpus == (
        Gpu(
            vendor="intel",
            index=0,
            name="Intel(R) Arc(TM) B580 Graphics",
            uuid="00000000-0000-0003-0000-0000e20b8086",
            pci_address="0000:03:00.0",
            memory_bytes=12 * GIB,
            integrated=False,
            pci_id="8086:e20b",
            driver="xe",
        ),
    )


def test_xpu_smi_that_fails_takes_nothing_away() -> None:
    words = "Error: Level Zero Initialization Error\n"
    failing = command("xpu-smi", "discovery", "-j", stdout=words, status=1)
    files = card(0, "0000:03:00.0", "8086:E20B", "xe")
    answer, log = read(linux(files, existing=["/usr/bin/xpu-smi"], commands=[failing]))
    assert answer.gpus == (ARC,)
    assert ("xpu-smi discovery -j", "unreadable") in [(item.source, item.outcome) for item in log.readings]


def test_windows_has_xpu_smi_alone() -> None:
    identity = Identity(system="windows", release="10.0.26100", machine="AMD64")
    path = "C:\\Tools"
    recording = Recording(
        identity=identity, environ={"PATH": path}, existing=[f"{path}\\xpu-smi.exe"], commands=[LIST, DETAILS]
    )
    gpus = read(recording)[0].gpus
    assert [("Intel(R) Arc(TM) B580 Graphics", 12 * GIB)] == [(gpu.name, gpu.memory_bytes) for gpu in gpus]
    assert read(Recording(identity=identity))[0] == IntelAnswer()


def test_macos_is_not_looked_at() -> None:
    assert read(Recording(identity=Identity(system="macos", release="24.0", machine="x86_64")))[0] == IntelAnswer()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/usr/lib64/libze_loader.so.1.17.6", "1.17.6"),
        ("/usr/lib64/libze_intel_gpu.so.1.6.33578", "1.6.33578"),
        ("/usr/lib64/libze_loader.so.1", None),
        ("", None),
    ],
)
def test_library_version(path: str, expected: str | None) -> None:
    assert parse_library_version(path) == expected
