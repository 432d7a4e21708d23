"""How a GPU runs: what holds its clocks down, heat, power limit, persistence, MIG."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mlenv.facts.gpu import Gpu
from mlenv.health.scene import Scene
from mlenv.health.signal import Signal, SignalSeverity
from mlenv.matrix.health import ClockEvent
from mlenv.matrix.product import is_part

THERMAL = ("sw-thermal-slowdown", "hw-thermal-slowdown")
_TOLERANCE = 0.005


def find_clock_events(scene: Scene, gpu: Gpu) -> Iterator[Signal]:
    """``gpu.clock_events``: why clocks are held down; judged under load alone, and one sample only warns."""
    name = "gpu.clock_events"
    if not scene.under_load:
        yield scene.say(name, "skip", "judged under load only")
        return
    if gpu.clock_events is None:
        yield scene.missing(name, gpu, "clock_events", "reasons for lower clocks")
        return
    rows = [row for row in scene.table.clock_event if row.name in gpu.clock_events]
    strange = sorted(set(gpu.clock_events) - {row.name for row in rows})
    wrong = [row for row in rows if row.severity != "info"]
    for row in wrong:
        yield _judge_clock(scene, gpu, row)
    if strange and not wrong:
        yield scene.say(name, "info", f"clocks are held down by {', '.join(strange)}, which no row explains", gpu)
    elif not wrong:
        yield scene.say(name, "pass", "neither heat nor want of power holds the clocks down", gpu)


def _judge_clock(scene: Scene, gpu: Gpu, row: ClockEvent) -> Signal:
    signal = scene.say("gpu.clock_events", "warn", f"{row.name}: {row.meaning}", gpu)
    return msgspec.structs.replace(signal, action=row.action, remedy=row.remedy)


def find_temperature(scene: Scene, gpu: Gpu) -> Iterator[Signal]:
    """``gpu.temperature``: judged by the driver's own thermal reasons, not by a number of ours."""
    name, degrees = "gpu.temperature", gpu.temperature_celsius
    if degrees is None:
        yield scene.missing(name, gpu, "temperature", "temperature")
        return
    rows = [row for row in scene.table.clock_event if row.name in THERMAL and row.name in (gpu.clock_events or ())]
    if rows:
        worst = max(rows, key=lambda row: row.severity == "fail")
        signal = scene.say(
            name, worst.severity, f"{degrees} °C: {worst.meaning}", gpu, measured={"temperature_c": degrees}
        )
        yield msgspec.structs.replace(signal, action=worst.action, remedy=worst.remedy)
    elif gpu.clock_events is None:
        yield scene.say(
            name,
            "skip",
            f"{degrees} °C; whether that is too hot the driver does not say",
            gpu,
            measured={"temperature_c": degrees},
        )
    else:
        yield scene.say(
            name, "pass", f"{degrees} °C, and heat holds no clock down", gpu, measured={"temperature_c": degrees}
        )


def find_power_limit(scene: Scene, gpu: Gpu) -> Iterator[Signal]:
    """``gpu.power_limit``: the limit in force is the card's own, or below it."""
    name, power = "gpu.power_limit", gpu.power
    if power is None or power.limit_watts is None or power.default_limit_watts is None:
        yield scene.missing(name, gpu, "power", "power limit")
        return
    limit, default = power.limit_watts, power.default_limit_watts
    if limit >= default * (1 - _TOLERANCE):
        yield scene.say(name, "pass", f"{limit:g} W, as the card's own", gpu, measured={"power_limit_w": limit})
        return
    # A notebook sets its limit by itself, by its battery and its other parts.
    mobile: SignalSeverity | None = "info" if is_part(gpu.name or "") else None
    yield scene.judge(
        name, "power-limit", f"{limit:g} W of {default:g} W", gpu, mobile, measured={"power_limit_w": limit}
    )


def find_persistence(scene: Scene, gpu: Gpu) -> Iterator[Signal]:
    """``gpu.persistence``: whether the driver keeps the GPU's state between programs; only a note."""
    if scene.machine.os.family != "linux" or scene.machine.os.wsl:
        return
    if gpu.persistence is None:
        yield scene.missing("gpu.persistence", gpu, "persistence", "persistence mode")
    elif gpu.persistence:
        yield scene.say("gpu.persistence", "pass", "persistence mode is on", gpu)
    else:
        text = "persistence mode is off: the first program waits for the driver (nvidia-persistenced helps on servers)"
        yield scene.say("gpu.persistence", "info", text, gpu)


def find_mig(scene: Scene, gpu: Gpu) -> Iterator[Signal]:
    """``gpu.mig``: whether the GPU is split, and into what; only where it is, or will be."""
    name = "gpu.mig"
    if gpu.mig and gpu.mig_instances == ():
        signal = scene.say(name, "fail", "MIG is on without an instance, so CUDA sees no device here", gpu)
        remedy = f"Make one (`sudo nvidia-smi mig -i {gpu.index} -cgi PROFILE -C`) or switch MIG off"
        yield msgspec.structs.replace(signal, remedy=remedy)
    elif gpu.mig:
        profiles = ", ".join(instance.profile or "?" for instance in gpu.mig_instances or ())
        yield scene.say(name, "info", f"split by MIG into {profiles or 'instances that are not known'}", gpu)
    if gpu.mig is not None and gpu.mig_pending is not None and gpu.mig != gpu.mig_pending:
        yield scene.say(name, "info", f"MIG will be {'on' if gpu.mig_pending else 'off'} after a reset of the GPU", gpu)
