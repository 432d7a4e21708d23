"""The report as a textfile for Prometheus' node exporter.

No series has a timestamp: the exporter refuses them and tells the age of the file itself.  Equal series
would make it refuse the whole file, so what has the same labels gets a number.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping

from mlenv.report.forms.words import one_line, with_verdict
from mlenv.report.summary import ORDER, Entry, EntryStatus, Summary

VERDICTS = {"ok": 0, "warning": 1, "error": 2, "unknown": 3}
LEVELS: dict[EntryStatus, int] = {"pass": 0, "info": 0, "warn": 1, "fail": 2, "error": 3}
Labels = Mapping[str, str]
Sample = tuple[Labels, float]


def render_prometheus(summary: Summary) -> str:
    """The families of metrics with their samples."""
    whole = with_verdict(summary)
    kind = whole.kind
    labelled = list(zip(whole.entries, _label(whole), strict=True))
    info = {"kind": kind, "mlenv_version": whole.mlenv_version, "matrix_version": whole.matrix_version}
    verdict = f"Verdict of mlenv {kind}: 0 ok, 1 warning, 2 error, 3 unknown."
    state = "State of a check: 0 good, 1 warning, 2 failed, 3 could not run; one that was skipped has no sample."
    counts: list[Sample] = [({"kind": kind, "status": status}, whole.count(status)) for status in ORDER]
    states: list[Sample] = [(labels, LEVELS[row.status]) for row, labels in labelled if row.status in LEVELS]
    seconds: list[Sample] = [(labels, row.seconds) for row, labels in labelled if row.seconds]
    families = (
        _family("mlenv_info", "What wrote this file.", [({**info, "about": whole.about}, 1)]),
        _family(f"mlenv_{kind}_status", verdict, [({}, VERDICTS.get(whole.status, VERDICTS["unknown"]))]),
        _family("mlenv_checks", "Checks by their status.", counts),
        _family("mlenv_check_status", state, states),
        _family("mlenv_check_seconds", "Seconds that a check took.", seconds),
        _family("mlenv_check_measured", "What a check measured; the name holds the unit.", _measured(labelled)),
    )
    return "".join(f"{line}\n" for family in families for line in family)


def _label(summary: Summary) -> Iterator[Labels]:
    """The labels of each entry; no two entries have the same."""
    known: dict[tuple[str, ...], int] = {}
    for entry in summary.entries:
        labels = {
            "kind": summary.kind,
            "group": one_line(entry.group),
            "check": one_line(entry.id),
            "subject": one_line(entry.subject),
            "device": one_line(entry.device),
        }
        key = tuple(labels.values())
        known[key] = known.get(key, 0) + 1
        yield labels if known[key] == 1 else {**labels, "number": str(known[key])}


def _measured(labelled: Iterable[tuple[Entry, Labels]]) -> list[Sample]:
    """What is a number among what was measured; names that a cleaned label makes equal are told once."""
    return [
        ({**labels, "name": name}, value)
        for entry, labels in labelled
        for name, value in {one_line(name): value for name, value in entry.measured.items()}.items()
        if not isinstance(value, str)
    ]


def _family(name: str, text: str, samples: list[Sample]) -> Iterator[str]:
    if samples:
        yield from (f"# HELP {name} {text}", f"# TYPE {name} gauge")
    for labels, value in samples:
        pairs = ",".join(f'{key}="{_escape(one_line(label))}"' for key, label in labels.items())
        yield f"{name}{f'{{{pairs}}}' if pairs else ''} {_number(value)}"


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return repr(value)
