"""All checks of an environment as results."""

from __future__ import annotations

from pathlib import Path

import msgspec

from mlenv.consistency.check import check_environment
from mlenv.consistency.finding import Finding, Outcome
from mlenv.consistency.results import as_result
from mlenv.facts.environment import Environment
from mlenv.matrix.load import Matrix
from mlenv.system.host import LiveHost
from mlenv.verify.result import Result
from tests.unit.consistency.sites import Site, machine

MATRIX = Matrix()


def check(environment: Environment, *, lock: str | None = None, thorough: bool = False) -> dict[str, Result]:
    results = check_environment(
        environment, matrix=MATRIX, lock=lock, machine=machine(), thorough=thorough, variables={}
    )
    return {result.check: result for result in results}


def test_an_environment_in_order(site: Site) -> None:
    site.add("a", files={"a.py": b""})
    found = check(site.read(), thorough=True)
    assert {
        "env.pip_check": "pass",
        "env.lock": "skip",
        "env.rivals": "pass",
        "env.duplicates": "pass",
        "env.libpath": found["env.libpath"].status,
        "env.shadow": "pass",
        "env.startup_code": "pass",
        "env.files": "pass",
    } == {name: result.status for name, result in found.items()}
    assert {("environment", "")} == {(result.group, result.framework) for result in found.values()}


def test_files_are_read_where_it_is_asked_for(site: Site) -> None:
    assert "env.files" not in check(site.read())


def test_a_lock_that_cannot_be_read_is_an_error(site: Site) -> None:
    result = check(site.read(), lock=str(site.path / "gone.toml"))["env.lock"]
    assert ("error", "could-not-run") == (result.status, result.reason)
    assert "gone.toml: cannot be read" in result.detail


class BrokenHost(LiveHost):
    """A disk that fails in a way that nobody thought of."""

    def list_directory(self, path: str) -> list[str]:
        raise RuntimeError("the disk sings")


def test_a_check_that_fails_by_itself_stops_no_other(site: Site) -> None:
    site.add("a", "1", "gone")
    results = check_environment(
        site.read(), matrix=MATRIX, lock=None, machine=machine(), thorough=False, variables={}, host=BrokenHost({})
    )
    found = {result.check: result for result in results}
    assert ("error", "fail") == (found["env.duplicates"].status, found["env.pip_check"].status)
    assert "RuntimeError: the disk sings" in found["env.duplicates"].detail


def test_the_first_findings_are_named_and_the_rest_is_counted() -> None:
    findings = tuple(Finding(weight="fail", reason="r", text=f"t{n}", remedy="do") for n in range(8))
    result = as_result("env.x", Outcome(findings=findings), Environment(path="/e"), 0.1)
    assert "t0; t1; t2; t3; t4; t5; and 2 more" == result.detail
    assert ("fail", "r", "do", "reinstall_env") == (result.status, result.reason, result.remedy, result.action)


def test_an_environment_of_ours_is_made_again(site: Site) -> None:
    finding = Finding(weight="fail", reason="damaged-file", text="t", subject="a", remedy="install a anew")
    ours = msgspec.structs.replace(site.read(), manifest=str(Path(site.path, "mlenv-manifest.json")))
    result = as_result("env.files", Outcome(findings=(finding,)), ours, 0.0)
    assert result.remedy.startswith(f"run the `mlenv install` that made {site.path} again; or install a anew")
    assert "a" == result.about


def test_what_lies_outside_the_environment_is_not_mended_by_reinstalling() -> None:
    finding = Finding(weight="warn", reason="cuda-variable", text="t", remedy="unset it")
    result = as_result("env.libpath", Outcome(findings=(finding,)), Environment(path="/e", manifest="/e/m"), 0.0)
    assert ("none", "unset it") == (result.action, result.remedy)


def test_credentials_are_masked() -> None:
    finding = Finding(weight="fail", reason="r", text="a from https://me:secret@example.org/a.whl")
    assert "secret" not in as_result("env.x", Outcome(findings=(finding,)), Environment(path="/e"), 0.0).detail
