"""Words that resemble messages about GPUs, drivers and containers: they stay silent, and the real ones fire."""

from __future__ import annotations

import pytest

from mlenv.checks.registry import Case, diagnose
from mlenv.facts.gpu import ComputeMode, Gpu
from mlenv.facts.machine import Machine
from tests.unit.checks.checks_cases import with_nvidia
from tests.unit.checks.near_misses import DATED
from tests.unit.checks.resembling import fired_anywhere

ETHERNET = "04:00.0 Ethernet controller: Intel Corporation I350\n\tLnkSta: Speed 2.5GT/s, Width x2 (downgraded)"
CARD = "01:00.0 VGA compatible controller: NVIDIA Corporation GA102\n\tLnkSta: Speed 8GT/s, Width x4 (downgraded)"
BOTH = f"{ETHERNET.replace(' (downgraded)', '')}\n{CARD}"

SILENT = {
    "faults": (
        "Transaction Xid 31 committed",
        "ERROR: could not access status of transaction, xid 79 is before the oldest",
        "WARNING: database must be vacuumed, oldest xid 48 wraps around soon",
        "DHCP: offer with xid 63 was dropped",
        "EDAC MC0: 1 UE uncorrectable ECC error on DIMM_A1",
        "mcelog: uncorrectable hardware error in memory bank 7",
        "EDAC: double bit errors detected on DIMM_B2",
        "Row remap failed: column id is missing in the frame",
        "row remapping of the table is pending review",
        "the USB dongle fell off the bus",
        "a child fell off the bus on the way to school",
        "My GPU lost 3 fps after the patch",
        "GPU requires reset of the overclock settings in the game",
        "A GPU reset is required by the Windows game overlay",
        ETHERNET,
    ),
    "numbers": (
        "val error: 802.3 after 3 epochs",
        "error: IEEE 802.11 access point left the channel",
        "mean absolute error = 803",
        "error 803 rows were skipped",
        "HTTP error code 802",
        "GPU util 98, mean error 803 ms",
        "Using GPU 0, validation error = 802",
        "CUDA error in step 802 of the tutorial",
        "customer returned 30 items",
        "cursor returned 999 rows",
        "curl_easy_perform returned 30",
        "mysqld: error 999, unknown error",
    ),
    "drivers": (
        "REST API mismatch between client v2 and server v3",
        "PluginManager: API mismatch, plugin was made for version 3",
        "selenium: could not communicate with driver",
        "The passenger cannot communicate with the driver",
        "printer: failed to communicate with the kernel drivers of the spooler",
        "SessionNotCreatedException: this driver is too old for Chrome 131",
        "The ODBC driver version is too old, update to 18.2",
        "scheduler: unsatisfied condition: two nodes for the driver",
        "The API key was rejected by service",
        "wandb: your key was rejected by service, login again",
        "Lockdown: schools are closed, module loading of the course stops",
        "Le nouveau serveur is running on port 80",
        "Art nouveau is active in the style list",
        "License Status: Unlicensed",
        "License Status: Expired",
        "Service Fabric manager is not running on node 3",
    ),
    "devices": (
        "FCM push: invalid device id 4711",
        "usb_modeswitch: invalid device ID",
        "LoRaWAN: unknown device id 42",
        "MQTT: unknown device id: sensor-7",
        "gcloud: MIG instance web-1 is unhealthy",
        "MIG web-group has no instances",
        "MIG autoscaling is on for the web tier",
        "object 17 not in video",
        "failed to allocate IP address for device eth0",
        "failed to allocate a port to the device",
        "grub: no kernel image is available in /boot",
    ),
    "containers": (
        "FlashAttention requires compute capability 8.0 or higher",
        "ValueError: Bfloat16 requires compute capability of at least 8.0",
        "capabilities: no compute capability listed for this node pool",
        "systemctl daemon-reload after editing my web.service",
        "systemd: nginx.service changed on disk, run systemctl daemon-reload to reload units",
    ),
}
FIRING = {
    "gpu-xid": ("the log shows Xid 31 again and again", "NVRM: Xid (PCI:0000:81:00): 119, Timeout waiting for RPC"),
    "gpu-fell-off-bus": (
        "NVRM: GPU at PCI:0000:01:00: GPU has fallen off the bus.",
        "my card has fallen off the bus",
        "nvidia-smi: GPU lost",
        "dmesg: Xid 79 after an hour",
    ),
    "gpu-ecc-error": (
        "RuntimeError: CUDA error: uncorrectable ECC error encountered",
        "NVRM: Xid (PCI:0000:3b:00): 48, DBE (double bit error)",
    ),
    "gpu-row-remap": ("Remapping Failure Occurred : Yes", "row remapper: 1 remap pending"),
    "gpu-init-failed": ("GPU requires reset", "GPU reset required"),
    "pcie-width-reduced": (CARD, BOTH, "LnkSta: Speed 16GT/s, Width x4 (downgraded)"),
    "fabric-manager-not-running": (
        "Error 802: system not yet initialized",
        "CUDA error: 802",
        "cuda runtime error (802)",
        "cuInit(0) returned 802",
        "systemctl says that the fabric manager is not running",
    ),
    "driver-library-version-mismatch": (
        "CUDA driver error 803",
        "NVRM: API mismatch: the client has the version 535.54.03, but\nNVRM: this module has the version 535.86.05.",
    ),
    "kernel-module-not-built-for-kernel": (
        "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.",
        "nvidia-smi cannot communicate with the driver",
    ),
    "driver-too-old-for-build": (
        "The NVIDIA driver on your system is too old (found version 11040).",
        "CUDA: the driver version is too old",
        "unsatisfied condition: cuda>=12.9, please update your driver to a newer version",
    ),
    "secure-boot-blocks-module": (
        "modprobe: ERROR: could not insert 'nvidia': Key was rejected by service",
        "Lockdown: modprobe: unsigned module loading is restricted; see man kernel_lockdown.7",
    ),
    "nouveau-loaded": ("the nouveau driver is loaded", "The Nouveau kernel driver is currently in use by your system"),
    "vgpu-unlicensed": ("        License Status                    : Unlicensed (Unrestricted)",),
    "cuda-visible-devices-invalid": (
        "AssertionError: Invalid device id",
        "nvidia-container-cli: device error: unknown device id: 7",
    ),
    "mig-misconfigured": ("No MIG devices found.", "MIG is enabled without compute instances"),
    "gpu-arch-not-in-build": ("CUDA error: no kernel image is available for execution on the device",),
    "container-missing-driver-capability": (
        "the container needs the 'compute' driver capability",
        "docker runs without compute capability",
    ),
    "container-lost-gpu-cgroup": ("after systemctl daemon-reload the container has no GPU",),
    "gpu-out-of-memory": ("failed to allocate 2 GB on the GPU: out of memory", "cudaMalloc failed: out of memory"),
}


