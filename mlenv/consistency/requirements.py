"""Whether every installed distribution has what it says it requires (``pip check``, by our own reading)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from mlenv.consistency.finding import Finding, Outcome, Weight, sorted_findings
from mlenv.consistency.metadata import Installed
from mlenv.consistency.specifications import (
    evaluate_marker,
    is_too_old,
    normalise,
    parse_requirement,
    parse_version,
    possible_versions,
)
from mlenv.consistency.tags import Interpreter, misfit
from mlenv.facts.environment import Environment
from mlenv.facts.machine import Machine
from mlenv.plan.markers import marker_environment

if TYPE_CHECKING:
    from packaging.markers import Marker
    from packaging.requirements import Requirement

_INSTALLERS = ("pip", "uv")
_MARKER_NAMES = {"x86": "i686"}


def check_requirements(environment: Environment, installed: Mapping[str, Installed], machine: Machine) -> Outcome:
    """Requirements that nothing meets, and distributions made for another Python or another computer.

    The conditions of extras are followed where another distribution asks for the extra; what is
    missing of them is a warning, because package managers of other kinds leave them out at will.
    """
    if not environment.python:
        return Outcome(hindrance="no file states the version of its Python, on which requirements depend")
    own = [item for item in installed.values() if item.own]
    checking = _Checking(environment, installed, machine)
    found = [finding for item in own for finding in checking.check(item)]
    found += checking.check_extras()
    count = checking.requirements
    return Outcome(
        findings=sorted_findings(found),
        detail=f"{count} requirements of {len(own)} distributions are met",
        measured={"distributions": float(len(own)), "requirements": float(count), "findings": float(len(found))},
    )


def marker_variables(environment: Environment, machine: Machine) -> dict[str, str]:
    """The variables of markers for the interpreter of an environment, which need not be this computer's kind."""
    values = marker_environment(machine, environment.python or "")
    own = environment.architecture
    if own and own not in ("universal2", machine.architecture) and values["os_name"] == "posix":
        values["platform_machine"] = _MARKER_NAMES.get(own, own)
    if "pypy" in (environment.executable or "").lower():
        values.update(platform_python_implementation="PyPy", implementation_name="pypy")
    return values


