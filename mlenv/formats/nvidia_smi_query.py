"""``nvidia-smi -q``: everything that NVML says, as indented text."""

from __future__ import annotations

from mlenv.facts.gpu import Gpu, GpuProcess, MigInstance
from mlenv.facts.pattern import lazy
from mlenv.formats.nvidia_fields import make_gpu, make_instance, make_process, pick
from mlenv.formats.nvidia_report import MOST_GPUS, NvidiaReport
from mlenv.formats.nvidia_values import known, plain_line, switch, version

_TITLE = "NVSMI LOG"
_GPU = lazy(r"GPU ([0-9A-Fa-f]{4,8}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.[0-7])")
_HEAD = ("driver version", "cuda version", "kmd version", "cuda umd version")
_PROCESS = ("type", "name", "used gpu memory")
_POWER = ("gpu power readings", "power readings")
_REASONS = ("clocks event reasons", "clocks throttle reasons")
_EVENTS = {
    "gpu_idle": "idle",
    "applications_clocks_setting": "applications clocks setting",
    "sw_power_cap": "sw power cap",
    "hw_slowdown": "hw slowdown",
    "hw_thermal_slowdown": "hw thermal slowdown",
    "hw_power_brake_slowdown": "hw power brake slowdown",
    "sync_boost": "sync boost",
    "sw_thermal_slowdown": "sw thermal slowdown",
    "display_clocks_setting": "display clock setting",
}
# A value is found under its label and the one or two labels above it, in lower case.
_PLACES = {
    "name": ("product name",),
    "architecture": ("product architecture",),
    "uuid": ("gpu uuid",),
    "pci.bus_id": ("pci/bus id", "@id"),
    "pci.device_id": ("pci/device id",),
    "memory.total": ("fb memory usage/total",),
    "memory.free": ("fb memory usage/free",),
    "bar1.total": ("bar1 memory usage/total",),
    "bar1.free": ("bar1 memory usage/free",),
    "mig.mode.current": ("mig mode/current",),
    "mig.mode.pending": ("mig mode/pending",),
    "pcie.link.gen.current": ("pcie generation/current",),
    "pcie.link.gen.max": ("pcie generation/max",),
    "pcie.link.width.current": ("link width/current",),
    "pcie.link.width.max": ("link width/max",),
    "power.draw": tuple(
        f"{part}/{name}" for part in _POWER for name in ("power draw", "average power draw", "instantaneous power draw")
    ),
    "power.limit": (
        "gpu ceiling power limit/current power limit",
        *(
            f"{part}/{name}"
            for part in _POWER
            for name in ("current power limit", "enforced power limit", "power limit")
        ),
    ),
    "power.default_limit": (
        "gpu ceiling power limit/default power limit",
        *(f"{part}/default power limit" for part in _POWER),
    ),
    # Since 610 the largest limit follows a section of the same block.
    "power.max_limit": tuple(f"{part}/max power limit" for part in (*_POWER, "gpu base power")),
    "clocks.current.graphics": ("clocks/graphics",),
    "clocks.current.memory": ("clocks/memory",),
    "clocks.max.graphics": ("max clocks/graphics",),
    "clocks.max.memory": ("max clocks/memory",),
    **{
        f"clocks_event_reasons.{event}": tuple(f"{above}/{label}" for above in (*_REASONS, "hw slowdown"))
        for event, label in _EVENTS.items()
    },
    "temperature.gpu": ("temperature/gpu current temp",),
    "pstate": ("performance state",),
    "persistence_mode": ("persistence mode",),
    "compute_mode": ("compute mode",),
    "virtualization_mode": ("virtualization mode", "gpu virtualization mode/virtualization mode"),
    "addressing_mode": ("addressing mode",),
    "display_active": ("display active",),
    "driver_model.current": ("driver model/current",),
    "vbios_version": ("vbios version",),
    "gsp_firmware": ("gsp firmware version",),
    "ecc.mode.current": ("ecc mode/current",),
    "ecc.mode.pending": ("ecc mode/pending",),
    "remapped_rows.correctable": ("remapped rows/correctable error",),
    "remapped_rows.uncorrectable": ("remapped rows/uncorrectable error",),
    "remapped_rows.pending": ("remapped rows/pending",),
    "remapped_rows.failure": ("remapped rows/remapping failure occurred",),
    "retired_pages.single_bit_ecc.count": ("retired pages/single bit ecc",),
    "retired_pages.double_bit.count": ("retired pages/double bit ecc",),
    "retired_pages.pending": ("retired pages/pending page blacklist", "retired pages/pending"),
    "fabric.state": ("fabric/state",),
    "fabric.status": ("fabric/status",),
    "gpu_recovery_action": ("gpu recovery action",),
    "reset_status.reset_required": ("gpu reset status/reset required",),
    "reset_status.drain_and_reset_recommended": ("gpu reset status/drain and reset recommended",),
}
_ECC_KINDS = {
    "corrected.{}.sram": "{}/sram correctable",
    "corrected.{}.dram": "{}/dram correctable",
    "uncorrected.{}.sram": "{}/sram uncorrectable",
    "uncorrected.{}.sram.parity": "{}/sram uncorrectable parity",
    "uncorrected.{}.sram.secded": "{}/sram uncorrectable sec-ded",
    "uncorrected.{}.dram": "{}/dram uncorrectable",
    # Before Turing: single-bit errors are those that were corrected.
    **{
        f"{kind}.{{}}.{place.replace(' ', '_')}": f"{{}}/{bits}/{place}"
        for kind, bits in (("corrected", "single bit"), ("uncorrected", "double bit"))
        for place in ("total", "device memory", "register file", "l1 cache", "l2 cache", "texture memory", "cbu")
    },
}
_PLACES |= {
    f"ecc.errors.{name.format(period)}": (path.format(period),)
    for name, path in _ECC_KINDS.items()
    for period in ("volatile", "aggregate")
}
_INSTANCE_PLACES = {
    "uuid": ("mig uuid", "uuid"),
    "gpu_instance": ("gpu instance id",),
    "compute_instance": ("compute instance id",),
    "memory.total": ("shared fb memory usage/total", "fb memory usage/total"),
    "multiprocessors": ("shared/multiprocessor count",),
}
_WANTED = frozenset(path for places in (_PLACES, _INSTANCE_PLACES) for paths in places.values() for path in paths)


