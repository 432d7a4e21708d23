"""Display devices on the PCI bus."""

from __future__ import annotations

import pytest

from mlenv.facts.gpu import Gpu, PcieLink
from mlenv.probe.accelerators.pci import DEVICES, Display, display_gpus, parse_event, read_displays
from mlenv.probe.log import Log
from mlenv.system.host import Identity
from mlenv.system.recording import RecordedHost, Recording
from tests.unit.probe.probe_hosts import linux


def event(device: str, kind: str, driver: str = "") -> str:
    first = f"DRIVER={driver}\n" if driver else ""
    return f"{first}PCI_CLASS={kind}\nPCI_ID={device}\nMODALIAS=pci:v0\n"


def displays(files: dict[str, str], **more: object) -> tuple[Display, ...] | None:
    """The displays among devices whose files are named ``address/file``."""
    texts = {f"{DEVICES}/{path}": text for path, text in files.items()}
    names = sorted({path.split("/")[0] for path in files})
    return read_displays(RecordedHost(linux(texts, directories={DEVICES: names}, **more)), Log())


def test_one_file_says_what_a_device_is() -> None:
    files = {
        "0000:00:1f.0/uevent": event("8086:7A06", "60100"),
        "0000:01:00.0/uevent": event("10DE:2684", "30000", "nouveau"),
        "0000:01:00.0/numa_node": "1\n",
        "0000:02:00.0/uevent": event("1002:74A1", "120000"),
        "0000:02:00.0/numa_node": "-1\n",
        "0000:03:00.0/uevent": event("1AE0:0063", "FF00"),
        "0000:04:00.0/uevent": event("1AE0:0042", "20000"),
    }
    assert displays(files) == (
        Display(address="0000:01:00.0", vendor="nvidia", pci_id="10de:2684", driver="nouveau", numa_node=1),
        Display(address="0000:02:00.0", vendor="amd", pci_id="1002:74a1", driver=""),
        Display(address="0000:03:00.0", vendor="google", pci_id="1ae0:0063", driver=""),
    )


@pytest.mark.parametrize(
    ("identity", "kind"),
    [
        ("1234:1111", "30000"),
        ("1B36:0100", "30000"),
        ("1AF4:1050", "30000"),
        ("1A03:2000", "30000"),
        ("102B:0536", "30000"),
        ("15AD:0405", "30000"),
        ("1B36:0005", "120000"),
        ("8086:7D1D", "120000"),
        ("10DE:22BC", "40300"),
        ("10DE:22A3", "68000"),
    ],
)
def test_what_is_no_gpu(identity: str, kind: str) -> None:
    assert displays({"0000:00:01.0/uevent": event(identity, kind)}) == ()


def test_gpu_beside_a_virtual_card() -> None:
    files = {
        "0000:00:01.0/uevent": event("1AF4:1050", "30000", "virtio-pci"),
        "0000:06:00.0/uevent": event("10DE:15F8", "30200", "nvidia"),
    }
    found = displays(files)
    assert found is not None
    assert ["0000:06:00.0"] == [item.address for item in found]


def single(address: str, vendor: str, kind: str, device: str) -> dict[str, str]:
    return {f"{address}/vendor": vendor, f"{address}/class": kind, f"{address}/device": device}


def test_tree_without_event_files() -> None:
    files = single("0000:01:00.0", "0x10de\n", "0x030200\n", "0x2236\n") | single(
        "0000:02:00.0", "0x15b3\n", "0x020000\n", "0x101e\n"
    )
    bound = {f"{DEVICES}/0000:02:00.0/driver": "/sys/bus/pci/drivers/mlx5_core"}
    expected = Display(address="0000:01:00.0", vendor="nvidia", pci_id="10de:2236")
    assert displays(files) == (expected,)
    found = displays(files, links=bound)
    assert found is not None
    assert [""] == [item.driver for item in found]
    mine = {f"{DEVICES}/0000:01:00.0/driver": "/sys/bus/pci/drivers/vfio-pci"}
    found = displays(files, links=mine)
    assert found is not None
    assert ["vfio-pci"] == [item.driver for item in found]


def port(folder: str, now: str, largest: str, width: int, vendor: str = "0x8086") -> dict[str, str]:
    return {
        f"{folder}/vendor": f"{vendor}\n",
        f"{folder}/current_link_speed": f"{now} GT/s PCIe\n",
        f"{folder}/current_link_width": f"{width}\n",
        f"{folder}/max_link_speed": f"{largest} GT/s PCIe\n",
        f"{folder}/max_link_width": "16\n",
    }


