"""Measured rates against peaks, links and each other."""

from __future__ import annotations

import msgspec
import pytest

from mlenv.facts.gpu import Gpu, PcieLink, Power
from mlenv.facts.machine import Machine
from mlenv.facts.system import OperatingSystem
from mlenv.matrix.load import Matrix
from mlenv.matrix.product import find_gpu
from mlenv.verify.performance import judge_rates, lane_rate
from mlenv.verify.result import Result

GPUS = Matrix().gpus
H200 = "NVIDIA H200"


class Limit(msgspec.Struct, frozen=True):
    metric: str
    vendor: str
    fail_below: float
    warn_below: float


LIMITS = (
    Limit("bf16_tflops", "nvidia", 0.4, 0.6),
    Limit("bf16_tflops", "amd", 0.25, 0.4),
    Limit("memory_gb_per_s", "", 0.45, 0.65),
    Limit("host_to_device_gb_per_s", "", 0.45, 0.65),
    Limit("device_to_host_gb_per_s", "", 0.45, 0.65),
    Limit("spread", "", 0.9, 0.95),
)


def measured(device: str = "cuda:0", card: str = H200, about: str = "", **values: float | str) -> Result:
    return Result(
        framework="torch",
        version="2.13.0",
        device=device,
        check="matmul-rate",
        status="pass",
        seconds=1.0,
        detail="",
        measured={**values, **({"card": card} if card else {})},
        about=about,
    )


def machine(*gpus: Gpu) -> Machine:
    return Machine(os=OperatingSystem(family="linux"), gpus=gpus)


def card(number: int = 0, **more: object) -> Gpu:
    values = {"name": H200, "uuid": f"GPU-{number}", "pci_address": f"0000:0{number}:00.0", **more}
    return msgspec.convert({"vendor": "nvidia", **values}, Gpu)


def judge(result: Result, *gpus: Gpu) -> Result:
    (found,) = judge_rates((result,), machine(*gpus), GPUS, LIMITS)
    return found


@pytest.mark.parametrize(
    ("rate", "status", "limit"), [(780.0, "pass", None), (500.0, "warn", "warn"), (300.0, "warn", "fail")]
)
def test_a_product_against_the_public_peak(rate: float, status: str, limit: str | None) -> None:
    found = judge(measured(bf16_tflops=rate, dtype="bfloat16"))

    assert ("perf.bf16", status, "performance") == (found.check, found.status, found.group)
    assert limit == found.measured.get("limit")
    assert pytest.approx(rate / 989, rel=0.01) == found.measured["ratio"]


def test_amd_has_limits_of_its_own() -> None:
    result = measured("rocm:0", "AMD Instinct MI300X", bf16_tflops=600.0, dtype="bfloat16")

    assert "pass" == judge(result).status


def test_without_a_public_peak_nothing_is_judged() -> None:
    found = judge(measured(card="NVIDIA Whatever 9000", bf16_tflops=1.0))

    assert ("perf.bf16", "skip", "not-judged") == (found.check, found.status, found.reason)
    assert "no public peak known" in found.detail


def test_a_laptop_is_not_held_against_the_card_of_that_name() -> None:
    found = judge(
        measured(
            card="NVIDIA GeForce RTX 4090 Laptop GPU",
            memory_gb_per_s=500.0,
        )
    )

    assert 1008.0 != found.measured.get("peak")


def test_memory_against_the_bandwidth_of_the_product() -> None:
    found = judge(measured(memory_gb_per_s=4000.0))

    row = find_gpu(GPUS, H200)

    assert row is not None
    assert ("perf.membw", "pass", row.bandwidth_gbs) == (found.check, found.status, found.measured["peak"])


def test_copies_against_the_link_that_was_read() -> None:
    link = PcieLink(generation=1, largest_generation=5, width=8, largest_width=16)
    result = measured(about="GPU-1", host_to_device_gb_per_s=28.0, device_to_host_gb_per_s=10.0)
    found = judge_rates((result,), machine(card(0), card(1, link=msgspec.to_builtins(link))), GPUS, LIMITS)

    assert [("perf.h2d", "pass"), ("perf.d2h", "warn")] == [(row.check, row.status) for row in found]
    assert pytest.approx(31.51, abs=0.01) == found[0].measured["peak"]
    assert "PCIe 5.0 x8" in found[0].detail
    assert "8 of 16 lanes" in found[1].detail


def test_a_link_that_was_not_read() -> None:
    assert "skip" == judge(measured(host_to_device_gb_per_s=20.0), card()).status


@pytest.mark.parametrize(("generation", "rate"), [(1, 0.25), (3, 0.985), (4, 1.969), (5, 3.938), (6, 7.375), (9, None)])
def test_lanes(generation: int, rate: float | None) -> None:
    found = lane_rate(generation)

    assert rate == (None if found is None else round(found, 3))


def test_what_slows_the_card_stands_beside() -> None:
    power = msgspec.to_builtins(Power(limit_watts=350.0, default_limit_watts=700.0))
    gpu = card(power=power, clock_events=("gpu-idle", "sw-power-cap"), mig=True)
    found = judge(measured(about="GPU-0", bf16_tflops=400.0), gpu)

    assert "350 W of 700 W" in found.detail
    assert "(sw-power-cap)" in found.detail
    assert "MIG" in found.detail


def test_the_slowest_of_equal_gpus() -> None:
    rates = [measured(f"cuda:{i}", bf16_tflops=rate, dtype="bfloat16") for i, rate in enumerate((780.0, 640.0, 770.0))]
    (spread,) = [row for row in judge_rates(rates, machine(), GPUS, LIMITS) if row.check == "perf.spread"]

    assert ("cuda:1", "warn", "fail") == (spread.device, spread.status, spread.measured["limit"])
    assert "82% of cuda:0" in spread.detail


def test_different_cards_are_not_compared() -> None:
    rates = [measured("cuda:0", bf16_tflops=780.0), measured("cuda:1", "NVIDIA L4", bf16_tflops=80.0)]

    assert not [row for row in judge_rates(rates, machine(), GPUS, LIMITS) if row.check == "perf.spread"]


def test_the_processor_and_what_failed_are_not_judged() -> None:
    failed = msgspec.structs.replace(measured(bf16_tflops=700.0), status="fail")

    assert () == judge_rates((measured("cpu", "", bf16_tflops=0.1), failed), machine(), GPUS, LIMITS)
