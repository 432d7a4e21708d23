"""Plans for drawn machines and drawn requests, each given to the independent checker.

This is the part that calls mlenv; the checker sees the text of the machine, the options and the
JSON document alone.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from mlenv.intake.described import parse_description
from mlenv.matrix.load import Matrix
from mlenv.plan.build import PlanOptions, build_plan
from mlenv.report.plan import impossible_document, plan_document
from mlenv.resolve.request import make_request
from mlenv.resolve.resolution import Impossible
from mlenv.resolve.solve import resolve
from tests.property.independent.clashes import Clashes
from tests.property.independent.computer import read_computer
from tests.property.independent.data import Data
from tests.property.independent.question import Asked, read_question
from tests.property.independent.search import Search
from tests.property.independent.verdict import Verdict, judge

SETS: tuple[tuple[str, ...], ...] = (
    ("torch",),
    ("jax",),
    ("tensorflow",),
    ("xgboost",),
    ("onnxruntime",),
    ("paddlepaddle",),
    ("vllm",),
    ("mlx",),
    ("cupy",),
    ("torch", "jax"),
    ("torch", "tensorflow"),
    ("torch", "tensorflow", "jax"),
    ("torch", "torchvision", "xgboost"),
    ("torch", "torchvision", "torchaudio", "transformers"),
    ("onnxruntime", "torch"),
    ("onnxruntime", "openvino", "onnxruntime-openvino"),
    ("keras", "torch"),
    ("keras", "jax", "tensorflow"),
    ("transformers", "accelerate", "torch", "bitsandbytes"),
    ("tensorflow", "tensorflow-text", "tf-keras"),
    ("cudf", "cuml", "torch"),
    ("torch", "xformers"),
    ("numpy", "pandas", "scikit-learn", "catboost"),
    ("mlflow", "ray", "torch"),
)
"""Frameworks that are asked for together, by ``--with``."""
CONDITIONS = ("torch<2.9", "torch>=2.10", "torch==2.14.*", "jax<0.7", "tensorflow<2.18", "numpy<2", "xgboost>=3")
ACCELERATORS = ("gpu", "cpu", "cuda", "rocm", "xpu", "mps", "tpu", "cu118", "cu126", "cu128", "cu130", "rocm6.4")
PYTHONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.12.4", "3.13t", "3.14t")


def draw_request(chance: random.Random, profiles: Sequence[str]) -> Asked:
    """The options of one call: a profile, frameworks or both, and now and then a pin."""
    named = chance.random() < 0.4
    extras = list(chance.choice(SETS)) if not named or chance.random() < 0.2 else []
    for condition in CONDITIONS:
        name = condition.rstrip("<>=.*0123456789")
        if name in extras and chance.random() < 0.12:
            extras[extras.index(name)] = condition
    return Asked(
        profiles=(chance.choice(profiles),) if named else (),
        extras=tuple(extras),
        accelerator=chance.choice(ACCELERATORS) if chance.random() < 0.12 else "",
        python=chance.choice(PYTHONS) if chance.random() < 0.15 else "",
    )


def draw_requests(data: Data, seed: int, count: int) -> list[Asked]:
    """Some requests; the same seed gives the same ones."""
    profiles = sorted(path.stem for path in (data.folder / "profiles").glob("*.toml"))
    chance = random.Random(seed)
    return [draw_request(chance, profiles) for _ in range(count)]


def plan_for(matrix: Matrix, text: str, asked: Asked) -> dict[str, Any]:
    """What ``mlenv plan --format json`` prints for a machine file and options."""
    machine = parse_description(text, origin="machine.toml")
    profiles = [matrix.profile(name) for name in asked.profiles]
    request = make_request(
        matrix, profiles, asked.extras, accelerator=asked.accelerator or None, python=asked.python or None
    )
    answer = resolve(request, machine, matrix)
    if isinstance(answer, Impossible):
        document = impossible_document(answer, machine, matrix.data_version)
    else:
        plan = build_plan(answer, machine, matrix, None, PlanOptions(environment=".venv"))
        document = plan_document(plan, machine, matrix.data_version)
    found: dict[str, Any] = json.loads(msgspec.json.encode(document))
    return found


NO_DOCUMENT: dict[str, Any] = {"packages": [], "accelerator": None, "python": None}


@dataclass(frozen=True)
class Case:
    """One plan that was judged."""

    machine: str
    asked: Asked
    verdict: Verdict
    document: dict[str, Any]

    def __str__(self) -> str:
        answer = [f"{row['name']} {row['version']}" for row in self.document["packages"]]
        device = (self.document["accelerator"] or {}).get("kind")
        lines = [f"plan: {device}, Python {self.document['python']}, {answer}", *self.verdict.problems]
        return "\n  ".join([f"{self.verdict.outcome}: {self.asked}", *lines])


@dataclass
class Tally:
    """How many plans stood how, and those that did not."""

    counts: Counter[str] = field(default_factory=Counter)
    bad: list[Case] = field(default_factory=list)

    def add(self, cases: Iterable[Case]) -> None:
        for case in cases:
            self.counts[case.verdict.outcome] += 1
            if not case.verdict.is_good:
                self.bad.append(case)

    def __str__(self) -> str:
        counts = self.counts
        refused = counts["rightly refused"] + counts["wrongly refused"]
        plans = counts.total() - refused - counts["crashed"]
        tried = plans - counts["kept the rules"]
        return (
            f"{counts.total()} answers: {plans} plans, {refused} refusals, {counts['crashed']} crashes\n"
            f"plans that break a rule: {counts['broke a rule']} of {plans}\n"
            f"plans for which every other choice was tried: {tried} of {plans},"
            f" worse than the best: {counts['worse than the best']}\n"
            f"refusals that are right: {counts['rightly refused']} of {refused}"
        )


class Judge:
    """Plans and judges over one folder of rows; what was found out about pairs of builds is kept."""

    def __init__(self, folder: Path) -> None:
        self.data = Data(folder)
        self.matrix = Matrix(folder)
        self.clashes = Clashes(self.data)

    def cases(self, text: str, requests: Iterable[Asked], limit: int = 20_000) -> Iterable[Case]:
        """The plans for one machine, judged."""
        search = Search(self.data, read_computer(text, self.data), self.clashes, limit=limit)
        for asked in requests:
            try:
                document = plan_for(self.matrix, text, asked)
            except Exception as error:  # noqa: BLE001 - one crash is one verdict, and the others are wanted too
                yield Case(text, asked, Verdict("crashed", (repr(error),)), NO_DOCUMENT)
                continue
            yield Case(text, asked, judge(search, read_question(asked, self.data), document), document)
