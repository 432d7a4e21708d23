"""Described machines and snapshots."""

from __future__ import annotations

import pytest

from mlenv.errors import UsageError
from mlenv.facts.drivers import Jetson
from mlenv.facts.gpu import Gpu, MigInstance
from mlenv.facts.machine import Machine
from mlenv.facts.system import Libc, Variable
from mlenv.intake.described import parse_description
from mlenv.intake.snapshot import parse_snapshot
from mlenv.matrix.load import DataVersion
from mlenv.report.document import render_json
from mlenv.report.machine import make_document

FULL = """
os = "linux"
os_version = "24.04"
arch = "x86_64"
libc = "glibc 2.39"
python = ["3.13.1", "3.14.0t"]
ram_gib = 32
disk_free_gib = 100.5
wsl = false
container = true
[cpu]
model = "A processor"
flags = ["avx", "avx2"]
[nvidia]
driver = "580.95.05"
[[gpu]]
vendor = "nvidia"
name = "NVIDIA A30"
compute_capability = "8.0"
memory_gib = 24
"""


def test_everything_written_is_taken_over() -> None:
    machine = parse_description(FULL, origin="x.toml")
    assert ("linux-x86_64", Libc(family="glibc", version="2.39")) == (machine.platform, machine.os.libc)
    assert 32 * 1024**3 == machine.memory.total_bytes
    expected = Gpu(vendor="nvidia", name="NVIDIA A30", index=0, compute_capability="8.0", memory_bytes=24 * 1024**3)
    assert (expected,) == machine.gpus
    assert [("3.13.1", False), ("3.14.0", True)] == [(p.version, p.free_threaded) for p in machine.pythons or ()]


SPECIAL = """
os = "linux"
arch = "aarch64"
[[gpu]]
vendor = "nvidia"
integrated = true
uuid = "GPU-1"
virtual = true
mig = [{ profile = "1g.10gb", uuid = "MIG-2", memory_gib = 9.5 }]
[[gpu]]
vendor = "nvidia"
mig = []
[jetson]
l4t = "36.4.4"
[environment]
CUDA_VISIBLE_DEVICES = ""
"""


def test_special_machines_are_taken_over() -> None:
    machine = parse_description(SPECIAL, origin="x.toml")
    first, second = machine.gpus or ()
    part = MigInstance(profile="1g.10gb", uuid="MIG-2", memory_bytes=int(9.5 * 1024**3))
    expected = Gpu(
        vendor="nvidia", index=0, integrated=True, uuid="GPU-1", virtualization="vgpu", mig=True, mig_instances=(part,)
    )
    assert expected == first
    assert (True, ()) == (second.mig, second.mig_instances)
    assert Jetson(l4t="36.4.4") == machine.jetson
    assert (Variable(name="CUDA_VISIBLE_DEVICES", value=""),) == machine.variables


def test_what_is_not_written_is_unknown() -> None:
    machine = parse_description('os = "windows"\narch = "x86_64"\n', origin="x.toml")
    assert machine.gpus is None
    assert machine.pythons is None
    assert machine.memory.total_bytes is None
    assert machine.disk("environment") is None
    assert "not_asked" == next(reading.outcome for reading in machine.readings if reading.id == "gpu")


@pytest.mark.parametrize("text", ["glibc", "uclibc 1.0", "2.35"])
def test_a_wrong_libc_is_named(text: str) -> None:
    with pytest.raises(UsageError, match=r"x\.toml: `libc`"):
        parse_description(f'os = "linux"\narch = "x86_64"\nlibc = "{text}"\n', origin="x.toml")


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('python = ["three"]', r"python\[0\]"),
        ("ram_gib = -1", "ram_gib"),
        ('[nvidia]\ndriver = "abc"', r"nvidia\.driver"),
        ('[[gpu]]\nvendor = "nvidia"\ncompute_capability = "sm_86"', r"gpu\[0\]\.compute_capability"),
        ('[[gpu]]\nvendor = "amd"\ngfx = "1100"', r"gpu\[0\]\.gfx"),
    ],
)
def test_values_that_mean_nothing_are_named(line: str, key: str) -> None:
    with pytest.raises(UsageError, match=rf"x\.toml: .*{key}"):
        parse_description(f'os = "linux"\narch = "x86_64"\n{line}\n', origin="x.toml")


def test_a_snapshot_comes_back_unchanged() -> None:
    machine: Machine = parse_description(FULL, origin="x.toml")
    assert machine == parse_snapshot(
        render_json(make_document(machine, DataVersion(version="2026.1.1", digest="sha256:0"))), origin="x.json"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "x.json: "),
        ("{}", "is no mlenv document"),
        ('{"schema": "mlenv.machine/9", "os": {"family": "linux"}}', "this mlenv reads 'mlenv.machine/1'"),
        ('{"schema": "mlenv.machine/1", "os": {"family": 3}}', r"\$\.os\.family"),
    ],
)
def test_wrong_snapshots_are_named(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_snapshot(text, origin="x.json")


def test_keys_of_later_versions_are_passed_over() -> None:
    text = '{"schema": "mlenv.machine/1", "mlenv_version": "9", "os": {"family": "linux", "mood": "good"}, "more": 1}'
    assert "linux" == parse_snapshot(text, origin="x.json").os.family
