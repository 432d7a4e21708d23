"""PCI buses of real machines, as trees and as lspci prints them, read in place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mlenv.facts.gpu import Gpu, PcieLink
from mlenv.formats.lspci import parse_lspci
from mlenv.probe.accelerators.intel import read_intel
from mlenv.probe.accelerators.pci import Display, read_displays
from mlenv.probe.log import Log
from mlenv.system.host import Identity, LiveHost
from tests.unit.formats.recordings import files, load_tree, name, needs_recordings

pytestmark = needs_recordings


class TreeHost(LiveHost):
    """A recorded tree below a temporary folder as the root of a machine, links and all."""

    def __init__(self, root: Path, tree: Path) -> None:
        super().__init__({})
        self.identity = Identity(system="linux", release="6.8.0", machine="x86_64")
        self._root = str(root)
        recorded = load_tree(tree)
        for path, text in recorded.texts(self._root).items():
            os.makedirs(os.path.dirname(path), exist_ok=True)
            Path(path).write_text(text, encoding="utf-8", errors="replace")
        for path, target in recorded.links.items():
            place = f"{self._root}/{path}"
            os.makedirs(os.path.dirname(place), exist_ok=True)
            os.symlink(target, place)

    def read_text(self, path: str) -> str:
        return super().read_text(self._root + path)

    def list_directory(self, path: str) -> list[str]:
        return super().list_directory(self._root + path)

    def exists(self, path: str) -> bool:
        return super().exists(self._root + path)

    def real_path(self, path: str) -> str:
        return super().real_path(self._root + path).removeprefix(self._root)


DISPLAYS: dict[str, tuple[Display, ...]] = {
    "amdgpu-and-i915-drm": (),
    "i7-1270p-iris-xe": (Display(address="0000:00:02.0", vendor="intel", pci_id="8086:46a6", driver="i915"),),
    "ryzen5-1600-radeon-turks": (Display(address="0000:0a:00.0", vendor="amd", pci_id="1002:6758"),),
    "xeon-5218r-guest-class12": (),
    "xeon-e5-2695v4-p100-guest": (
        Display(address="0000:06:00.0", vendor="nvidia", pci_id="10de:15f8", driver="nvidia"),
    ),
}


@pytest.mark.parametrize("tree", files("sysfs/*.json"), ids=name)
def test_displays(tree: Path, tmp_path: Path) -> None:
    log = Log()
    expected = DISPLAYS[tree.name.removesuffix(".tree.json")]
    assert expected == read_displays(TreeHost(tmp_path, tree), log)
    outcomes = [("gpus.pci", "found"), ("gpus.names", "absent")] if expected else [("gpus.pci", "absent")]
    assert outcomes == [(item.id, item.outcome) for item in log.readings]


def test_cards_without_their_place_on_the_bus(tmp_path: Path) -> None:
    """This tree has the cards' folders, and of the bus only other devices."""
    host = TreeHost(tmp_path, files("sysfs/amdgpu-and-i915-drm*")[0])
    assert read_intel(host, Log()).gpus == (
        Gpu(vendor="intel", pci_address="0000:00:02.0", integrated=True, pci_id="8086:5917", driver="i915"),
    )


LSPCI = {
    "nvidia-kernel/gpud/lspci-nn-a10.txt": (1, "GA102GL [A10]", "10de:2236", None),
    "nvidia-kernel/gpud/lspci-nn-a100.txt": (8, "GA100 [A100 SXM4 80GB]", "10de:20b2", None),
    "nvidia-kernel/gpud/lspci-vvv-h100-excerpt.txt": (8, None, "10de:2330", "nvidia"),
    "os-files/jc/lspci-nnmmv-vmware.txt": (0, None, None, None),
}


def test_every_lspci_is_known_here() -> None:
    assert list(LSPCI) == [name(path) for path in files("*/*/lspci*")]


@pytest.mark.parametrize("path", files("*/*/lspci*"), ids=name)
def test_lspci(path: Path) -> None:
    gpus = parse_lspci(path.read_text(encoding="utf-8"))
    number, title, identity, driver = LSPCI[name(path)]
    assert gpus is not None
    assert number == len(gpus)
    assert all((title, identity, driver) == (gpu.name, gpu.pci_id, gpu.driver) for gpu in gpus)


def test_links_of_a_whole_listing() -> None:
    gpus = parse_lspci(files("nvidia-kernel/gpud/lspci-vvv*")[0].read_text(encoding="utf-8"))
    assert gpus is not None
    full = PcieLink(generation=5, width=16, largest_generation=5, largest_width=16)
    assert [(0, full)] * 4 + [(1, full)] * 4 == [(gpu.numa_node, gpu.link) for gpu in gpus]
