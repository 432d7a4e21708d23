"""What the kernel of macOS says of the hardware."""

from __future__ import annotations

from mlenv.probe.log import Log
from mlenv.system.host import Host

KEYS = (
    "machdep.cpu.brand_string",
    "machdep.cpu.vendor",
    "machdep.cpu.features",
    "machdep.cpu.leaf7_features",
    "hw.physicalcpu",
    "hw.logicalcpu",
    "hw.optional.arm64",
    "sysctl.proc_translated",
)
COMMAND = ("/usr/sbin/sysctl", *KEYS)


def read_sysctl(host: Host, log: Log, subject: str) -> dict[str, str]:
    """The known ones of :data:`KEYS`; a key that this Mac lacks makes sysctl fail, and is left out."""
    completed = host.run(COMMAND, timeout=log.seconds_left)
    values = parse_sysctl(completed.stdout)
    if values:
        log.found(subject, "sysctl")
    else:
        log.unreadable(subject, "sysctl", completed.stderr.strip()[:200])
    return values


# > machdep.cpu.brand_string: Apple M2
# > hw.physicalcpu: 8
def parse_sysctl(text: str) -> dict[str, str]:
    """Keys and values of sysctl's answer."""
    pairs = (line.partition(": ") for line in text.splitlines())
    return {key.strip(): value.strip() for key, colon, value in pairs if colon and key.strip()}