class _Checking:
    """One check of an environment; ``requirements`` counts those that concern it."""

    def __init__(self, environment: Environment, installed: Mapping[str, Installed], machine: Machine) -> None:
        self.requirements = 0
        self._installed = installed
        self._is_system = environment.kind == "system"
        self._python = environment.python or ""
        self._pythons = possible_versions(self._python)
        self._variables = marker_variables(environment, machine)
        self._interpreter = Interpreter.of(environment, machine)
        self._answers: dict[tuple[str, str], bool] = {}
        self._asked: dict[tuple[str, str], None] = {}

    def check(self, item: Installed) -> Iterator[Finding]:
        """What one distribution lacks."""
        if not item.readable:
            return  # a folder without metadata is a finding of its own
        if not item.named:
            yield self._note(item, "invalid-metadata", "has metadata without a name or a version", "warn")
        yield from self._check_python(item)
        reason = misfit(item.tags, self._interpreter)
        if reason:
            yield self._note(item, "wrong-platform", f"was built for {reason}", self._weigh(item))
        for line in item.requires:
            if not (_is_of_extra(line)):
                yield from self._check_line(item, line, "")

    def check_extras(self) -> Iterator[Finding]:
        """What is missing of extras that another distribution asks for, however deep."""
        done: set[tuple[str, str]] = set()
        while pair := next((pair for pair in self._asked if pair not in done), None):
            done.add(pair)
            name, extra = pair
            item = self._installed.get(name)
            for line in item.requires if item else ():
                if item and "extra" in line:
                    yield from self._check_line(item, line, extra)

    def _check_python(self, item: Installed) -> Iterator[Finding]:
        from packaging.specifiers import InvalidSpecifier, SpecifierSet

        if not item.requires_python:
            return
        try:
            wanted = SpecifierSet(item.requires_python)
        except InvalidSpecifier:
            text = f"states a Requires-Python that is none: {item.requires_python[:80]!r}"
            yield self._note(item, "invalid-metadata", text, "warn")
            return
        if self._pythons and not any(wanted.contains(python, prereleases=True) for python in self._pythons):
            text = f"requires Python {item.requires_python}, and this one is {self._python}"
            # A cap is often a guess about releases that were still to come; uv passes over it.
            weight = self._weigh(item) if is_too_old(self._pythons[-1], wanted) else "warn"
            yield self._note(item, "wrong-python", text, weight)

    def _check_line(self, item: Installed, line: str, extra: str) -> Iterator[Finding]:
        requirement = parse_requirement(line)
        if requirement is None:
            if not extra:
                text = f"states a requirement that cannot be read: {line[:120]!r}"
                yield self._note(item, "invalid-metadata", text, "warn")
            return
        if not self._applies(requirement.marker, extra) or (extra and self._applies(requirement.marker, "")):
            return
        self.requirements += 1
        self._asked.update({(normalise(requirement.name), normalise(name)): None for name in requirement.extras})
        yield from self._judge(item, requirement, extra)

    def _judge(self, item: Installed, requirement: Requirement, extra: str) -> Iterator[Finding]:
        there = self._installed.get(normalise(requirement.name))
        if there is None:
            yield _word_missing(item, requirement, extra, "warn" if extra else self._weigh(item))
            return
        version = parse_version(there.distribution.version)
        if version is None:
            if not extra:
                text = f"has a version that is none: {there.distribution.version!r}"
                yield self._note(there, "invalid-metadata", text, "warn")
        elif not requirement.url and not requirement.specifier.contains(version, prereleases=True):
            yield _word_conflict(item, requirement, extra, there, "warn" if extra else self._weigh(item))

    def _weigh(self, item: Installed) -> Weight:
        """A system's own packager decides itself what its packages need."""
        return "warn" if self._is_system and item.distribution.installer not in _INSTALLERS else "fail"

    def _applies(self, marker: Marker | None, extra: str) -> bool:
        if marker is None:
            return True
        key = (str(marker), extra)
        if key not in self._answers:
            self._answers[key] = evaluate_marker(marker, {**self._variables, "extra": extra})
        return self._answers[key]

    def _note(self, item: Installed, reason: str, text: str, weight: Weight) -> Finding:
        return Finding(
            weight=weight, reason=reason, text=f"{item.title} {text}", subject=item.distribution.name, remedy=_ANEW
        )


_ANEW = "install that distribution anew"


def _word_missing(item: Installed, requirement: Requirement, extra: str, weight: Weight) -> Finding:
    wanted = f"{requirement.name}{requirement.specifier}"
    return Finding(
        weight=weight,
        reason="missing-requirement",
        text=f"{_name_asking(item, extra)} requires {wanted}, which is not installed",
        subject=item.distribution.name,
        remedy=f'install "{wanted}" into the environment',
    )


def _word_conflict(item: Installed, requirement: Requirement, extra: str, there: Installed, weight: Weight) -> Finding:
    wanted = f"{requirement.name}{requirement.specifier}"
    return Finding(
        weight=weight,
        reason="conflict",
        text=f"{_name_asking(item, extra)} requires {wanted}, and {there.title} is installed",
        subject=item.distribution.name,
        remedy=f'install "{wanted}", or another release of {item.distribution.name}',
    )


def _name_asking(item: Installed, extra: str) -> str:
    return f"{item.title} (extra {extra})" if extra else item.title


def _is_of_extra(line: str) -> bool:
    """Whether a line is for an extra alone: most are, and parsing each would take most of the time."""
    marker = line.partition(";")[2]
    return "extra" in marker and " or " not in marker
