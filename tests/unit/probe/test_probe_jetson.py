"""Jetson boards, whole and inside containers."""

from __future__ import annotations

import pytest

from mlenv.facts.drivers import Jetson
from mlenv.facts.gpu import Gpu
from mlenv.probe.accelerators.jetson import jetson_gpus, read_jetson
from mlenv.probe.log import Log
from mlenv.system.host import Identity
from mlenv.system.recording import RecordedHost, Recording
from tests.unit.probe.probe_hosts import linux

ARM = Identity(system="linux", release="5.15.148-tegra", machine="aarch64", libc="glibc 2.35")
RELEASE = {"/etc/nv_tegra_release": "# R36 (release), REVISION: 4.3, GCID: 1, BOARD: generic, EABI: aarch64\n"}
TREE = {
    "/proc/device-tree/compatible": "nvidia,p3768-0000+p3767-0005\0nvidia,p3767-0005\0nvidia,tegra234\0",
    "/proc/device-tree/model": "NVIDIA Jetson Orin Nano Engineering Reference Developer Kit Super\0",
}
PACKAGES = {
    "/var/lib/dpkg/info/nvidia-l4t-core.list": "",
    "/var/lib/dpkg/info/nvidia-jetpack.list": "",
    "/var/lib/dpkg/status": (
        "Package: nvidia-jetpack\nStatus: install ok installed\nVersion: 6.2+b77\n\n"
        "Package: nvidia-l4t-core\nStatus: install ok installed\nVersion: 36.4.3-20250107174145\n"
    ),
}
MODEL = "NVIDIA Jetson Orin Nano Engineering Reference Developer Kit Super"


def read(files: dict[str, str], log: Log | None = None) -> Jetson | None:
    return read_jetson(RecordedHost(Recording(identity=ARM, files=files)), log or Log())


def test_board() -> None:
    log = Log()
    expected = Jetson(l4t="36.4.3", jetpack="6.2", model=MODEL, chip="tegra234")
    assert read({**RELEASE, **TREE, **PACKAGES}, log) == expected
    assert [(item.id, item.source, item.outcome) for item in log.readings] == [
        ("jetson", "/etc/nv_tegra_release", "found"),
        ("jetson.jetpack", "package nvidia-jetpack", "found"),
    ]


def test_release_from_the_package_where_the_file_is_missing() -> None:
    assert read({**TREE, **PACKAGES}) == Jetson(l4t="36.4.3", jetpack="6.2", model=MODEL, chip="tegra234")
    assert read(TREE) == Jetson(model=MODEL, chip="tegra234")


def test_package_list_that_does_not_hold_the_package() -> None:
    log = Log()
    assert read({**RELEASE, "/var/lib/dpkg/info/nvidia-jetpack.list": ""}, log) == Jetson(l4t="36.4.3")
    assert log.readings[1].outcome == "unreadable"


@pytest.mark.parametrize(
    ("number", "chip"),
    [("33", "tegra210"), ("24", "tegra186"), ("25", "tegra194"), ("35", "tegra234"), ("38", "tegra264"), ("99", None)],
)
def test_container_that_hides_the_device_tree(number: str, chip: str | None) -> None:
    files = {
        "/sys/devices/soc0/family": "Tegra\n",
        "/sys/devices/soc0/soc_id": f"{number}\n",
        "/sys/devices/soc0/machine": "NVIDIA Jetson\n",
    }
    assert read(files) == Jetson(chip=chip, model="NVIDIA Jetson")


def test_setting_of_the_container_runtime_is_a_sign() -> None:
    path = "/etc/nvidia-container-runtime/host-files-for-container.d/devices.csv"
    assert read({path: "dev, /dev/fb0\ndev, /dev/nvhost-gpu\n"}) == Jetson()
    assert read({path: "dev, /dev/fb0\n"}) is None


def test_other_boards_are_none() -> None:
    log = Log()
    board = {"/proc/device-tree/compatible": "raspberrypi,5-model-b\0brcm,bcm2712\0", "/proc/device-tree/model": "x"}
    assert read(board, log) is None
    assert [(item.id, item.outcome) for item in log.readings] == [("jetson", "absent")]


def test_other_processors_are_not_asked_about() -> None:
    log = Log()
    assert read_jetson(RecordedHost(linux(RELEASE)), log) is None
    assert log.readings == ()


def test_gpu_of_the_chip() -> None:
    assert jetson_gpus(Jetson(chip="tegra264")) == (
        Gpu(
            vendor="nvidia",
            index=0,
            name="Thor",
            architecture="Blackwell",
            compute_capability="11.0",
            integrated=True,
        ),
    )
    assert jetson_gpus(Jetson(l4t="36.4.0")) == (Gpu(vendor="nvidia", index=0, integrated=True),)
    assert jetson_gpus(None) == ()
