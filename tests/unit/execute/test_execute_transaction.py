"""The transaction: whatever goes wrong, the environment is the old one or a proven new one."""

from __future__ import annotations

import base64
import hashlib
import os
import sys
from pathlib import Path

import msgspec
import pytest

from mlenv.errors import InstallError, Interrupted, NoVerdictError
from mlenv.execute.generations import Generations
from mlenv.execute.steps import failure_of
from mlenv.plan.conda_client import RATTLER_MODULE
from mlenv.plan.plan import Plan, Step
from mlenv.system.process import Completed
from tests.unit.execute.installing import (
    FILL,
    FULL,
    MAKE,
    Cache,
    Proof,
    carry_out,
    make_plan,
    step,
)


@pytest.fixture
def generations(tmp_path: Path) -> Generations:
    return Generations(tmp_path / ".venv")


def test_a_first_install_makes_the_link(generations: Generations) -> None:
    _, progress = carry_out(generations)
    assert [("Create", True), ("Install", True), ("Verify", True)] == progress.heard
    assert generations.current == generations.path.parent / ".venv.generations" / "1"
    assert (generations.path / "installed").read_text() == "yes"


def test_files_of_a_plan_are_private(generations: Generations) -> None:
    carry_out(generations)
    assert (generations.path / "mlenv/pyproject.toml").stat().st_mode & 0o077 == 0


@pytest.mark.skipif(sys.platform == "win32", reason="rights of POSIX")
def test_a_file_that_a_command_made_before_becomes_private(generations: Generations) -> None:
    made = "import os, sys; os.makedirs(sys.argv[1] + '/mlenv'); open(sys.argv[1] + '/mlenv/pyproject.toml', 'w')"

    def plan(folder: Path) -> Plan:
        return make_plan(folder, steps=(step("create", made, str(folder)), step("verify")))

    carry_out(generations, plan=plan)
    assert 0 == (generations.path / "mlenv/pyproject.toml").stat().st_mode & 0o077


@pytest.mark.skipif(sys.platform == "win32", reason="rights of POSIX")
def test_nobody_else_looks_into_a_generation_while_it_is_made(generations: Generations) -> None:
    modes: list[int] = []
    previous = os.umask(0o022)
    try:
        carry_out(generations, proof=Proof(act=lambda folder: modes.append(folder.stat().st_mode & 0o777)))
    finally:
        os.umask(previous)
    modes.append(os.stat(generations.path).st_mode & 0o777)
    assert [0o700, 0o755] == modes


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
        carry_out(generations, fill=FULL)
    assert "free" in caught.value.hint
    assert generations.current is not None
    assert generations.current.name == "1"
    assert [".gitignore", "1", "lock"] == sorted(entry.name for entry in generations.store.iterdir())


def test_a_failed_first_install_leaves_nothing(generations: Generations) -> None:
    with pytest.raises(InstallError):
        carry_out(generations, fill=FULL)
    assert not os.path.lexists(generations.path)
    assert not generations.store.exists()


def test_a_failed_proof_is_not_taken_into_use(generations: Generations) -> None:
    carry_out(generations)
    with pytest.raises(InstallError, match="torch compute: wrong number"):
        carry_out(generations, proof=Proof("error"))
    assert ["1"] == [folder.name for folder in generations.finished()]


def test_no_verdict_is_not_taken_into_use(generations: Generations) -> None:
    with pytest.raises(NoVerdictError):
        carry_out(generations, proof=Proof("unknown"))
    assert not generations.path.exists()


def interrupt(_: Path) -> None:
    raise KeyboardInterrupt


def test_an_interrupt_removes_the_new_generation(generations: Generations) -> None:
    carry_out(generations)
    with pytest.raises(Interrupted):
        carry_out(generations, proof=Proof(act=interrupt))
    assert ["1"] == [folder.name for folder in generations.finished()]
    assert not (generations.store / "2").exists()


def test_a_disk_that_fails_while_it_is_sealed_is_told_in_a_line(generations: Generations) -> None:
    class Full(Proof):
        def seal(self, folder: Path, *_: object) -> None:
            raise OSError(28, "No space left on device", str(folder / "manifest"))

    with pytest.raises(InstallError, match="No space left on device; the environment is as it was before"):
        carry_out(generations, proof=Full())
    assert not generations.store.exists()


def test_what_the_cache_holds_is_not_downloaded(generations: Generations) -> None:
    def plan(folder: Path) -> Plan:
        target = str(folder)
        steps = (step("create", MAKE, target), step("reuse", FILL, target), step("install", FULL, target))
        return make_plan(folder, steps=(*steps, step("verify")))

    proof = Proof()
    outcome, _ = carry_out(generations, proof=proof, plan=plan)
    assert (generations.path / "installed").read_text() == "yes"
    assert (True, 0) == (outcome.reused, proof.foreseen)


def test_before_a_download_one_looks_ahead(generations: Generations) -> None:
    proof = Proof()
    outcome, _ = carry_out(generations, proof=proof)
    assert (False, 1) == (outcome.reused, proof.foreseen)


def test_the_lock_of_the_proof_is_installed_as_proven(generations: Generations) -> None:
    text = '[[packages]]\nname = "a"\nversion = "1"\n[[packages.wheels]]\nurl = "https://a.example/a"\n'
    text += f'hashes = {{ sha256 = "{"0" * 64}" }}\n'

    def plan(folder: Path) -> Plan:
        made = make_plan(folder)
        return msgspec.structs.replace(made, steps=(made.steps[0], step("lock", FULL), *made.steps[1:]), lock=text)

    _, progress = carry_out(generations, plan=plan)
    assert ("Lock: as proven", True) in progress.heard
    assert text == (generations.path / "mlenv/pylock.toml").read_text()
    assert f"a==1 --hash=sha256:{'0' * 64}\n" == (generations.path / "mlenv/requirements.txt").read_text()


