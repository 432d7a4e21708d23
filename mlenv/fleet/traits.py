"""What a machine is, in words and numbers that can be held against those of others."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Literal

import msgspec

from mlenv.fleet.document import Card, Computer, Outcome, Packages, Report

NumberKind = Literal["amount", "rate", "time"]
NO_GPU = "no GPU"
UNKNOWN_GPU = "GPU not known"
FRAMEWORK, PACKAGE = "framework:", "package:"
MODEL, MLENV, MATRIX = "gpu-model", "mlenv", "matrix"
FLEET_WIDE = (MODEL, MLENV, MATRIX)
"""Traits in which all machines are held against each other, and not only those with equal GPUs."""

LABELS = {
    MODEL: "GPU model",
    "gpu-count": "number of GPUs",
    "gpu-memory": "GPU memory",
    "memory": "memory",
    "ecc": "ECC",
    "mig": "MIG",
    "power-limit": "power limit",
    "link-width": "PCIe lanes",
    "driver": "NVIDIA driver",
    "vbios": "VBIOS",
    "gsp-firmware": "GSP firmware",
    "rocm": "ROCm",
    "amd-driver": "AMD driver",
    "intel-compute": "Intel compute runtime",
    "kernel": "kernel",
    "os": "operating system",
    "cpu": "processor",
    MLENV: "mlenv",
    MATRIX: "matrix data",
}
"""Id to words, in the order in which outliers are told."""

RATE_ENDINGS = ("_tflops", "_per_s")
TIME_ENDING = " seconds"
GIB = 2**30


class Number(msgspec.Struct, frozen=True):
    """A measured value; ``kind`` decides when it is odd."""

    kind: NumberKind
    value: float


def label(trait: str) -> str:
    """The words for a trait or a number, whose unit stands at its values."""
    for ending in ("_gb_per_s", "_tflops"):
        if trait.endswith(ending):
            return trait.removesuffix(ending).replace("_", " ") + " rate"
    return LABELS.get(trait, trait.removeprefix(FRAMEWORK).removeprefix(PACKAGE).replace("_", " "))


# ---------------------------------------------------------------- in words


def read_traits(report: Report, frameworks: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Trait and value, of what the report knows.

    ``frameworks`` are the names of frameworks and of their distributions, and the framework's id of each.
    A framework's version is that of a verification (``framework:torch``), and of a diagnosis that of the
    installed package (``package:torch``), which may lack the build.
    """
    if report.mlenv_version:
        yield MLENV, report.mlenv_version
    if report.matrix_version:
        yield MATRIX, report.matrix_version
    if report.machine is not None:
        yield from _read_system(report.machine)
        yield from _read_software(report.machine)
        yield from _read_cards(dedicated(report.machine.gpus or ()))
    yield from _read_frameworks(report, frameworks)


def _read_system(computer: Computer) -> Iterator[tuple[str, str]]:
    system = computer.os
    name = " ".join(filter(None, (system.distribution or system.family, system.version)))
    for trait, value in (("os", name), ("kernel", system.kernel), ("cpu", computer.cpu.model)):
        if value:
            yield trait, value


def _read_software(computer: Computer) -> Iterator[tuple[str, str]]:
    if computer.nvidia and computer.nvidia.driver:
        yield "driver", computer.nvidia.driver
    if computer.rocm and computer.rocm.version:
        yield "rocm", computer.rocm.version
    if computer.rocm and computer.rocm.driver:
        yield "amd-driver", computer.rocm.driver
    if computer.intel and computer.intel.compute_runtime:
        yield "intel-compute", computer.intel.compute_runtime


def _read_cards(cards: Sequence[Card]) -> Iterator[tuple[str, str]]:
    """What the GPUs of a machine have; several values where they differ among themselves."""
    if not cards:
        return
    yield "gpu-count", str(len(cards))
    columns: dict[str, list[str | None]] = {
        "vbios": [card.vbios for card in cards],
        "gsp-firmware": [card.gsp_firmware for card in cards],
        "ecc": [_word_switch(card.ecc.enabled if card.ecc else None) for card in cards],
        "mig": [_word_switch(card.mig) for card in cards],
        "power-limit": [_word_watts(card) for card in cards],
        "link-width": [f"x{card.link.width}" if card.link and card.link.width else None for card in cards],
    }
    for trait, values in columns.items():
        known = sorted({value for value in values if value})
        if known:
            yield trait, " and ".join(known)


def _word_switch(state: bool | None) -> str | None:
    return None if state is None else "on" if state else "off"


def _word_watts(card: Card) -> str | None:
    return f"{card.power.limit_watts:g} W" if card.power and card.power.limit_watts else None


def _read_frameworks(report: Report, frameworks: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for result in report.results:
        if result.group == "framework" and result.version and result.framework in frameworks:
            yield FRAMEWORK + result.framework, result.version
    if isinstance(report.environment, Packages):
        for package in report.environment.distributions:
            if package.name in frameworks and package.version:
                yield PACKAGE + frameworks[package.name], package.version


# ---------------------------------------------------------------- GPUs


def dedicated(cards: Collection[Card]) -> tuple[Card, ...]:
    """The cards of their own where there are any, else all."""
    return tuple(card for card in cards if not card.integrated) or tuple(cards)


def read_model(report: Report) -> str | None:
    """The models of the GPUs; of a verification those that its results name; None where nothing is known."""
    if report.machine is not None:
        if report.machine.gpus is None:
            return None
        cards = dedicated(report.machine.gpus)
        models = {card.name for card in cards if card.name} or {card.vendor for card in cards if card.vendor}
        return join_models(models) if cards else NO_GPU
    named = {str(result.measured["card"]) for result in report.results if result.measured.get("card")}
    return join_models(named) if named else None


def join_models(models: Collection[str | None]) -> str:
    """Names of models as one."""
    return " + ".join(sorted(filter(None, models))) or UNKNOWN_GPU


# ---------------------------------------------------------------- in numbers


def read_numbers(report: Report) -> Iterator[tuple[str, Number]]:
    """Amounts in GiB, rates by the unit in their name, times in seconds; of several GPUs the lowest counts."""
    if report.machine is not None:
        cards = dedicated(report.machine.gpus or ())
        sizes = [card.memory_bytes for card in cards if card.memory_bytes]
        if sizes:
            yield "gpu-memory", Number("amount", min(sizes) / GIB)
        if report.machine.memory.total_bytes:
            yield "memory", Number("amount", report.machine.memory.total_bytes / GIB)
    yield from _read_rates(report.results)
    yield from _read_times(report.results)


def _read_rates(results: Sequence[Outcome]) -> Iterator[tuple[str, Number]]:
    lowest: dict[str, float] = {}
    for result in results:
        for name, value in result.measured.items():
            if isinstance(value, (int, float)) and name.endswith(RATE_ENDINGS) and value > 0:
                key = f"{result.framework} {name}".strip()
                lowest[key] = min(value, lowest.get(key, value))
    return ((name, Number("rate", float(value))) for name, value in lowest.items())


def _read_times(results: Sequence[Outcome]) -> Iterator[tuple[str, Number]]:
    spent: dict[str, float] = {}
    for result in results:
        if result.group == "framework" and result.seconds > 0:
            spent[result.framework] = spent.get(result.framework, 0.0) + result.seconds
    return ((name + TIME_ENDING, Number("time", value)) for name, value in spent.items())
