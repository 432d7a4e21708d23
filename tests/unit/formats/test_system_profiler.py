"""system_profiler in its three forms."""

from __future__ import annotations

import json

import pytest

from mlenv.facts.gpu import Gpu
from mlenv.formats.mac_gpu import name_metal, parse_size
from mlenv.formats.system_profiler import MacReport, parse_system_profiler

GIB = 1024**3
M4 = {
    "_name": "kHW_AppleM4Item",
    "spdisplays_mtlgpufamilysupport": "spdisplays_metal4",
    "spdisplays_ndrvs": [{"_name": "Color LCD"}],
    "spdisplays_vendor": "sppci_vendor_Apple",
    "sppci_bus": "spdisplays_builtin",
    "sppci_cores": "10",
    "sppci_model": "Apple M4",
}
RADEON = {
    "_name": "AMD Radeon Pro 5500M",
    "spdisplays_device-id": "0x7340",
    "spdisplays_metalfamily": "spdisplays_mtlgpufamilymac2",
    "spdisplays_vendor": "sppci_vendor_amd",
    "spdisplays_vram": "8 GB",
    "sppci_bus": "spdisplays_pcie_device",
    "sppci_model": "AMD Radeon Pro 5500M",
}


def displays(*items: object) -> tuple[Gpu, ...] | None:
    report = parse_system_profiler(json.dumps({"SPDisplaysDataType": items}))
    assert report is not None
    return report.gpus


def test_apple_chip() -> None:
    expected = Gpu(vendor="apple", index=0, name="Apple M4", integrated=True, metal="Metal 4", compute_units=10)
    assert displays(M4) == (expected,)


def test_cards_of_an_intel_mac() -> None:
    iris = {"sppci_model": "Intel Iris Pro", "spdisplays_vendor": "Intel", "spdisplays_vram_shared": "1536 MB"}
    assert displays(iris, RADEON, RADEON) == (
        Gpu(vendor="intel", index=0, name="Intel Iris Pro", integrated=True),
        *(
            Gpu(
                vendor="amd",
                index=index,
                name="AMD Radeon Pro 5500M",
                integrated=False,
                memory_bytes=8 * GIB,
                pci_id="1002:7340",
                metal="Metal GPUFamily macOS 2",
            )
            for index in (0, 1)
        ),
    )


def test_card_of_nvidia() -> None:
    item = {
        "sppci_model": "NVIDIA GeForce GT 750M",
        "spdisplays_vendor": "NVIDIA (0x10de)",
        "sppci_bus": "spdisplays_pcie",
    }
    assert displays(item) == (Gpu(vendor="nvidia", index=0, name="NVIDIA GeForce GT 750M", integrated=False),)


def test_other_makers_are_left_out() -> None:
    assert displays({"sppci_model": "Display", "spdisplays_vendor": "VMware"}, "junk", 7) == ()


def test_maker_is_found_in_its_number_or_in_the_name() -> None:
    assert displays({"spdisplays_vendor-id": "0x1002"}) == (Gpu(vendor="amd", index=0, integrated=False),)
    assert displays({"_name": "Apple M9"}) == (Gpu(vendor="apple", index=0, name="Apple M9"),)


PLIST = """<?xml version="1.0" encoding="UTF-8"?>
<plist version="1.0"><array><dict>
  <key>_dataType</key><string>SPHardwareDataType</string>
  <key>_items</key><array><dict>
    <key>machine_model</key><string>Mac16,5</string>
    <key>chip_type</key><string>Apple M4 Max</string>
    <key>number_processors</key><string>proc 16:12:4</string>
    <key>physical_memory</key><string>64 GB</string>
  </dict></array>
</dict></array></plist>
"""


def test_property_list() -> None:
    expected = MacReport(model="Mac16,5", chip="Apple M4 Max", cores=16, memory_bytes=64 * GIB)
    assert parse_system_profiler(PLIST) == expected


