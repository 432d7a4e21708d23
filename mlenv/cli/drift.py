"""What a machine or an environment is held to, and the report of what changed since."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mlenv.cli.settings import OutputOptions, emit
from mlenv.errors import ExitStatus, UsageError
from mlenv.typed import decode_json

if TYPE_CHECKING:
    from mlenv.execute.manifest import Manifest
    from mlenv.facts.environment import Environment
    from mlenv.facts.machine import Machine
    from mlenv.matrix.load import DataVersion
    from mlenv.report.environments.change import Change

_SNAPSHOT_HINT = "--against takes a snapshot (`mlenv probe --output FILE.json`), a recording or a described machine"
_MANIFEST_HINT = "--against takes a manifest (mlenv-manifest.json), or an environment or generation that has one"


def report_drift(
    about: Literal["machine", "environment"],
    names: tuple[str, str],
    changes: tuple[Change, ...],
    data: DataVersion,
    output: OutputOptions,
    *,
    since: str | None = None,
    strip: Callable[[str], str] = str,
) -> int:
    """Print what changed, and give the status: 1 where something did, 0 where nothing."""
    from mlenv.report.environments.drift import drift_document, render_text
    from mlenv.report.environments.drift_markdown import render_markdown

    terminal = output.open_terminal()
    document = drift_document(about, names, since, changes, data)
    emit(
        terminal,
        document,
        lambda: render_text(document, width=terminal.width, colour=terminal.colour, verbose=output.verbose),
        output,
        strip,
        {"markdown": lambda: render_markdown(document, strip)},
    )
    return ExitStatus.FOUND_FAULT if changes else ExitStatus.OK


def load_snapshot(path: Path) -> tuple[Machine, Environment | None]:
    """The machine that ``--against`` names, and the environment that was saved with it."""
    from mlenv.intake import load_case

    try:
        return load_case(path)
    except UsageError as error:
        hint = _SNAPSHOT_HINT if error.hint.startswith("--machine") else error.hint
        raise UsageError(error.message, hint=hint) from None


def load_manifest(path: Path) -> Manifest:
    """The manifest that ``--against`` names: the file itself, or that of an environment or generation.

    It is read for comparison only; nothing in it is followed.  :class:`UsageError` where there is none.
    """
    import msgspec

    from mlenv.execute.manifest import MAX_BYTES, Manifest, read_current

    if path.is_dir():
        found = read_current(path)
        if found is None:
            raise UsageError(f"{path}: holds no manifest that can be read", hint=_MANIFEST_HINT)
        return found
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UsageError(f"{path}: is too large for a manifest", hint=_MANIFEST_HINT)
        return decode_json(path.read_bytes(), Manifest)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror or error})", hint=_MANIFEST_HINT) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: is no manifest of mlenv ({error})", hint=_MANIFEST_HINT) from None


def redact_machine(machine: Machine, strip: Callable[[str], str]) -> Machine:
    """A machine as a snapshot would have it, so that it can be compared with one."""
    import msgspec

    from mlenv.facts.machine import Machine
    from mlenv.report.redact import mask_machine

    text = msgspec.json.encode(mask_machine(machine)).decode()
    return decode_json(strip(text), Machine)


def redact_environment(environment: Environment, strip: Callable[[str], str]) -> Environment:
    """An environment as a snapshot would have it."""
    import msgspec

    from mlenv.facts.environment import Environment

    return decode_json(strip(msgspec.json.encode(environment).decode()), Environment)
