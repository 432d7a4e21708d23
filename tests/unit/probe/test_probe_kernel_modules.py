"""Loaded kernel modules."""

from __future__ import annotations

from mlenv.facts.reading import Reading
from mlenv.facts.system import KernelModule
from mlenv.probe.host.kernel_modules import FOLDER, MODULES, read_kernel_modules
from mlenv.probe.log import Log
from mlenv.system.host import Identity
from mlenv.system.recording import RecordedHost, Recording
from tests.unit.probe.probe_hosts import linux

TABLE = (
    "nvidia_uvm 4956160 0 - Live 0x0000000000000000 (POE)\n"
    "nvidia 56823808 1 nvidia_uvm, Live 0x0000000000000000 (POE)\n"
    "ext4 1024 1 - Live 0x0\n"
)


def read(recording: Recording) -> tuple[tuple[KernelModule, ...] | None, tuple[Reading, ...]]:
    log = Log()
    return read_kernel_modules(RecordedHost(recording), log), log.readings


def test_modules_of_accelerators_with_their_versions() -> None:
    modules, readings = read(linux({MODULES: TABLE, f"{FOLDER}/nvidia/version": "570.86.15\n"}))
    assert (KernelModule(name="nvidia", version="570.86.15"), KernelModule(name="nvidia_uvm")) == modules
    assert [("found", MODULES, "nvidia, nvidia_uvm")] == [(item.outcome, item.source, item.detail) for item in readings]


def test_a_machine_without_them() -> None:
    modules, readings = read(linux({MODULES: "ext4 1024 1 - Live 0x0\n"}))
    assert () == modules
    assert [("absent", MODULES)] == [(item.outcome, item.source) for item in readings]


def test_a_kernel_without_loadable_modules() -> None:
    modules, readings = read(linux(directories={FOLDER: ["amdgpu", "block"]}))
    assert (KernelModule(name="amdgpu"),) == modules
    assert [("found", FOLDER)] == [(item.outcome, item.source) for item in readings]


def test_a_table_that_may_not_be_read() -> None:
    modules, readings = read(linux(errors={MODULES: "PermissionError"}))
    assert modules is None
    assert [("unreadable", MODULES, "PermissionError"), ("absent", FOLDER, "")] == [
        (item.outcome, item.source, item.detail) for item in readings
    ]


def test_other_systems_have_none() -> None:
    modules, readings = read(Recording(identity=Identity(system="macos", release="24.1.0", machine="arm64")))
    assert modules is None
    assert ["not_asked"] == [item.outcome for item in readings]
