"""What ``dcgmi diag -j`` says: NVIDIA's own diagnosis of a GPU.

There is no stable schema.  Seen: DCGM 3 has ``"DCGM GPU Diagnostic"`` with ``gpu_ids`` and warnings
as texts or objects; DCGM 4 has ``"DCGM Diagnostic"`` with ``entity_group``, ``entity_id`` and a
``test_summary``; both may print text before the object, and null between tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from mlenv.facts.fact import Fact
from mlenv.formats.json_text import as_list, as_object, find_json

Outcome = Literal["pass", "warn", "fail", "skip"]
Severity = Literal["none", "monitor", "isolate", "unknown", "triage", "config", "reset"]

# dcgmErrorSeverity_t of DCGM 4.5.3 and of the earlier headers; the numbers are no order.
SEVERITIES: tuple[Severity, ...] = ("none", "monitor", "isolate", "unknown", "triage", "config", "reset")
_OUTCOMES: dict[str, Outcome] = {
    "pass": "pass",
    "warn": "warn",
    "warning": "warn",
    "fail": "fail",
    "failed": "fail",
    "skip": "skip",
    "skipped": "skip",
    "not run": "skip",
}


class DcgmWarning(Fact, frozen=True, kw_only=True):
    """One complaint; ``severity`` is None where this DCGM does not state any that is known."""

    text: str
    severity: Severity | None = None


class DcgmResult(Fact, frozen=True, kw_only=True):
    """How one test went on one device (``gpu 0``), or on all where it names none.

    ``outcome`` is None for a word that is not known, ``word`` that word.
    """

    category: str
    test: str
    device: str = ""
    outcome: Outcome | None
    word: str
    warnings: tuple[DcgmWarning, ...] = ()
    info: tuple[str, ...] = ()


class DcgmDiagnosis(Fact, frozen=True, kw_only=True):
    """A whole run; ``error`` says why there was none, in DCGM's words."""

    version: str | None = None
    driver: str | None = None
    error: str = ""
    results: tuple[DcgmResult, ...] = ()


# Successfully ran diagnostic for group.
# {"DCGM Diagnostic": {"test_categories": [{"category": "Hardware", "tests": [{"name": "memory", "results":
#   [{"entity_group": "GPU", "entity_group_id": 1, "entity_id": 0, "status": "Fail", "warnings":
#     [{"error_category": 10, "error_id": 4, "error_severity": 2, "warning": "..."}]}],
#   "test_summary": {"status": "Fail"}}]}]}, "metadata": {"version": "4.2.3", "Driver Version Detected": "580.82.09"}}
def parse_dcgm_diag(text: str) -> DcgmDiagnosis | None:
    """A diagnosis, None where the text holds none."""
    document = as_object(find_json(text))
    body = as_object(document.get("DCGM Diagnostic") or document.get("DCGM GPU Diagnostic"))
    if not body:
        return None
    metadata = as_object(document.get("metadata"))
    return DcgmDiagnosis(
        version=_text(metadata.get("version") or body.get("version")) or None,
        driver=_text(metadata.get("Driver Version Detected") or body.get("Driver Version Detected")) or None,
        error=_text(body.get("runtime_error")),
        results=tuple(_read_categories(body)),
    )


def _read_categories(body: dict[str, Any]) -> Iterator[DcgmResult]:
    for category in map(as_object, as_list(body.get("test_categories"))):
        for test in map(as_object, as_list(category.get("tests"))):
            name = _text(test.get("name"))
            if name:
                yield from _read_test(_text(category.get("category")), name, test)


def _read_test(category: str, name: str, test: dict[str, Any]) -> Iterator[DcgmResult]:
    """The results for each device; the summary only where it has something that they have not."""
    found = [_read_result(category, name, result) for result in map(as_object, as_list(test.get("results"))) if result]
    yield from found
    summary = as_object(test.get("test_summary"))
    if not summary:
        return
    whole = _read_result(category, name, summary)
    if not found or whole.warnings or whole.outcome not in {result.outcome for result in found}:
        yield whole


def _read_result(category: str, test: str, result: dict[str, Any]) -> DcgmResult:
    word = _text(result.get("status"))
    return DcgmResult(
        category=category,
        test=test,
        device=_name_device(result),
        outcome=_OUTCOMES.get(word.lower()),
        word=word,
        warnings=tuple(_read_warnings(result.get("warnings"))),
        info=tuple(_text(line) for line in _listed(result.get("info")) if _text(line)),
    )


def _name_device(result: dict[str, Any]) -> str:
    """``gpu 0``; DCGM 3 names several as ``"0,1"``."""
    if "entity_id" in result:
        return f"{_text(result.get('entity_group')) or 'entity'} {_text(result['entity_id'])}".lower()
    gpus = _text(result.get("gpu_ids"))
    return f"gpu {gpus}" if gpus else ""


def _read_warnings(value: object) -> Iterator[DcgmWarning]:
    for item in _listed(value):
        fields = as_object(item)
        text = _text(fields.get("warning") if fields else item)
        if text:
            yield DcgmWarning(text=text, severity=_read_severity(fields.get("error_severity")))


def _read_severity(value: object) -> Severity | None:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    number = int(value) if str(value).isascii() and str(value).isdigit() and len(str(value)) < 4 else -1
    return SEVERITIES[number] if 0 <= number < len(SEVERITIES) else None


def _listed(value: object) -> list[Any]:
    """A list as it is, a text alone as a list of one."""
    return [value] if isinstance(value, str) else as_list(value)


def _text(value: object) -> str:
    """A text or whole number on one line; empty for everything else."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return ""
    return " ".join(str(value).split())
