"""What children print, and how they end."""

from __future__ import annotations

import msgspec
import pytest

from mlenv.probe.accelerators.nvml import NvmlAnswer
from mlenv.probe.answers import ask, explain, find_answer, name_end
from mlenv.probe.host.memory import MemoryAnswer
from mlenv.probe.host.processor import ProcessorAnswer
from mlenv.probe.log import Log
from mlenv.system.host import LiveHost
from mlenv.system.process import Completed
from mlenv.system.recording import RecordedHost
from tests.unit.probe.probe_hosts import answer, command, linux


@pytest.mark.parametrize(
    ("stdout", "expected"),
    [
        ('mlenv-x:{"a": 1}\n', '{"a": 1}'),
        ('noise mlenv-x: more\nmlenv-x:{"a": 2}\r\nand after', '{"a": 2}'),
        ("mlenv-y:{}", None),
        ("", None),
    ],
)
def test_find_answer(stdout: str, expected: str | None) -> None:
    assert find_answer(stdout, "mlenv-x:") == expected


@pytest.mark.parametrize(
    ("completed", "explanation", "end"),
    [
        (Completed(status=None, timed_out=True), "no answer before the deadline", "timeout"),
        (
            Completed(status=None, missing=True, stderr="no such file"),
            "could not be started: no such file",
            "no answer",
        ),
        (Completed(status=-11), "ended by SIGSEGV", "SIGSEGV"),
        (Completed(status=-6), "ended by SIGABRT", "SIGABRT"),
        (Completed(status=0xC0000005), "crashed with code 0xC0000005", "no answer"),
        (Completed(status=1, stderr="a\nImportError: b\n"), "ended with status 1: ImportError: b", "no answer"),
        (
            Completed(status=9, stdout="NVIDIA-SMI has failed"),
            "ended with status 9: NVIDIA-SMI has failed",
            "no answer",
        ),
        (Completed(status=0), "answered nothing that is understood", "no answer"),
    ],
)
def test_explain(completed: Completed, explanation: str, end: str) -> None:
    assert (explain(completed), name_end(completed)) == (explanation, end)


def test_answer_of_another_form_is_unreadable() -> None:
    log = Log()
    host = RecordedHost(linux(scripts=[answer("memory", {"total": "much"})]))
    assert ask(host, log, "memory", "memory", MemoryAnswer)[0] is None
    assert log.readings[0].outcome == "unreadable"
    assert log.readings[0].detail.startswith("the answer is not as expected: Expected `int`")


def test_answer_counts_though_the_child_crashed_after_it() -> None:
    log = Log()
    stdout = 'mlenv-memory:{"total": 2, "available": 1}\n'
    host = RecordedHost(linux(scripts=[command("memory", stdout=stdout, status=-6)]))
    assert ask(host, log, "memory", "memory", MemoryAnswer)[0] == MemoryAnswer(total=2, available=1)


@pytest.mark.parametrize(
    ("script", "kind"), [("memory", MemoryAnswer), ("processor", ProcessorAnswer), ("nvml", NvmlAnswer)]
)
def test_children_answer_on_any_machine(script: str, kind: type[msgspec.Struct]) -> None:
    log = Log(60.0)
    found, completed = ask(LiveHost(), log, "subject", script, kind)
    assert isinstance(found, kind), completed
    assert log.readings == ()
