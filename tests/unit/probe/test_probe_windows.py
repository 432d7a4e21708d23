r"""Windows from its registry: display devices and settings.

The keys and values have the form of a desktop with an NVIDIA card, an integrated GPU of Intel, and
an AMD card that was taken out.
"""

from __future__ import annotations

from typing import Any

import pytest

from mlenv.facts.system import OperatingSystem
from mlenv.probe.accelerators.pci import Display
from mlenv.probe.accelerators.windows_displays import (
    CLASSES,
    COMPUTE_CLASS,
    DEVICES,
    DISPLAY_CLASS,
    SERVICES,
    name_nvidia_driver,
    parse_location,
    parse_memory,
    plain_description,
    read_windows_displays,
)
from mlenv.probe.host.operating_system import read_architecture, read_operating_system
from mlenv.probe.host.windows_settings import (
    CURRENT_VERSION,
    ENVIRONMENT,
    FILE_SYSTEM,
    RUNTIME_FILES,
    RUNTIMES,
    find_server_year,
    name_windows,
    plain_version,
)
from mlenv.probe.log import Log
from mlenv.system.host import Identity
from mlenv.system.recording import RecordedHost, Recording

GIB = 1024**3
PLACE = r"@System32\drivers\pci.sys,#65536;PCI bus %1, device %2, function %3;"
NVIDIA = r"VEN_10DE&DEV_2684&SUBSYS_16F110DE&REV_A1"
SOUND = r"VEN_10DE&DEV_22BA&SUBSYS_16F110DE&REV_A1"
INTEL = r"VEN_8086&DEV_A780&SUBSYS_86941043&REV_04"
BRIDGE = r"VEN_8086&DEV_7A84&SUBSYS_86941043&REV_11"
AMD = r"VEN_1002&DEV_744C&SUBSYS_0E3B1002&REV_C8"
Registry = dict[str, dict[str, str | int]]


def device(name: str, instance: str, code: str, place: str, **values: str) -> Registry:
    """The key of one device with its class code and place on the bus."""
    ids = f"PCI\\{name[:17]}&CC_{code}00;PCI\\{name[:17]}&CC_{code}"
    shared: dict[str, str | int] = {"CompatibleIDs": ids, "LocationInformation": f"{PLACE}({place})"}
    return {f"{DEVICES}\\{name}\\{instance}": {**shared, **values}}


def settings(place: str, description: str, version: str, memory: str | int = 0, provider: str = "NVIDIA") -> Registry:
    """The key of a driver's settings."""
    values: dict[str, str | int] = {
        "DriverDesc": description,
        "DriverVersion": version,
        "ProviderName": provider,
        "HardwareInformation.qwMemorySize": memory,
    }
    return {f"{CLASSES}\\{place}": values}


def running(service: str, *devices: str) -> Registry:
    """What Windows notes of the devices that a driver drives now."""
    numbered = {str(number): f"PCI\\{name}" for number, name in enumerate(devices)}
    return {f"{SERVICES}\\{service}\\Enum": {**numbered, "Count": len(devices), "NextInstance": len(devices)}}


RTX_4090 = {
    **device(NVIDIA, "4&2283F625&0&0008", "0300", "1,0,0", Driver=f"{DISPLAY_CLASS}\\0001", Service="nvlddmkm"),
    **settings(f"{DISPLAY_CLASS}\\0001", "NVIDIA GeForce RTX 4090", "32.0.15.8097", 25757220864),
}
UHD_770 = {
    **device(INTEL, "3&11583659&0&10", "0300", "0,2,0", Driver=f"{DISPLAY_CLASS}\\0000", Service="igfxn"),
    **settings(f"{DISPLAY_CLASS}\\0000", "Intel(R) UHD Graphics 770", "32.0.101.6078", GIB, "Intel Corporation"),
}
RX_7900 = {
    **device(AMD, "6&1A2B3C4D&0&00000019", "0300", "3,0,0", Driver=f"{DISPLAY_CLASS}\\0002", Service="amdkmdag"),
    **settings(f"{DISPLAY_CLASS}\\0002", "AMD Radeon RX 7900 XTX", "32.0.12033.1030", "0000000006000000", "AMD"),
}


