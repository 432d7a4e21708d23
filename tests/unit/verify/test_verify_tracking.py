"""Weights & Biases and MLflow: what was logged must come back."""

from __future__ import annotations

import importlib
import struct
from pathlib import Path
from typing import Any

import pytest

from mlenv.verify.result import Target
from tests.unit.verify.verify_stubs import brief, make_environment

FAKES = Path(__file__).parent / "fakes"


def load(name: str) -> Any:
    return importlib.import_module(f"mlenv.verify.payloads.{name}")


log_file, verdicts = load("_log_file"), load("_verdicts")


def write_log(*records: bytes) -> bytes:
    """A file of records, in the way in which LevelDB cuts them into blocks."""
    data = b":W&B\xe1\xbe\x00"
    for record in records:
        first = True
        while first or record:
            left = log_file.BLOCK - len(data) % log_file.BLOCK
            if left < 7:
                data += b"\0" * left
                continue
            part, record = record[: left - 7], record[left - 7 :]
            kind = (1 if first else 4) if not record else (2 if first else 3)
            data += struct.pack("<IHB", 0, len(part), kind) + part
            first = False
    return data


@pytest.mark.parametrize("sizes", [(1, 5), (40000, 3), (100000,), (32768 - 7 - 7 - 3, 9), (0, 4)])
def test_records_come_back_over_the_ends_of_blocks(sizes: tuple[int, ...]) -> None:
    records = [bytes([65 + i]) * size for i, size in enumerate(sizes)]
    assert log_file.read_records(write_log(*records)) == records


def test_another_file_is_none_of_wandb() -> None:
    with pytest.raises(verdicts.Failure) as caught:
        log_file.read_records(b"SQLite format 3")
    assert caught.value.reason == "wrong-file"


@pytest.mark.parametrize(
    ("mode", "end"),
    [
        ("right", [("compute", "pass", ""), ("record", "pass", "")]),
        ("forgetful", [("compute", "pass", ""), ("record", "fail", "wrong-number")]),
        ("idle", [("compute", "pass", ""), ("record", "fail", "nothing-recorded")]),
        ("stale", [("compute", "fail", "wrong-number")]),
    ],
)
def test_wandb(tmp_path: Path, mode: str, end: list[tuple[str, str, str]]) -> None:
    environment = make_environment(tmp_path / "env")
    environment.add("wandb", FAKES.joinpath("wandb_stub.txt").read_text())
    target = Target(framework="wandb", distribution="wandb", payload="wandb")
    variables = {"FAKE_WANDB": mode, "WANDB_MODE": "online", "WANDB_RUN_ID": "mine"}
    assert brief(environment.verify(target, level="standard", variables=variables))[2:] == end


MLFLOW = """
import os, types
MODE = os.environ["FAKE_MLFLOW"]

class MlflowClient:
    def __init__(self, tracking_uri):
        assert "MLFLOW_TRACKING_URI" not in os.environ
        self.wrong = MODE == "wrong" or (MODE == "database" and tracking_uri.startswith("sqlite:"))
        self.params, self.points = {}, []

    def create_experiment(self, name):
        return name

    def create_run(self, experiment):
        return types.SimpleNamespace(info=types.SimpleNamespace(run_id="1"))

    def log_param(self, run, name, value):
        self.params[name] = str(value)

    def log_metric(self, run, name, value, step):
        self.points.append(types.SimpleNamespace(step=step, value=value))

    def set_terminated(self, run):
        self.status = "FINISHED"

    def get_run(self, run):
        last = self.points[0 if self.wrong else -1].value
        data = types.SimpleNamespace(params=self.params, metrics={"loss": last})
        return types.SimpleNamespace(data=data, info=types.SimpleNamespace(status=self.status))

    def get_metric_history(self, run, name):
        return self.points
"""


@pytest.mark.parametrize(
    ("mode", "end"),
    [
        ("right", [("compute", "pass", ""), ("database", "pass", "")]),
        ("wrong", [("compute", "fail", "wrong-number")]),
        ("database", [("compute", "pass", ""), ("database", "fail", "wrong-number")]),
    ],
)
def test_mlflow(tmp_path: Path, mode: str, end: list[tuple[str, str, str]]) -> None:
    environment = make_environment(tmp_path / "env")
    environment.add("mlflow", MLFLOW)
    target = Target(framework="mlflow", distribution="mlflow", payload="mlflow")
    variables = {"FAKE_MLFLOW": mode, "MLFLOW_TRACKING_URI": "http://tracker.example.org"}
    assert brief(environment.verify(target, level="standard", variables=variables))[2:] == end
