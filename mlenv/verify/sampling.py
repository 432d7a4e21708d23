"""GPUs looked at while they work: samples taken beside a load, and what they say."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType

import msgspec

from mlenv.facts.gpu import Gpu
from mlenv.matrix.health import ClockEvent, Health
from mlenv.verify.result import Result, ResultStatus

ReadGpus = Callable[[], tuple[Gpu, ...]]
Pause = Callable[[threading.Event, float], object]
GRACE_SECONDS = 0.5
NEEDED = 2
"""Samples that must show a reason: hardware reports some for a moment when clocks change."""
IDLE = "gpu-idle"
_VIRTUAL = ("pass-through", "vgpu")


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """The GPUs at one moment, so many seconds after the first look."""

    seconds: float
    gpus: tuple[Gpu, ...]


class Sampler:
    """Reads the GPUs every ``interval`` seconds, from ``with`` on to its end, in threads of its own.

    A read that takes longer than ``deadline`` seconds is not waited for, and no other is begun until
    it ends; what comes after the end is dropped.  Nothing is raised: ``trouble`` says what went wrong.
    ``pause`` waits between reads and returns when the event is set; ``clock`` counts seconds.
    """

    def __init__(
        self,
        read_gpus: ReadGpus,
        *,
        interval: float = 1.0,
        deadline: float = 5.0,
        pause: Pause = threading.Event.wait,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.interval = interval
        self.deadline = deadline
        self._read_gpus = read_gpus
        self._pause = pause
        self._clock = clock
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._samples: list[Sample] = []
        self._trouble: list[str] = []
        self._loop = threading.Thread(target=self._take_samples, name="mlenv-sampler", daemon=True)
        self._began = 0.0

    def __enter__(self) -> Sampler:  # noqa: PYI034 - typing has Self from Python 3.11 on
        self._began = self._clock()
        self._loop.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._stop.set()
        self._loop.join(GRACE_SECONDS)

    @property
    def samples(self) -> tuple[Sample, ...]:
        """What was read, in order."""
        with self._lock:
            return tuple(self._samples)

    @property
    def trouble(self) -> str:
        """What went wrong while reading, each thing once; empty where nothing did."""
        with self._lock:
            return "; ".join(dict.fromkeys(self._trouble))

    def _take_samples(self) -> None:
        reader: threading.Thread | None = None
        while not self._stop.is_set():
            if reader is None or not reader.is_alive():
                reader = threading.Thread(target=self._read_once, name="mlenv-sample", daemon=True)
                reader.start()
            reader.join(self.deadline)
            if reader.is_alive():
                self._note(f"a look at the GPUs took longer than {self.deadline:g} s")
            self._pause(self._stop, self.interval)

    def _read_once(self) -> None:
        try:
            gpus = self._read_gpus()
        except Exception as error:  # noqa: BLE001 - a look at the GPUs must not end the load beside it
            self._note(f"{type(error).__name__}: {error}")
            return
        with self._lock:
            if not self._stop.is_set():
                self._samples.append(Sample(seconds=round(self._clock() - self._began, 3), gpus=gpus))

    def _note(self, text: str) -> None:
        with self._lock:
            self._trouble.append(text)


def judge_samples(samples: Sequence[Sample], table: Health, trouble: str = "") -> tuple[Result, ...]:
    """What samples say of each GPU that was at work: clocks held down, heat, power, PCI Express.

    ``trouble`` is the sampler's.  A GPU that no two samples show at work is not judged.
    """
    found: dict[str, list[Gpu]] = {}
    for sample in samples:
        for gpu in sample.gpus:
            found.setdefault(_name(gpu), []).append(gpu)
    if not found:
        reason = f" ({trouble})" if trouble else ""
        return (_result("gpu.clock_events", "error" if trouble else "skip", f"no sample was taken{reason}", None),)
    return tuple(result for seen in found.values() for result in _judge_gpu(seen, table))


def _judge_gpu(seen: list[Gpu], table: Health) -> tuple[Result, ...]:
    known = [gpu for gpu in seen if gpu.clock_events is not None]
    if not known:
        return (_result("gpu.clock_events", "skip", "the driver does not say what holds clocks down", seen[-1]),)
    at_work = [gpu for gpu in known if IDLE not in (gpu.clock_events or ())]
    if len(at_work) < NEEDED:
        text = f"this GPU was at work in {len(at_work)} of {len(seen)} samples, {NEEDED} are needed"
        return (_result("gpu.clock_events", "skip", text, seen[-1]),)
    measured = _measure(at_work)
    return (*_judge_clocks(at_work, table, measured), *_judge_generation(at_work, table))


def _measure(at_work: list[Gpu]) -> dict[str, float | str]:
    heat = [gpu.temperature_celsius for gpu in at_work if gpu.temperature_celsius is not None]
    draw = [gpu.power.draw_watts for gpu in at_work if gpu.power and gpu.power.draw_watts is not None]
    clocks = [gpu.clocks.graphics_mhz for gpu in at_work if gpu.clocks and gpu.clocks.graphics_mhz is not None]
    measured: dict[str, float | str] = {"samples": len(at_work)}
    if heat:
        measured["max_temperature_c"] = max(heat)
    if draw:
        measured["max_power_w"] = max(draw)
    if clocks:
        measured["min_graphics_mhz"] = min(clocks)
    return measured


def _judge_clocks(at_work: list[Gpu], table: Health, measured: dict[str, float | str]) -> tuple[Result, ...]:
    counts = {row.name: sum(row.name in (gpu.clock_events or ()) for gpu in at_work) for row in table.clock_event}
    rows = [row for row in table.clock_event if row.severity != "info" and counts[row.name] >= NEEDED]
    results = tuple(_word_clock(row, counts[row.name], at_work, measured) for row in rows)
    if results:
        return results
    text = f"neither heat nor want of power held the clocks down{_word_peaks(measured)}"
    once = [row.name for row in table.clock_event if row.severity != "info" and counts[row.name]]
    text += f"; {', '.join(once)} seen once" if once else ""
    return (_result("gpu.clock_events", "pass", text, at_work[-1], measured),)


def _word_clock(row: ClockEvent, count: int, at_work: list[Gpu], measured: dict[str, float | str]) -> Result:
    status: ResultStatus = "fail" if row.severity == "fail" else "warn"
    text = f"{row.name} in {count} of {len(at_work)} samples: {row.meaning}{_word_peaks(measured)}"
    result = _result("gpu.clock_events", status, text, at_work[-1], measured)
    return msgspec.structs.replace(result, reason=row.name, action=row.action, remedy=row.remedy)


def _word_peaks(measured: dict[str, float | str]) -> str:
    heat, draw = measured.get("max_temperature_c"), measured.get("max_power_w")
    words = [f"{heat} °C" if heat is not None else "", f"{draw} W" if draw is not None else ""]
    told = ", ".join(filter(None, words))
    return f" (up to {told})" if told else ""


def _judge_generation(at_work: list[Gpu], table: Health) -> tuple[Result, ...]:
    """The fastest that the link was while the GPU worked, beside what card and slot can."""
    links = [gpu.link for gpu in at_work if gpu.link is not None and gpu.link.generation is not None]
    possible = [link.largest_generation for link in links if link.largest_generation is not None]
    gpu = at_work[-1]
    if gpu.integrated:
        return ()
    if not possible:
        return (_result("gpu.pcie_gen", "skip", "generation of PCI Express: no reading", gpu),)
    best = max(link.generation or 0 for link in links)
    measured: dict[str, float | str] = {"pcie_generation": best, "largest_pcie_generation": max(possible)}
    text = f"generation {best} of {max(possible)} under load"
    if best >= max(possible) or gpu.virtualization in _VIRTUAL:
        return (_result("gpu.pcie_gen", "pass", text, gpu, measured),)
    row = table.find_limit("pcie-generation")
    status: ResultStatus = "fail" if row.severity == "fail" else "warn"
    result = _result("gpu.pcie_gen", status, f"{text}: {row.meaning}", gpu, measured)
    return (msgspec.structs.replace(result, reason="pcie-slow", action=row.action, remedy=row.remedy),)


def _result(
    check: str, status: ResultStatus, detail: str, gpu: Gpu | None, measured: dict[str, float | str] | None = None
) -> Result:
    return Result(
        device=f"gpu {gpu.index}" if gpu is not None and gpu.index is not None else None,
        check=check,
        status=status,
        detail=detail,
        reason="no-reading" if status == "error" else "",
        group="gpu",
        measured=measured or {},
        about=(gpu.uuid or "") if gpu is not None else "",
    )


def _name(gpu: Gpu) -> str:
    return gpu.uuid or gpu.pci_address or f"{gpu.vendor} {gpu.index}"
