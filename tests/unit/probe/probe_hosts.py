"""Recorded hosts for the tests of the probe: small machines of our own making."""

from __future__ import annotations

import base64
import struct
from typing import Any

import msgspec

from mlenv.facts.machine import Machine
from mlenv.facts.reading import Outcome
from mlenv.probe import probe_machine
from mlenv.system.host import DiskUsage, Identity
from mlenv.system.process import Completed
from mlenv.system.recording import RecordedCommand, RecordedHost, Recording

GIB = 1024**3
CPU_TABLE = (
    "processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: Intel(R) Core(TM) i5-8350U CPU @ 1.70GHz\n"
    "physical id\t: 0\ncore id\t\t: 0\nflags\t\t: fpu sse4_2 avx avx2 fma\n\n"
    "processor\t: 1\nvendor_id\t: GenuineIntel\nmodel name\t: Intel(R) Core(TM) i5-8350U CPU @ 1.70GHz\n"
    "physical id\t: 0\ncore id\t\t: 0\nflags\t\t: fpu sse4_2 avx avx2 fma\n"
)
MEMORY_TABLE = "MemTotal:       16777216 kB\nMemFree: 1 kB\nMemAvailable:   8388608 kB\nSwapTotal:       2097152 kB\n"
MOUNTS = (
    "25 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
    "30 25 0:26 / /sys/fs/cgroup rw shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
)
DEBIAN = {
    "/etc/os-release": 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n',
    "/proc/cpuinfo": CPU_TABLE,
    "/proc/meminfo": MEMORY_TABLE,
    "/proc/self/mountinfo": MOUNTS,
    "/proc/self/cgroup": "0::/user.slice\n",
    "/proc/1/cgroup": "0::/init.scope\n",
    "/sys/class/dmi/id/sys_vendor": "LENOVO\n",
    "/sys/class/dmi/id/product_name": "20L6S0AB00\n",
}
LINUX = Identity(system="linux", release="6.1.0-18-amd64", machine="x86_64", libc="glibc 2.36")
SIZES = DiskUsage(total=500 * GIB, free=200 * GIB)


def elf(*, bits: int = 64, machine: int = 0x3E) -> str:
    """The first bytes of a Linux program, as a recording keeps them."""
    header = b"\x7fELF" + bytes([bits // 32, 1, 1]) + bytes(9) + struct.pack("<HH", 3, machine)
    return base64.b64encode(header).decode()


def linux(files: dict[str, str] | None = None, **more: Any) -> Recording:
    """A Debian machine without a GPU and without Python, with further files and whatever else."""
    settings: dict[str, Any] = {
        "identity": LINUX,
        "home": "/home/ada",
        "cores": 2,
        "existing": ["/", "/home/ada", "/tmp"],
        "writable": ["/home/ada", "/tmp"],
        "disks": {"/home/ada": SIZES, "/tmp": SIZES, "/": SIZES},
        "directories": {"/sys/bus/pci/devices": []},
        "environ": {"PATH": "/usr/local/bin:/usr/bin:/bin"},
    }
    for name, value in more.items():
        current = settings.get(name)
        settings[name] = {**current, **value} if isinstance(current, dict) else value
    return Recording(files={**DEBIAN, **(files or {})}, **settings)


def command(*argv: str, stdout: str = "", stderr: str = "", status: int | None = 0) -> RecordedCommand:
    """A command and how it ended."""
    return RecordedCommand(argv=argv, completed=Completed(status=status, stdout=stdout, stderr=stderr))


def answer(script: str, facts: dict[str, Any], *, before: str = "") -> RecordedCommand:
    """A child script's answer."""
    return command(script, stdout=f"{before}\nmlenv-{script}:{msgspec.json.encode(facts).decode()}\n")


def probe(recording: Recording) -> Machine:
    """The machine that a recording shows."""
    return probe_machine(RecordedHost(recording), environment_path="/home/ada/project/.venv")


def readings(machine: Machine, subject: str) -> list[tuple[str, Outcome, str]]:
    """Source, outcome and detail of the readings of one subject."""
    return [(item.source, item.outcome, item.detail) for item in machine.readings if item.id == subject]