# ==============NVSMI LOG==============
# Driver Version                            : 550.127.05
# Attached GPUs                             : 1
# GPU 00000000:4F:00.0
#     Product Name                          : NVIDIA A40
#     FB Memory Usage
#         Total                             : 46068 MiB
def parse_nvidia_smi_query(text: str) -> NvidiaReport | None:
    """The whole report, or the part of it that was asked for with ``-d``.

    Text that lost its indentation is still read, without its MIG devices.
    """
    lines = [line for raw in text.splitlines() if (line := plain_line(raw).replace("\xa0", " ").expandtabs()).strip()]
    reader = _Reader(indented=any(line[0] == " " and " :" in line for line in lines))
    for line in lines:
        if not reader.take(line):
            break
    reader.close_gpu()
    return reader.report()


class _Reader:
    """Collects the values line by line; ``above`` holds the labels that the line stands under."""

    def __init__(self, *, indented: bool) -> None:
        self._indented = indented
        self._titled = False
        self._head: dict[str, str] = {}
        self._gpus: list[Gpu] = []
        self._above: list[tuple[int, str]] = []
        self._gpu: dict[str, str] | None = None
        self._mig_indent: int | None = None
        self._instances: list[dict[str, str]] = []
        self._processes: list[dict[str, str]] = []
        self._open_process: dict[str, str] | None = None

    def take(self, line: str) -> bool:
        """Read a line; False at the beginning of a second report."""
        content = line.strip()
        if _TITLE in content:
            return self._take_title()
        header = _GPU.fullmatch(content)
        if header is not None:
            self.close_gpu()
            self._gpu = {"@id": header[1]}
        else:
            self._take_value(len(line) - len(line.lstrip(" ")), content)
        return len(self._gpus) < MOST_GPUS

    def _take_title(self) -> bool:
        is_second = self._titled or bool(self._gpus) or self._gpu is not None
        self._titled = True
        return not is_second

    def _take_value(self, indent: int, content: str) -> None:
        label, separator, value = content.partition(" :")
        label, value = label.rstrip().lower(), value.strip()
        if self._gpu is None:
            if separator and label in _HEAD:
                self._head.setdefault(label, value)
        elif self._indented and indent == 0:
            self.close_gpu()
        else:
            self._climb(indent, label, bool(value))
            self._keep(self._gpu, label, value)
            self._take_process(label, value)
            self._above.append((indent, label)) if self._indented or not value else None

    def _climb(self, indent: int, label: str, has_value: bool) -> None:
        """Leave the sections that ended before this line."""
        if not self._indented:
            del self._above[: -2 if has_value else -1]
            self._mig_indent = 0 if label == "mig device" else None if label == "accounting mode" else self._mig_indent
            return
        while self._above and self._above[-1][0] >= indent:
            self._above.pop()
        if self._mig_indent is not None and indent <= self._mig_indent:
            self._mig_indent = None
        if label == "mig device":
            self._mig_indent = indent
            self._instances.append({})

    def _keep(self, gpu: dict[str, str], label: str, value: str) -> None:
        if self._mig_indent is not None and not self._indented:
            return
        found = gpu if self._mig_indent is None else self._instances[-1]
        path = label
        for name in ("", *(above for _, above in self._above[:-3:-1])):
            path = f"{name}/{path}" if name else path
            if path in _WANTED:
                found.setdefault(path, value)

    def _take_process(self, label: str, value: str) -> None:
        if label == "processes" and self._gpu is not None:
            self._gpu["processes"] = value
        elif label == "process id":
            self._open_process = {label: value}
            self._processes.append(self._open_process)
        elif self._open_process is not None and label in _PROCESS:
            self._open_process.setdefault(label, value)
        else:
            self._open_process = None

    def close_gpu(self) -> None:
        """Keep the GPU that was read, and begin anew."""
        found, self._gpu = self._gpu, None
        if found is not None:
            fields = pick(found, _PLACES)
            instances = self._make_instances() if self._indented and _says_instances(found) else None
            processes = self._make_processes(found.get("processes"))
            self._gpus.append(make_gpu(fields, index=len(self._gpus), mig_instances=instances, processes=processes))
        self._above, self._instances, self._processes = [], [], []
        self._mig_indent, self._open_process = None, None

    def _make_instances(self) -> tuple[MigInstance, ...]:
        return tuple(make_instance(pick(found, _INSTANCE_PLACES)) for found in self._instances)

    def _make_processes(self, words: str | None) -> tuple[GpuProcess, ...] | None:
        """None where the list is missing or nvidia-smi may not see it; it writes ``None`` for an empty one."""
        answers = (
            make_process(found.get("process id"), found.get("type"), found.get("name"), found.get("used gpu memory"))
            for found in self._processes
        )
        processes = tuple(process for process in answers if process is not None)
        return processes if processes or (words is not None and words.lower() == "none") else None

    def report(self) -> NvidiaReport | None:
        """What was read, None where the text is no such report."""
        if not self._titled and not self._gpus:
            return None
        kernel_module = version(self._head.get("kmd version"))
        return NvidiaReport(
            driver=version(self._head.get("driver version")) or kernel_module,
            kernel_module=kernel_module,
            cuda=version(self._head.get("cuda version")) or version(self._head.get("cuda umd version")),
            gpus=tuple(self._gpus),
        )


def _says_instances(found: dict[str, str]) -> bool:
    """Whether the text goes on after the list of MIG devices, which only a split GPU has."""
    return switch(found.get("mig mode/current")) is not None and known(found.get("gpu uuid")) is not None
