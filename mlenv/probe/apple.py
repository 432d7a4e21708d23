"""The GPU of a Mac with an Apple chip."""

from __future__ import annotations

from mlenv.facts.gpu import Gpu
from mlenv.probe.log import Log
from mlenv.probe.sysctl import read_sysctl
from mlenv.system.host import Host


def read_apple(host: Host, log: Log) -> tuple[Gpu, ...] | None:
    """The chip's own GPU; () off macOS, None on Macs with an Intel processor."""
    if host.identity.system != "macos":
        return ()
    values = read_sysctl(host, log, "gpus.apple")
    if values.get("hw.optional.arm64") == "1" or host.identity.machine == "arm64":
        return (Gpu(vendor="apple", index=0, name=values.get("machdep.cpu.brand_string"), integrated=True),)
    log.not_asked("gpus.apple", "system_profiler", "no framework uses the GPU of an Intel Mac")
    return None
