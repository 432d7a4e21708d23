"""What the options of the command line stand for, and how a report is given out."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mlenv.errors import UsageError
from mlenv.terminal import Terminal

if TYPE_CHECKING:
    import datetime as dt

    from mlenv.facts.machine import Machine
    from mlenv.matrix.load import Matrix
    from mlenv.system.host import LiveHost

DEFAULT_ENVIRONMENT = ".venv"
PROBE_SECONDS = 5.0
"""What the whole probe may take; what is late is unknown."""
STDOUT = Path("-")
ENDINGS = {
    ".txt": "text",
    ".json": "json",
    ".md": "markdown",
    ".markdown": "markdown",
    ".xml": "junit",
    ".html": "html",
    ".htm": "html",
    ".prom": "prometheus",
    ".tap": "tap",
}
"""The form of a report by the ending of its file."""


class OutputOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a command speaks: form and files of its report, loudness, colour."""

    form: str | None = None
    outputs: tuple[Path, ...] = ()
    quiet: bool = False
    verbose: bool = False
    no_color: bool = False

    def open_terminal(self) -> Terminal:
        """The terminal as the options want it."""
        return Terminal(quiet=self.quiet, verbose=self.verbose, colour=not self.no_color)


class DataOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Which data a command works with, and the day whose knowledge counts."""

    matrix_folder: Path | None = None
    as_of: dt.datetime | None = None

    def open_matrix(self, *, checked: bool = True) -> Matrix:
        """The compatibility matrix as the options want it; a site's rows are checked first."""
        from mlenv.matrix.opening import open_matrix
        from mlenv.system.folders import cache_folder

        return open_matrix(
            self.matrix_folder,
            as_of=self.as_of.date() if self.as_of else None,
            checked=checked,
            cache=cache_folder() / "matrix",
            user=user_matrix(),
        )


class ProbeOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Which machine is looked at, for how long (seconds), and whether its owner's words are taken out."""

    environment: Path | None = None
    machine_path: Path | None = None
    deadline: float = PROBE_SECONDS
    redact: bool = True


class RequestOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What ``plan`` and ``install`` are asked for, and where packages may come from."""

    profiles: tuple[str, ...]
    extras: tuple[str, ...]
    python: str | None
    accelerator: str | None
    manager: str
    environment: Path | None
    index_url: str | None
    extra_index_urls: tuple[str, ...]
    find_links: tuple[str, ...]
    offline: bool


def user_matrix() -> Path:
    """Where ``mlenv matrix update --write`` keeps the user's newer copy of the data."""
    from mlenv.system.folders import data_folder

    return data_folder() / "matrix"


def open_host() -> LiveHost:
    """The machine that mlenv runs on, with the answers that were given here before."""
    from mlenv.system.folders import cache_folder
    from mlenv.system.host import LiveHost
    from mlenv.system.remembered import Memory

    return LiveHost(memory=Memory(str(cache_folder() / "answers.mp")))


def get_machine(
    machine_path: Path | None, environment: Path | None = None, *, deadline: float = PROBE_SECONDS
) -> Machine:
    """The machine that was named, else this one; ``deadline`` is in seconds."""
    if machine_path is not None:
        from mlenv.intake import load_machine

        return load_machine(machine_path)
    from mlenv.probe import probe_machine

    return probe_machine(open_host(), environment_path=environment_path(environment), deadline=deadline)


def environment_path(environment: Path | None) -> str:
    """The absolute path of the environment that was named, else of the one that would be made here."""
    return os.path.abspath(environment or DEFAULT_ENVIRONMENT)


def open_redactor(*, redact: bool = True) -> Callable[[str], str]:
    """What takes this user's private words out of a report that leaves the machine."""
    if not redact:
        return str
    from mlenv.report.privacy import Owner, Redactor

    user = os.environ.get("USER") or os.environ.get("LOGNAME") or os.environ.get("USERNAME") or ""
    host = os.environ.get("COMPUTERNAME", "") if sys.platform == "win32" else os.uname().nodename
    return Redactor(Owner(user=user, host=host, home=os.path.expanduser("~")))


def emit(
    terminal: Terminal,
    document: object,
    render_text: Callable[[], str],
    output: OutputOptions,
    strip: Callable[[str], str] = str,
    writers: Mapping[str, Callable[[], str]] | None = None,
) -> None:
    """Write a report to standard output, or to every file named (``-`` is standard output).

    ``strip`` takes private words out of what is made to be passed on: documents and files; the text on
    the screen has the real paths, which its reader types.  ``writers`` are the further forms of this
    report; they take private words out themselves, before they escape anything.
    """
    from mlenv.report.style import clean

    forms: dict[str, Callable[[], str]] = {
        "text": lambda: strip(clean(render_text())),
        "json": lambda: strip(_render_document(document)),
        **(writers or {}),
    }
    targets = [(form_of(path, output), path) for path in output.outputs] or [(output.form or "text", STDOUT)]
    unknown = [form for form, _ in targets if form not in forms]
    if unknown:
        raise UsageError(f"this report has no form {unknown[0]}", hint=f"it has {', '.join(forms)}")
    for form, path in targets:
        if path == STDOUT:
            terminal.write(render_text() if form == "text" else forms[form]())
        else:
            _write_report(path, form, forms[form]())
    if "markdown" in forms and any(form == "github" for form, _ in targets):
        _append_summary(terminal, forms["markdown"])


def _render_document(document: object) -> str:
    """A document as JSON; what no encoding can say, such as bytes of a file's name, is replaced."""
    from mlenv.report.document import render_json

    try:
        return render_json(document)
    except UnicodeEncodeError:
        from mlenv.report.forms.tidy import tidy
        from mlenv.report.forms.words import sayable

        return render_json(tidy(document, sayable))


def form_of(path: Path, output: OutputOptions) -> str:
    """The form of a file: ``--format`` decides for a single one and for an ending that says nothing."""
    named = ENDINGS.get(path.suffix.lower())
    if output.form and (named is None or len(output.outputs) == 1):
        return output.form
    return named or "text"


def _append_summary(terminal: Terminal, render_markdown: Callable[[], str]) -> None:
    """Add a report to the summary of the job, where this is a step of GitHub Actions."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if path:
        from mlenv.cli.filing import append_summary

        trouble = append_summary(path, render_markdown())
        if trouble:
            terminal.warn(trouble)


def _write_report(path: Path, form: str, text: str) -> None:
    """Write a report; a textfile of Prometheus appears whole, since its reader comes at any time."""
    if form == "prometheus":
        from mlenv.cli.filing import replace_file

        replace_file(path, text)
    else:
        write_file(path, text)


def write_file(path: Path, text: str) -> None:
    """Write a file that was named with ``--output``; :class:`UsageError` where it cannot be written."""
    write_bytes(path, text.encode(errors="replace"), option="--output")


def write_bytes(path: Path, content: bytes, *, option: str) -> None:
    """Write a file that was named with an option; :class:`UsageError` where it cannot be written."""
    try:
        path.write_bytes(content)
    except OSError as error:
        raise UsageError(
            f"{option} {path}: cannot be written ({error.strerror or error})", hint="name another place for it"
        ) from None