def windows(*parts: Registry, machine: str = "AMD64", release: str = "10.0.22631", **more: Any) -> Recording:
    registry = {key: value for part in parts for key, value in part.items()}
    keys: dict[str, list[str]] = {DEVICES: []}
    for key in registry:
        if key.startswith(DEVICES):
            name, instance = key.removeprefix(f"{DEVICES}\\").split("\\")
            keys[DEVICES] = sorted({*keys[DEVICES], name})
            keys.setdefault(f"{DEVICES}\\{name}", []).append(instance)
    identity = Identity(system="windows", release=release, machine=machine)
    return Recording(identity=identity, registry=registry, registry_keys=keys, **more)


def displays(recording: Recording, log: Log | None = None) -> tuple[Display, ...] | None:
    return read_windows_displays(RecordedHost(recording), log or Log())


def test_card_and_integrated_gpu() -> None:
    recording = windows(
        RTX_4090,
        UHD_770,
        device(SOUND, "4&2283F625&0&0108", "0403", "1,0,1", Service="HDAudBus"),
        device(BRIDGE, "3&11583659&0&F8", "0601", "0,31,0"),
        device("VEN_1B21&DEV_2142&SUBSYS_1", "1", "0300", "5,0,0"),
        running("nvlddmkm", f"{NVIDIA}\\4&2283f625&0&0008"),
        running("igfxn", f"{INTEL}\\3&11583659&0&10"),
    )
    log = Log()
    assert displays(recording, log) == (
        Display(
            address="0000:01:00.0",
            vendor="nvidia",
            pci_id="10de:2684",
            driver="nvlddmkm",
            name="NVIDIA GeForce RTX 4090",
            memory_bytes=25757220864,
            driver_version="580.97",
        ),
        Display(
            address="0000:00:02.0",
            vendor="intel",
            pci_id="8086:a780",
            driver="igfxn",
            name="Intel(R) UHD Graphics 770",
            driver_version="32.0.101.6078",
        ),
    )
    (reading,) = log.readings
    assert (reading.outcome, reading.detail) == ("found", "0000:01:00.0 10de:2684, 0000:00:02.0 8086:a780")


def test_memory_as_bytes() -> None:
    found = displays(windows(RX_7900, running("amdkmdag", f"{AMD}\\6&1A2B3C4D&0&00000019")))
    assert found is not None
    assert [(item.memory_bytes, item.driver_version) for item in found] == [(24 * GIB, "32.0.12033.1030")]


@pytest.mark.parametrize(
    ("service", "detail"),
    [
        (running("amdkmdag"), f"PCI\\{AMD}\\6&1A2B3C4D&0&00000019 was here, and is switched off or taken out"),
        ({}, f"PCI\\{AMD}\\6&1A2B3C4D&0&00000019 was here, and its driver is not in use"),
    ],
)
def test_card_that_was_taken_out(service: Registry, detail: str) -> None:
    log = Log()
    assert displays(windows(RX_7900, service), log) == ()
    assert [(item.source, item.outcome, item.detail) for item in log.readings] == [
        (f"{SERVICES}\\amdkmdag\\Enum", "absent", detail),
        (DEVICES, "absent", ""),
    ]


def test_presence_that_cannot_be_asked_is_believed() -> None:
    log = Log()
    found = displays(windows(RX_7900, errors={f"{SERVICES}\\amdkmdag\\Enum": "PermissionError"}), log)
    assert found is not None
    assert [item.pci_id for item in found] == ["1002:744c"]
    assert log.readings[0].outcome == "unreadable"


