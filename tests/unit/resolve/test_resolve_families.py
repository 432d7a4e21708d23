"""File families, and the rules about projects: what may not stand side by side or join unasked."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mlenv.facts.hardware import Cpu
from mlenv.facts.machine import Machine
from mlenv.facts.python import PythonInterpreter
from mlenv.facts.system import Libc, OperatingSystem
from mlenv.matrix.load import Matrix
from mlenv.resolve.candidates import Candidate
from mlenv.resolve.claims import clash_of
from mlenv.resolve.condition import may_agree
from mlenv.resolve.request import make_request
from mlenv.resolve.resolution import Resolution
from mlenv.resolve.solve import resolve
from tests.unit.resolve.resolve_cases import build, candidate, fallen, framework, judge, release

MATRIX = Matrix()
JAVA = re.compile(r"a Java runtime, \d+ or newer")
MACHINE = Machine(
    os=OperatingSystem(family="linux", libc=Libc(family="glibc", version="2.39")),
    architecture="x86_64",
    cpu=Cpu(flags=("avx", "avx2")),
    gpus=(),
    pythons=(PythonInterpreter(version="3.12.4", bits=64),),
)


def one(name: str, writes: dict[str, str] | None = None, *, runtime: str = "", **fields: Any) -> Candidate:
    """A candidate of a release with some conditions, that writes into some families."""
    made = build(runtime=runtime)
    return candidate(framework(release("1.0", made, **fields), name=name), one=made, writes=writes or {})


def writes(field: Any) -> dict[str, str]:
    (found,) = field.candidates
    return dict(found.writes)


@pytest.mark.parametrize(
    ("name", "fields", "expected"),
    [
        ("acme", {}, {}),
        ("onnxruntime", {}, {"onnxruntime": "onnxruntime"}),
        ("onnxruntime", {"distribution": "onnxruntime-gpu"}, {"onnxruntime": "onnxruntime-gpu"}),
        (
            "acme",
            {"requires": {"nvidia-cudnn-cu12": "==9.10.2.21", "nvidia-nccl-cu13": "==2.28"}},
            {"cudnn": "nvidia-cudnn-cu12", "nccl": "nvidia-nccl-cu13"},
        ),
    ],
)
def test_the_families_that_a_build_writes_into(name: str, fields: dict[str, Any], expected: dict[str, str]) -> None:
    assert expected == writes(judge(MATRIX, framework(release("1.0", build(**fields)), name=name), MACHINE))


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        ({}, {"cudnn": "nvidia-cudnn-cu13"}, None),
        ({"cudnn": "nvidia-cudnn-cu12"}, {"cudnn": "nvidia-cudnn-cu12"}, None),
        ({"cudnn": "nvidia-cudnn-cu12"}, {"nccl": "nvidia-nccl-cu13"}, None),
        (
            {"nccl": "nvidia-nccl-cu12", "cudnn": "nvidia-cudnn-cu12"},
            {"cudnn": "nvidia-cudnn-cu13"},
            "nvidia-cudnn-cu12 (of acme 1.0) and nvidia-cudnn-cu13 (of beta 1.0) write the same files",
        ),
    ],
)
def test_two_of_one_family(mine: dict[str, str], theirs: dict[str, str], expected: str | None) -> None:
    assert expected == clash_of(one("acme", mine), one("beta", theirs))
    assert (expected is None) == (clash_of(one("beta", theirs), one("acme", mine)) is None)


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        ({}, {}, None),
        ({"runtime": "cu12"}, {"runtime": "cu12"}, None),
        (
            {"runtime": "cu12"},
            {"runtime": "cu13"},
            "acme 1.0 brings the libraries of CUDA 12, beta 1.0 those of CUDA 13 into the same files",
        ),
        ({"requires": {"numpy": "<2"}}, {"requires": {"numpy": ">=1.26"}}, None),
        (
            {"requires": {"numpy": "<2"}},
            {"constraints": {"numpy": ">=2.1"}},
            "acme 1.0 needs numpy <2, beta 1.0 needs numpy >=2.1",
        ),
        ({"requires": {"beta": ">=1"}}, {}, None),
        ({"constraints": {"beta": ">=2"}}, {}, "acme 1.0 needs beta >=2"),
    ],
)
def test_what_may_stand_side_by_side(mine: dict[str, Any], theirs: dict[str, Any], expected: str | None) -> None:
    assert expected == clash_of(one("acme", **mine), one("beta", **theirs))


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("<2", ">=1.26", True),
        ("<2", ">=2", False),
        (">=2,<2.4", "!=2.0.0,<2.1", True),
        ("==4.25.*", ">=5", False),
        ("==4.25.*", ">=4.25.3,<5", True),
        ("", "<1", True),
        ("==1.0", "!=1.0", False),
        ("~=1.4", "<1.4", False),
        (">1.0", "<=1.0", False),
        (">1.0,<1.1", "!=1.0.1", True),
    ],
)
def test_conditions_that_may_agree(first: str, second: str, expected: bool) -> None:
    assert (expected, expected) == (may_agree(first, second), may_agree(second, first))


@pytest.mark.parametrize(
    ("fields", "asked", "expected"),
    [
        pytest.param({}, {"optional": True}, {}, id="joins"),
        pytest.param({"solitary": True}, {"optional": True}, {"acme 1.0": ["solitary"]}, id="solitary"),
        pytest.param({"solitary": True}, {}, {}, id="solitary-asked-for"),
        pytest.param({"status": "dead"}, {"optional": True}, {"acme 1.0": ["dead"]}, id="dead"),
        pytest.param({"status": "dead"}, {}, {}, id="dead-asked-for"),
        pytest.param({"status": "stale"}, {"optional": True}, {}, id="stale-joins"),
        pytest.param({"floor": "1.1"}, {}, {"acme 1.0": ["below-floor"]}, id="below-the-floor"),
        pytest.param({"floor": "1.0"}, {}, {}, id="at-the-floor"),
        pytest.param({}, {"specifier": ">=2"}, {"acme 1.0": ["requested-version"]}, id="another-version"),
    ],
)
def test_projects(fields: dict[str, Any], asked: dict[str, Any], expected: dict[str, list[str]]) -> None:
    row = framework(release("1.0", build()), **fields)
    assert expected == fallen(judge(MATRIX, row, MACHINE, **asked))


def test_a_release_that_does_not_work_is_never_chosen() -> None:
    row = framework(release("1.0", build(), broken="imports a name that is gone"))
    (lost,) = judge(MATRIX, row, MACHINE).fallen
    assert ["acme 1.0 does not work: imports a name that is gone"] == [failure.text for failure in lost.failures]


def test_a_release_that_was_withdrawn_is_never_chosen() -> None:
    field = judge(MATRIX, framework(release("1.0", build(), yanked=True), release("0.9", build())), MACHINE)
    assert ["acme 0.9"] == [found.name for found in field.candidates]


def test_what_a_choice_needs_is_said() -> None:
    answer = resolve(make_request(MATRIX, (), ["pyspark"], accelerator="cpu"), MACHINE, MATRIX)
    assert isinstance(answer, Resolution)
    assert ["a Java runtime, 17 or newer"] == [text for said in answer.warnings for text in JAVA.findall(said)]