# ---------------------------------------------------------------- once more

FLAKY = """
import os, sys
mark = sys.argv[1] + '/../../tries'
tries = int(open(mark).read()) if os.path.exists(mark) else 0
open(mark, 'w').write(str(tries + 1))
if tries < 2:
    sys.exit("error: Failed to fetch: `https://a.example/x.whl`\\n  cause: connection reset")
open(sys.argv[1] + '/installed', 'w').write('yes')
"""
UNREACHABLE = "import sys; sys.exit('error: Failed to fetch: `https://a.example/`: dns error')"
MISMATCH = """
import os, sys
mark = sys.argv[1] + '/../../tries'
if not os.path.exists(mark):
    open(mark, 'w')
    sys.exit("error: Hash mismatch for `lower==1.0`")
open(sys.argv[1] + '/installed', 'w').write('yes')
"""


def test_a_network_that_fails_for_a_moment_is_tried_again(generations: Generations) -> None:
    _, progress = carry_out(generations, fill=FLAKY)
    assert ["2", "8"] == [note.rpartition("trying again in ")[2].removesuffix(" s") for note in progress.notes]
    assert "3" == (generations.path.parent / "tries").read_text()


@pytest.mark.parametrize(
    ("module", "hint", "said"),
    [
        pytest.param(RATTLER_MODULE, "free some space", False, id="of-mlenv"),
        pytest.param("another", "mend the cause", True, id="of-another"),
    ],
)
def test_the_hint_of_mlenv_s_own_child_is_the_hint(module: str, hint: str, said: bool) -> None:
    install = Step(kind="install", purpose="Install", argv=("python", "-m", module))
    done = Completed(status=1, stderr="error: it is odd\nhint: free some space\n")
    error = failure_of(install, done, None, None)
    assert error.hint.startswith(hint)
    assert said == ("hint: free some space" in error.message)
    assert "  error: it is odd\n" in error.message


def test_a_token_that_a_manager_names_is_masked(generations: Generations) -> None:
    told = "import sys; sys.exit('no https://h.example/t/tk-' + '8f31/noarch/repodata.json')"

    def plan(folder: Path) -> Plan:
        return msgspec.structs.replace(make_plan(folder, fill=told), manager="mamba")

    with pytest.raises(InstallError, match=r"no https://h\.example/t/\*\*\*\*/noarch") as caught:
        carry_out(generations, plan=plan)
    assert "tk-8f31" not in f"{caught.value.message}{caught.value.hint}"


def test_a_network_that_stays_away_ends_the_work(generations: Generations) -> None:
    with pytest.raises(InstallError, match="dns error"):
        carry_out(generations, fill=UNREACHABLE)
    assert not generations.store.exists()


def test_a_wrong_hash_is_fetched_anew_once(generations: Generations) -> None:
    cache = Cache()
    carry_out(generations, fill=MISMATCH, cache=cache)
    assert ["lower"] == cache.dropped


def test_a_wrong_hash_that_stays_is_refused(generations: Generations) -> None:
    cache = Cache()
    with pytest.raises(InstallError, match="Hash mismatch"):
        carry_out(generations, fill="import sys; sys.exit('error: Hash mismatch for `lower==1.0`')", cache=cache)
    assert ["lower", "lower"] == cache.dropped  # so that the next installation starts afresh


def recorded(content: bytes, stated: bytes) -> str:
    """A program that installs a distribution whose one file has a content, and states that of another."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(stated).digest()).rstrip(b"=").decode()
    return f"""
import os, sys
site = sys.argv[1] + '/lib/python3.11/site-packages'
os.makedirs(site + '/lower-1.0.dist-info')
mark = sys.argv[1] + '/../../tries'
content = {content!r} if not os.path.exists(mark) else {stated!r}
open(mark, 'w')
open(site + '/lower.py', 'wb').write(content)
open(site + '/lower-1.0.dist-info/RECORD', 'w').write('lower.py,sha256={digest},{len(stated)}\\n')
"""


@pytest.mark.parametrize("content", [b"x = 2\n", b"x = 1"], ids=["other content", "shorter"])
def test_what_comes_damaged_out_of_a_cache_is_fetched_anew(generations: Generations, content: bytes) -> None:
    cache = Cache()
    carry_out(generations, fill=recorded(content, b"x = 1\n"), cache=cache)
    assert ["lower"] == cache.dropped
    assert b"x = 1\n" == (generations.path / "lib/python3.11/site-packages/lower.py").read_bytes()


def test_what_stays_damaged_is_refused(generations: Generations) -> None:
    program = recorded(b"x = 2\n", b"x = 1\n").replace("if not os.path.exists(mark) else", "if True else")
    with pytest.raises(InstallError, match="is not what was published"):
        carry_out(generations, fill=program)
    assert not generations.store.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="the shell's script")
def test_an_activated_shell_follows_a_switch(generations: Generations) -> None:
    text = f"VIRTUAL_ENV='{generations.store}/1'\n"
    program = "import sys, os; os.makedirs(sys.argv[1] + '/bin')\n"
    program += f"open(sys.argv[1] + '/bin/activate', 'w').write({text!r})"

    def plan(folder: Path) -> Plan:
        return make_plan(folder, steps=(step("create", program, str(folder)), step("verify")))

    carry_out(generations, plan=plan)
    assert f"VIRTUAL_ENV='{generations.path}'\n" == (generations.path / "bin/activate").read_text()
