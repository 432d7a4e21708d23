"""Who is not like the others, and who is though it looks odd."""

from __future__ import annotations

from typing import Any

import pytest

from mlenv.fleet.majority import Outlier
from mlenv.report.fleet import compare
from tests.unit.fleet.cases import doctor, gather, gpus, result, verify


def outliers(**machines: Any) -> dict[str, Outlier]:
    found = compare(gather(**machines).hosts)[1]
    assert len({outlier.trait for outlier in found}) == len(found)
    return {outlier.trait: outlier for outlier in found}


def odd(outlier: Outlier) -> list[tuple[str, str]]:
    return [(row.host, row.value) for row in outlier.odd]


def with_driver(driver: str, **more: Any) -> dict[str, Any]:
    return doctor(gpus=gpus(), nvidia={"driver": driver}, **more)


def test_one_driver_against_the_majority() -> None:
    found = outliers(a=with_driver("580"), b=with_driver("580"), c=with_driver("535"))
    assert ["driver"] == list(found)
    row = found["driver"]
    assert ("580", 2, 3, "NVIDIA H100 80GB HBM3") == (row.expected, row.alike, row.known, row.group)
    assert [("c", "535")] == odd(row)


def test_without_a_majority_nobody_is_odd() -> None:
    assert {} == outliers(a=with_driver("580"), b=with_driver("535"))
    assert {} == outliers(a=with_driver("580"), b=with_driver("580"), c=with_driver("535"), d=with_driver("535"))


def test_what_is_not_known_is_not_odd() -> None:
    assert {} == outliers(a=with_driver("580"), b=with_driver("580"), c=with_driver("580"), d=doctor(gpus=gpus()))


def test_a_mixed_fleet_is_not_all_outliers() -> None:
    """Other cards have other drivers and firmware; only the model itself is told, once."""
    other: dict[str, Any] = {"gpus": gpus(1, "Tesla T4", vbios="90.04"), "nvidia": {"driver": "550"}}
    h100: dict[str, Any] = {"gpus": gpus(8, vbios="96.00"), "nvidia": {"driver": "580"}}
    fleet = {f"h{n}": doctor(**h100) for n in range(5)} | {f"t{n}": doctor(**other) for n in range(3)}
    found = outliers(**fleet)
    assert ["gpu-model"] == list(found)
    assert ("", [("t0", "Tesla T4"), ("t1", "Tesla T4"), ("t2", "Tesla T4")]) == (
        found["gpu-model"].group,
        odd(found["gpu-model"]),
    )


def test_a_gpu_that_fell_off_and_one_that_lost_them_all() -> None:
    fleet = {f"n{n}": doctor(gpus=gpus()) for n in range(5)}
    found = outliers(**fleet, seven=doctor(gpus=gpus(7)), none=doctor(gpus=[]))
    assert [("seven", "7")] == odd(found["gpu-count"])
    assert [("none", "no GPU")] == odd(found["gpu-model"])


def test_firmware_switches_and_links() -> None:
    good = gpus(2, vbios="96.1", ecc={"enabled": True}, link={"width": 16}, power={"limit_watts": 700.0}, mig=False)
    bad = gpus(2, vbios="96.0", ecc={"enabled": False}, link={"width": 8}, power={"limit_watts": 500.0}, mig=True)
    found = outliers(a=doctor(gpus=good), b=doctor(gpus=good), c=doctor(gpus=bad))
    assert {
        "vbios": [("c", "96.0")],
        "ecc": [("c", "off")],
        "link-width": [("c", "x8")],
        "power-limit": [("c", "500 W")],
        "mig": [("c", "on")],
    } == {trait: odd(row) for trait, row in found.items()}


def test_versions_of_mlenv_and_frameworks() -> None:
    old = {**verify("ok", result(version="2.12.0")), "mlenv_version": "0.9"}
    new = {**verify("ok", result()), "mlenv_version": "1.0"}
    found = outliers(a=[doctor(), new], b=[doctor(), new], c=[{**doctor(), "mlenv_version": "0.9"}, old])
    assert [("c", "2.12.0")] == odd(found["framework:torch"])
    assert [("c", "0.9")] == odd(found["mlenv"])


def test_an_installed_version_is_not_held_against_a_running_one() -> None:
    """A framework says ``2.13.0+cu130`` where its package says ``2.13.0``."""
    files, runs = doctor(packages={"torch": "2.13.0"}), verify("ok", result(version="2.13.0+cu130"))
    assert {} == outliers(a=[files, runs], b=[files, runs], c=[files, runs], d=files, e=files)


# ---------------------------------------------------------------- numbers


def fast(value: float) -> list[dict[str, Any]]:
    return [doctor(gpus=gpus()), verify("ok", result(measured={"bf16_tflops": value}))]


def test_a_slow_machine() -> None:
    found = outliers(a=fast(700), b=fast(705), c=fast(698), d=fast(702), e=fast(560))
    row = found["torch bf16_tflops"]
    assert ([("e", "560 TFLOP/s")], "700 TFLOP/s") == (odd(row), row.expected)
    assert -0.2 == row.odd[0].deviation


@pytest.mark.parametrize("values", [(700, 702, 698, 640), (700, 700, 700, 631), (400, 500, 600, 700, 800)])
def test_within_a_tenth_or_where_all_differ_nobody_is_odd(values: tuple[float, ...]) -> None:
    assert {} == outliers(**{f"n{number}": fast(value) for number, value in enumerate(values)})


def test_half_of_the_fleet_far_away_does_not_move_the_median() -> None:
    fleet = {f"n{number}": fast(700 + number) for number in range(6)} | {f"z{number}": fast(70) for number in range(5)}
    assert [f"z{number}" for number in range(5)] == [host for host, _ in odd(outliers(**fleet)["torch bf16_tflops"])]


def test_a_missing_module_of_memory() -> None:
    sizes = {"a": 1007, "b": 1008, "c": 1007, "d": 944}
    machines = {name: doctor(memory={"total_bytes": size * 2**30}) for name, size in sizes.items()}
    assert [("d", "944 GiB")] == odd(outliers(**machines)["memory"])


@pytest.mark.parametrize(("seconds", "slow"), [(30.0, True), (19.0, False), (2.0, False)])
def test_a_time_is_odd_where_it_is_more_than_double(seconds: float, slow: bool) -> None:
    machines = {name: verify("ok", result(seconds=10.0)) for name in "abc"}
    assert slow is ("torch seconds" in outliers(**machines, d=verify("ok", result(seconds=seconds))))


def test_short_times_vary() -> None:
    machines = {name: verify("ok", result(seconds=0.5)) for name in "abc"}
    assert {} == outliers(**machines, d=verify("ok", result(seconds=2.5)))
