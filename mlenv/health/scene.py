"""What every judgement looks at, and how it is worded."""

from __future__ import annotations

import msgspec

from mlenv.facts.gpu import Gpu
from mlenv.facts.machine import Machine
from mlenv.facts.reading import Reading
from mlenv.health.signal import Signal, SignalSeverity
from mlenv.matrix.health import Health, HealthLimit

_VIRTUAL = ("pass-through", "vgpu")


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """A machine, the rows that judge it, and whether its GPUs were at work when they were read."""

    machine: Machine
    table: Health
    under_load: bool = False

    def say(
        self,
        name: str,
        severity: SignalSeverity,
        detail: str,
        gpu: Gpu | None = None,
        evidence: tuple[str, ...] = (),
        measured: dict[str, float | str] | None = None,
    ) -> Signal:
        """A signal that needs no remedy."""
        return Signal(
            id=name,
            severity=severity,
            detail=detail,
            device=self.label(gpu) if gpu else "",
            about=(gpu.uuid or "") if gpu else "",
            evidence=evidence,
            measured=measured or {},
        )

    def judge(
        self,
        name: str,
        limit: str,
        found: str,
        gpu: Gpu | None = None,
        severity: SignalSeverity | None = None,
        measured: dict[str, float | str] | None = None,
    ) -> Signal:
        """A signal by the row of a limit; ``found`` says what was read, the row what it means."""
        row: HealthLimit = self.table.find_limit(limit)
        signal = self.say(name, severity or row.severity, f"{found}: {row.meaning}", gpu, measured=measured)
        wrong = signal.severity in ("warn", "fail")
        return msgspec.structs.replace(
            signal, action=row.action if wrong else "none", remedy=row.remedy if wrong else ""
        )

    def missing(self, name: str, gpu: Gpu, field: str, words: str) -> Signal:
        """What to say where a fact is None: the driver has none, it could not be read, or nobody asked."""
        told = {row.outcome: row.detail for row in self.readings_of(gpu) if field in _list_questions(row.detail)}
        if "unreadable" in told:
            return self.say(name, "error", f"{words} could not be read: {told['unreadable']}", gpu)
        if "absent" in told:
            return self.say(name, "skip", f"the driver has no {words} for this GPU", gpu)
        return self.say(name, "skip", f"{words} of this GPU: no reading", gpu)

    def readings_of(self, gpu: Gpu) -> tuple[Reading, ...]:
        """What NVML said of one GPU beside its answers."""
        if gpu.vendor != "nvidia" or gpu.index is None:
            return ()
        return tuple(row for row in self.machine.readings if row.id == f"gpu.{gpu.index}")

    def reading(self, subject: str) -> str:
        """Why a subject of the machine is not known, empty where no reading says so."""
        wrong = (row for row in self.machine.readings if row.id == subject and row.outcome != "found")
        texts = [f"{row.source}: {row.detail or row.outcome}" for row in wrong]
        return "; ".join(texts[:2])

    def label(self, gpu: Gpu) -> str:
        """``gpu 0``, by the driver's number, else by the PCI address."""
        if gpu.index is not None:
            return f"gpu {gpu.index}"
        return f"gpu at {gpu.pci_address}" if gpu.pci_address else f"{gpu.vendor} gpu"

    def is_virtual(self, gpu: Gpu) -> bool:
        """Whether the GPU's slot belongs to a host outside this virtual machine."""
        return gpu.virtualization in _VIRTUAL


# NotSupported (3): Not Supported (mig, power.limit_watts, row_remaps and 2 more)
def _list_questions(detail: str) -> set[str]:
    """The facts that an answer of NVML's is about."""
    names = detail.rpartition("(")[2].rstrip(")").replace(" and ", ", ").split(", ")
    return {name.partition(".")[0] for name in names}
