"""The transaction: whatever goes wrong, the environment is the old one or a proven new one."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from mlenv.errors import InstallError, Interrupted, NoVerdictError, UsageError
from mlenv.execute.generations import MANIFEST, Generations
from mlenv.execute.transaction import held, install
from mlenv.plan.plan import Plan, PlannedAccelerator, PlannedFile, Step
from mlenv.verify.result import Result, Verification

MAKE = "import os, sys; os.makedirs(sys.argv[1])"
FILL = "import sys; open(sys.argv[1] + '/installed', 'w').write('yes')"
FAIL = "import sys; sys.exit('the disk is full: No space left on device')"


class Progress:
    """Notes which steps ended well."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, bool]] = []

    @contextmanager
    def step(self, text: str) -> Iterator[Progress]:
        try:
            yield self
        except BaseException:
            self.heard.append((text, False))
            raise
        self.heard.append((text, True))

    def say(self, text: str) -> None:
        pass


def make_plan(folder: Path, *, fill: str = FILL) -> Plan:
    target = str(folder)
    return Plan(
        profile="test",
        environment=target,
        python="3.11",
        accelerator=PlannedAccelerator(kind="cpu", variant="cpu"),
        manager="uv",
        packages=(),
        files=(PlannedFile(path="mlenv/pyproject.toml", text="secret"),),
        steps=(
            Step(kind="create", purpose="Create", argv=(sys.executable, "-c", MAKE, target)),
            Step(kind="install", purpose="Install", argv=(sys.executable, "-c", fill, target)),
            Step(kind="verify", purpose="Verify", argv=("mlenv", "verify")),
        ),
        verify=(),
        reasons=(),
        rejected=(),
        warnings=(),
    )


def proof(status: str = "ok") -> Verification:
    result = Result(
        framework="torch",
        version="2",
        device="cpu",
        check="compute",
        status="pass" if status == "ok" else "fail",
        seconds=0.1,
        detail="wrong number",
    )
    return Verification(environment="x", status=status, results=(result,))  # type: ignore[arg-type]


def seal(folder: Path, verification: Verification, timings: dict[str, float]) -> None:
    (folder / MANIFEST).write_text("{}")


def carry_out(generations: Generations, *, fill: str = FILL, status: str = "ok") -> Progress:
    progress = Progress()
    with held(generations, waiting=lambda text: None):
        folder = generations.next_folder()
        install(
            make_plan(folder, fill=fill),
            generations,
            folder,
            environ=os.environ,
            progress=progress,
            verify=lambda _, say: proof(status),
            seal=seal,
        )
    return progress


@pytest.fixture
def generations(tmp_path: Path) -> Generations:
    return Generations(tmp_path / ".venv")


def test_a_first_install_makes_the_link(generations: Generations) -> None:
    progress = carry_out(generations)
    assert [("Create", True), ("Install", True), ("Verify", True)] == progress.heard
    assert generations.current == generations.path.parent / ".venv.generations" / "1"
    assert (generations.path / "installed").read_text() == "yes"


def test_files_of_a_plan_are_private(generations: Generations) -> None:
    carry_out(generations)
    assert (generations.path / "mlenv/pyproject.toml").stat().st_mode & 0o077 == 0


def test_a_second_install_keeps_the_first_generation(generations: Generations) -> None:
    carry_out(generations)
    carry_out(generations)
    assert ["1", "2"] == [folder.name for folder in generations.finished()]
    assert generations.current is not None
    assert generations.current.name == "2"


def test_old_generations_are_pruned(generations: Generations) -> None:
    for _ in range(5):
        carry_out(generations)
    assert ["3", "4", "5"] == [folder.name for folder in generations.finished()]


def test_a_failed_step_leaves_everything_as_it_was(generations: Generations) -> None:
    carry_out(generations)
    with pytest.raises(InstallError, match="No space left") as caught:
        carry_out(generations, fill=FAIL)
    assert "free some disk space" in caught.value.hint
    assert generations.current is not None
    assert generations.current.name == "1"
    assert [".gitignore", "1", "lock"] == sorted(entry.name for entry in generations.store.iterdir())


