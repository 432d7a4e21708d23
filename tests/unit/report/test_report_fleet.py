"""A fleet as a document, as text, as Markdown, and in the forms of other programs."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import pytest

from mlenv.matrix.load import DataVersion
from mlenv.report.fleet import FleetDocument, find_status, make_document
from mlenv.report.fleet_forms import find_writers, summarise_machines
from mlenv.report.fleet_text import closing_line, render_text
from mlenv.report.style import ASCII_MARKS
from tests.unit.fleet.cases import doctor, finding, gather, gpus, result, unreachable, verify

BROKEN = finding("driver-broken", fix=[{"text": "Load the module", "command": "sudo modprobe nvidia"}])


def document(**machines: Any) -> FleetDocument:
    return make_document(gather(**machines), DataVersion(version="2026.11.23", digest="sha256:0"))


def text(fleet: FleetDocument, *, verbose: bool = False, width: int = 100) -> str:
    return render_text(fleet, width=width, colour=False, marks=ASCII_MARKS, verbose=verbose)


def sick(**more: Any) -> FleetDocument:
    """Two that are well, one that failed, one with a warning, one that is cut off."""
    return document(
        a=doctor(gpus=gpus(), nvidia={"driver": "580"}),
        b=doctor(gpus=gpus(), nvidia={"driver": "580"}),
        c=doctor("error", gpus=gpus(), nvidia={"driver": "535"}, findings=[BROKEN]),
        d=doctor("warning", gpus=gpus(), findings=[finding("ram-low", "warning")]),
        e=unreachable("e", "no route to host"),
        **more,
    )


@pytest.mark.parametrize(
    ("counts", "more", "status"),
    [
        ({"ok": 3}, {}, "ok"),
        ({"ok": 3, "warning": 1}, {}, "warning"),
        ({"ok": 3}, {"outliers": 1}, "warning"),
        ({"ok": 3, "unreachable": 1}, {}, "error"),
        ({"ok": 3, "error": 1, "unknown": 1}, {"unreadable": 1}, "error"),
        ({"ok": 3, "unknown": 1}, {}, "unknown"),
        ({"ok": 3}, {"unreadable": 1}, "unknown"),
        ({}, {}, "unknown"),
    ],
)
def test_the_verdict(counts: dict[str, int], more: dict[str, int], status: str) -> None:
    assert status == find_status(counts, **more)


def test_the_document() -> None:
    fleet = sick()
    assert ("mlenv.fleet/1", "error", 5, 5) == (fleet.schema, fleet.status, fleet.machines, fleet.reports)
    assert {"unreachable": 1, "error": 1, "unknown": 0, "warning": 1, "ok": 2} == fleet.counts
    assert ["driver-broken", "host-unreachable", "ram-low"] == [cause.id for cause in fleet.causes]
    assert ["e", "c", "d", "a", "b"] == [host.name for host in fleet.hosts]
    assert ("error", ("driver-broken",), ("NVIDIA driver",), "f-") == (
        fleet.hosts[1].status,
        fleet.hosts[1].causes,
        fleet.hosts[1].outliers,
        fleet.hosts[1].cells,
    )
    assert [("NVIDIA H100 80GB HBM3", 4)] == [(group.name, group.machines) for group in fleet.groups]


def test_machines_that_say_something_else_keep_their_words() -> None:
    """What one machine says is never told of another."""

    def low(name: str) -> dict[str, Any]:
        return doctor("warning", findings=[{**finding("ram-low", "warning"), "title": name}])

    cause = document(a=low("7 GiB"), b=low("8 GiB"), c=low("8 GiB")).causes[0]
    assert ("8 GiB", {"a": "7 GiB"}, ("a", "b", "c")) == (cause.title, cause.other_titles, cause.hosts)


def test_the_reason_of_each_unreachable_host_is_told() -> None:
    found = text(document(a=unreachable("a", "timed out"), b=unreachable("b", "no route")))
    assert "a: The host could not be reached: timed out" in found
    assert "b: The host could not be reached: no route" in found


def test_a_password_in_a_reason_is_masked() -> None:
    found = document(a=unreachable("a", "https://me:secret@proxy.example.org failed"))
    assert all("secret" not in write() for write in find_writers(found).values())
    assert "secret" not in text(found)


def test_the_text() -> None:
    lines = text(sick()).splitlines()
    assert "5 machines, 5 reports: 4 x NVIDIA H100 80GB HBM3" == lines[0]
    assert "[xx] 1 machine, driver-broken: Title of driver-broken" in lines
    assert "        sudo modprobe nvidia" in lines
    assert "  [!!] NVIDIA driver: 2 of 3 have 580" in lines
    assert "      535: c" in lines
    assert "[xx] c: failed (driver-broken)" in lines
    last = "5 machines: 1 could not be reached, 1 failed, 1 with warnings, 2 fine, 1 not like the others."
    assert last == lines[-1]


def test_a_long_list_is_cut_and_said_so() -> None:
    fleet = document(**{f"n{number:02d}": doctor("error", findings=[BROKEN]) for number in range(60)})
    found = text(fleet)
    assert "n07 and 52 more" in found
    assert "20 further machines; -v shows all" in found
    assert "further" not in text(fleet, verbose=True)


def test_no_report_at_all() -> None:
    assert ("unknown", "No report could be read.") == (document().status, closing_line(document()))


def test_foreign_words_are_cleaned() -> None:
    assert "\x1b" not in text(document(**{"a\x1b[31m": doctor("error", findings=[finding("x\x1b[2J")])}))


# ---------------------------------------------------------------- other forms


def test_junit_has_a_case_for_each_machine_and_failing_check() -> None:
    suites = ET.fromstring(find_writers(sick())["junit"]())
    cases = {
        (case.get("classname"), case.get("name")): [child.tag for child in case] for case in suites.iter("testcase")
    }
    assert ["failure"] == cases["fleet.driver-broken", "driver-broken c"]
    assert ["failure"] == cases["fleet.host-unreachable", "host-unreachable e"]
    assert [] == cases["fleet.machines", "machine a"]
    assert [] == cases["fleet.ram-low", "ram-low d"]
    assert 5 == len(cases)


def test_a_verdict_without_a_finding_is_no_pass() -> None:
    entries = summarise_machines(document(a=doctor("error"), b=doctor("unknown"))).entries
    assert [("a", "fail"), ("b", "error")] == [(entry.subject, entry.status) for entry in entries]


def test_annotations_are_by_cause() -> None:
    lines = find_writers(sick())["github"]().splitlines()
    assert 2 == sum(line.startswith("::error") for line in lines)
    assert 1 == sum(line.startswith("::warning") for line in lines)


def test_tap_and_prometheus_name_the_machines() -> None:
    writers = find_writers(sick())
    assert "not ok 3 - driver-broken: driver-broken c" in writers["tap"]().splitlines()
    assert "mlenv_fleet_status 2" in writers["prometheus"]().splitlines()


def test_markdown_is_escaped_and_below_the_limit() -> None:
    machines = {f"n|{number}": doctor("error", findings=[finding(f"<b>{number}")]) for number in range(3000)}
    found = find_writers(document(**machines))["markdown"]()
    assert len(found.encode()) < 1024 * 1024
    assert found.startswith("## mlenv fleet: 3,000 machines: 3,000 failed\n")
    assert "`n\\|0`" in found or "n\\|0" in found


def test_markdown_tells_causes_outliers_and_remedies() -> None:
    lines = find_writers(sick())["markdown"]().splitlines()
    assert "| failed | 1 machine | `driver-broken` | Title of driver-broken | c |" in lines
    assert "| NVIDIA H100 80GB HBM3 | NVIDIA driver: 2 of 3 have 580 | 535: c |" in lines
    assert "1. Load the module" in lines


def test_rates_stand_in_their_group() -> None:
    rates = {f"n{n}": verify("ok", result(measured={"bf16_tflops": 700.0 + n, "card": "NVIDIA A2"})) for n in range(3)}
    (group,) = document(**rates).groups
    row = next(row for row in group.measures if row.name == "torch bf16_tflops")
    assert ("NVIDIA A2", 701.0, 1.0, 700.0, 702.0) == (group.name, row.median, row.mad, row.lowest, row.highest)
