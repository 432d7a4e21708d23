"""The front door: what ``mlenv`` alone says, and the three questions of ``mlenv setup``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from mlenv.cli.guide import GOALS, find_goals, find_lack, is_variant
from mlenv.cli.interview import Answers, Ask, Choice, Interview, find_choice
from mlenv.cli.settingup import Remembering
from mlenv.cli.welcome import lacks_driver, render_welcome, suggest
from mlenv.errors import UsageError
from mlenv.facts.machine import Machine
from mlenv.intake import load_machine
from mlenv.matrix.load import Matrix
from mlenv.plan.options import PlanOptions
from mlenv.plan.plan import Plan, PlannedAccelerator
from mlenv.report.style import ASCII_MARKS
from tests.cli.conftest import Run

MATRIX = Matrix()
MACHINES = Path(__file__).parents[1] / "machines"
DESCRIBED = """
os = "linux"
os_version = "22.04"
arch = "x86_64"
libc = "glibc 2.35"
python = ["3.12.3"]
"""
NVIDIA = '\n[nvidia]\ndriver = "580.65.06"\n[[gpu]]\nvendor = "nvidia"\nname = "NVIDIA GeForce RTX 4090"\n'


@pytest.fixture
def describe(tmp_path: Path) -> Callable[[str], Machine]:
    def load(more: str = "") -> Machine:
        path = tmp_path / "described.toml"
        path.write_text(DESCRIBED + more)
        return load_machine(path)

    return load


def interview(machine: Machine, answers: list[str] | None, said: list[str]) -> Interview:
    def answer(question: str, usual: str) -> str:
        said.append(question)
        assert answers is not None
        return answers.pop(0) or usual

    ask: Ask | None = None if answers is None else answer
    return Interview(MATRIX, machine, ask=ask, say=said.append, width=80)


def accept(_: Path) -> None:
    """Every place is free."""


# --- the guide


def test_the_guide_names_profiles_that_there_are() -> None:
    assert set() == {name for goal in GOALS for name in goal.profiles} - set(MATRIX.profile_names)


def test_every_profile_is_reached_or_another_name_of_one_that_is() -> None:
    reached = {name for goal in find_goals(MATRIX) for name in goal.profiles}
    left = set(MATRIX.profile_names) - reached
    assert left == {name for name in MATRIX.profile_names if is_variant(MATRIX, name)}
    assert {"pytorch-gpu", "jax-tpu", "boosting", "tracking"} <= left
    assert "tutorial" in next(goal.profiles for goal in find_goals(MATRIX) if goal.id == "other")


def test_a_profile_of_a_site_is_reached(tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "team.toml").write_text(
        'name = "team"\ntitle = "Our team"\nframeworks = ["numpy"]\ndownload_gb = 0.1\ndisk_gb = 0.1\n'
    )
    goals = find_goals(Matrix(site=tmp_path))
    assert "team" in next(goal.profiles for goal in goals if goal.id == "other")


def test_a_device_that_is_missing_is_told(describe: Callable[[str], Machine]) -> None:
    rapids = MATRIX.profile("rapids")
    nothing = msgspec.structs.replace(describe(""), gpus=())
    assert "an NVIDIA GPU" == find_lack(rapids, nothing)
    assert "" == find_lack(rapids, describe(NVIDIA))
    assert "" == find_lack(rapids, msgspec.structs.replace(nothing, gpus=None))
    assert "" == find_lack(MATRIX.profile("pytorch"), nothing)


# --- the questions


def test_three_answers_give_a_profile_and_a_place(describe: Callable[[str], Machine]) -> None:
    said: list[str] = []
    found = interview(describe(""), ["deep", "3", "~/envs/x"], said).complete(Answers(), accept)
    assert ("jax", Path("~/envs/x").expanduser()) == found
    assert ["Number or name", "Number or name", "Where? A folder for the environment"] == [
        line for line in said if not line.startswith("\n")
    ]


def test_bare_enter_takes_the_usual_answer(describe: Callable[[str], Machine]) -> None:
    assert ("starter", Path(".venv")) == interview(describe(""), ["", "", ""], []).complete(Answers(), accept)


def test_nobody_is_asked_what_was_said_or_leaves_no_choice(describe: Callable[[str], Machine]) -> None:
    said: list[str] = []
    given = Answers(goal="quantum", environment=Path("q"))
    assert ("quantum", Path("q")) == interview(describe(""), [], said).complete(given, accept)
    assert [] == said


def test_without_somebody_to_ask_the_usual_answers_hold(describe: Callable[[str], Machine]) -> None:
    found = interview(describe(""), None, []).complete(Answers(goal="deep"), accept)
    assert ("pytorch", Path(".venv")) == found


def test_an_answer_that_is_none_is_asked_again(describe: Callable[[str], Machine]) -> None:
    said: list[str] = []
    assert ("starter", Path("there")) == interview(describe(""), ["12", "tab", "0", "1", "there"], said).complete(
        Answers(), accept
    )
    assert 2 == sum(line.startswith("Say a number") for line in said)


def test_a_place_that_is_taken_is_asked_again(describe: Callable[[str], Machine]) -> None:
    said: list[str] = []

    def refuse(place: Path) -> None:
        if place == Path("taken"):
            raise UsageError("taken: is no folder", hint="name another place")

    given = Answers(profile="starter")
    assert ("starter", Path("free")) == interview(describe(""), ["taken", "free"], said).complete(given, refuse)
    assert "taken: is no folder\nname another place" in said


def test_an_unknown_goal_is_an_error_with_the_known_ones(describe: Callable[[str], Machine]) -> None:
    with pytest.raises(UsageError) as trouble:
        interview(describe(""), None, []).complete(Answers(goal="chess"), accept)
    assert "tables" in trouble.value.hint


@pytest.mark.parametrize(
    ("typed", "found"),
    [("2", "keras"), (" JAX ", "jax"), ("k", "keras"), ("j", None), ("", None), ("4", None), ("0", None), ("-1", None)],
)
def test_find_choice(typed: str, found: str | None) -> None:
    rows = [Choice(name=name, text="") for name in ("jax", "keras", "jet")]
    assert found == find_choice(typed, rows)


# --- the command


def test_without_a_terminal_the_plan_and_the_command_are_printed(mlenv: Run, here: Path) -> None:
    (here / "server.toml").write_text(DESCRIBED + NVIDIA)
    done = mlenv("setup", "--goal", "deep", "--machine", "server.toml", "--env", "my env")
    assert 0 == done.returncode, done.stderr
    assert "pytorch: PyTorch" in done.stdout
    assert "cuda, build cu" in done.stdout
    assert done.stdout.endswith("mlenv install --profile pytorch --env 'my env'\n")
    assert "" == done.stderr
    assert ["server.toml"] == [path.name for path in here.iterdir()]


def test_the_document_is_that_of_a_plan(mlenv: Run, here: Path) -> None:
    (here / "server.toml").write_text(DESCRIBED)
    done = mlenv("setup", "--profile", "jax", "--machine", "server.toml", "--format", "json")
    document = json.loads(done.stdout)
    assert ("mlenv.plan/1", "planned", "jax") == (document["schema"], document["status"], document["profile"])


def test_data_that_was_chosen_stands_in_the_command(mlenv: Run, here: Path) -> None:
    (here / "server.toml").write_text(DESCRIBED)
    done = mlenv("setup", "--machine", "server.toml", "--as-of", "2026-06-01")
    assert done.stdout.endswith("mlenv install --profile starter --as-of 2026-06-01\n")


def test_no_plan_is_status_3_with_the_reasons(mlenv: Run, here: Path) -> None:
    (here / "server.toml").write_text(DESCRIBED)
    done = mlenv("setup", "--profile", "rapids", "--machine", "server.toml")
    assert 3 == done.returncode
    assert "No plan for rapids" in done.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--goal", "chess"], "unknown goal 'chess'"),
        (["--profile", "pytorhc"], "unknown profile 'pytorhc'"),
        (["--env", "full"], "a folder that is no environment"),
        (["--yes", "--machine", "server.toml"], "--yes sets this machine up"),
    ],
)
def test_mistakes_have_a_hint(mlenv: Run, here: Path, words: list[str], message: str) -> None:
    (here / "full").mkdir()
    (here / "full" / "thesis.txt").touch()
    done = mlenv("setup", *words)
    assert 2 == done.returncode
    assert message in done.stderr
    assert "\nhint: " in done.stderr
    assert "" == done.stdout


def make_plan(environment: str) -> Plan:
    return Plan(
        profile="starter",
        environment=environment,
        python="3.12",
        accelerator=PlannedAccelerator(kind="cpu", variant="cpu"),
        manager="uv",
        packages=(),
        files=(),
        steps=(),
        verify=(),
        reasons=(),
        rejected=(),
        warnings=(),
    )


class CountingDecider:
    """Decides as it is asked, and counts."""

    of_lock = False

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.asked: list[str] = []

    def question(self) -> str:
        return "what"

    def decide(self, options: PlanOptions) -> Plan:
        self.asked.append(options.environment)
        return make_plan(options.environment)

    def prepare(self, environ: object) -> None:
        self.asked.append("prepare")


def test_what_was_shown_is_what_is_done(describe: Callable[[str], Machine]) -> None:
    decider = CountingDecider(describe(""))
    remembering = Remembering(decider)
    shown = remembering.decide(PlanOptions(environment="1"))
    assert shown is remembering.decide(PlanOptions(environment="1"))
    assert "2" == remembering.decide(PlanOptions(environment="2")).environment
    remembering.prepare({})
    assert ["1", "2", "prepare"] == decider.asked
    assert ("what", False, decider.machine) == (remembering.question(), remembering.of_lock, remembering.machine)


# --- mlenv alone


def test_mlenv_alone_names_this_machine_and_where_to_start(mlenv: Run) -> None:
    done = mlenv()
    assert 0 == done.returncode
    assert "" == done.stderr
    assert done.stdout.startswith("mlenv ")
    assert "Start here:\n  mlenv setup" in done.stdout
    assert "mlenv doctor" in done.stdout


def test_with_an_environment_it_is_verified_first(mlenv: Run, here: Path) -> None:
    (here / ".venv").mkdir()
    (here / ".venv" / "pyvenv.cfg").write_text("home = /usr/bin\n")
    assert "Start here:\n  mlenv verify" in mlenv().stdout


def test_a_gpu_without_a_driver_is_for_the_doctor_first() -> None:
    machine = load_machine(MACHINES / "linux-fedora43-rtx3090-nouveau")
    assert lacks_driver(machine)
    assert ["doctor", "setup"] == [words for words, _ in suggest(machine, environment=False)]


def test_the_line_has_the_gpu_and_its_driver(describe: Callable[[str], Machine]) -> None:
    text = render_welcome(describe(NVIDIA), ASCII_MARKS, environment=False)
    assert "NVIDIA GeForce RTX 4090" in text
    assert "driver 580.65.06" in text
    assert "no GPU" not in text
    without = render_welcome(msgspec.structs.replace(describe(""), gpus=()), ASCII_MARKS, environment=False)
    assert "no GPU: CPU builds will do" in without
    assert without.isascii()
