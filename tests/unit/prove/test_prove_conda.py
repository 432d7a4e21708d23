"""Proof by rattler on a small channel: versions, the lock, the next best, and what is no proof."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mlenv.errors import NoVerdictError
from mlenv.facts.machine import Machine
from mlenv.facts.python import ManagerName
from mlenv.formats.rattler_conflict import RattlerConflict
from mlenv.intake.described import parse_description
from mlenv.matrix.load import Matrix
from mlenv.matrix.sources.published import SourceTrouble
from mlenv.plan.conda_content import ChannelAnswer, CondaContent
from mlenv.plan.options import PlanOptions
from mlenv.plan.plan import Plan
from mlenv.prove.channel import Channels, demand_rattler, match_spec, read_condarc
from mlenv.prove.conda import CondaWays, prove_with
from mlenv.resolve.request import make_request
from mlenv.resolve.resolution import Impossible
from mlenv.resolve.solve import resolve
from tests.conda_channel import CHANNEL, make_channel, torch

PASCAL = '[nvidia]\ndriver = "580.95.05"\n[[gpu]]\nvendor = "nvidia"\nname = "NVIDIA GeForce GTX 1080 Ti"\n'
ADA = '[nvidia]\ndriver = "580.95.05"\n[[gpu]]\nvendor = "nvidia"\nname = "NVIDIA GeForce RTX 4090"\n'
OLD_DRIVER = ADA.replace("580.95.05", "535.183.01")
DAY = dt.date(2026, 11, 23)

pytest.importorskip("rattler")


@pytest.fixture(scope="module")
def channel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_channel(tmp_path_factory.mktemp("channel") / "conda-forge")


def describe(gpu: str = "", *, python: str = "3.13.1", glibc: str = "2.35") -> Machine:
    head = f'os = "linux"\narch = "x86_64"\nlibc = "glibc {glibc}"\npython = ["{python}"]\n[cpu]\nflags = ["avx"]\n'
    return parse_description(head + gpu, origin="test")


class Prover:
    """Proves requests against a channel at an address, and keeps what was said."""

    def __init__(self, address: str, cache: Path) -> None:
        self.matrix = Matrix()
        row = msgspec.structs.replace(self.matrix.indexes["conda-forge"], url=address)
        self.matrix.indexes["conda-forge"] = row
        self.cache = cache
        self.said: list[str] = []

    def __call__(
        self, machine: Machine, *names: str, manager: ManagerName = "conda", python: str | None = None, **more: Any
    ) -> Plan | Impossible:
        accelerator = more.pop("accelerator", None)
        request = make_request(self.matrix, [], names, accelerator=accelerator, python=python)
        ways = CondaWays(
            machine=machine,
            matrix=self.matrix,
            supply=None,
            options=PlanOptions(manager=manager, environment=".venv", **more),
            solver=Channels(cache=str(self.cache), timeout=30),
            by="rattler",
            say=self.said.append,
            today=lambda: DAY,
        )
        return prove_with(resolve(request, machine, self.matrix), ways)

    def plan(self, machine: Machine, *names: str, **more: Any) -> Plan:
        answer = self(machine, *names, **more)
        assert isinstance(answer, Plan)
        return answer


@pytest.fixture
def prove(channel: Path, tmp_path: Path) -> Prover:
    return Prover(channel.as_uri(), tmp_path)


def lock_of(plan: Plan) -> list[str]:
    """Names, versions and builds in the lock, as its file names have them."""
    text = next(file.text for file in plan.files if file.path == "mlenv/explicit.txt")
    urls = [line.partition("#")[0] for line in text.splitlines() if "://" in line]
    return sorted(url.rpartition("/")[2].removesuffix(".tar.bz2") for url in urls)


@pytest.mark.parametrize(
    ("machine", "variant", "build"),
    [
        pytest.param(describe(), "cpu", "cpu_generic_py313_h0_0", id="no-gpu"),
        pytest.param(describe(ADA), "cu130", "cuda130_generic_py313_h0_200", id="the-newest-cuda"),
        pytest.param(describe(PASCAL), "cu129", "cuda129_generic_py313_h0_200", id="code-for-pascal"),
        pytest.param(describe(OLD_DRIVER), "cu129", "cuda129_generic_py313_h0_200", id="an-older-driver"),
        pytest.param(describe(ADA, glibc="2.17"), "cu129", "cuda129_generic_py313_h0_200", id="an-older-glibc"),
    ],
)
def test_the_builds_are_those_for_the_machine(prove: Prover, machine: Machine, variant: str, build: str) -> None:
    plan = prove.plan(machine, "torch")
    assert ("proven", variant) == (plan.proof and plan.proof.status, plan.accelerator.variant)
    assert [("torch", "2.13.0")] == [(row.name, row.version) for row in plan.packages]
    assert f"pytorch-2.13.0-{build}" in lock_of(plan)


def test_the_lock_is_what_is_installed(prove: Prover) -> None:
    plan = prove.plan(describe(), "torch")
    assert ["numpy-2.3.0-0", "python-3.13.1-h1_0_cpython", "pytorch-2.13.0-cpu_generic_py313_h0_0"] == lock_of(plan)
    assert ("--file", ".venv/mlenv/explicit.txt") == plan.steps[1].argv[-2:]
    assert plan.proof is not None
    assert (3, "2026-11-23", "rattler") == (plan.proof.packages, plan.proof.on, plan.proof.by)
    assert all("#" in line for line in plan.files[0].text.splitlines() if "://" in line)


def test_another_python_where_the_first_does_not_solve(prove: Prover) -> None:
    plan = prove.plan(describe(ADA), "torch", "jax")
    assert ("3.12", "cuda", "cu129") == (plan.python, plan.accelerator.kind, plan.accelerator.variant)
    assert "jaxlib-0.9.2-cuda129_py312h0_200" in lock_of(plan)
    assert "rattler: Python 3.13 with cuda cannot be installed: python=3.13.*, jaxlib=*=*cuda*" == prove.said[0]
    assert plan.proof is not None
    assert "Python 3.13 with cuda: python=3.13.*, jaxlib=*=*cuda*" == plan.proof.given_up[0]


def test_another_device_where_the_first_does_not_solve(channel: Path, tmp_path: Path) -> None:
    cpu = [row for row in CHANNEL if "cuda" not in row.build]
    prove = Prover(make_channel(tmp_path / "cpu", cpu).as_uri(), tmp_path / "cache")
    plan = prove.plan(describe(ADA), "torch")
    assert ("cpu", "proven") == (plan.accelerator.kind, plan.proof and plan.proof.status)


def test_a_device_that_was_asked_for_stays(tmp_path: Path) -> None:
    cpu = [row for row in CHANNEL if "cuda" not in row.build]
    prove = Prover(make_channel(tmp_path / "cpu", cpu).as_uri(), tmp_path / "cache")
    answer = prove(describe(ADA), "torch", accelerator="cuda")
    assert isinstance(answer, Impossible)
    assert ("pytorch=*=*cuda*",) == answer.clash


def test_the_core_of_a_clash(prove: Prover) -> None:
    answer = prove(describe(ADA), "torch", "jax", python="3.13", accelerator="cuda")
    assert isinstance(answer, Impossible)
    assert ("python=3.13.*", "jaxlib=*=*cuda*") == answer.clash
    assert ("leave out --python", "use the CPU: `--accelerator cpu`", "use wheels: `--manager uv`") == answer.remedies


def test_a_version_that_the_channel_does_not_have(prove: Prover) -> None:
    answer = prove(describe(), "torch>=2.14")
    assert isinstance(answer, Impossible)
    assert "has no pytorch >=2.14 *cpu*" in answer.reasons[0].text
    assert "relax a condition: torch>=2.14" == answer.remedies[0]


def test_what_was_there_on_a_day(tmp_path: Path) -> None:
    later = torch("2.13.0", "cpu", "3.13")
    old = msgspec.structs.replace(torch("2.9.0", "cpu", "3.13"), built=1_700_000_000_000)
    rest = [msgspec.structs.replace(row, built=1_600_000_000_000) for row in CHANNEL if row.name != "pytorch"]
    prove = Prover(make_channel(tmp_path / "dated", [*rest, old, later]).as_uri(), tmp_path / "cache")
    assert "2.13.0" == prove.plan(describe(), "torch").packages[0].version
    assert "2.9.0" == prove.plan(describe(), "torch", as_of=dt.date(2024, 1, 1)).packages[0].version


def test_what_pip_adds_is_not_proven(prove: Prover) -> None:
    plan = prove.plan(describe(), "torch", "einops")
    assert plan.proof is not None
    assert ("not_proven", True) == (plan.proof.status, "what pip adds is not: einops" in plan.proof.detail)
    assert "pip-25.0-0" in lock_of(plan)


def test_a_channel_that_does_not_answer_is_no_proof(tmp_path: Path) -> None:
    prove = Prover((tmp_path / "nowhere").as_uri(), tmp_path / "cache")
    plan = prove.plan(describe(), "torch")
    assert plan.proof is not None
    assert ("not_proven", "") == (plan.proof.status, plan.packages[0].version)
    assert "gives no answer (there is no conda channel)" in plan.proof.detail


def test_pixi_gets_exact_versions(prove: Prover) -> None:
    plan = prove.plan(describe(), "torch", manager="pixi")
    assert 'build = "cpu_generic_py313_h0_0"' in plan.files[0].text


def test_the_search_ends(tmp_path: Path) -> None:
    class Refusing:
        rounds = 0

        def solve(self, content: CondaContent) -> ChannelAnswer | RattlerConflict | SourceTrouble:
            self.rounds += 1
            return RattlerConflict(text="never", names=("python",))

    solver = Refusing()
    matrix, machine = Matrix(), describe(ADA)
    ways = CondaWays(
        machine=machine,
        matrix=matrix,
        supply=None,
        options=PlanOptions(manager="conda", environment=".venv"),
        solver=solver,
        by="rattler",
        say=lambda text: None,
    )
    answer = prove_with(resolve(make_request(matrix, [], ["torch"]), machine, matrix), ways)
    assert isinstance(answer, Impossible)
    assert 2 <= solver.rounds <= 8


def test_every_spec_is_read_by_rattler() -> None:
    from mlenv.plan.conda_content import CondaSpec

    spec = match_spec(CondaSpec(name="pytorch", version=">=2,<3", build="*cuda*"))
    assert "pytorch >=2,<3 *cuda*" == str(spec)


def test_without_the_extra_one_line_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "rattler", None)
    with pytest.raises(NoVerdictError, match=r"py-rattler .* comes with mlenv\[conda\]"):
        demand_rattler()


def test_a_channel_is_found_where_condas_own_file_says(channel: Path, tmp_path: Path) -> None:
    (tmp_path / ".condarc").write_text(f"channel_alias: {channel.parent.as_uri()}\n")
    condarc = read_condarc({"HOME": str(tmp_path)})
    assert channel.as_uri() == condarc.address_of("conda-forge")
    variable = read_condarc({"HOME": str(tmp_path), "CONDA_CHANNEL_ALIAS": "https://m.example"})
    assert "https://m.example/conda-forge" == variable.address_of("conda-forge")


def test_a_password_is_not_in_the_lock() -> None:
    from mlenv.plan.conda_login import without_login

    address = "https://me:secret@mirror.example/t/tk-123/conda-forge/linux-64/a-1-0.conda"
    assert "https://mirror.example/conda-forge/linux-64/a-1-0.conda" == without_login(address)