def link(files: dict[str, str], path: str, device: str = "10DE:2684") -> PcieLink | None:
    """The link of the device ``0000:01:00.0``, whose real folder is ``path``."""
    here = f"{DEVICES}/0000:01:00.0"
    own = {file.replace(path, here): text for file, text in files.items() if file.startswith(f"{path}/")}
    texts = {**files, **own, f"{here}/uevent": event(device, "30000")}
    host = RecordedHost(linux(texts, directories={DEVICES: ["0000:01:00.0"]}, links={here: path}))
    found = read_displays(host, Log())
    assert found
    return found[0].link


ROOT = "/sys/devices/pci0000:00/0000:00:01.0"


def test_slot_limits_the_card() -> None:
    card = f"{ROOT}/0000:01:00.0"
    files = port(ROOT, "2.5", "8.0", 8) | port(card, "2.5", "16.0", 8, "0x10de")
    assert link(files, card) == PcieLink(generation=1, width=8, largest_generation=3, largest_width=16)


def test_guest_without_a_slot() -> None:
    card = "/sys/devices/pci0000:00/0000:01:00.0"
    assert link(port(card, "16.0", "16.0", 16), card) == PcieLink(
        generation=4, width=16, largest_generation=4, largest_width=16
    )


def test_switch_of_the_card_itself() -> None:
    edge = f"{ROOT}/0000:01:00.0"
    gpu = f"{edge}/0000:02:01.0/0000:03:00.0"
    files = (
        port(ROOT, "16.0", "32.0", 8) | port(edge, "16.0", "16.0", 8) | port(f"{edge}/0000:02:01.0", "2.5", "2.5", 1)
    )
    files |= port(gpu, "2.5", "2.5", 1)
    assert link(files, gpu, "8086:E20B") == PcieLink(generation=4, width=8, largest_generation=4, largest_width=16)


def test_arc_card_of_a_guest_says_nothing_true() -> None:
    card = "/sys/devices/pci0000:00/0000:01:00.0"
    assert link(port(card, "2.5", "2.5", 1), card, "8086:E20B") is None


def test_device_without_a_link() -> None:
    card = "/sys/devices/pci0000:00/0000:01:00.0"
    files = {
        f"{card}/current_link_speed": "Unknown\n",
        f"{card}/max_link_speed": "Unknown\n",
        f"{card}/current_link_width": "0\n",
        f"{card}/max_link_width": "255\n",
    }
    assert link(files, card) is None


def test_gpus_of_the_bus_keep_what_is_known() -> None:
    displays_ = (
        Display(address="0000:00:02.0", vendor="intel", pci_id="8086:46a6", driver="i915", numa_node=0),
        Display(address=None, vendor="intel", pci_id="8086:56a0", name="Intel(R) Arc(TM) A770", memory_bytes=16),
        Display(address="0000:00:05.0", vendor="google", pci_id="1ae0:0063", driver=""),
    )
    assert display_gpus(displays_, "intel") == (
        Gpu(
            vendor="intel", pci_address="0000:00:02.0", integrated=True, pci_id="8086:46a6", driver="i915", numa_node=0
        ),
        Gpu(vendor="intel", name="Intel(R) Arc(TM) A770", memory_bytes=16, pci_id="8086:56a0"),
    )
    assert display_gpus(displays_, "google") == (
        Gpu(vendor="google", name="TPU v5e", pci_address="0000:00:05.0", pci_id="1ae0:0063", driver=""),
    )


def test_bus_that_cannot_be_listed() -> None:
    log = Log()
    recording = linux(errors={DEVICES: "PermissionError"})
    assert read_displays(RecordedHost(recording), log) is None
    mac = Recording(identity=Identity(system="macos", release="24.0", machine="arm64"))
    assert read_displays(RecordedHost(mac), log) is None
    assert ["unreadable", "not_asked"] == [item.outcome for item in log.readings]


@pytest.mark.parametrize("text", ["", "PCI_ID=10DE\n", "PCI_ID=10DE:2684\nPCI_CLASS=1234567\n", "=\n", "PCI_ID"])
def test_other_event_files(text: str) -> None:
    assert parse_event(text) is None
