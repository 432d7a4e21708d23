"""Plan, ask, learn, plan again: until uv agrees, or it is known why it does not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest
import tomli

from mlenv.errors import NoPlanError
from mlenv.plan.plan import Plan
from mlenv.prove.locking import Locker
from mlenv.prove.proving import Ways, prove
from mlenv.prove.target import Target
from mlenv.resolve.refutation import Refutation
from mlenv.resolve.resolution import Impossible, Resolution
from mlenv.system.process import Completed
from tests.unit.prove.prove_cases import MATRIX, Uv, answer_of, build, decide, lock_of, refusal

JAX = [release.version for release in MATRIX.framework("jax").release]


class Memory:
    """One remembered lock."""

    def __init__(self, text: str | None = None) -> None:
        self.text = text

    def recall(self) -> str | None:
        return self.text

    def remember(self, text: str) -> None:
        self.text = text


class Case:
    """A proof of a request by a scripted uv; ``said`` and ``refuted`` keep what became known."""

    def __init__(self, uv: Uv, *names: str, **fields: Any) -> None:
        self.uv = uv
        self.names = names
        self.said: list[str] = []
        self.refuted: list[Refutation] = []
        self.fields = fields

    def decide(self, refuted: Sequence[Refutation]) -> Resolution | Impossible:
        self.refuted = list(refuted)
        return decide(*self.names, refuted=refuted)

    def run(self) -> Plan | Impossible:
        given: dict[str, Any] = {
            "decide": self.decide,
            "build": build,
            "open_locker": lambda _: Locker("uv", Target(), environ={}, execute=self.uv),
            "families": MATRIX.families,
            "find_framework": MATRIX.framework,
            "say": self.said.append,
            "today": lambda: dt.date(2026, 11, 23),
            **self.fields,
        }
        return prove(Ways(**given))

    def plan(self) -> Plan:
        plan = self.run()
        assert isinstance(plan, Plan)
        return plan


def versions(plan: Plan) -> dict[str, str]:
    return {package.name: package.version for package in plan.packages}


def test_a_plan_that_uv_can_lock() -> None:
    lock = lock_of(f"jax=={JAX[0]}", "numpy==2.5.5")
    plan = Case(Uv(lock), "jax").plan()
    assert plan.proof is not None
    assert ("proven", "uv 0.13.9", "2026-11-23", 2) == (
        plan.proof.status,
        plan.proof.by,
        plan.proof.on,
        plan.proof.packages,
    )
    assert (lock, 2000) == (plan.lock, plan.download_bytes)


def test_what_uv_refuses_gives_way_to_the_next_best() -> None:
    case = Case(Uv(refusal(f"Because there is no version of jax=={JAX[0]} and"), lock_of("numpy==2")), "jax")
    plan = case.plan()
    assert JAX[1] == versions(plan)["jax"]
    assert plan.proof is not None
    (given_up,) = plan.proof.given_up
    assert given_up.startswith(f"jax {JAX[0]}: Because there is no version")
    assert [f"uv: {given_up.split(':')[0]} cannot be installed"] == [text.split(",")[0] for text in case.said]


def test_files_that_two_packages_write_are_refused_too() -> None:
    rivals = lock_of("onnxruntime==1", "onnxruntime-gpu==1")
    askers = "onnxruntime==1  # via jax\nonnxruntime-gpu==1  # via mlenv-environment (x)\n"
    case = Case(Uv(rivals, askers, lock_of("numpy==2")), "jax")
    plan = case.plan()  # the same release on another Python: there uv agrees
    assert (JAX[0], True) == (versions(plan)["jax"], plan.python != "3.12")
    assert ((("jax", JAX[0]),), "3.12") == (case.refuted[0].picks, case.refuted[0].python)
    assert "write the same files (onnxruntime)" in case.refuted[0].text


def test_what_the_user_asked_for_clashes_in_itself() -> None:
    with pytest.raises(NoPlanError, match="says uv: Because rich<10 and typer>=1") as caught:
        Case(Uv(refusal("Because rich<10 and typer>=1 are")), "jax", "rich<10", "typer>=1").run()
    assert 3 == caught.value.exit_status
    with pytest.raises(NoPlanError, match="no package index has scikit-lern"):
        Case(Uv(refusal("Because scikit-lern was not found in the package registry")), "jax").run()
    files = Uv(lock_of("onnxruntime==1", "onnxruntime-gpu==1"), "onnxruntime==1  # via mlenv-environment\n")
    with pytest.raises(NoPlanError, match="onnxruntime and onnxruntime-gpu write the same files"):
        Case(files, "jax").run()


def test_no_plan_is_left() -> None:
    answers = [refusal(f"Because there is no version of jax=={version} and") for version in JAX]
    found = Case(Uv(*answers), "jax").run()
    assert isinstance(found, Impossible)
    told = [reason.text for reason in found.reasons if reason.about == "uv"]
    assert told[0].startswith(f"jax {JAX[0]}: Because")


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        (Completed(status=2, stderr="error: Failed to fetch: `https://me:secret@a.example/simple/`"),
         "the index at https://****@a.example/simple/ does not answer"),
        (refusal("Because jax was not found in the package registry", "An index (https://a.example/) returned a 403"),
         "the index at https://a.example/ asks for other credentials"),
        (refusal("Because jax was not found in the cache", "network was disabled"), "cache does not hold all"),
        (Completed(status=None, timed_out=True), "uv gave no answer in 600 seconds"),
    ],
)  # fmt: skip
def test_without_an_answer_nothing_is_proven(answer: Completed, detail: str) -> None:
    plan = Case(Uv(answer), "jax").plan()
    assert plan.proof is not None
    assert ("not_proven", None) == (plan.proof.status, plan.lock)
    assert detail in plan.proof.detail
    assert "secret" not in plan.proof.detail


def test_a_machine_that_uv_cannot_be_asked_about() -> None:
    plan = Case(Uv(), "jax", open_locker=lambda _: "uv has no name for it").plan()
    assert plan.proof is not None
    assert ("not_proven", "uv has no name for it") == (plan.proof.status, plan.proof.detail)


def test_it_ends_where_uv_never_agrees() -> None:
    uv = Uv(*[refusal(f"Because jax=={JAX[0]} depends on numpy<1, we")] * 2)
    plan = Case(uv, "jax", decide=lambda refuted: answer_of("jax")).plan()
    assert plan.proof is not None
    assert plan.proof.detail.startswith("uv refused 2 plans, the last one since: Because jax==")
    slow = iter(range(0, 10_000, 400))
    plan = Case(Uv(refusal("Because jax==1 depends")), "jax", clock=lambda: float(next(slow))).plan()
    assert plan.proof is not None
    assert "not_proven" == plan.proof.status


# ---------------------------------------------------------------- source


def test_what_has_no_wheel_may_come_as_source() -> None:
    cause = "Because all versions of pydotplus have no usable wheels and jax==1 depends on pydotplus, we"
    uv = Uv(refusal(cause), lock_of("numpy==2", "pydotplus==2.0.2.tar.gz"))
    plan = Case(uv, "jax").plan()
    assert "--no-binary pydotplus" in " ".join(uv.asked[1])
    assert plan.proof is not None
    assert ("proven", ("pydotplus",)) == (plan.proof.status, plan.proof.built)


def test_where_it_cannot_be_built_the_release_falls() -> None:
    cause = "Because all versions of pydotplus have no usable wheels and jax==1 depends on pydotplus, we"
    broken = Completed(status=1, stderr="error: Failed to build `pydotplus==2.0.2`\n")
    case = Case(Uv(refusal(cause), broken, lock_of("numpy==2")), "jax")
    case.run()
    assert [(("jax", JAX[0]),)] == [one.picks for one in case.refuted]


def test_a_release_that_is_published_as_source_may_be_built() -> None:
    uv = Uv(lock_of("pyspark==4.tar.gz"))
    Case(uv, "pyspark").run()
    assert "--only-binary :all: --no-binary pyspark" in " ".join(uv.asked[0])


# ---------------------------------------------------------------- memory


def test_a_lock_of_a_moment_ago_is_taken_again() -> None:
    memory = Memory()
    lock = lock_of("numpy==2")
    first = Case(Uv(lock), "jax", open_memory=lambda *_: memory).plan()
    again = Case(Uv(), "jax", open_memory=lambda *_: memory).plan()
    assert (lock, first) == (memory.text, again)


@pytest.mark.parametrize("text", ["", "no lock", "lock-version = '9'", "[[packages]]\nname = '--option'"])
def test_a_damaged_memory_costs_only_time(text: str) -> None:
    memory = Memory(text or "\0")
    lock = lock_of("numpy==2")
    Case(Uv(lock), "jax", open_memory=lambda *_: memory).plan()
    assert lock == memory.text


def test_what_clashes_is_not_remembered() -> None:
    memory = Memory()
    uv = Uv(lock_of("onnxruntime==1", "onnxruntime-gpu==1"), "onnxruntime==1  # via mlenv-environment\n")
    with pytest.raises(NoPlanError):
        Case(uv, "jax", open_memory=lambda *_: memory).run()
    assert memory.text is None


# ---------------------------------------------------------------- one question for all releases


def absent(version: str) -> Completed:
    return refusal(f"Because there is no version of jax=={version} and mlenv-environment depends on it, we")


def requirements(uv: Uv, number: int) -> list[str]:
    """What the project of a question asks for."""
    return list(tomli.loads(uv.projects[number])["project"]["dependencies"])


def test_after_some_refusals_uv_is_asked_whether_any_release_would_do() -> None:
    uv = Uv(*[absent(version) for version in JAX[:4]], refusal("Because all versions of jax depend on numpy<1, we"))
    found = Case(uv, "jax").run()
    assert isinstance(found, Impossible)
    assert [f"jax>={JAX[-1]}"] == requirements(uv, 4)
    (told,) = [reason.text for reason in found.reasons if reason.text.endswith("depend on numpy<1, we")]
    assert told.startswith(f"jax {JAX[0]} to {JAX[-1]}: ") or f" to {JAX[-1]}: " in told


def test_one_that_would_do_is_looked_for() -> None:
    uv = Uv(*[absent(version) for version in JAX[:4]], lock_of("jax==0.1"), lock_of("numpy==2"))
    assert JAX[4] == versions(Case(uv, "jax").plan())["jax"]


def test_a_conflict_without_the_framework_is_the_users() -> None:
    uv = Uv(*[absent(version) for version in JAX[:4]], refusal("Because there is no version of rich>99 and"))
    with pytest.raises(NoPlanError, match="no version of rich>99"):
        Case(uv, "jax").run()