TEXT = """
Graphics/Displays:

    Apple M2:

      Chipset Model: Apple M2
      Type: GPU
      Bus: Built-In
      Total Number of Cores: 10
      Vendor: Apple (0x106b)
      Metal Support: Metal 3
      Displays:
        Color LCD:
          Display Type: Built-In Liquid Retina Display
          Vendor: Somebody

    AMD Radeon RX 580:

      Chipset Model: AMD Radeon RX 580
      Bus: PCIe
      VRAM (Total): 8 GB
      Vendor: AMD (0x1002)
      Device ID: 0x67df
      Metal Family: Supported, Metal GPUFamily macOS 2

Hardware:

    Hardware Overview:

      Model Identifier: Mac14,2
      Chip: Apple M2
      Total Number of Cores: 8 (4 performance and 4 efficiency)
      Memory: 16 GB

Audio:

    Devices:

      Memory: 1 GB

Software:

    System Software Overview:

      System Version: macOS 14.5 (23F79)
      Kernel Version: Darwin 23.5.0
"""


def test_text_for_people() -> None:
    assert parse_system_profiler(TEXT) == MacReport(
        model="Mac14,2",
        chip="Apple M2",
        cores=8,
        memory_bytes=16 * GIB,
        version="14.5",
        kernel="23.5.0",
        gpus=(
            Gpu(vendor="apple", index=0, name="Apple M2", integrated=True, metal="Metal 3", compute_units=10),
            Gpu(
                vendor="amd",
                index=0,
                name="AMD Radeon RX 580",
                integrated=False,
                memory_bytes=8 * GIB,
                pci_id="1002:67df",
                metal="Metal GPUFamily macOS 2",
            ),
        ),
    )


def test_indented_text_is_read_as_well() -> None:
    indented = "".join(f"  {line}\n" for line in TEXT.splitlines())
    assert parse_system_profiler(indented) == parse_system_profiler(TEXT)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        '{"SPDisplaysDataType": ',
        "[" * 100_000,
        '{"a":' * 100_000,
        "<?xml version='1.0'?><plist><dict>",
        "<plist><array><dict><key>_dataType</key><integer>x</integer></dict></array></plist>",
        "<plist><date>soon</date></plist>",
        "Chipset Model: Apple M2\n",
        "\ud800",
    ],
)
def test_what_is_no_report(text: str) -> None:
    assert parse_system_profiler(text) is None


def test_report_without_graphics_and_with_junk() -> None:
    assert parse_system_profiler('{"SPHardwareDataType": 3, "SPSoftwareDataType": [{}]}') == MacReport()
    assert parse_system_profiler('{"SPDisplaysDataType": []}') == MacReport(gpus=())
    number = '{"SPHardwareDataType": [{"number_processors": %s, "physical_memory": true}]}' % ("9" * 400)
    assert parse_system_profiler(number) == MacReport()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("spdisplays_metal3", "Metal 3"),
        ("Metal 4", "Metal 4"),
        ("spdisplays_mtlgpufamilyapple7", "Metal GPUFamily Apple 7"),
        ("Supported, Metal GPUFamily macOS 2", "Metal GPUFamily macOS 2"),
        ("spdisplays_metalfeaturesetfamily14", "Metal feature set macOS GPUFamily1 v4"),
        ("Supported, feature set macOS GPUFamily1 v4", "Metal feature set macOS GPUFamily1 v4"),
        ("spdisplays_supported", "Metal"),
        ("spdisplays_notsupported", "unsupported"),
        ("Not Supported", "unsupported"),
        ("perhaps", None),
        ("", None),
    ],
)
def test_metal(text: str, expected: str | None) -> None:
    assert name_metal(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1536 MB", 1536 * 1024**2),
        ("1.5 TB", 1536 * GIB),
        ("7 GB", 7 * GIB),
        ("lots", None),
        ("9" * 5000 + " GB", None),
    ],
)
def test_sizes(text: str, expected: int | None) -> None:
    assert parse_size(text) == expected
