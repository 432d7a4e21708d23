"""What the kernel's log says about GPUs: Xids, SXids and AMD's messages."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mlenv.facts.gpu import Gpu
from mlenv.facts.pattern import lazy
from mlenv.facts.remedy import RemedyAction
from mlenv.facts.system import KernelEvent, KernelEventKind
from mlenv.health.scene import Scene
from mlenv.health.signal import Signal
from mlenv.health.subjects.driver import cards_of
from mlenv.matrix.health import KernelMessage, Severity

AFTERMATH = 45
RECOVERY_CHANGED = 154
_RANK: dict[str, int] = {"info": 0, "warn": 1, "fail": 2}
_ASKED = lazy(r"to 0x[0-9a-fA-F]+ \((?P<action>[^)]{1,60})\)")


class _Judgement(msgspec.Struct, frozen=True, kw_only=True):
    severity: Severity
    meaning: str
    action: RemedyAction = "none"
    remedy: str = ""


def find_xids(scene: Scene) -> Iterator[Signal]:
    """``gpu.xid``: each Xid of each GPU in the kernel's log, one signal for all of a number."""
    reason = _why_unread(scene)
    if reason:
        yield scene.say("gpu.xid", "skip", reason)
        return
    by_device = _group(scene, "xid")
    for gpu in cards_of(scene.machine, "nvidia"):
        if gpu.pci_address is None:
            yield scene.say("gpu.xid", "skip", "the PCI address of this GPU is not known, and Xids name no more", gpu)
            continue
        yield from _judge_device(scene, gpu, by_device.pop(gpu.pci_address, {}))
    for device, events in by_device.items():
        yield from _judge_device(scene, Gpu(vendor="nvidia", pci_address=device), events)


def _judge_device(scene: Scene, gpu: Gpu, events: dict[int, list[KernelEvent]]) -> Iterator[Signal]:
    told = {code: found for code, found in events.items() if code != AFTERMATH or len(events) == 1}
    for code, found in told.items():
        judged = _judge_recovery(scene, gpu, found[-1]) if code == RECOVERY_CHANGED else _judge_code(scene, gpu, code)
        yield _word(scene, "gpu.xid", f"Xid {code}", gpu, judged, found)
    if not told:
        yield scene.say("gpu.xid", "pass", "no Xid in the kernel's log", gpu)


def _judge_code(scene: Scene, gpu: Gpu, code: int) -> _Judgement:
    row = scene.table.find_xid(code)
    if row is None:
        return _Judgement(severity="warn", meaning="a number that no table of ours explains", remedy="Ask the vendor")
    severity, meaning = row.severity, row.meaning
    if severity == "fail" and row.action == "reset_gpu" and gpu.recovery_action == "none":
        severity, meaning = "warn", f"{meaning}; the driver asks for no recovery now"
    return _Judgement(severity=severity, meaning=meaning, action=row.action, remedy=row.remedy)


# NVRM: Xid (PCI:0009:01:00): 154, GPU recovery action changed from 0x0 (None) to 0x4 (Drain and Reset)
def _judge_recovery(scene: Scene, gpu: Gpu, event: KernelEvent) -> _Judgement:
    """Xid 154 names the recovery action: the driver's own answer goes before what is logged."""
    if gpu.recovery_action is not None:
        return _Judgement(severity="info", meaning="the recovery action changed; gpu.recovery_action is what it is now")
    match = _ASKED.search(event.text)
    row = next((row for row in scene.table.recovery if match and row.logged == match["action"]), None)
    if row is None:
        return _Judgement(severity="warn", meaning="the recovery action changed to one that no row explains")
    remedy = row.remedy.replace("INDEX", str(gpu.index) if gpu.index is not None else "INDEX")
    return _Judgement(severity=row.severity, meaning=row.meaning, action=row.action, remedy=remedy)


def find_sxids(scene: Scene) -> Iterator[Signal]:
    """``gpu.sxid``: errors of NVSwitches, where the log has some."""
    for device, codes in _group(scene, "sxid").items():
        for code, events in codes.items():
            row = max((_find_message(scene, event) for event in events), key=_rank)
            if row is not None:
                signal = _word(scene, "gpu.sxid", f"SXid {code}", None, _take(row), events)
                yield msgspec.structs.replace(signal, device=f"switch at {device}")


def find_amd_messages(scene: Scene) -> Iterator[Signal]:
    """``gpu.kernel_log``: what amdgpu wrote about each card, by the rows of messages."""
    reason = _why_unread(scene)
    if reason:
        yield scene.say("gpu.kernel_log", "skip", reason)
        return
    events = [event for event in scene.machine.kernel_events or () if event.kind == "amdgpu"]
    for gpu in cards_of(scene.machine, "amd"):
        own = [event for event in events if event.device in (None, gpu.pci_address)]
        found: dict[str, tuple[KernelMessage, list[KernelEvent]]] = {}
        for event in own:
            row = _find_message(scene, event)
            if row is not None:
                found.setdefault(row.id, (row, []))[1].append(event)
        for row, listed in found.values():
            yield _word(scene, "gpu.kernel_log", "amdgpu", gpu, _take(row), listed)
        if not found:
            yield scene.say("gpu.kernel_log", "pass", "amdgpu complains of nothing in the kernel's log", gpu)


def _find_message(scene: Scene, event: KernelEvent) -> KernelMessage | None:
    text = event.text.lower()
    rows = (row for row in scene.table.message if row.kind == event.kind)
    return next((row for row in rows if any(part in text for part in row.texts)), None)


def _rank(row: KernelMessage | None) -> int:
    return -1 if row is None else _RANK[row.severity]


def _take(row: KernelMessage) -> _Judgement:
    return _Judgement(severity=row.severity, meaning=row.meaning, action=row.action, remedy=row.remedy)


def _word(scene: Scene, name: str, what: str, gpu: Gpu | None, judged: _Judgement, events: list[KernelEvent]) -> Signal:
    count = sum(event.count for event in events)
    times = f", {count} times" if count > 1 else ""
    signal = scene.say(
        name, judged.severity, f"{what}{times}: {judged.meaning}", gpu, (events[-1].text,), measured={"count": count}
    )
    return msgspec.structs.replace(signal, action=judged.action, remedy=judged.remedy)


def _group(scene: Scene, kind: KernelEventKind) -> dict[str, dict[int, list[KernelEvent]]]:
    """The events of a kind by device and number."""
    found: dict[str, dict[int, list[KernelEvent]]] = {}
    for event in scene.machine.kernel_events or ():
        if event.kind == kind and event.code is not None:
            found.setdefault(event.device or "", {}).setdefault(event.code, []).append(event)
    return found


def _why_unread(scene: Scene) -> str:
    """Why the kernel's log says nothing of the GPUs here; empty where it was read."""
    machine = scene.machine
    if machine.os.family != "linux":
        return "only Linux tells it, in the kernel's log"
    if machine.os.wsl:
        return "the driver is that of Windows, which keeps its own log"
    if machine.os.container == "gvisor":
        return "this sandbox shows a kernel's log of its own"
    if machine.jetson is not None:
        return "a Jetson's driver logs in other words"
    if machine.kernel_events is None:
        return f"the kernel's log was not read ({scene.reading('kernel_events') or 'nobody looked'})"
    return ""
