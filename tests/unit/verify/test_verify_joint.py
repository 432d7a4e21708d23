"""Frameworks that share a process: who harms whom is told."""

from __future__ import annotations

import os

import pytest

from mlenv.verify.result import Target, Verification
from tests.unit.verify.verify_stubs import FAKE_TORCH, StubEnvironment, brief, make_environment

# A framework whose import, or whose first computation, does something to what was loaded before.
RIVAL = """
import os, sys
WHEN, WHAT = os.environ.get("RIVAL", "never nothing").split()


def act(when):
    if when != WHEN:
        return
    if WHAT == "spoils":
        sys.modules["torch"].MODE = "outlier"
    if WHAT == "raises":
        raise ImportError("two copies of libprotobuf")
    if WHAT == "crashes":
        os.kill(os.getpid(), 11)


act("import")


class DMatrix:
    labels = []

    def __init__(self, table, label=None):
        DMatrix.labels = label or DMatrix.labels


class Booster:
    def save_config(self):
        return '{"learner": {"generic_param": {"device": "cpu"}}}'

    def predict(self, data):
        import types

        return types.SimpleNamespace(tolist=lambda: list(data.labels))


def train(settings, data, num_boost_round):
    act("compute")
    return Booster()


def build_info():
    return {"USE_CUDA": False}
"""


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> StubEnvironment:
    environment = make_environment(tmp_path_factory.mktemp("joint") / "env")
    environment.add("torch", FAKE_TORCH.read_text(), version="2.15.0")
    environment.add("xgboost", RIVAL, version="3.2.0")
    environment.add("mxnet", "", version="1.9.1")
    return environment


def verify(environment: StubEnvironment, rival: str, *partners: str) -> Verification:
    target = Target(framework="together", distribution="", payload="joint", partners=partners)
    return environment.verify(target, variables={"RIVAL": rival})


def test_each_computes_beside_the_others_and_the_first_once_more(pair: StubEnvironment) -> None:
    verification = verify(pair, "never nothing", "torch", "xgboost")
    assert brief(verification) == [("joint", "pass", "")] * 5
    details = [result.detail for result in verification.results]
    assert details[:2] == ["torch 2.15.0 imported first", "xgboost 3.2.0 imported after torch"]
    assert details[2].startswith("torch beside xgboost: 128x64 @ 64x192 exact in float32")
    assert details[3] == "xgboost beside torch: a full tree reproduces its whole numbers"
    assert details[4].startswith("torch again, after xgboost had computed: 128x64")
    assert [result.device for result in verification.results[2:]] == ["cpu"] * 3


def test_an_import_that_harms_the_first(pair: StubEnvironment) -> None:
    verification = verify(pair, "import spoils", "torch", "xgboost")
    assert [result.status for result in verification.results] == ["pass", "pass", "fail", "pass", "fail"]
    assert verification.results[2].reason == "wrong-number"
    assert verification.results[2].detail.startswith("torch beside xgboost: float32 on cuda:0: an element is wrong")


def test_a_computation_that_harms_the_first(pair: StubEnvironment) -> None:
    verification = verify(pair, "compute spoils", "torch", "xgboost")
    assert [result.status for result in verification.results] == ["pass"] * 4 + ["fail"]
    assert verification.results[4].detail.startswith("torch again, after xgboost had computed: float32 on cuda:0")


def test_an_import_that_fails_beside_another_is_a_clash(pair: StubEnvironment) -> None:
    verification = verify(pair, "import raises", "torch", "xgboost")
    assert brief(verification) == [("joint", "pass", ""), ("joint", "fail", "clash"), ("joint", "pass", "")]
    expected = "xgboost imported after torch: ImportError: two copies of libprotobuf"
    assert verification.results[1].detail == expected


def test_an_import_that_fails_first_is_no_clash(pair: StubEnvironment) -> None:
    assert brief(verify(pair, "import raises", "xgboost", "torch"))[0] == ("joint", "fail", "exception")


@pytest.mark.skipif(os.name == "nt", reason="signals are a matter of Unix")
@pytest.mark.parametrize(
    ("when", "words"),
    [("import", "mlenv: importing xgboost after torch"), ("compute", "mlenv: computing with xgboost beside torch")],
)
def test_a_crash_names_what_was_loaded_before(pair: StubEnvironment, when: str, words: str) -> None:
    last = verify(pair, f"{when} crashes", "torch", "xgboost").results[-1]
    assert (last.check, last.status, last.reason, last.signal) == ("joint", "fail", "crashed", "SIGSEGV")
    assert words in last.detail


def test_a_framework_without_an_operation_is_only_imported(pair: StubEnvironment) -> None:
    verification = verify(pair, "never nothing", "torch", "mxnet", "absent")
    assert [result.status for result in verification.results] == ["pass", "pass", "fail", "pass", "skip", "pass"]
    assert verification.results[2].reason == "not-installed"
    assert verification.results[2].detail.startswith("absent imported after torch, mxnet: there is no module absent")
    assert "mxnet: mlenv has no operation for it" in verification.results[4].detail