def test_card_with_the_driver_of_windows_or_with_none() -> None:
    basic = device(NVIDIA, "1", "0300", "1,0,0", Driver=f"{DISPLAY_CLASS}\\0000", Service="BasicDisplay")
    recording = windows(
        basic,
        settings(f"{DISPLAY_CLASS}\\0000", "Microsoft Basic Display Adapter", "10.0.22621.1", provider="Microsoft"),
        running("BasicDisplay", f"{NVIDIA}\\1"),
        device(AMD, "2", "0380", "3,0,0", DeviceDesc="@display.inf,%x%;Video Controller"),
    )
    assert displays(recording) == (
        Display(address="0000:03:00.0", vendor="amd", pci_id="1002:744c", driver="", name="Video Controller"),
        Display(address="0000:01:00.0", vendor="nvidia", pci_id="10de:2684", driver="basicdisplay"),
    )


def test_accelerator_without_a_display() -> None:
    name = "VEN_10DE&DEV_2330&SUBSYS_1"
    key = f"{DEVICES}\\{name}\\1"
    values: dict[str, str | int] = {"ClassGUID": COMPUTE_CLASS.upper(), "Service": "nvlddmkm", "HardwareID": ""}
    found = displays(windows({key: values}, running("nvlddmkm", f"{name}\\1")))
    assert found == (Display(address=None, vendor="nvidia", pci_id="10de:2330", driver="nvlddmkm"),)


def test_bus_that_cannot_be_listed_is_unknown() -> None:
    log = Log()
    assert displays(windows(errors={DEVICES: "PermissionError"}), log) is None
    assert [(item.source, item.outcome) for item in log.readings] == [(DEVICES, "unreadable")]


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("32.0.15.8097", "580.97"),
        ("30.0.14.7141", "471.41"),
        ("9.18.13.697", "306.97"),
        ("31.0.15.536", "505.36"),
        ("10.0", None),
        ("", None),
    ],
)
def test_number_of_nvidia_drivers(version: str, expected: str | None) -> None:
    assert name_nvidia_driver(version) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{PLACE}(1,0,0)", "0000:01:00.0"),
        (f"{PLACE}(256,31,7)", "0001:00:1f.7"),
        ("PCI-Bus 1, Gerät 0, Funktion 0", None),
        ("", None),
    ],
)
def test_place_on_the_bus(text: str, expected: str | None) -> None:
    assert parse_location(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0x5ff400000", 25757220864),
        ("0000000006000000", 24 * GIB),
        ("0x0", None),
        ("0xzz", None),
        ("abc", None),
        ("", None),
    ],
)
def test_memory(text: str, expected: int | None) -> None:
    assert parse_memory(text) == expected


def test_description() -> None:
    assert plain_description("@oem12.inf,%nvidia_dev.2684%;NVIDIA GeForce RTX 4090") == "NVIDIA GeForce RTX 4090"
    assert plain_description("") is None


SYSTEM: Registry = {
    CURRENT_VERSION: {
        "ProductName": "Windows 10 Pro",
        "EditionID": "Professional",
        "DisplayVersion": "23H2",
        "CurrentBuild": "22631",
        "UBR": 4169,
    },
    FILE_SYSTEM: {"LongPathsEnabled": 1},
    f"{RUNTIMES[1]}\\X64": {"Version": "v14.40.33810.00", "Installed": 1},
    r"HKLM\HARDWARE\DESCRIPTION\System\BIOS": {"SystemManufacturer": "ASUS", "SystemProductName": "ROG Strix"},
    r"HKLM\SYSTEM\CurrentControlSet\Control\SecureBoot\State": {"UEFISecureBootEnabled": 1},
}
RUNTIME = [f"C:\\Windows\\System32\\{name}" for name in RUNTIME_FILES]


def system(recording: Recording, log: Log | None = None) -> OperatingSystem:
    return read_operating_system(RecordedHost(recording), log or Log())


