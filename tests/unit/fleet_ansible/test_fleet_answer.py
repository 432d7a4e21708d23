"""What Ansible says of a host, as a document."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlenv.fleet.document import parse_report
from mlenv.fleet_ansible.answer import make_document, unreachable

REPORT = '{"schema": "mlenv.doctor/1", "status": "ok"}'


@pytest.mark.parametrize("before", ["", "Welcome to ws1!\r\n", "motd: no braces\n"])
def test_a_report_is_kept_as_it_is(before: str) -> None:
    assert make_document("ws1", {"rc": 1, "stdout": before + REPORT + "\r\n"}, 60) == REPORT.encode() + b"\n"


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (
            {"unreachable": True, "msg": "Failed to connect to the host via ssh:\n No route to host"},
            "Failed to connect to the host via ssh: No route to host",
        ),
        (
            {"rc": 130, "stdout": "", "stderr": "error: interrupted"},
            "no report within 60 s: mlenv was ended on the host",
        ),
        ({"rc": 142, "stdout": ""}, "no report within 60 s: mlenv was ended on the host"),
        ({"timedout": {"period": 80}, "msg": "Timed out"}, "no answer within 60 s: the connection was ended"),
        (
            {"rc": 127, "stdout": "", "stderr": "sh: python3: not found\n"},
            "mlenv gave no report (exit status 127): sh: python3: not found",
        ),
        ({"rc": 0, "stdout": ""}, "mlenv gave no report (exit status 0): it said nothing"),
        ({"rc": 0, "stdout": "{half a"}, "mlenv gave no report (exit status 0): {half a"),
        ({"rc": 0, "stdout": '{"schema": "other/1"}'}, 'mlenv gave no report (exit status 0): {"schema": "other/1"}'),
        ({"msg": "the file is gone"}, "the file is gone"),
        ({}, "Ansible gave no reason"),
        ({"stdout": None, "rc": None, "msg": 5}, "Ansible gave no reason"),
    ],
)
def test_why_there_is_none(result: dict[str, Any], reason: str) -> None:
    document = json.loads(make_document("ws1", result, 60))
    assert document == {"schema": "mlenv.unreachable/1", "host": "ws1", "reason": reason}


def test_a_password_is_not_passed_on() -> None:
    masked = make_document("ws1", {"msg": "secret"}, 60, lambda text: text.replace("secret", "****"))
    assert json.loads(masked)["reason"] == "****"


def test_the_merge_reads_it() -> None:
    report = parse_report(unreachable('a "host"', "x\ny" * 1000))
    assert ('a "host"', 400) == (report.host, len(report.reason or ""))