def test_a_failed_proof_is_not_taken_into_use(generations: Generations) -> None:
    carry_out(generations)
    with pytest.raises(InstallError, match="torch compute: wrong number"):
        carry_out(generations, status="error")
    assert ["1"] == [folder.name for folder in generations.finished()]


def test_no_verdict_is_not_taken_into_use(generations: Generations) -> None:
    with pytest.raises(NoVerdictError):
        carry_out(generations, status="unknown")
    assert not generations.path.exists()


def test_an_interrupt_removes_the_new_generation(generations: Generations) -> None:
    carry_out(generations)
    folder = generations.next_folder()

    def interrupt(_: Path, say: object) -> Verification:
        raise KeyboardInterrupt

    with pytest.raises(Interrupted), held(generations, waiting=lambda text: None):
        install(
            make_plan(folder),
            generations,
            folder,
            environ=os.environ,
            progress=Progress(),
            verify=interrupt,
            seal=seal,
        )
    assert not folder.exists()
    assert generations.current is not None
    assert generations.current.name == "1"


def test_leftovers_of_a_killed_install_are_removed(generations: Generations) -> None:
    carry_out(generations)
    leftover = generations.next_folder()
    leftover.mkdir()
    (leftover / "half").touch()
    carry_out(generations)
    assert not (leftover / "half").exists()
    assert ["1", "2"] == [folder.name for folder in generations.finished()]


@pytest.mark.parametrize("content", ["pyvenv.cfg", "notes.txt"])
def test_what_mlenv_did_not_make_is_left_alone(generations: Generations, content: str) -> None:
    generations.path.mkdir()
    (generations.path / content).touch()
    with pytest.raises(UsageError, match=str(generations.path)):
        generations.check_free()


def test_a_file_in_the_way_is_left_alone(generations: Generations) -> None:
    generations.path.touch()
    with pytest.raises(UsageError, match="is no folder"):
        generations.check_free()


def test_an_empty_folder_may_be_used(generations: Generations) -> None:
    generations.path.mkdir()
    generations.check_free()
    carry_out(generations)
    assert generations.current is not None


def test_a_foreign_link_is_left_alone(generations: Generations, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    generations.path.symlink_to("elsewhere")
    with pytest.raises(UsageError):
        generations.check_free()


def test_what_the_cache_holds_is_not_downloaded(generations: Generations) -> None:
    plan = make_plan(generations.next_folder(), fill=FAIL)
    target = plan.environment
    reuse = Step(kind="reuse", purpose="From the cache", argv=(sys.executable, "-c", FILL, target))
    plan = msgspec.structs.replace(plan, steps=(plan.steps[0], reuse, *plan.steps[1:]))
    with held(generations, waiting=lambda text: None):
        install(
            plan,
            generations,
            Path(target),
            environ=os.environ,
            progress=Progress(),
            verify=lambda _, say: proof(),
            seal=seal,
        )
    assert (generations.path / "installed").read_text() == "yes"


def test_the_lock_of_the_proof_is_installed_as_proven(generations: Generations) -> None:
    plan = make_plan(generations.next_folder())
    lock = Step(kind="lock", purpose="Lock", argv=(sys.executable, "-c", FAIL))
    text = '[[packages]]\nname = "a"\nversion = "1"\n[[packages.wheels]]\n'
    text += 'url = "https://a.example/a"\nhashes = { sha256 = "0" }\n'
    plan = msgspec.structs.replace(plan, steps=(plan.steps[0], lock, *plan.steps[1:]), lock=text)
    progress = Progress()
    with held(generations, waiting=lambda text: None):
        folder = Path(plan.environment)
        install(
            plan, generations, folder, environ=os.environ, progress=progress, verify=lambda _, say: proof(), seal=seal
        )
    assert ("Lock: as proven", True) in progress.heard
    assert text == (generations.path / "mlenv/pylock.toml").read_text()
    assert "a==1 --hash=sha256:0\n" == (generations.path / "mlenv/requirements.txt").read_text()
