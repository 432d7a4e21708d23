"""Children in earnest: each stub goes wrong in one way, and each way is told from the others."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from mlenv.system.process import Completed
from mlenv.verify.children import Setting
from mlenv.verify.result import LEVELS, Result, Target
from mlenv.verify.runner import Errand, attempt_imports, verify_environment
from mlenv.verify.schedule import choose_width, find_deadline, order_targets
from tests.unit.verify.verify_stubs import StubEnvironment, brief, make_environment


@pytest.fixture(scope="module")
def stubs(tmp_path_factory: pytest.TempPathFactory) -> StubEnvironment:
    return make_environment(tmp_path_factory.mktemp("stubs") / "env")


HERE = Setting(python="python", environ={})
posix = pytest.mark.skipif(os.name == "nt", reason="signals are a matter of Unix")


def test_a_good_module_passes(stubs: StubEnvironment) -> None:
    verification = stubs.verify(stubs.add("good", "print('junk')", version="2.5.0+cpu", metadata="2.5.0"))
    assert brief(verification) == [("import", "pass", ""), ("version", "pass", "")]
    assert verification.status == "ok"
    assert verification.results[0].version == "2.5.0+cpu"


CASES = {
    "missing_library": (
        "raise ImportError('libcudnn.so.9: cannot open shared object file: No such file or directory')",
        "missing-library",
        "(libcudnn.so.9)",
    ),
    "missing_module": ("import no_such_module", "missing-module", "(no_such_module)"),
    "old_numpy": (
        "raise ImportError('numpy.core.multiarray failed to import')",
        "binary-mismatch",
        "numpy.core.multiarray",
    ),
    "raises": ("raise ValueError('three\\nlines')", "import-error", "ValueError: three lines"),
    "chained": (
        "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    raise OSError('no') from error",
        "import-error",
        "OSError: no; caused by ZeroDivisionError: division by zero",
    ),
    "sys_exit": ("import sys; sys.exit(3)", "import-error", "SystemExit: 3"),
    "os_exit": ("import os; os._exit(0)", "ended-early", "ended with status 0 while importing os_exit"),
    "imitation": (
        """\
        import os, sys
        print(sys.argv, '{"phase": "done", "results": []}')
        os.write(1, b'{"phase": "done", "results": []}')
        os._exit(7)""",
        "ended-early",
        "ended with status 7",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_failed_import_says_why(stubs: StubEnvironment, name: str) -> None:
    code, reason, words = CASES[name]
    verification = stubs.verify(stubs.add(name, code))
    assert brief(verification) == [("import", "fail", reason)]
    assert words in verification.results[0].detail
    assert verification.status == "error"


@posix
@pytest.mark.parametrize(
    ("name", "words"),
    [("SIGSEGV", "segmentation fault"), ("SIGILL", "the CPU lacks"), ("SIGABRT", "abort"), ("SIGKILL", "memory")],
)
def test_a_crash_names_its_signal(stubs: StubEnvironment, name: str, words: str) -> None:
    target = stubs.add(f"dies_{name.lower()}", f"import os, signal\nos.kill(os.getpid(), signal.{name})")
    (result,) = stubs.verify(target).results
    assert (result.check, result.status, result.reason, result.signal) == ("import", "fail", "crashed", name)
    assert f"killed by {name}" in result.detail
    assert words in result.detail
    assert f"while importing {target.framework}" in result.detail
    assert result.version == "1.0"


@posix
def test_a_crash_says_where_it_was(stubs: StubEnvironment) -> None:
    code = "import os, signal, sys\nprint('the last words', file=sys.stderr)\nos.kill(os.getpid(), signal.SIGSEGV)"
    (result,) = stubs.verify(stubs.add("speaks", code)).results
    assert "speaks" + os.sep + '__init__.py", line 4' in result.detail
    assert "last words: the last words" in result.detail


def test_a_hang_is_a_time_out(stubs: StubEnvironment) -> None:
    (result,) = stubs.verify(stubs.add("hangs", "import time\ntime.sleep(600)"), timeout=2.0).results
    assert (result.check, result.status, result.reason) == ("import", "fail", "timed-out")
    assert "no answer within 2 s while importing hangs" in result.detail
    assert '__init__.py", line 3' in result.detail
    assert 1.5 < result.seconds < 20.0


def test_another_version_than_the_installed_one(stubs: StubEnvironment) -> None:
    verification = stubs.verify(stubs.add("shadowed", "", version="1.9", metadata="2.0"))
    assert brief(verification) == [("import", "pass", ""), ("version", "fail", "version-mismatch")]
    assert "says it is 1.9, but shadowed 2.0 is installed" in verification.results[1].detail


@pytest.mark.parametrize(
    ("wanted", "outcome"), [("3.1", ("version", "pass", "")), ("3.2", ("version", "fail", "version-mismatch"))]
)
def test_the_wanted_version(stubs: StubEnvironment, wanted: str, outcome: tuple[str, str, str]) -> None:
    stubs.add("planned", "", version="3.1")
    target = Target(framework="planned", distribution="planned", version=wanted)
    assert brief(stubs.verify(target))[-1] == outcome


def test_a_leftover_folder_is_no_module(stubs: StubEnvironment) -> None:
    Path(stubs.site, "leftover", "__pycache__").mkdir(parents=True, exist_ok=True)
    target = Target(framework="leftover", distribution="leftover", imports=("leftover",))
    assert brief(stubs.verify(target)) == [("import", "fail", "empty-package")]


def test_what_is_not_installed(stubs: StubEnvironment) -> None:
    by_name = Target(framework="absent", distribution="absent")
    by_module = Target(framework="away", distribution="away", imports=("away",))
    assert brief(stubs.verify(by_name, by_module)) == [("import", "fail", "not-installed")] * 2


def test_a_distribution_without_modules_leaves_no_verdict(stubs: StubEnvironment) -> None:
    stubs.describe("collection", "1.0")
    verification = stubs.verify(Target(framework="collection", distribution="collection"))
    assert brief(verification) == [("import", "skip", "skipped")]
    assert verification.status == "unknown"


def test_no_targets_leave_no_verdict(stubs: StubEnvironment) -> None:
    assert stubs.verify().status == "unknown"


def test_a_missing_interpreter_is_an_error_of_the_check(tmp_path: Path) -> None:
    target = Target(framework="torch", distribution="torch")
    python = str(tmp_path / "bin" / "python")
    verification = verify_environment(Setting(python=python, environ={}), [target], environment="x")
    assert brief(verification) == [("import", "error", "could-not-run")]
    assert verification.status == "unknown"


def test_an_accelerator_that_nobody_proved_leaves_no_verdict(stubs: StubEnvironment) -> None:
    verification = stubs.verify(stubs.add("plain", ""), device="cuda")
    assert brief(verification)[-1] == ("device", "skip", "skipped")
    assert verification.status == "unknown"


@posix
def test_a_crash_at_the_end_is_a_warning(stubs: StubEnvironment) -> None:
    code = "import atexit, os, signal\natexit.register(os.kill, os.getpid(), signal.SIGABRT)"
    verification = stubs.verify(stubs.add("ends_badly", code))
    assert brief(verification)[-1] == ("exit", "warn", "crashed")
    assert verification.status == "warning"


def test_user_variables_do_not_bend_the_child(stubs: StubEnvironment, tmp_path: Path) -> None:
    tmp_path.joinpath("straight.py").write_text("raise ImportError('the wrong one')")
    target = stubs.add("straight", "import os\nassert 'PYTHONPATH' not in os.environ")
    verification = stubs.verify(target, variables={"PYTHONPATH": str(tmp_path)})
    assert verification.status == "ok"


def test_results_come_in_the_order_of_the_targets() -> None:
    seen: list[str] = []
    running, most = [0], [0]

    def run(argv: Sequence[str], *, timeout: float, environ: Mapping[str, str] | None, cwd: str | None) -> Completed:
        running[0] += 1
        most[0] = max(most[0], running[0])
        time.sleep(0.2 if '"first"' in argv[-1] else 0.02)
        running[0] -= 1
        statement = '{"phase": "done", "results": [{"check": "import", "status": "pass", "seconds": 0.1}]}'
        return Completed(status=0, stdout=f"{argv[-2]} {statement}\n")

    targets = [Target(framework=name, distribution=name) for name in ("first", "second", "third", "fourth")]

    def note(result: Result) -> None:
        seen.append(result.framework)

    verification = verify_environment(HERE, targets, environment="x", on_result=note, errand=Errand(run=run))
    assert [result.framework for result in verification.results] == ["first", "second", "third", "fourth"]
    assert seen == ["second", "third", "fourth", "first"]
    assert most == [2]


def test_a_fault_of_our_own_reaches_the_caller() -> None:
    def run(argv: Sequence[str], *, timeout: float, environ: Mapping[str, str] | None, cwd: str | None) -> Completed:
        raise IndexError("ours")

    with pytest.raises(IndexError, match="ours"):
        verify_environment(HERE, [Target(framework="a", distribution="a")], environment="x", errand=Errand(run=run))


@posix
def test_attempts_for_a_diagnosis(stubs: StubEnvironment) -> None:
    stubs.describe("nothing_inside", "1.0")
    targets = [
        stubs.add("imports_well", "import sys\nprint('a notice', file=sys.stderr)"),
        stubs.add("imports_badly", "import sys\nprint('a hint', file=sys.stderr)\nraise ImportError('no')"),
        stubs.add("crashes", "import os, signal\nos.kill(os.getpid(), signal.SIGILL)"),
        stubs.add("sleeps", "import time\ntime.sleep(600)"),
        Target(framework="nothing-inside", distribution="nothing_inside"),
    ]
    attempts = attempt_imports(Setting(python=stubs.python, environ={}), targets, errand=Errand(timeout=2.0))
    assert [(attempt.framework, attempt.outcome, attempt.signal) for attempt in attempts] == [
        ("imports_well", "imported", None),
        ("imports_badly", "failed", None),
        ("crashes", "crashed", "SIGILL"),
        ("sleeps", "timed_out", None),
    ]
    assert attempts[0].detail == "a notice"
    assert attempts[1].detail == "ImportError: no\na hint"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_no_child_outlives_its_parent(stubs: StubEnvironment, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    stubs.add("endless", f"import os, time\nopen({str(note)!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)")
    code = (
        "import sys; from mlenv.verify.result import Target; from mlenv.verify.runner import verify_environment\n"
        "from mlenv.verify.children import Setting\n"
        "target = Target(framework='endless', distribution='endless')\n"
        "verify_environment(Setting(python=sys.argv[1], environ={}), [target], environment='x')"
    )
    environ = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", code, stubs.python], env=environ) as parent:
        child = int(wait_for(lambda: note.read_text() if note.exists() else ""))
        parent.send_signal(signal.SIGKILL)
    assert wait_for(lambda: "gone" if not is_alive(child) else "") == "gone"


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def wait_for(ask: Callable[[], str]) -> str:
    for _ in range(500):
        answer = ask()
        if answer:
            return answer
        time.sleep(0.02)
    raise AssertionError("waited for nothing")


@pytest.mark.parametrize(
    ("cores", "memory", "width"),
    [
        (None, None, 2),
        (16.0, 64 * 2**30, 8),
        (64.0, 512 * 2**30, 8),
        (2.0, 20 * 2**30, 2),
        (1.5, None, 1),
        (8.0, 4 * 2**30, 1),
        (0.5, 2**20, 1),
    ],
)
def test_how_many_children_at_a_time(cores: float | None, memory: int | None, width: int) -> None:
    assert choose_width(cores, memory) == width


def test_the_heavy_ones_begin_first() -> None:
    targets = [Target(framework=name, distribution=name) for name in ("numpy", "torch", "tensorflow", "jax")]
    joint = Target(framework="torch+jax", distribution="", partners=("torch", "jax"))
    assert [targets[index].framework for index in order_targets(targets)] == ["tensorflow", "torch", "numpy", "jax"]
    assert order_targets([*targets, joint])[0] == 4


def test_a_deadline_grows_with_the_level_and_the_soak() -> None:
    torch, spark = (Target(framework=name, distribution=name) for name in ("torch", "pyspark"))
    assert [find_deadline(torch, level) for level in LEVELS] == [120.0, 300.0, 1800.0]
    assert [find_deadline(spark, level) for level in LEVELS] == [240.0, 300.0, 1800.0]
    assert find_deadline(torch, "deep", soak_seconds=600.0) == 2700.0
