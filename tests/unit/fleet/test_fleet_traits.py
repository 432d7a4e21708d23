"""What is read off a machine to be compared."""

from __future__ import annotations

from typing import Any

import pytest

from mlenv.fleet.traits import label, read_model, read_numbers, read_traits
from tests.unit.fleet.cases import FRAMEWORKS, doctor, gpus, read, result, verify

KNOWN = {**FRAMEWORKS, "tensorflow": "tensorflow"}


def traits(document: dict[str, Any]) -> dict[str, str]:
    return dict(read_traits(read(document), KNOWN))


def numbers(document: dict[str, Any]) -> dict[str, float]:
    return {name: number.value for name, number in read_numbers(read(document))}


def test_system_and_software() -> None:
    found = traits(
        doctor(
            os={"family": "linux", "distribution": "ubuntu", "version": "24.04", "kernel": "6.8.0"},
            nvidia={"driver": "580.95.05"},
            rocm={"version": "7.2", "driver": None},
        )
    )
    assert {"os": "ubuntu 24.04", "kernel": "6.8.0", "driver": "580.95.05", "rocm": "7.2"}.items() <= found.items()
    assert "amd-driver" not in found


def test_cards_of_one_machine_that_differ_show_both_values() -> None:
    cards = [*gpus(1, vbios="96.1"), *gpus(1, vbios="96.2")]
    found = traits(doctor(gpus=[*cards, {"vendor": "intel", "name": "UHD", "integrated": True}]))
    assert ("2", "96.1 and 96.2") == (found["gpu-count"], found["vbios"])


def test_frameworks_by_what_they_say_and_by_what_is_installed() -> None:
    assert "2.13.0" == traits(verify("ok", result()))["framework:torch"]
    found = traits(doctor(packages={"tensorflow-cpu": "2.21.0", "numpy": "2.4"}))
    assert {"package:tensorflow": "2.21.0"} == {key: found[key] for key in found if key.startswith("package:")}


@pytest.mark.parametrize(
    ("machine", "model"),
    [
        ({"gpus": gpus(2)}, "NVIDIA H100 80GB HBM3"),
        ({"gpus": [*gpus(1), *gpus(1, "NVIDIA A2"), {"vendor": "intel", "name": "UHD", "integrated": True}]},
         "NVIDIA A2 + NVIDIA H100 80GB HBM3"),
        ({"gpus": [{"vendor": "intel", "name": "UHD", "integrated": True}]}, "UHD"),
        ({"gpus": [*gpus(1), {"vendor": "nvidia", "name": None}]}, "NVIDIA H100 80GB HBM3"),
        ({"gpus": []}, "no GPU"),
        ({"gpus": None}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_the_model(machine: dict[str, Any], model: str | None) -> None:
    assert model == read_model(read(doctor(**machine)))


def test_a_verification_names_its_cards() -> None:
    assert "NVIDIA A2" == read_model(read(verify("ok", result(measured={"card": "NVIDIA A2"}))))


def test_the_slowest_card_counts() -> None:
    rates = [result(measured={"bf16_tflops": value, "norm": 0.1, "dtype": "bfloat16"}) for value in (700.0, 512, 690.0)]
    assert {"torch bf16_tflops": 512.0, "torch seconds": 3.0} == numbers(verify("ok", *rates))


def test_memory_is_in_gib() -> None:
    found = numbers(doctor(memory={"total_bytes": 64 * 2**30}, gpus=gpus(2, memory_bytes=80 * 2**30)))
    assert {"memory": 64.0, "gpu-memory": 80.0} == found


def test_words_for_people() -> None:
    traits = (
        "driver",
        "framework:torch",
        "package:torch",
        "torch memory_gb_per_s",
        "torch bf16_tflops",
        "torch seconds",
    )
    words = ["NVIDIA driver", "torch", "torch", "torch memory rate", "torch bf16 rate", "torch seconds"]
    assert words == [label(trait) for trait in traits]