def test_settings() -> None:
    log = Log()
    assert system(windows(SYSTEM, existing=RUNTIME), log) == OperatingSystem(
        family="windows",
        distribution="windows",
        version="11",
        kernel="10.0.22631",
        wsl=0,
        virtualization="",
        secure_boot=True,
        long_paths=True,
        vc_runtime="14.40.33810.00",
        edition="Professional",
    )
    assert (log.readings[0].source, log.readings[0].detail) == (CURRENT_VERSION, "Professional 23H2 22631.4169")


def test_server_in_a_cloud() -> None:
    parts: Registry = {
        CURRENT_VERSION: {"ProductName": "Windows Server 2022 Datacenter", "EditionID": "ServerDatacenter"},
        FILE_SYSTEM: {"NtfsDisable8dot3NameCreation": 2},
        r"HKLM\HARDWARE\DESCRIPTION\System\BIOS": {
            "SystemManufacturer": "Amazon EC2",
            "SystemProductName": "g5.xlarge",
        },
    }
    found = system(windows(parts, release="10.0.20348"))
    assert (found.version, found.edition, found.virtualization) == ("2022", "ServerDatacenter", "kvm")
    assert (found.long_paths, found.vc_runtime) == (False, "")


def test_missing_file_of_the_runtime_is_named() -> None:
    log = Log()
    assert system(windows(SYSTEM, existing=[RUNTIME[0], RUNTIME[2]]), log).vc_runtime == ""
    (reading,) = (item for item in log.readings if item.id == "os.vc_runtime")
    assert (reading.outcome, reading.detail) == ("absent", "without vcruntime140_1.dll")


def test_runtime_without_a_version() -> None:
    assert system(windows(existing=RUNTIME)).vc_runtime is None


def test_program_of_32_bits_looks_into_the_other_folder() -> None:
    environ = {"PROCESSOR_ARCHITECTURE": "x86", "PROCESSOR_ARCHITEW6432": "AMD64", "SYSTEMROOT": "D:\\Windows"}
    existing = [f"D:\\Windows\\Sysnative\\{name}" for name in RUNTIME_FILES]
    recording = windows(SYSTEM, {ENVIRONMENT: {"PROCESSOR_ARCHITECTURE": "AMD64"}}, environ=environ, existing=existing)
    assert system(recording).vc_runtime == "14.40.33810.00"
    log = Log()
    assert read_architecture(RecordedHost(recording), log) == "x86_64"
    assert log.readings[0].detail == "this Python is a program for x86 on AMD64"


def test_settings_that_cannot_be_read_are_unknown() -> None:
    errors = dict.fromkeys((CURRENT_VERSION, FILE_SYSTEM), "PermissionError")
    found = system(windows(errors=errors))
    assert (found.version, found.edition, found.long_paths) == ("11", None, None)


def test_architecture_of_an_arm_machine_that_translates() -> None:
    recording = windows({ENVIRONMENT: {"PROCESSOR_ARCHITECTURE": "ARM64"}}, environ={"PROCESSOR_ARCHITECTURE": "AMD64"})
    assert read_architecture(RecordedHost(recording), Log()) == "arm64"
    assert read_architecture(RecordedHost(windows()), Log()) == "x86_64"


@pytest.mark.parametrize(
    ("release", "expected"),
    [("10.0.22631", "11"), ("10.0.19045", "10"), ("6.1.7601", "6.1"), ("10", "10"), ("10.0.²", None), ("", None)],
)
def test_name_of_a_release(release: str, expected: str | None) -> None:
    assert name_windows(release) == expected


def test_names_and_versions() -> None:
    assert find_server_year("Windows Server 2012 R2 Standard") == "2012 R2"
    assert find_server_year("Windows 10 Pro") is None
    assert plain_version("v14.40.33810.00") == "14.40.33810.00"
    assert plain_version("none") is None
