"""What ``mlenv doctor`` does: probe, diagnose, report."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mlenv.cli.settings import (
    DEFAULT_ENVIRONMENT,
    DataOptions,
    OutputOptions,
    ProbeOptions,
    emit,
    environment_path,
    form_of,
    open_host,
    open_redactor,
)
from mlenv.errors import ExitStatus, UsageError

FOREIGN_BYTES = 64 * 1024 * 1024

if TYPE_CHECKING:
    from mlenv.checks.finding import Diagnosis
    from mlenv.checks.registry import Case, Check, ImportAttempt
    from mlenv.facts.environment import Environment
    from mlenv.matrix.load import Matrix
    from mlenv.report.matrix.map import CompatibilityMap
    from mlenv.system.host import LiveHost
    from mlenv.terminal import Terminal


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """What a diagnosis is told: somebody's report in place of a machine, and the text of an error."""

    report: Path | None = None
    error: Path | None = None


class Fixing(msgspec.Struct, frozen=True, kw_only=True):
    """That what was found is to be mended; with ``yes`` without a question."""

    yes: bool = False


def examine(
    asked: ProbeOptions,
    sources: Sources,
    data: DataOptions,
    output: OutputOptions,
    only: tuple[str, ...] = (),
    fixing: Fixing | None = None,
) -> int:
    """Diagnose a machine or a report, print what was found, and give the exit status."""
    terminal = output.open_terminal()
    if fixing is not None:
        asked = _demand_fixable(asked, sources, output)
    error = read_foreign(sources.error) if sources.error is not None else ""
    get_case = _begin_report(asked, sources.report) if sources.report is not None else _begin(asked, terminal)
    # Loaded while the children that ask the vendors' libraries are at work.
    from mlenv.checks.registry import diagnose

    checks = _select(only)
    matrix = data.open_matrix()
    case = _listen(get_case(matrix), error)
    diagnosis = diagnose(case, matrix, checks)

    from mlenv.report.doctor import make_document
    from mlenv.report.forms.render import find_writers
    from mlenv.report.redact import mask_machine

    document = make_document(diagnosis, mask_machine(case.machine), matrix.data_version, case.environment)

    def text() -> str:
        from mlenv.report.doctor_text import render_text

        return render_text(
            document, width=terminal.width, colour=terminal.colour, marks=terminal.marks, verbose=output.verbose
        )

    def maps() -> tuple[None, tuple[CompatibilityMap, ...]]:
        from mlenv.report.compatibility import find_maps

        return None, find_maps(matrix, document.machine)

    strip = open_redactor(redact=asked.redact)
    if fixing is None or (output.form in (None, "text") and not output.outputs):
        emit(terminal, document, text, output, strip, find_writers(document, strip, maps))
    if fixing is not None:
        from mlenv.cli.mending import Diagnosed, mend

        def look_again(without: tuple[str, ...]) -> Diagnosis:
            return diagnose(_without(_begin(asked, terminal)(matrix), without), matrix, checks)

        found = Diagnosed(case=case, diagnosis=diagnosis, matrix=matrix, named=asked.environment, look_again=look_again)
        return mend(found, terminal, output, strip, yes=fixing.yes)
    return {"error": ExitStatus.FOUND_FAULT, "unknown": ExitStatus.NO_VERDICT}.get(diagnosis.status, ExitStatus.OK)


def _demand_fixable(asked: ProbeOptions, sources: Sources, output: OutputOptions) -> ProbeOptions:
    """The options with the environment that is to be mended; :class:`UsageError` where that is elsewhere."""
    if sources.report is not None or asked.machine_path is not None:
        raise UsageError("--fix mends an environment of this machine", hint="leave --from and --machine out")
    forms = {form_of(path, output) for path in output.outputs} or {output.form or "text"}
    foreign = sorted(forms - {"text", "json"})
    if foreign:
        raise UsageError(f"--fix has no report in the form {foreign[0]}", hint="it has text and json")
    active = _active_path()
    if asked.environment is None and os.path.isdir(active):
        return msgspec.structs.replace(asked, environment=Path(active))
    return asked


def _without(case: Case, names: tuple[str, ...]) -> Case:
    """The case as it is in a shell that has not set those variables."""
    kept = tuple(row for row in case.machine.variables if row.name not in names)
    return msgspec.structs.replace(case, machine=msgspec.structs.replace(case.machine, variables=kept))


def show_checks(output: OutputOptions) -> int:
    """Print the list of all checks."""
    from mlenv.checks.registry import all_checks

    checks = all_checks()
    width = max(len(check.id) for check in checks)
    lines = (f"{check.subject:<12}{check.id:<{width}}  {check.summary}\n" for check in checks)
    output.open_terminal().write("".join(lines))
    return ExitStatus.OK


