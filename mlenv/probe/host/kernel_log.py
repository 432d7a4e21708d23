"""What the kernel's log says since boot about accelerators and memory."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.facts.system import KernelEvent
from mlenv.probe.answers import explain
from mlenv.probe.log import Log, names_in
from mlenv.system.host import Host

SUBJECT = "kernel_events"
DMESG = ("dmesg",)
JOURNAL = ("journalctl", "-k", "-b", "-o", "short-monotonic", "--no-pager", "-q", "-n", "20000")
FILES = ("/var/log/kern.log", "/var/log/messages", "/var/log/syslog", "/var/log/dmesg")
MOST_BYTES = 4 * 1024 * 1024
# Signs of an accelerator, or of a driver for one that did not come up.
_DEVICES = ("nvidia", "kfd", "dri", "dxg", "accel", "nvhost-gpu", "apex_")
_PATHS = (
    "/sys/module/nvidia",
    "/sys/module/nouveau",
    "/sys/module/nova_core",
    "/sys/module/amdgpu",
    "/sys/module/xe",
    "/usr/bin/nvidia-smi",
    "/var/lib/dkms/nvidia",
)
_FIRST_LINE = "Linux version "


def read_kernel_events(host: Host, log: Log) -> tuple[KernelEvent, ...] | None:
    """The events of this boot; None where no source may be read, or no accelerator is in sight.

    Inside a container it is the log of the host, which shows the GPUs of others too.
    """
    if host.identity.system != "linux":
        log.not_asked(SUBJECT, "dmesg", "only Linux has it")
        return None
    if not _shows_accelerator(host):
        log.not_asked(SUBJECT, "dmesg", "no sign of an accelerator or its driver")
        return None
    for source, text in _read_sources(host, log):
        if text.strip():
            # Here, because most machines never come so far.
            from mlenv.formats.kernel_log import parse_kernel_log

            events = parse_kernel_log(text)
            log.found(SUBJECT, source, f"{len(events)} events")
            return events
    return None


def _shows_accelerator(host: Host) -> bool:
    return any(name.startswith(_DEVICES) for name in names_in(host, "/dev")) or any(map(host.exists, _PATHS))


def _read_sources(host: Host, log: Log) -> Iterator[tuple[str, str]]:
    """Each source that this user may read, with its text; the log says why others may not be."""
    for argv in (DMESG, JOURNAL):
        text = _ask(host, log, argv)
        if text is not None:
            yield argv[0], text
    for path in FILES:
        text = _read_end(host, log, path)
        if text is not None:
            yield path, this_boot(text)


def _ask(host: Host, log: Log, argv: tuple[str, ...]) -> str | None:
    """The answer of a program.

    ``kernel.dmesg_restrict`` forbids dmesg to ordinary users; to them the journal shows nothing at all.
    """
    completed = host.run(argv, timeout=log.seconds_left)
    if completed.missing:
        log.absent(SUBJECT, argv[0], "no such program")
        return None
    if not completed.ok:
        log.unreadable(SUBJECT, argv[0], explain(completed))
        return None
    if not completed.stdout.strip():
        log.unreadable(SUBJECT, argv[0], "shows no message to this user")
    return completed.stdout


def _read_end(host: Host, log: Log, path: str) -> str | None:
    try:
        start = max(0, host.status(path).size - MOST_BYTES)
        return host.read_bytes(path, MOST_BYTES, start).decode("utf-8", "replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        log.unreadable(SUBJECT, path, type(error).__name__)
        return None


# Mar  4 10:11:12 node1 kernel: [    0.000000] Linux version 6.8.0-45-generic (builder@host) ...
def this_boot(text: str) -> str:
    """The part of a log file since the last start of the kernel; all of it where the start is not in it."""
    start = text.rfind(f"] {_FIRST_LINE}")
    start = text.rfind(f"kernel: {_FIRST_LINE}") if start < 0 else start
    return text[text.rfind("\n", 0, start) + 1 :] if start >= 0 else text
