"""GPUs are looked at beside a load: nothing hangs, nothing is raised, and two samples are needed to blame."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from mlenv.facts.gpu import Clocks, Gpu, PcieLink, Power
from mlenv.matrix.load import Matrix
from mlenv.verify.result import Result
from mlenv.verify.sampling import Sample, Sampler, judge_samples

TABLE = Matrix().health
WORKING = Gpu(
    vendor="nvidia",
    index=0,
    uuid="GPU-0",
    clock_events=("sw-power-cap",),
    temperature_celsius=71,
    power=Power(draw_watts=690.5),
    clocks=Clocks(graphics_mhz=1755),
    link=PcieLink(generation=5, largest_generation=5),
    virtualization="none",
)
IDLE = replace(WORKING, clock_events=("gpu-idle",), temperature_celsius=35)


class Pace:
    """Waits that end at once, and say when so many looks were taken."""

    def __init__(self, rounds: int) -> None:
        self.rounds = rounds
        self.done = threading.Event()
        self._count = itertools.count(1)

    def __call__(self, stop: threading.Event, seconds: float) -> None:
        if next(self._count) >= self.rounds:
            self.done.set()
            stop.wait()


def sample(read: Callable[[], tuple[Gpu, ...]], rounds: int = 3, deadline: float = 30.0) -> Sampler:
    pace = Pace(rounds)
    with Sampler(read, interval=0.0, deadline=deadline, pause=pace) as sampler:
        assert pace.done.wait(30)
    return sampler


def test_samples_are_taken_while_the_load_runs() -> None:
    ticks = itertools.count()
    pace = Pace(3)
    with Sampler(lambda: (WORKING,), pause=pace, clock=lambda: float(next(ticks))) as sampler:
        assert pace.done.wait(30)
    assert [row.seconds for row in sampler.samples] == [1.0, 2.0, 3.0]
    assert {row.gpus for row in sampler.samples} == {(WORKING,)}
    assert sampler.trouble == ""


def test_what_the_driver_raises_ends_nothing() -> None:
    def read() -> tuple[Gpu, ...]:
        raise RuntimeError("GPU is lost")

    sampler = sample(read)
    assert (sampler.samples, sampler.trouble) == ((), "RuntimeError: GPU is lost")
    (result,) = judge_samples(sampler.samples, TABLE, sampler.trouble)
    assert (result.status, "GPU is lost" in result.detail) == ("error", True)


def test_a_look_that_hangs_is_left_behind_and_what_it_brings_is_dropped() -> None:
    release, entered = threading.Event(), []

    def read() -> tuple[Gpu, ...]:
        entered.append(1)
        release.wait()
        return (WORKING,)

    sampler = sample(read, deadline=0.01)
    assert "took longer than 0.01 s" in sampler.trouble
    assert len(entered) == 1
    release.set()
    for thread in threading.enumerate():
        if thread.name == "mlenv-sample":
            thread.join(30)
    assert sampler.samples == ()


def test_an_exception_of_the_load_is_its_own() -> None:
    with pytest.raises(ValueError, match="load"), Sampler(lambda: (WORKING,), interval=0.0):
        raise ValueError("load")


# ---------------------------------------------------------------- judging


def judged(*gpus: Gpu) -> list[Result]:
    samples = [Sample(seconds=float(place), gpus=(gpu,)) for place, gpu in enumerate(gpus)]
    return list(judge_samples(samples, TABLE))


def clocks(*gpus: Gpu) -> Result:
    return next(result for result in judged(*gpus) if result.check == "gpu.clock_events")


def held(*names: str) -> Gpu:
    return replace(WORKING, clock_events=names)


def test_a_gpu_that_worked_well() -> None:
    results = judged(IDLE, WORKING, replace(WORKING, temperature_celsius=74), IDLE)
    assert [(row.check, row.status, row.about) for row in results] == [
        ("gpu.clock_events", "pass", "GPU-0"),
        ("gpu.pcie_gen", "pass", "GPU-0"),
    ]
    assert results[0].measured == {
        "samples": 2,
        "max_temperature_c": 74,
        "max_power_w": 690.5,
        "min_graphics_mhz": 1755,
    }


@pytest.mark.parametrize(
    ("names", "status", "action"),
    [
        (("hw-thermal-slowdown",), "fail", "check_cooling"),
        (("hw-power-brake-slowdown",), "fail", "check_power"),
        (("sw-thermal-slowdown",), "warn", "check_cooling"),
        (("sw-power-cap", "sync-boost"), "pass", ""),
    ],
)
def test_two_samples_blame(names: tuple[str, ...], status: str, action: str) -> None:
    result = clocks(held(*names), WORKING, held(*names))
    assert (result.status, result.action) == (status, action)


def test_one_sample_is_told_and_does_not_blame() -> None:
    result = clocks(WORKING, held("hw-slowdown"), WORKING)
    assert (result.status, "hw-slowdown seen once" in result.detail) == ("pass", True)


def test_reasons_that_stand_together_are_told_each() -> None:
    both = held("hw-slowdown", "hw-thermal-slowdown")
    reasons = [row.reason for row in judged(both, both) if row.status == "fail"]
    assert reasons == ["hw-slowdown", "hw-thermal-slowdown"]


@pytest.mark.parametrize(
    "gpus",
    [(IDLE, IDLE, IDLE), (IDLE, WORKING), (replace(WORKING, clock_events=None),) * 3],
)
def test_a_gpu_that_was_not_seen_at_work_is_not_judged(gpus: tuple[Gpu, ...]) -> None:
    assert [row.status for row in judged(*gpus)] == ["skip"]


def test_no_sample_is_no_pass() -> None:
    assert [row.status for row in judge_samples((), TABLE)] == ["skip"]


def test_the_link_is_judged_by_its_fastest_sample() -> None:
    slow = replace(WORKING, link=PcieLink(generation=3, largest_generation=5))
    states = [[row.status for row in judged(*gpus)][-1] for gpus in ((slow, WORKING), (slow, slow))]
    assert states == ["pass", "warn"]
    lent = replace(slow, virtualization="pass-through")
    assert [row.status for row in judged(lent, lent)] == ["pass", "pass"]


def test_each_gpu_is_judged_by_itself() -> None:
    hot = replace(held("hw-thermal-slowdown"), index=1, uuid="GPU-1")
    samples = [Sample(seconds=0.0, gpus=(WORKING, hot)), Sample(seconds=1.0, gpus=(WORKING, hot))]
    found = {row.about: row.status for row in judge_samples(samples, TABLE) if row.check == "gpu.clock_events"}
    assert found == {"GPU-0": "pass", "GPU-1": "fail"}
