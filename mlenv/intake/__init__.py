"""Foreign forms of a machine: a description or a saved snapshot becomes a Machine.

Readers of text are pure; only :func:`load_machine` opens the file that was named.
"""

from __future__ import annotations

from pathlib import Path

from mlenv.errors import UsageError
from mlenv.facts.machine import Machine


def load_machine(path: Path) -> Machine:
    """The machine described (TOML), saved (JSON) or recorded (folder) at ``path``.

    :class:`UsageError` names the file, the key and the remedy.
    """
    if path.is_dir():
        return _replay(path)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be read ({error.strerror or error})",
            hint="--machine takes a described machine (TOML), a snapshot (JSON) or a recording (folder)",
        ) from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: is not a text file in UTF-8") from None
    if text.lstrip().startswith("{"):
        from mlenv.intake.snapshot import parse_snapshot

        return parse_snapshot(text, origin=str(path))
    from mlenv.intake.described import parse_description

    return parse_description(text, origin=str(path))


def _replay(folder: Path) -> Machine:
    from mlenv.probe import probe_machine
    from mlenv.system.recording import load_recording

    host = load_recording(folder)
    return probe_machine(host, environment_path=host.environment_path)
