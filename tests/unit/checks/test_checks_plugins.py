"""Checks that other packages bring."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import msgspec
import pytest

from mlenv.checks import registry
from mlenv.checks.finding import Finding
from mlenv.checks.plugins import load_entries
from mlenv.checks.registry import Case, all_checks, check, diagnose, registered_together
from mlenv.matrix.load import Matrix
from tests.unit.checks.checks_cases import make_machine


class FakeEntry(msgspec.Struct, frozen=True):
    """An entry point whose loading is a function."""

    name: str
    value: str
    load: Callable[[], object]


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    """What a test registers is gone after it."""
    all_checks()
    before = dict(registry._CHECKS)
    yield
    registry._CHECKS.clear()
    registry._CHECKS.update(before)


def register(slug: str, subject: str = "gpu") -> None:
    @check(slug, subject=subject)  # type: ignore[arg-type]
    def found(_case: Case, _matrix: Matrix) -> Iterator[Finding]:
        """Looks at the site's own things."""
        yield Finding(id=slug, severity="warning", title="Site", cause="So.")


def ids() -> set[str]:
    return {item.id for item in all_checks()}


def test_a_function_that_registers() -> None:
    entry = FakeEntry("site", "site_checks:register", lambda: lambda: register("site-license-server"))
    assert () == load_entries([entry], registered_together)
    assert "site-license-server" in ids()
    (chosen,) = (item for item in all_checks() if item.id == "site-license-server")
    assert "gpu" == chosen.subject
    diagnosis = diagnose(Case(machine=make_machine()), Matrix(), [chosen])
    assert ["site-license-server"] == [finding.id for finding in diagnosis.findings]


def test_a_module_that_registers_while_it_is_imported() -> None:
    def load() -> object:
        register("site-mount")
        return sys

    assert () == load_entries([FakeEntry("site", "site_checks", load)], registered_together)
    assert "site-mount" in ids()


def fail_half_way() -> object:
    register("half")
    raise ImportError("no module named 'gone'")


@pytest.mark.parametrize(
    ("load", "words"),
    [
        (fail_half_way, "ImportError: no module named 'gone'"),
        (lambda: lambda: sys.exit(3), "SystemExit: 3"),
        (lambda: lambda: register("disk-space-low"), "two checks are called disk-space-low"),
        (lambda: lambda: register("elsewhere", "network"), "there is no subject 'network'"),
    ],
)
def test_one_that_fails_costs_its_own_checks(load: Callable[[], object], words: str) -> None:
    before = ids()
    good = FakeEntry("good", "good:register", lambda: lambda: register("good-one"))
    (outcome,) = load_entries([FakeEntry("bad", "bad_checks", load), good], registered_together)
    assert ("bad", "crashed") == (outcome.id, outcome.outcome)
    assert words in outcome.detail
    assert "bad_checks" in outcome.detail
    assert ids() - before == {"good-one"}
