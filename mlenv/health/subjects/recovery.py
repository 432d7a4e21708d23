"""What the driver itself says about a GPU: its errors, and the recovery that it asks for."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mlenv.facts.gpu import Gpu
from mlenv.facts.version import numbers
from mlenv.health.scene import Scene
from mlenv.health.signal import Signal


def find_nvml_errors(scene: Scene, gpu: Gpu) -> Iterator[Signal]:
    """``gpu.nvml``: NVML could not answer about this GPU, by the rows of its errors."""
    for reading in scene.readings_of(gpu):
        if reading.outcome != "unreadable":
            continue
        row = next((row for row in scene.table.nvml_error if reading.detail.startswith(row.name)), None)
        if row is None or row.severity == "info":
            continue
        signal = scene.say("gpu.nvml", row.severity, f"NVML answers {row.name}: {row.meaning}", gpu, (reading.detail,))
        yield msgspec.structs.replace(signal, action=row.action, remedy=row.remedy)


def find_recovery(scene: Scene, gpu: Gpu) -> Iterator[Signal]:
    """``gpu.recovery_action``: what the driver asks to be done with this GPU, from driver 570 on."""
    name = "gpu.recovery_action"
    driver = scene.machine.nvidia.driver if scene.machine.nvidia else None
    row = next((row for row in scene.table.recovery if row.name == gpu.recovery_action), None)
    if gpu.recovery_action is not None and row is not None:
        passed = row.severity == "info"
        signal = scene.say(name, "pass" if passed else row.severity, row.meaning, gpu)
        remedy = row.remedy.replace("INDEX", str(gpu.index)) if not passed else ""
        yield msgspec.structs.replace(signal, action=row.action, remedy=remedy)
    elif gpu.recovery_action is not None:
        yield scene.say(name, "error", f"the driver asks for {gpu.recovery_action}, which no row explains", gpu)
    elif driver and numbers(driver)[:1] < (int(scene.table.find_limit("recovery-driver").value),):
        yield scene.say(name, "skip", f"driver {driver} does not say it; 570 and newer do", gpu)
    else:
        yield scene.missing(name, gpu, "recovery_action", "recovery action")
