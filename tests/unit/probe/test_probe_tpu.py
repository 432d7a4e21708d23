"""Machines with Google's TPUs."""

from __future__ import annotations

import pytest

from mlenv.facts.drivers import Tpu
from mlenv.probe.accelerators.tpu import find_chips, read_tpu
from mlenv.probe.log import Log
from mlenv.system.host import Identity
from mlenv.system.recording import RecordedHost, Recording
from tests.unit.probe.probe_hosts import linux


def read(log: Log | None = None, **parts: object) -> Tpu | None:
    return read_tpu(RecordedHost(linux(**parts)), log or Log())  # type: ignore[arg-type]


def test_machine_with_device_files_of_google() -> None:
    log = Log()
    found = read(
        log,
        directories={"/dev": ["accel0", "accel1", "accel2", "accel3", "accel", "null"]},
        existing=["/lib/libtpu.so"],
        environ={"TPU_ACCELERATOR_TYPE": "v4-8"},
    )
    assert found == Tpu(accelerator="v4-8", chips=4, library="/lib/libtpu.so")
    assert [(item.id, item.source, item.detail) for item in log.readings] == [
        ("tpu.accelerator", "TPU_ACCELERATOR_TYPE", "v4-8"),
        ("tpu", "/dev/accel*", "4 chips"),
        ("tpu.library", "/lib/libtpu.so", ""),
    ]


def group(number: int, address: str, vendor: str, kind: str) -> dict[str, str]:
    return {
        f"/sys/kernel/iommu_groups/{number}/devices/{address}": "",
        f"/sys/bus/pci/devices/{address}/vendor": f"{vendor}\n",
        f"/sys/bus/pci/devices/{address}/class": f"{kind}\n",
    }


def test_machine_with_vfio() -> None:
    files = {
        **group(0, "0000:00:04.0", "0x1ae0", "0x120000"),
        **group(1, "0000:00:05.0", "0x1ae0", "0xff0000"),
        **group(2, "0000:00:06.0", "0x1ae0", "0x020000"),
        **group(3, "0000:01:00.0", "0x10de", "0x030200"),
    }
    assert read(files=files, directories={"/dev/vfio": ["0", "1", "2", "3", "vfio"]}) == Tpu(chips=2)


def test_container_that_is_only_told_of_its_chips() -> None:
    environ = {"TPU_ACCELERATOR_TYPE": "v5litepod-16", "TPU_CHIPS_PER_HOST_BOUNDS": "2,2,1"}
    assert read(environ=environ) == Tpu(accelerator="v5litepod-16", chips=4)


def test_library_at_the_place_that_a_variable_names() -> None:
    environ = {"TPU_LIBRARY_PATH": "/opt/libtpu.so"}
    assert read(environ=environ, existing=["/opt/libtpu.so"]) == Tpu(library="/opt/libtpu.so")
    log = Log()
    assert read(log, environ=environ) is None
    assert [(item.id, item.outcome) for item in log.readings] == [("tpu.library", "absent"), ("tpu", "absent")]


def test_wish_for_a_tpu_elsewhere_is_noted() -> None:
    log = Log()
    assert read(log, environ={"TPU_NAME": "my-tpu"}) is None
    (reading,) = log.readings
    assert (reading.outcome, reading.detail) == ("absent", "TPU_NAME set for TPUs elsewhere")


def test_other_systems_have_none() -> None:
    log = Log()
    host = RecordedHost(Recording(identity=Identity(system="macos", release="23.5.0", machine="arm64")))
    assert read_tpu(host, log) is None
    assert log.readings == ()


@pytest.mark.parametrize(("text", "expected"), [("2,2,1", 4), ("1,1,1", 1), ("0,1,1", None), ("2x2", None), ("", None)])
def test_chips_of_a_host(text: str, expected: int | None) -> None:
    assert find_chips(text) == expected
