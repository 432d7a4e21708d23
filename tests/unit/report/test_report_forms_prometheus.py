"""The textfile for the node exporter: what its parser reads, no series twice, no timestamps."""

from __future__ import annotations

import math

import pytest
from prometheus_client.parser import text_string_to_metric_families

from mlenv.report.forms.prometheus import render_prometheus
from mlenv.report.summary import Summary
from tests.unit.report.forms_cases import HEALTHY, MIXED, NOTHING, make_entry, make_summary

Key = tuple[str, tuple[tuple[str, str], ...]]


def read(summary: Summary) -> dict[Key, float]:
    """Value by name and labels, as the parser of Prometheus' client reads them; each series stands once."""
    found: dict[Key, float] = {}
    for family in text_string_to_metric_families(render_prometheus(summary)):
        assert family.type == "gauge"
        assert family.documentation
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert key not in found
            assert sample.timestamp is None
            found[key] = sample.value
    return found


def samples(summary: Summary, name: str) -> list[tuple[dict[str, str], float]]:
    """Labels and values of a metric."""
    return [(dict(labels), value) for (metric, labels), value in read(summary).items() if metric == name]


def values(summary: Summary, name: str) -> list[float]:
    return [value for _, value in samples(summary, name)]


def by_label(summary: Summary, name: str, label: str) -> dict[str, float]:
    return {labels[label]: value for labels, value in samples(summary, name)}


def by_check(summary: Summary) -> dict[str, float]:
    return by_label(summary, "mlenv_check_status", "check")


def test_states_of_checks() -> None:
    expected = {"pass-check": 0, "info-check": 0, "warn-check": 1, "fail-check": 2, "error-check": 3}
    assert expected == by_check(MIXED)


@pytest.mark.parametrize(("status", "value"), [("ok", 0), ("warning", 1), ("error", 2), ("unknown", 3)])
def test_the_verdict(status: str, value: int) -> None:
    assert [value] == values(make_summary(status=status), "mlenv_verify_status")


def test_nothing_checked_is_not_well() -> None:
    assert ([3], {"verdict": 3}) == (values(NOTHING, "mlenv_verify_status"), by_check(NOTHING))
    assert [0] == values(HEALTHY, "mlenv_verify_status")


def test_counts_by_status() -> None:
    counts = by_label(MIXED, "mlenv_checks", "status")
    assert dict.fromkeys(("pass", "info", "warn", "fail", "error", "skip"), 2) == counts


def test_what_was_measured() -> None:
    rates = {"bf16_tflops": 812.5, "dtype": "bfloat16", "lost": math.nan, "wide": math.inf, "low": -math.inf}
    measured = by_label(make_summary(make_entry(measured=rates)), "mlenv_check_measured", "name")
    assert {"bf16_tflops", "lost", "wide", "low"} == set(measured)
    assert (812.5, math.inf, -math.inf) == (measured["bf16_tflops"], measured["wide"], measured["low"])
    assert math.isnan(measured["lost"])


def test_equal_checks_get_a_number() -> None:
    rows = samples(make_summary(*[make_entry()] * 3), "mlenv_check_status")
    assert [None, "2", "3"] == [labels.get("number") for labels, _ in rows]


def test_versions() -> None:
    ((_, labels),) = (key for key in read(MIXED) if key[0] == "mlenv_info")
    assert ("1.2.3", "2026.11.23") == (dict(labels)["mlenv_version"], dict(labels)["matrix_version"])


def test_labels_come_back_as_they_were() -> None:
    found = read(make_summary(make_entry(subject='C:\\new "x"', device="")))
    assert 'C:\\new "x"' in {dict(labels).get("subject") for _, labels in found}
