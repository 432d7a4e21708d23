"""Models, clouds and Secure Boot."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from mlenv.facts.system import Cloud
from mlenv.probe.host.cloud import find_cloud, read_cloud
from mlenv.probe.host.firmware import FOLDER, REGISTRY, Firmware, name_maker, name_model, read_model
from mlenv.probe.host.secure_boot import BOOT_REGISTRY, SECURE_BOOT, SHIM_STATE, parse_boot_variable, read_secure_boot
from mlenv.probe.log import Log
from mlenv.system.host import Identity
from mlenv.system.recording import RecordedHost, Recording
from tests.unit.probe.probe_hosts import linux

WINDOWS = Identity(system="windows", release="10.0.22631", machine="AMD64")
ON = base64.b64encode(bytes([6, 0, 0, 0, 1])).decode()
OFF = base64.b64encode(bytes([6, 0, 0, 0, 0])).decode()


def outcomes(log: Log) -> list[tuple[str, str]]:
    return [(row.source, row.outcome) for row in log.readings]


@pytest.mark.parametrize(
    ("firmware", "expected"),
    [
        (Firmware(vendor="LENOVO", product="20L6S0AB00", version="ThinkPad T480"), "Lenovo ThinkPad T480"),
        (Firmware(vendor="LENOVO", product="20L6S0AB00", version="INVALID"), "Lenovo 20L6S0AB00"),
        (Firmware(vendor="Dell Inc.", product="PowerEdge R750xa"), "Dell PowerEdge R750xa"),
        (Firmware(vendor="HP", product="HP Z8 G4 Workstation"), "HP Z8 G4 Workstation"),
        (Firmware(vendor="Amazon EC2", product="p4d.24xlarge"), "Amazon EC2 p4d.24xlarge"),
        (
            Firmware(
                vendor="System manufacturer",
                product="System Product Name",
                board_vendor="ASUSTeK COMPUTER INC.",
                board="ROG STRIX X570-E",
            ),
            "ASUS ROG STRIX X570-E",
        ),
        (Firmware(product="Bare  Box"), "Bare Box"),
        (Firmware(vendor="To Be Filled By O.E.M.", product="To Be Filled By O.E.M."), ""),
        (Firmware(), ""),
    ],
)
def test_models(firmware: Firmware, expected: str) -> None:
    assert name_model(firmware) == expected


@pytest.mark.parametrize(
    ("vendor", "expected"),
    [
        ("Micro-Star International Co., Ltd.", "MSI"),
        ("Gigabyte Technology Co., Ltd.", "Gigabyte"),
        ("Supermicro", "Supermicro"),
        ("Inc.", "Inc."),
        ("Default string", ""),
    ],
)
def test_makers(vendor: str, expected: str) -> None:
    assert name_maker(vendor) == expected


def test_model_of_a_laptop() -> None:
    log = Log()
    assert read_model(RecordedHost(linux()), log) == "Lenovo 20L6S0AB00"
    assert outcomes(log) == [(FOLDER, "found")]


def test_boards_have_a_device_tree() -> None:
    recording = linux({"/proc/device-tree/model": "NVIDIA Jetson AGX Orin Developer Kit\0"})
    for name in ("sys_vendor", "product_name"):
        del recording.files[f"{FOLDER}/{name}"]
    assert read_model(RecordedHost(recording), Log()) == "NVIDIA Jetson AGX Orin Developer Kit"


def test_model_that_nothing_names() -> None:
    recording = linux({f"{FOLDER}/sys_vendor": "", f"{FOLDER}/product_name": "Default string"})
    log = Log()
    assert read_model(RecordedHost(recording), log) is None
    assert outcomes(log) == [("/proc/device-tree/model", "absent")]


def test_model_of_a_windows_machine() -> None:
    values: dict[str, str | int] = {"SystemManufacturer": "ASUSTeK COMPUTER INC.", "SystemProductName": "ROG Zephyrus"}
    recording = Recording(identity=WINDOWS, registry={REGISTRY: values})
    assert read_model(RecordedHost(recording), Log()) == "ASUS ROG Zephyrus"


def test_registry_that_cannot_be_read() -> None:
    log = Log()
    host = RecordedHost(Recording(identity=WINDOWS))
    assert (read_model(host, log), read_cloud(host, log)) == (None, None)
    assert outcomes(log) == [(REGISTRY, "absent")]


@pytest.mark.parametrize(
    ("firmware", "expected"),
    [
        (Firmware(vendor="Amazon EC2", product="g5.xlarge"), Cloud(provider="aws", instance="g5.xlarge")),
        (Firmware(vendor="Xen", product="HVM domU", bios="4.11.amazon"), Cloud(provider="aws")),
        (Firmware(vendor="Google", product="Google Compute Engine"), Cloud(provider="gcp")),
        (
            Firmware(
                vendor="Microsoft Corporation",
                product="Virtual Machine",
                asset_tag="7783-7084-3265-9085-8269-3286-77",
            ),
            Cloud(provider="azure"),
        ),
        (Firmware(vendor="Microsoft Corporation", product="Virtual Machine"), None),
        (Firmware(vendor="QEMU", product="Standard PC", asset_tag="OracleCloud.com"), Cloud(provider="oci")),
        (Firmware(vendor="Hetzner", product="vServer"), Cloud(provider="hetzner")),
        (Firmware(vendor="OpenStack Foundation", product="OpenStack Nova"), Cloud(provider="openstack")),
        (Firmware(vendor="LENOVO", product="20L6"), None),
    ],
)
def test_clouds(firmware: Firmware, expected: Cloud | None) -> None:
    assert find_cloud(firmware) == expected


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"COLAB_RELEASE_TAG": "release-colab"}, Cloud(provider="colab")),
        ({"COLAB_GPU": ""}, Cloud(provider="colab")),
        ({"KAGGLE_KERNEL_RUN_TYPE": "Interactive"}, Cloud(provider="kaggle")),
        ({"SM_CURRENT_INSTANCE_TYPE": "ml.g5.xlarge"}, Cloud(provider="sagemaker", instance="ml.g5.xlarge")),
        ({"RUNPOD_POD_ID": "abc"}, Cloud(provider="runpod")),
        ({}, None),
    ],
)
def test_services(environ: dict[str, str], expected: Cloud | None) -> None:
    assert read_cloud(RecordedHost(linux(environ=environ)), Log()) == expected


def test_a_laptop_is_no_cloud_and_an_unknown_machine_says_nothing() -> None:
    log = Log()
    recording = linux()
    assert read_cloud(RecordedHost(recording), log) is None
    for name in ("sys_vendor", "product_name"):
        del recording.files[f"{FOLDER}/{name}"]
    assert read_cloud(RecordedHost(recording), log) is None
    assert outcomes(log) == [(FOLDER, "absent")]


@pytest.mark.parametrize(
    ("settings", "expected", "outcome"),
    [
        ({"bytes": {SECURE_BOOT: ON}}, True, "found"),
        ({"bytes": {SECURE_BOOT: OFF}}, False, "found"),
        ({"bytes": {SECURE_BOOT: ON, SHIM_STATE: ON}}, False, "found"),
        ({"bytes": {SECURE_BOOT: ON, SHIM_STATE: OFF}}, True, "found"),
        ({"bytes": {SECURE_BOOT: "AQ=="}}, None, "unreadable"),
        ({"errors": {SECURE_BOOT: "PermissionError"}}, None, "unreadable"),
        ({"directories": {"/sys/firmware": ["acpi", "dmi"]}}, False, "absent"),
        ({"directories": {"/sys/firmware": ["acpi", "efi"]}}, None, "unreadable"),
        ({}, None, "unreadable"),
    ],
)
def test_secure_boot(settings: dict[str, Any], expected: bool | None, outcome: str) -> None:
    log = Log()
    assert read_secure_boot(RecordedHost(linux(**settings)), log) is expected
    assert {row.outcome for row in log.readings} == {outcome}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"registry": {BOOT_REGISTRY: {"UEFISecureBootEnabled": 1}}}, True),
        ({"registry": {BOOT_REGISTRY: {"UEFISecureBootEnabled": 0}}}, False),
        ({"registry": {BOOT_REGISTRY: {}}}, None),
        ({}, False),
        ({"errors": {BOOT_REGISTRY: "PermissionError"}}, None),
    ],
)
def test_secure_boot_of_windows(settings: dict[str, Any], expected: bool | None) -> None:
    recording = Recording(identity=WINDOWS, **settings)
    assert read_secure_boot(RecordedHost(recording), Log()) is expected


def test_macs_are_not_asked() -> None:
    log = Log()
    recording = Recording(identity=Identity(system="macos", release="24", machine="arm64"))
    assert read_secure_boot(RecordedHost(recording), log) is None
    assert log.readings == ()


@pytest.mark.parametrize(("data", "expected"), [(b"\6\0\0\0\1", True), (b"\6\0\0\0\0", False), (b"", None)])
def test_boot_variables(data: bytes, expected: bool | None) -> None:
    assert parse_boot_variable(data) is expected
