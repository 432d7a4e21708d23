"""Faults of NVIDIA's cards: memory errors, the bus, and what the kernel's log says of them.

Thresholds and meanings are the rows of ``health.toml`` (see :mod:`mlenv.health`).
"""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks.evidence import quote, quote_messages
from mlenv.checks.finding import Finding, Fix, Severity
from mlenv.checks.messages import NO_GPU, first_told, present, value
from mlenv.checks.registry import Case, check
from mlenv.checks.situation import require_concern
from mlenv.clues.clue import Clue
from mlenv.health.find import find_signals
from mlenv.health.signal import Signal
from mlenv.matrix.health import Xid
from mlenv.matrix.load import Matrix

_ECC_XIDS = (48, 94, 95, 140, 171, 172)
_REMAP_XIDS = (63, 64)
_BUS_XIDS = (79,)
_FALLEN = ("gpu-lost",)
_MEANT: dict[str, Severity] = {"fail": "error", "warn": "warning", "info": "info"}


@check("gpu-ecc-error", subject="gpu")
def gpu_ecc_error(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """Memory errors of the GPU that ECC could not correct."""
    require_concern(case)
    clue = first_told(case, "ecc-uncorrectable") or _xid(case, _ECC_XIDS)
    signals = _wrong(case, matrix, "gpu.ecc", "gpu.retired_pages")
    if clue is None and not signals:
        return
    yield Finding(
        id="gpu-ecc-error",
        severity="error" if clue or _fails(signals) else "warning",
        title="The memory of a GPU has errors that cannot be corrected",
        cause="The card's error correction met damaged bits that it could not repair: a fault of the hardware, not of "
        "the program or its packages.",
        evidence=(*quote(clue), *_evidence(signals)),
        fix=(
            Fix(text="See which GPU it is, and its counts", command="nvidia-smi -q -d ECC,ROW_REMAPPER"),
            Fix(
                text="End all work on that GPU and reset it (INDEX is its number), or restart",
                command="sudo nvidia-smi --gpu-reset -i INDEX",
            ),
            Fix(text="If it comes back, keep work off this GPU and have the card replaced"),
        ),
        applies_to=_devices(signals),
        grade="named" if clue else "shown",
        explains=present(case, "ecc-uncorrectable", "xid", *NO_GPU),
    )


@check("gpu-row-remap", subject="gpu")
def gpu_row_remap(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """Bad rows of a GPU's memory that wait to be replaced, or could not be."""
    require_concern(case)
    failed, pending = first_told(case, "row-remap-failed"), first_told(case, "row-remap-pending")
    clue = failed or pending or _xid(case, _REMAP_XIDS)
    signals = _wrong(case, matrix, "gpu.remap")
    if clue is None and not signals:
        return
    broken = failed is not None or _fails(signals)
    yield Finding(
        id="gpu-row-remap",
        severity="error" if broken else "warning",
        title="Bad memory of a GPU could not be replaced" if broken else "Bad memory of a GPU waits to be replaced",
        cause="The card replaces bad rows of its memory by spare ones when it is reset; "
        + ("it has none left for them." if broken else "until then such a row may hurt a program."),
        evidence=(*quote(clue), *_evidence(signals)),
        fix=(
            Fix(
                text="End all work on that GPU and reset it (INDEX is its number), or restart",
                command="sudo nvidia-smi --gpu-reset -i INDEX",
            ),
            *((Fix(text="Have the card replaced if it stays"),) if broken else ()),
        ),
        applies_to=_devices(signals),
        grade="named" if clue else "shown",
        explains=present(case, "row-remap-failed", "row-remap-pending", "xid"),
    )


@check("gpu-fell-off-bus", subject="gpu")
def gpu_fell_off_bus(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A GPU that the driver lists and can no longer reach."""
    require_concern(case)
    lost = {
        reading.id.replace(".", " "): f"{reading.detail} ({reading.source})"
        for reading in case.machine.readings
        if reading.id.startswith("gpu.") and "GpuIsLost" in reading.detail
    }
    clue = first_told(case, *_FALLEN) or _xid(case, _BUS_XIDS)
    events = [event for event in case.machine.kernel_events or () if event.kind == "xid" and event.code in _BUS_XIDS]
    if not lost and clue is None and not events:
        return
    yield Finding(
        id="gpu-fell-off-bus",
        severity="error",
        title=f"{next(iter(lost), 'A GPU')} is lost",
        cause="The driver can no longer reach it over PCI Express: power, heat, its seat in the slot, or a defect.",
        evidence=(*lost.values(), *(event.text for event in events[:2]), *quote(clue)),
        fix=(
            Fix(text="Switch the machine off, check power cables and seat of the card, and start it again"),
            Fix(text="Look for Xid 79 in the kernel log", command="sudo dmesg | grep -i xid"),
            Fix(text="If it comes back under load, look at cooling and power supply, then have the card replaced"),
        ),
        applies_to=tuple(lost),
        grade="named" if clue else "shown",
        explains=present(case, *_FALLEN, "xid", "gpu-init-failed", *NO_GPU),
    )


@check("gpu-xid", subject="gpu")
def gpu_xid(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """Errors of a GPU in the kernel's log (Xid) that no other check is about."""
    require_concern(case)
    known = (*_ECC_XIDS, *_REMAP_XIDS, *_BUS_XIDS)
    for clue in case.clues_of("xid"):
        row = matrix.health.find_xid(_code(clue)) if _code(clue) not in known else None
        if isinstance(row, Xid) and row.about == "note":
            continue
        if row is not None:
            yield _word_xid(_code(clue), row.severity if clue.told else "warn", row.meaning, row.remedy, *quote(clue))
    for signal in _wrong(case, matrix, "gpu.xid", "gpu.sxid"):
        number = signal.detail.removeprefix("Xid ").partition(":")[0].partition(",")[0]
        if not (number.isdigit() and int(number) in known):
            yield _word_xid(0, signal.severity, signal.detail, signal.remedy, *signal.evidence)


def _word_xid(code: int, severity: str, meaning: str, remedy: str, *evidence: str) -> Finding:
    text = f"Xid {code}: {meaning}" if code else meaning
    return Finding(
        id="gpu-xid",
        severity=_MEANT.get(severity, "warning"),
        title=f"The driver reported {text.partition(':')[0]}",
        cause=f"{text}.",
        evidence=evidence,
        fix=(Fix(text=remedy or "Ask the vendor"), Fix(text="Read what came before it", command="sudo dmesg")),
        grade="named",
        explains=("xid",),
    )


@check("gpu-init-failed", subject="gpu")
def gpu_init_failed(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A GPU that the driver finds and cannot start."""
    require_concern(case)
    clue = first_told(case, "gpu-init-failed", "gpu-reset-required", "pcie-bar-invalid", "nvlink-uncorrectable")
    if clue is None or case.clue(*_FALLEN):
        return
    yield Finding(
        id="gpu-init-failed",
        severity="error",
        title="The driver cannot start a GPU",
        cause="The driver finds the card and it does not answer as it should: a reset or a cold start is due, the "
        "driver does not fit the card, or the card or its slot is at fault.",
        evidence=quote_messages(
            case, "gpu-init-failed", "gpu-reset-required", "pcie-bar-invalid", "nvlink-uncorrectable"
        ),
        fix=(
            Fix(text="Switch the machine off for a minute, and start it again"),
            Fix(text="Read the driver's own lines", command="sudo dmesg | grep -iE 'nvrm|xid'"),
            Fix(
                text="If it stays so, install the newest driver of the card's branch, then try the card in another "
                "slot or machine"
            ),
        ),
        grade="named",
        explains=present(case, "gpu-init-failed", "gpu-reset-required", "nvlink-uncorrectable", *NO_GPU),
    )


@check("pcie-width-reduced", subject="gpu")
def pcie_width_reduced(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """A card that uses fewer lanes of PCI Express than it and its slot have."""
    require_concern(case)
    clue = next((row for row in case.clues_of("pcie-width-downgraded") if _is_display(value(row, "owner"))), None)
    signals = _wrong(case, matrix, "gpu.pcie_width")
    if clue is None and not signals:
        return
    yield Finding(
        id="pcie-width-reduced",
        severity="warning",
        title="A GPU uses fewer PCI Express lanes than it has",
        cause="Copies between memory and GPU are slow; it computes as fast as ever.",
        evidence=(*_evidence(signals), *quote(clue)),
        fix=(Fix(text="Seat the card anew; look at slot, riser and the firmware's settings of lanes"),),
        applies_to=_devices(signals),
        grade="named" if clue else "shown",
        explains=("pcie-width-downgraded",),
    )


def _is_display(owner: str) -> bool:
    """Whether a device that `lspci` lists may be a GPU; so may one whose line is not there."""
    return not owner or any(word in owner.lower() for word in ("nvidia", "vga compatible", "3d controller", "display"))


def _code(clue: Clue) -> int:
    return int(value(clue, "code", "number") or 0)


def _xid(case: Case, codes: tuple[int, ...]) -> Clue | None:
    return next((clue for clue in case.clues_of("xid") if _code(clue) in codes), None)


def _wrong(case: Case, matrix: Matrix, *names: str) -> list[Signal]:
    """What :mod:`mlenv.health` finds wrong with the GPUs; read only where there is a state to judge."""
    machine = case.machine
    judged = [
        gpu
        for gpu in machine.gpus_of("nvidia")
        if gpu.ecc or gpu.row_remaps or gpu.retired_pages or gpu.link or gpu.recovery_action
    ]
    if not judged and not any(event.kind in ("xid", "sxid") for event in machine.kernel_events or ()):
        return []
    return [
        signal
        for signal in find_signals(machine, matrix.health)
        if signal.id in names and signal.severity in ("fail", "warn")
    ]


def _fails(signals: list[Signal]) -> bool:
    return any(signal.severity == "fail" for signal in signals)


def _evidence(signals: list[Signal]) -> tuple[str, ...]:
    return tuple(f"{signal.device}: {signal.detail}" for signal in signals)


def _devices(signals: list[Signal]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(signal.device for signal in signals if signal.device))
