"""What the kernel of macOS says of the hardware."""

from __future__ import annotations

from mlenv.formats.sysctl import parse_sysctl as parse_sysctl
from mlenv.probe.log import Log
from mlenv.system.host import Host

# ``hw.optional`` stands for all keys below it.
KEYS = (
    "machdep.cpu.brand_string",
    "machdep.cpu.vendor",
    "machdep.cpu.features",
    "machdep.cpu.leaf7_features",
    "machdep.cpu.extfeatures",
    "hw.model",
    "hw.memsize",
    "hw.packages",
    "hw.physicalcpu",
    "hw.logicalcpu",
    "hw.perflevel0.physicalcpu",
    "hw.perflevel1.physicalcpu",
    "hw.optional",
    "kern.hv_vmm_present",
    "sysctl.proc_translated",
)
# Without -i some versions of sysctl end at the first key that they do not know.
COMMAND = ("/usr/sbin/sysctl", "-i", *KEYS)


def read_sysctl(host: Host, log: Log, subject: str) -> dict[str, str]:
    """What :data:`KEYS` ask for; a key that this Mac lacks is left out."""
    completed = host.run(COMMAND, timeout=log.seconds_left)
    values = parse_sysctl(completed.stdout)
    if values:
        log.found(subject, "sysctl")
    else:
        log.unreadable(subject, "sysctl", completed.stderr.strip()[:200])
    return values


def is_arm_mac(machine: str, values: dict[str, str]) -> bool:
    """Whether the processor is Apple's: a process that Rosetta translates is told of x86_64 by uname."""
    return machine == "arm64" or is_translated(values)


def is_translated(values: dict[str, str]) -> bool:
    """Whether a process that sees an x86_64 machine runs under Rosetta.

    Both keys exist on Macs with an Apple chip only.  sysctl itself, a child of a translated process,
    may run untranslated; then the second one tells.
    https://developer.apple.com/documentation/apple-silicon/about-the-rosetta-translation-environment
    """
    return values.get("sysctl.proc_translated") == "1" or values.get("hw.optional.arm64") == "1"


def is_virtual_mac(values: dict[str, str]) -> bool | None:
    """Whether this Mac is a virtual machine; None where its system is too old to say."""
    if values.get("hw.model", "").startswith("VirtualMac"):
        return True
    present = values.get("kern.hv_vmm_present")
    return present == "1" if present else None
