"""The GPUs of a Mac."""

from __future__ import annotations

from mlenv.facts.gpu import Gpu
from mlenv.probe.answers import explain
from mlenv.probe.log import Log
from mlenv.system.host import Host

PROFILER = ("/usr/sbin/system_profiler", "-json", "SPDisplaysDataType")


def read_apple(host: Host, log: Log) -> tuple[Gpu, ...] | None:
    """The GPUs of this Mac; () off macOS, None where nothing tells.

    On a Mac with an Apple chip whose graphics report fails, the chip's own GPU is known by its name.
    """
    if host.identity.system != "macos":
        return ()
    gpus = _ask_profiler(host, log)
    return gpus if gpus is not None else _read_chip(host, log)


def _ask_profiler(host: Host, log: Log) -> tuple[Gpu, ...] | None:
    from mlenv.formats.system_profiler import parse_system_profiler

    # Half of the time is left for the question after it.
    completed = host.run(PROFILER, timeout=log.seconds_left / 2)
    report = parse_system_profiler(completed.stdout)
    if report is None or report.gpus is None:
        log.unreadable("gpus.apple", "system_profiler", explain(completed))
        return None
    note = log.found if report.gpus else log.absent
    note("gpus.apple", "system_profiler", ", ".join(gpu.name or gpu.vendor for gpu in report.gpus))
    return report.gpus


def _read_chip(host: Host, log: Log) -> tuple[Gpu, ...] | None:
    """What the name of the chip tells; a virtual Mac has some other GPU than the chip's."""
    from mlenv.probe.host.sysctl import is_arm_mac, is_virtual_mac, read_sysctl

    values = read_sysctl(host, log, "gpus.apple")
    if not is_arm_mac(host.identity.machine, values) or is_virtual_mac(values):
        return None
    return (Gpu(vendor="apple", index=0, name=values.get("machdep.cpu.brand_string"), integrated=True),)


def read_mac_model(host: Host, log: Log) -> str | None:
    """Apple's identifier of this Mac, ``MacBookPro18,2``."""
    from mlenv.probe.host.sysctl import read_sysctl

    model = read_sysctl(host, log, "model").get("hw.model")
    if model is None:
        log.absent("model", "hw.model")
    return model
