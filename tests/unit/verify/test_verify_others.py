"""All further packages: each of them goes wrong alone, and is named."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

from mlenv.verify.result import Target, Verification
from tests.unit.verify.verify_stubs import StubEnvironment, make_environment

PACKAGES = {
    "healthy": "",
    "loud": "print('x' * 100000)",
    "lonely": "import no_such_module_anywhere",
    "torn": "from torn import _native",
    "hollow": "import hollow.part",
    "dated": "import imp_of_old" if sys.version_info < (3, 12) else "import imp",
    "desktop": "raise KeyError('DISPLAY')",
    "windowed": "raise ModuleNotFoundError('no', name='_tkinter')",
    "linked": "raise ImportError('libgone.so.3: cannot open shared object file: No such file or directory')",
    "mixed": "raise ImportError('x.so: undefined symbol: somewhere')",
    "odd": "raise ValueError('out of order')",
    "program": "import sys; sys.exit(3)",
    "vanishing": "import os; os._exit(5)",
    "types_loud": "raise ValueError('a stub is not imported')",
}


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> StubEnvironment:
    """An environment with a package for each way to go wrong."""
    environment = make_environment(tmp_path_factory.mktemp("others") / "env")
    for name, code in PACKAGES.items():
        environment.add(name, code)
    if sys.platform != "win32":
        environment.add("crashing", "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)")
    environment.describe("bare", "1.0")
    return environment


def verify(environment: StubEnvironment, *names: str) -> Verification:
    target = Target(framework="environment", distribution="", payload="others", partners=names)
    return environment.verify(target, level="standard")


def test_each_package_that_fails_is_named_and_the_rest_counted(everything: StubEnvironment) -> None:
    found = verify(everything, *PACKAGES, "bare", "not_there").results
    said = {result.check: (result.status, result.reason) for result in found[:-1]}
    assert said == {
        "import:lonely": ("warn", "missing-module"),
        "import:torn": ("fail", "import-error"),
        "import:hollow": ("fail", "broken-install"),
        "import:dated": ("warn" if sys.version_info < (3, 12) else "fail", "missing-module"),
        "import:linked": ("fail", "missing-library"),
        "import:mixed": ("fail", "binary-mismatch"),
        "import:odd": ("fail", "import-error"),
        "import:program": ("warn", "ended-early"),
        "import:vanishing": ("fail", "ended-early"),
    }
    summary = found[-1]
    assert (summary.check, summary.status) == ("import", "pass")
    assert summary.detail.startswith("2 further packages imported, 5 passed over")
    assert "bare, desktop, not_there, types_loud, windowed" in summary.detail
    assert summary.measured == {"imported": 2, "passed_over": 5, "not_reached": 0}


def test_the_words_name_what_is_missing(everything: StubEnvironment) -> None:
    details = {result.check: result.detail for result in verify(everything, "lonely", "hollow", "linked").results}
    assert "lonely needs a module that is not installed (no_such_module_anywhere)" in details["import:lonely"]
    assert "hollow lacks a module of its own (hollow.part)" in details["import:hollow"]
    assert "(libgone.so.3): import linked: ImportError" in details["import:linked"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
def test_a_crash_stays_with_its_package(everything: StubEnvironment) -> None:
    crash, summary = verify(everything, "crashing", "healthy").results
    assert (crash.check, crash.status, crash.reason) == ("import:crashing", "fail", "crashed")
    assert "killed by SIGSEGV; Python was in File" in crash.detail
    assert "crashing" in crash.detail
    assert summary.detail == "1 further packages imported"


def test_nothing_to_import_is_no_pass(everything: StubEnvironment) -> None:
    (summary,) = verify(everything, "bare").results
    assert (summary.status, summary.reason) == ("skip", "skipped")


def load(name: str) -> Any:
    return importlib.import_module(f"mlenv.verify.payloads.{name}")


apart, words = load("_apart"), load("_import_words")


class Endless:
    """A process that does not end by itself."""

    returncode: int | None = None

    def __init__(self, place: str, said: str, modules: list[str], seconds: float) -> None:
        Path(said).write_text(
            'Timeout (0:00:24)!\nThread 0x01 (most recent call first):\n  File "/env/stuck.py", line 4\n'
        )

    def poll(self) -> int | None:
        return self.returncode

    def kill(self) -> None:
        self.returncode = -9

    def wait(self, seconds: float) -> None:
        assert self.returncode == -9


def test_a_hang_ends_at_its_deadline(tmp_path: Path) -> None:
    ((name, ended),) = apart.import_each([("stuck", ["stuck"])], str(tmp_path), begin=Endless, seconds=0.0)
    expected = 'the import did not end in time; Python was in File "/env/stuck.py", line 4'
    assert words.judge(name, ended) == ("fail", "timed-out", expected)


def test_a_new_interpreter_each_where_there_are_no_forks(tmp_path: Path) -> None:
    jobs = [("one", ["json"]), ("other", ["no_such_module_anywhere"])]
    ended = dict(apart.import_each(jobs, str(tmp_path), begin=apart.spawn))
    assert ended["one"].verdict == {}
    assert ended["other"].verdict["missing"] == "no_such_module_anywhere"
    assert list(tmp_path.iterdir()) == []


def test_what_the_budget_does_not_suffice_for_is_not_given(tmp_path: Path) -> None:
    assert list(apart.import_each([("one", ["json"])], str(tmp_path), begin=apart.spawn, budget=0.0)) == []


@pytest.mark.parametrize(("code", "name"), [(-11, "SIGSEGV"), (0xC000001D, "SIGILL"), (0, ""), (3, "")])
def test_signals_have_names(code: int, name: str) -> None:
    assert apart.name_signal(code) == name


def test_a_list_of_names_is_cut() -> None:
    assert load("others").shorten([f"p{i:02}" for i in range(14)]).endswith("p11 and 2 more")


def test_left_packages_are_a_warning() -> None:
    note = load("_common").Note(None, [])
    load("others").summarise(note, 3, [], ["late"])
    assert (note.status, note.reason) == ("warn", "not-reached")
    assert note.detail == "3 further packages imported; time did not suffice for 1: late"
