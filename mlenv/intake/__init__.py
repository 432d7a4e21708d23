"""Foreign forms of a machine: a description or a saved snapshot becomes a Machine.

Readers of text are pure; only :func:`load_case` opens the file that was named.
"""

from __future__ import annotations

from pathlib import Path

from mlenv.errors import UsageError
from mlenv.facts.environment import Environment
from mlenv.facts.machine import Machine


def load_machine(path: Path) -> Machine:
    """The machine described (TOML), saved (JSON) or recorded (folder) at ``path``.

    :class:`UsageError` names the file, the key and the remedy.
    """
    return load_case(path)[0]


def load_case(path: Path) -> tuple[Machine, Environment | None]:
    """The same, with the environment that a snapshot or a recording may hold beside it."""
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
        raise UsageError(
            f"{path}: is not a text file in UTF-8",
            hint="--machine takes a described machine (TOML), a snapshot (JSON) or a recording (folder)",
        ) from None
    if text.lstrip().startswith("{"):
        from mlenv.intake.snapshot import parse_environment, parse_snapshot

        return parse_snapshot(text, origin=str(path)), parse_environment(text, origin=str(path))
    from mlenv.intake.described import parse_description

    return parse_description(text, origin=str(path)), None


def _replay(folder: Path) -> tuple[Machine, Environment | None]:
    from mlenv.probe import probe_machine
    from mlenv.probe.environments.environment import read_environment
    from mlenv.system.recording import load_recording

    host = load_recording(folder)
    path = host.environment_path
    return probe_machine(host, environment_path=path), read_environment(host, path)
