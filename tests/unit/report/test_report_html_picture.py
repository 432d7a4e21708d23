"""The picture of a machine: how full, how connected, and nothing said that is not known."""

from __future__ import annotations

import pytest

from mlenv.facts.gpu import Gpu, NvLink, PcieLink, Power
from mlenv.facts.hardware import Cpu, Disk, Memory
from mlenv.facts.machine import Machine
from mlenv.facts.system import OperatingSystem
from mlenv.report.html.cards import Gauge, Link, draw_card
from mlenv.report.html.picture import draw_machine
from tests.unit.report.html_pages import MACHINES, machine

GIB = 1024**3
LINUX = OperatingSystem(family="linux", distribution="debian", version="12")


@pytest.mark.parametrize("folder", sorted(path.name for path in MACHINES.iterdir() if path.is_dir()))
def test_every_recorded_machine_has_a_picture(folder: str) -> None:
    here = machine(folder)
    picture = draw_machine(here)
    assert picture.title
    assert (None if here.gpus is None else len(here.gpus)) == (None if picture.cards is None else len(picture.cards))
    gauges = [picture.memory, *picture.disks, *(gauge for card in picture.cards or () for gauge in card.gauges)]
    assert all(gauge.share is None or 0 <= gauge.share <= 100 for gauge in gauges)
    assert 0 <= picture.chip.usable <= picture.chip.cores


def test_gauges_of_a_gpu() -> None:
    card = draw_card(
        Gpu(
            vendor="nvidia",
            name="NVIDIA A100",
            memory_bytes=40 * GIB,
            memory_free_bytes=30 * GIB,
            power=Power(draw_watts=100.0, limit_watts=400.0),
            temperature_celsius=45,
        )
    )
    assert card.gauges == (
        Gauge(label="Memory", share=25.0, says="10 GiB of 40 GiB in use"),
        Gauge(label="Power", share=25.0, says="100 of 400 W"),
        Gauge(label="Temperature", share=45.0, says="45 °C"),
    )


def test_narrow_link_shows_the_lanes_it_lacks() -> None:
    link = PcieLink(generation=1, largest_generation=4, width=4, largest_width=16)
    assert draw_card(Gpu(vendor="nvidia", link=link)).link == Link(lit=4, largest=16, says="PCIe 4.0 x4 of x16")


def test_what_is_not_known_is_not_drawn() -> None:
    card = draw_card(Gpu(vendor="amd", memory_bytes=8 * GIB))
    assert card.name == "amd GPU"
    assert card.gauges == (Gauge(label="Memory", share=None, says="8.0 GiB"),)
    assert (card.link, card.notes) == (None, ())
    picture = draw_machine(Machine(os=LINUX))
    assert picture.cards is None
    assert picture.memory == Gauge(label="Memory", share=None, says="not known")
    assert picture.chip.cores == 0


def test_idle_clocks_are_no_news() -> None:
    assert draw_card(Gpu(vendor="nvidia", clock_events=("gpu-idle",))).notes == ()
    assert draw_card(Gpu(vendor="nvidia", clock_events=("gpu-idle", "hw-thermal-slowdown"))).notes == (
        "clocks held by hw-thermal-slowdown",
    )


def test_links_between_gpus_are_counted() -> None:
    links = (NvLink(link=0, active=True), NvLink(link=1, active=False))
    assert draw_card(Gpu(vendor="nvidia", nvlinks=links)).notes == ("1 of 2 NVLinks active",)


def test_places_on_one_file_system_share_a_gauge() -> None:
    def disk(purpose: str, free: int) -> Disk:
        return Disk(purpose=purpose, path="/", free_bytes=free, total_bytes=4 * GIB, filesystem="ext4")  # type: ignore[arg-type]

    disks = (disk("environment", GIB), disk("cache", GIB), disk("temporary", 2 * GIB))
    assert draw_machine(Machine(os=LINUX, disks=disks)).disks == (
        Gauge(label="Disk: environment, cache", share=75.0, says="1.0 GiB of 4.0 GiB free, ext4"),
        Gauge(label="Disk: temporary", share=50.0, says="2.0 GiB of 4.0 GiB free, ext4"),
    )


def test_usable_cores() -> None:
    here = Machine(os=LINUX, cpu=Cpu(logical_cores=8, usable_cores=2.5), memory=Memory(total_bytes=GIB))
    chip = draw_machine(here).chip
    assert (chip.cores, chip.usable) == (8, 2)
    assert chip.facts == ("8 logical cores", "2.5 usable here")
