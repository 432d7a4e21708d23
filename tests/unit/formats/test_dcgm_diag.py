"""``dcgmi diag -j`` of DCGM 3 and 4."""

from __future__ import annotations

import json

import pytest

from mlenv.formats.dcgm_diag import DcgmDiagnosis, DcgmResult, DcgmWarning, parse_dcgm_diag

DCGM_3 = """\
WARNING: something that is not JSON
{
  "DCGM GPU Diagnostic" : {
    "test_categories" : [
      {"category" : "Deployment", "tests" : [
        {"name" : "Denylist", "results" : [{"gpu_ids" : "0,1", "status" : "PASS"}]},
        null,
        {"name" : "Persistence Mode", "results" : [{"gpu_ids" : "0", "status" : "WARN", "warnings" : ["it is off"]}]}
      ]},
      {"category" : "Hardware", "tests" : [
        {"name" : "GPU Memory", "results" : [{"gpu_ids" : 1, "status" : "FAIL", "info": "note",
          "warnings" : [{"warning": "a page", "error_id": 4, "error_severity": 2}]}]}
      ]}
    ],
    "version" : "3.1.0"
  }
}
"""

DCGM_4 = json.dumps(
    {
        "DCGM Diagnostic": {
            "test_categories": [
                {
                    "category": "Deployment",
                    "tests": [
                        {
                            "name": "software",
                            "results": [
                                {
                                    "entity_group": "GPU",
                                    "entity_group_id": 1,
                                    "entity_id": 0,
                                    "status": "Fail",
                                    "warnings": [
                                        {
                                            "error_category": 8,
                                            "error_id": 29,
                                            "error_severity": 5,
                                            "warning": "Persistence mode for GPU 0 is disabled",
                                        }
                                    ],
                                }
                            ],
                            "test_summary": {"status": "Fail"},
                        },
                        {"name": "memory", "results": [], "test_summary": {"status": "Skip"}},
                    ],
                }
            ]
        },
        "metadata": {"version": "4.2.3", "Driver Version Detected": "580.82.09"},
    }
)


def test_dcgm_3() -> None:
    assert DcgmDiagnosis(
        version="3.1.0",
        results=(
            DcgmResult(category="Deployment", test="Denylist", device="gpu 0,1", outcome="pass", word="PASS"),
            DcgmResult(
                category="Deployment",
                test="Persistence Mode",
                device="gpu 0",
                outcome="warn",
                word="WARN",
                warnings=(DcgmWarning(text="it is off"),),
            ),
            DcgmResult(
                category="Hardware",
                test="GPU Memory",
                device="gpu 1",
                outcome="fail",
                word="FAIL",
                warnings=(DcgmWarning(text="a page", severity="isolate"),),
                info=("note",),
            ),
        ),
    ) == parse_dcgm_diag(DCGM_3)


def test_dcgm_4() -> None:
    warning = DcgmWarning(text="Persistence mode for GPU 0 is disabled", severity="config")
    software, memory = (
        DcgmResult(
            category="Deployment", test="software", device="gpu 0", outcome="fail", word="Fail", warnings=(warning,)
        ),
        DcgmResult(category="Deployment", test="memory", outcome="skip", word="Skip"),
    )

    assert DcgmDiagnosis(version="4.2.3", driver="580.82.09", results=(software, memory)) == parse_dcgm_diag(DCGM_4)


def test_a_run_that_could_not_be() -> None:
    diagnosis = parse_dcgm_diag('{"DCGM Diagnostic": {"runtime_error": "no hostengine"}}')

    assert DcgmDiagnosis(error="no hostengine") == diagnosis


@pytest.mark.parametrize(
    "text", ["", "Error: unable to establish a connection", "{", "[]", '{"DCGM Diagnostic": 3}', DCGM_4[:-9]]
)
def test_what_is_no_diagnosis(text: str) -> None:
    assert parse_dcgm_diag(text) is None


@pytest.mark.parametrize(
    ("severity", "word"),
    [(0, "none"), (3, "unknown"), (6, "reset"), ("4", "triage"), (7, None), (-1, None), (True, None), (1e9, None)],
)
def test_severities(severity: object, word: str | None) -> None:
    warnings = [{"warning": "x", "error_severity": severity}]
    tests = [{"name": "t", "results": [{"entity_id": 0, "status": "?", "warnings": warnings}]}]
    found = parse_dcgm_diag(json.dumps({"DCGM Diagnostic": {"test_categories": [{"tests": tests}]}}))

    assert found is not None
    assert (word, None) == (found.results[0].warnings[0].severity, found.results[0].outcome)
