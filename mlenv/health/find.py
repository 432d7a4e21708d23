"""All signals of a machine, in order; one cause stops what it explains and is told once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from mlenv.facts.gpu import Gpu
from mlenv.facts.machine import Machine
from mlenv.health.scene import Scene
from mlenv.health.signal import Signal, fold_signals
from mlenv.health.subjects import driver, kernel, links, memory, recovery, running
from mlenv.matrix.health import Health

OfMachine = Callable[[Scene], Iterable[Signal]]
OfGpu = Callable[[Scene, Gpu], Iterable[Signal]]

STATE = "gpu.state"
CAUSES: tuple[OfMachine, ...] = (driver.find_nouveau, driver.judge_nvidia)
"""What stops everything about NVIDIA's GPUs where it fails."""
LOG: tuple[OfMachine, ...] = (kernel.find_xids, kernel.find_sxids)
NVIDIA: tuple[OfGpu, ...] = (
    memory.find_ecc,
    memory.find_remaps,
    memory.find_retired_pages,
    running.find_clock_events,
    running.find_temperature,
    running.find_power_limit,
    running.find_persistence,
    links.find_pcie_width,
    links.find_pcie_generation,
    links.find_fabric,
    links.find_nvlinks,
    memory.find_memory_in_use,
    running.find_mig,
)
AMD: tuple[OfGpu, ...] = (links.find_pcie_width, memory.find_memory_in_use)
_ASKED = ("uuid", "temperature_celsius", "power", "ecc", "clock_events", "recovery_action", "memory_free_bytes")


def find_signals(machine: Machine, table: Health, *, under_load: bool = False) -> tuple[Signal, ...]:
    """What is to be said of the health of a machine's GPUs; never empty.

    ``under_load`` tells that the GPUs were at work when the machine was read: clocks and the
    generation of PCI Express say nothing otherwise.  Of several GPUs the same is said once.
    """
    scene = Scene(machine=machine, table=table, under_load=under_load)
    found = fold_signals([*_find_nvidia(scene), *_find_amd(scene)])
    return found or (scene.say(STATE, "skip", _why_nothing(machine)),)


def _why_nothing(machine: Machine) -> str:
    if machine.gpus is None:
        return "the GPUs of this machine are not known"
    if not machine.gpus:
        return "there is no GPU"
    lent = all(gpu.driver == driver.LENT for gpu in machine.gpus)
    return "the GPUs are set aside for virtual machines" if lent else "no signs of health are known of these GPUs"


def _find_nvidia(scene: Scene) -> Iterator[Signal]:
    machine = scene.machine
    cards = driver.cards_of(machine, "nvidia")
    if not cards and not (machine.gpus is None and machine.nvidia is not None and machine.nvidia.nvml):
        return
    for judge in CAUSES:
        found = tuple(judge(scene))
        yield from found
        if any(signal.severity == "fail" for signal in found):
            yield scene.say(STATE, "skip", f"not asked: {found[0].detail}")
            return
    yield from driver.find_nodes(scene)
    yield from driver.find_count(scene)
    yield from _find_states(scene, cards)


def _find_states(scene: Scene, cards: tuple[Gpu, ...]) -> Iterator[Signal]:
    """Each GPU that answers, one subject after the other, the recovery action first."""
    answering = []
    for gpu in cards:
        errors = tuple(recovery.find_nvml_errors(scene, gpu))
        yield from errors
        if any(signal.severity == "fail" for signal in errors):
            if gpu.recovery_action not in (None, "none"):
                yield from recovery.find_recovery(scene, gpu)
            yield scene.say(STATE, "skip", f"not asked: {errors[0].detail}", gpu)
        elif all(getattr(gpu, field) is None for field in _ASKED):
            yield scene.say(STATE, "skip", "nothing is known of the state of this GPU", gpu)
        else:
            answering.append(gpu)
    for gpu in answering:
        yield from recovery.find_recovery(scene, gpu)
    for read in LOG:
        yield from read(scene)
    for judge in NVIDIA:
        for gpu in answering:
            yield from _leave_out(judge, scene, gpu)


def _leave_out(judge: OfGpu, scene: Scene, gpu: Gpu) -> Iterator[Signal]:
    """What a judgement says; links that are down say no more than a fabric that was not joined."""
    if judge is links.find_nvlinks and any(signal.severity == "fail" for signal in links.find_fabric(scene, gpu)):
        yield scene.say("gpu.nvlink", "skip", "the GPU has not joined the fabric", gpu)
        return
    yield from judge(scene, gpu)


def _find_amd(scene: Scene) -> Iterator[Signal]:
    cards = driver.cards_of(scene.machine, "amd")
    if not cards or scene.machine.os.family == "macos":
        return
    loaded = tuple(driver.judge_amd(scene))
    yield from loaded
    if any(signal.severity == "fail" for signal in loaded):
        yield scene.say(STATE, "skip", f"not asked: {loaded[0].detail}")
        return
    if not driver.cards_of(scene.machine, "nvidia"):
        yield from driver.find_nodes(scene)
    yield from kernel.find_amd_messages(scene)
    for judge in AMD:
        for gpu in cards:
            yield from judge(scene, gpu)
    for gpu in cards:
        yield scene.say(STATE, "skip", "memory errors, heat and clocks of AMD's GPUs are not read", gpu)