@pytest.mark.parametrize("words", [words for rows in SILENT.values() for words in rows])
def test_resembling_words_stay_silent(words: str) -> None:
    assert fired_anywhere(words) == set()


@pytest.mark.parametrize(("slug", "words"), [(slug, words) for slug, rows in FIRING.items() for words in rows])
def test_the_real_message_fires(slug: str, words: str) -> None:
    assert slug in fired_anywhere(words)


@pytest.mark.parametrize(
    ("modes", "severity"),
    [
        (("prohibited",), "error"),
        (("prohibited", "prohibited"), "error"),
        (("prohibited", "default"), "warning"),
        (("exclusive-process",), None),
        (("default", "default"), None),
    ],
)
def test_gpus_that_take_no_process(modes: tuple[ComputeMode, ...], severity: str | None) -> None:
    found = diagnose(Case(machine=_machine(*modes)), DATED).findings
    assert next((row.severity for row in found if row.id == "gpu-exclusive-mode"), None) == severity


def _machine(*modes: ComputeMode) -> Machine:
    gpus = tuple(Gpu(vendor="nvidia", name="NVIDIA L4", index=number, compute_capability="8.9", compute_mode=mode)
                 for number, mode in enumerate(modes))  # fmt: skip
    return with_nvidia("8.9", "570.86.10", gpus=gpus)
