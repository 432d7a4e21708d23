"""How far versions are apart, and what another build means."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from mlenv.facts.drivers import Nvidia
from mlenv.facts.machine import Machine
from mlenv.matrix.load import Matrix
from mlenv.report.environments.variants import judge_build, read_variant
from mlenv.report.environments.versions import Distance, is_prerelease, measure, split_label
from tests.unit.report.environment_cases import MACHINE

DRIVERS = Matrix().drivers


@pytest.mark.parametrize(
    ("before", "after", "step", "kind"),
    [
        ("1.9.2", "2.0.0", "major", "upgraded"),
        ("2.7.1", "2.8.0", "minor", "upgraded"),
        ("2.8.0", "2.7.1", "minor", "downgraded"),
        ("2.7.0", "2.7.1", "patch", "upgraded"),
        ("2.7.0", "2.7.0.1", "patch", "upgraded"),
        ("0.4.30", "0.5.0", "major", "upgraded"),
        ("0.4.30", "0.4.31", "patch", "upgraded"),
        ("2026.1", "1!1.0", "major", "upgraded"),
        ("2.7.0rc1", "2.7.0", "pre-release", "upgraded"),
        ("2.7.0", "2.7.0.dev3", "pre-release", "downgraded"),
        ("2.7.0", "2.7.0.post1", "patch", "upgraded"),
        ("1.10.0", "1.9.0", "minor", "downgraded"),
        ("1.0", "1.0.0", "none", "changed"),
        ("2.7.0+cu126", "2.7.0+cu130", "none", "changed"),
        # No versions of PEP 440: OpenSSL's, and a text without a number.
        ("1.1.1t", "1.1.1w", "unordered", "changed"),
        ("1.1.1w", "3.0.2", "major", "upgraded"),
        ("", "1.0", "unordered", "changed"),
        ("", "", "none", "changed"),
    ],
)
def test_measure(before: str, after: str, step: str, kind: str) -> None:
    assert Distance(step, kind) == measure(before, after)  # type: ignore[arg-type]


def test_labels_and_prereleases() -> None:
    assert ("2.7.0", "cu126") == split_label("2.7.0+cu126")
    assert ("2.7.0", "") == split_label("2.7.0")
    assert [True, True, False, False] == [is_prerelease(text) for text in ("1.0rc1", "1.0.dev0", "1.0.post1", "1w")]


@pytest.mark.parametrize(
    ("label", "variant"),
    [
        ("cu126", ("cuda", "12.6")),
        ("cu92", ("cuda", "9.2")),
        ("cu13", ("cuda", "13")),
        ("rocm7.2", ("rocm", "7.2")),
        ("cpu", ("cpu", "")),
        ("xpu", ("xpu", "")),
        ("computecanada", ("", "")),
        ("", ("", "")),
    ],
)
def test_read_variant(label: str, variant: tuple[str, str]) -> None:
    assert variant == read_variant(label)


def with_driver(driver: str | None, cuda: str | None = None) -> Machine:
    return replace(MACHINE, nvidia=Nvidia(driver=driver, cuda=cuda))


@pytest.mark.parametrize(
    ("before", "after", "machine", "risk", "word"),
    [
        ("cu126", "cpu", with_driver("580.95.05"), "high", "another device"),
        ("cpu", "rocm7.2", with_driver(None), "high", "GPU of AMD"),
        ("cu126", "cu130", with_driver("560.35.03"), "high", "driver 560.35.03 does not run CUDA 13.0"),
        ("cu126", "cu130", with_driver("580.95.05", "13.0"), "medium", "driver 580.95.05 runs it"),
        ("cu126", "cu130", with_driver(None), "medium", "not known"),
        ("cu126", "cu129", with_driver("560.35.03", "12.6"), "medium", "PTX"),
        ("cu129", "cu126", with_driver("560.35.03", "12.6"), "low", "same major"),
        ("cu126", "cu128", with_driver("580.95.05", "13.0"), "low", "same major"),
        ("rocm6.4", "rocm7.2", with_driver(None), "medium", "another major"),
        ("rocm7.1", "rocm7.2", with_driver(None), "low", "same major"),
        ("cu126", "ours1", with_driver(None), "medium", "another way"),
    ],
)
def test_another_build(before: str, after: str, machine: Machine, risk: str, word: str) -> None:
    verdict = judge_build(before, after, machine, DRIVERS)
    assert risk == verdict.risk
    assert word in verdict.reason


def test_the_driver_itself_tells_where_no_row_does() -> None:
    assert "high" == judge_build("cu126", "cu130", with_driver("560.35.03", "12.6"), None).risk
    assert "medium" == judge_build("cu126", "cu130", with_driver("560.35.03"), None).risk