def read_foreign(path: Path) -> str:
    """A foreign text of at most 64 MB, ``-`` for standard input; what is no UTF-8 in it is replaced.

    :class:`UsageError` where it cannot be read.
    """
    import sys

    try:
        if str(path) == "-":
            data = sys.stdin.buffer.read(FOREIGN_BYTES)
        else:
            with path.open("rb") as file:
                data = file.read(FOREIGN_BYTES)
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be read ({error.strerror or error})", hint="check the path; - reads standard input"
        ) from None
    return _decode(data)


def _decode(data: bytes) -> str:
    """Text as editors and shells write it; PowerShell's ``>`` writes UTF-16."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8-sig", "replace")


def _begin_report(asked: ProbeOptions, path: Path) -> Callable[[Matrix], Case]:
    """What somebody reported, as a case."""
    if asked.machine_path is not None or asked.environment is not None:
        raise UsageError("--from stands in place of a machine", hint="leave --machine and --env out")

    def finish(_: Matrix) -> Case:
        from mlenv.checks.registry import Case
        from mlenv.intake.reported import read_report

        found = read_report(read_foreign(path), origin=str(path))
        return Case(machine=found.machine, environment=found.environment, report=found.report)

    return finish


def _listen(case: Case, error: str) -> Case:
    """The case with the messages that are known in what was told."""
    from mlenv.clues.find import find_clues
    from mlenv.facts.report import Report

    report = case.report
    if error:
        report = msgspec.structs.replace(report or Report(), symptom=error)
    if report is None:
        return case
    return msgspec.structs.replace(case, report=report, clues=find_clues(report.symptom, report.text))


def _begin(asked: ProbeOptions, terminal: Terminal) -> Callable[[Matrix], Case]:
    """Begin to look at a machine; the function waits for what there is to diagnose."""
    if asked.machine_path is None:
        return _begin_here(asked, terminal)
    return lambda _: _load_case(asked.machine_path or Path())


def _begin_here(asked: ProbeOptions, terminal: Terminal) -> Callable[[Matrix], Case]:
    from mlenv.probe import begin_probe

    host = open_host()
    get_machine = begin_probe(host, environment_path=environment_path(asked.environment), deadline=asked.deadline)

    def finish(matrix: Matrix) -> Case:
        from mlenv.checks.registry import Case

        if asked.environment is not None:
            found, imports = _try_imports(asked.environment, matrix, terminal)
            return Case(machine=get_machine(), environment=found, imports=imports)
        return Case(environment=_read_active(host), machine=get_machine())

    return finish


def _read_active(host: LiveHost) -> Environment | None:
    """The environment that is active, or lies here: only what its names and a few files say."""
    active = _active_path()
    if not os.path.isdir(active):
        return None
    from mlenv.probe.environments.environment import read_environment

    return read_environment(host, active, thorough=False)


def _active_path() -> str:
    """Where the environment is that is active, or the one of this folder; it need not exist."""
    return os.path.abspath(os.environ.get("VIRTUAL_ENV") or os.environ.get("CONDA_PREFIX") or DEFAULT_ENVIRONMENT)


def _load_case(path: Path) -> Case:
    """A machine from a file, and the environment that a snapshot or a recording holds with it."""
    from mlenv.checks.registry import Case
    from mlenv.intake import load_case

    machine, environment = load_case(path)
    return Case(machine=machine, environment=environment)


def _try_imports(
    environment: Path, matrix: Matrix, terminal: Terminal
) -> tuple[Environment, tuple[ImportAttempt, ...] | None]:
    """The environment that was named, with its frameworks imported."""
    from mlenv.cli.verifying import read_named_environment
    from mlenv.verify.children import Setting
    from mlenv.verify.runner import attempt_imports
    from mlenv.verify.targets import make_target

    found = read_named_environment(environment)
    targets = [make_target(matrix, dist.name) for dist in found.distributions if dist.name in matrix.distributions]
    assert found.executable is not None
    if targets:
        names = ", ".join(target.framework for target in targets)
        terminal.note(f"importing {names} of {environment}, each in a process of its own ...")
    return found, attempt_imports(Setting(python=found.executable, environ=os.environ), targets)


def _select(only: tuple[str, ...]) -> list[Check] | None:
    from mlenv.checks.registry import all_checks

    if not only:
        return None
    known = {check.id: check for check in all_checks()}
    unknown = [name for name in only if name not in known]
    if unknown:
        raise UsageError(f"there is no check {unknown[0]!r}", hint="`mlenv doctor --list-checks` lists them")
    return [known[name] for name in only]
