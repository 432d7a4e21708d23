"""The fault table: what it takes for wrong, how it counts, how it reads a trace."""

from __future__ import annotations

import importlib
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from mlenv.system.process import Completed

SCRIPTS = Path(__file__).parents[2] / "scripts"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the table is made on Linux")


def part(name: str) -> Any:
    """A module of the script's."""
    if str(SCRIPTS) not in sys.path:
        sys.path.insert(0, str(SCRIPTS))
    return importlib.import_module(f"trials.{name}")


def ended(status: int, stderr: str = "") -> Completed:
    return Completed(status=status, stderr=stderr)


def result(case: str, *wrong: str, lacking: str = "") -> Any:
    return part("table").Result(case=case, variant="one", wrong=wrong, lacking=lacking)


def test_the_table_counts_what_was_tried_and_says_how_to_repeat_it() -> None:
    results = [result("kill"), result("kill", "left: 2"), result("clock", lacking="there is no cc")]
    assert [
        "case   tried  right",
        "kill       2      1",
        "clock  skipped: there is no cc",
        "",
        "wrong: kill: one",
        "  left: 2",
        "  again: scripts/faults.py --seed 7 --only 'kill: one'",
        "",
        "1 of 2 right (50 %)",
    ] == part("table").render(results, "scripts/faults.py --seed 7").splitlines()


def test_one_wrong_of_many_is_not_rounded_away() -> None:
    results = [result("kill")] * 1999 + [result("kill", "left: 2")]
    assert "1999 of 2000 right (99.95 %)" == part("table").count(results)


@pytest.mark.parametrize(
    ("ending", "wrong"),
    [
        (ended(0, "error: something, and all the same 0"), []),
        (ended(4, "error: no room\nhint: free some"), []),
        (ended(130, "error: interrupted"), []),
        (ended(-9), []),
        (ended(1, "error: x"), ["exit status 1 instead of 0 or 4 or 130 or -9 (error: x)"]),
        (ended(4, "error: no room"), ["status 4 without a hint (error: no room)"]),
        (ended(4, "hint: free some"), ["stderr has 0 errors instead of one"]),
        (ended(130, "error: a\nerror: b"), ["stderr has 2 errors instead of one"]),
        (ended(0, "Traceback (most recent call last):"), ["stderr has 'Traceback'"]),
    ],
)
def test_what_a_call_says_at_its_end(ending: Completed, wrong: list[str]) -> None:
    aftermath = part("aftermath")
    assert wrong == aftermath.check_words(ending, aftermath.Expected(statuses=(0, 4, 130, -9)))


@pytest.mark.parametrize(
    ("status", "versions"), [(0, ("2.0",)), (4, ("1.0",)), (130, ("1.0",)), (-9, ("1.0", "2.0")), (-15, ("1.0", "2.0"))]
)
def test_what_the_environment_may_be(status: int, versions: tuple[str, ...]) -> None:
    aftermath = part("aftermath")
    assert versions == aftermath.versions_after(ended(status), aftermath.Expected(statuses=(status,)))


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (["/bin/uv", "pip", "sync", "--python", "p", "--offline", "r.txt"], "uv pip sync offline"),
        (["/bin/uv", "venv", "--no-project", "/w/2"], "uv venv"),
        (["/bin/uv", "--version"], "uv --version"),
        (["python", "-I", "-c", "from mlenv.execute.guard import watch; watch()", "/w/.venv"], "guard"),
        (["python", "-I", "/x/mlenv/verify/payloads/_runner.py", "generic"], "verify"),
        (["python", "-m", "mlenv", "install"], "unborn"),
        ([], "unborn"),
    ],
)
def test_what_a_child_is_for(words: list[str], kind: str) -> None:
    assert kind == part("moments").kind_of(words)


def test_python_that_was_stopped_before_it_came_to_mlenv_is_quiet() -> None:
    said = part("stops").without_python(ended(1, 'Traceback\n  File "<frozen site>", line 1'), signal.SIGINT)
    assert (-2, "") == (said.status, said.stderr)
    ours = ended(1, 'Traceback\n  File "/x/mlenv/__main__.py", line 1')
    assert ours == part("stops").without_python(ours, signal.SIGINT)


# What strace -f -y writes.
TRACE = """\
10 syncfs(6</w/.venv.generations/2>) = 0
11 write(1</w/.venv.generations/2/lib/late.py>, ""..., 5) = 5
10 fsync(6</w/.venv.generations/2/mlenv-manifest.json.new>) = 0
10 rename("/w/.venv.generations/2/mlenv-manifest.json.new", "/w/.venv.generations/2/mlenv-manifest.json") = 0
10 renameat2(AT_FDCWD, "/w/.venv.generations/.link", AT_FDCWD, "/w/.venv", RENAME_EXCHANGE) = 0
10 fsync(6</w> <unfinished ...>
10 <... fsync resumed>) = 0
10 rename("/w/.venv.generations/.link", "/w/.venv.generations/original") = 0
"""


@pytest.fixture
def trace(tmp_path: Path) -> Any:
    (tmp_path / "trace.txt").write_text(TRACE)
    return part("tracing").read_trace(tmp_path / "trace.txt")


def test_the_calls_of_mlenv_itself_are_numbered_by_name(trace: Any) -> None:
    calls = [call.describe() for call in part("tracing").name_calls(trace)]
    assert ["syncfs 1 (2)", "fsync 1 (mlenv-manifest.json.new)", "rename 1 (mlenv-manifest.json)"] == calls[:3]
    assert "rename 2 (original)" == calls[-1]


def test_the_order_of_a_switch(trace: Any) -> None:
    manifest = ("rename", '"/w/.venv.generations/2/mlenv-manifest.json"')
    switch, flush = ("rename", '"/w/.venv"'), ("fsync", "</w>")
    power = part("power")
    assert [] == power.check_order(trace, [manifest, switch, flush])
    (wrong,) = power.check_order(trace, [switch, manifest])
    assert wrong.startswith('no rename of "/w/.venv.generations/2/mlenv-manifest.json" after renameat2(')


def test_a_write_after_the_flush_is_seen(trace: Any) -> None:
    (wrong,) = part("power").check_last_write(trace, Path("/w/.venv.generations/2"))
    assert "late.py" in wrong
