"""Recordings: a machine's raw readings in one file, replayed as a Host.

A recording is a JSON document of what was read (``mlenv.recording/1``): texts, folder listings,
links, disks and the outcome of commands.  What it does not hold does not exist on that machine,
so a replay never looks at the computer it runs on.
"""

from __future__ import annotations

import base64
import posixpath
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from mlenv.errors import UsageError
from mlenv.system.host import AccountRights, DiskUsage, FileKind, FileStatus, Host, Identity, find_lines
from mlenv.system.process import Completed
from mlenv.typed import decode_json

SCHEMA = "mlenv.recording/1"
VALUE = TypeVar("VALUE")
FILE_NAME = "recording.json"
# Shorter strings of a binary hold no path and no name.
_LEAST_STRING = 6


class RecordedCommand(msgspec.Struct, kw_only=True):
    """A command and how it ended."""

    argv: tuple[str, ...]
    completed: Completed


class Recording(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The readings of one machine.

    ``errors`` maps a path to the name of the OSError it raised (``PermissionError``).
    ``commands`` holds external commands, ``scripts`` mlenv's own children, by name and arguments.
    ``lines`` holds what was found in a long table, by ``path: heading``.
    ``environment_path`` is where the environment was to be.  ``bytes`` are in base64; a part that
    does not begin at the start of the file stands under ``path@offset``.
    """

    schema: str = SCHEMA
    about: str = ""
    identity: Identity
    home: str = "/home/user"
    environment_path: str = ""
    environ: dict[str, str] = {}
    cores: int = 1
    files: dict[str, str] = {}
    bytes: dict[str, str] = {}
    lines: dict[str, list[str]] = {}
    directories: dict[str, list[str]] = {}
    links: dict[str, str] = {}
    existing: list[str] = []
    writable: list[str] = []
    disks: dict[str, DiskUsage] = {}
    statuses: dict[str, FileStatus] = {}
    account: AccountRights = AccountRights()
    limits: dict[str, tuple[int | None, int | None]] = {}
    registry: dict[str, dict[str, str | int]] = {}
    registry_keys: dict[str, list[str]] = {}
    errors: dict[str, str] = {}
    commands: list[RecordedCommand] = []
    scripts: list[RecordedCommand] = []


_ERRORS: Mapping[str, type[OSError]] = {
    "PermissionError": PermissionError,
    "NotADirectoryError": NotADirectoryError,
    "IsADirectoryError": IsADirectoryError,
    "OSError": OSError,
}


class RecordedHost:
    """A Host that answers from a recording."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self.environ: Mapping[str, str] = recording.environ
        self.identity = recording.identity
        self.home = recording.home
        self.environment_path = recording.environment_path or f"{recording.home}/.venv"

    def read_text(self, path: str) -> str:
        self._raise_recorded(path)
        text = self._recording.files.get(path)
        if text is None:
            raise FileNotFoundError(path)
        return text

    def read_bytes(self, path: str, size: int, offset: int = 0) -> bytes:
        self._raise_recorded(path)
        data = self._recording.bytes.get(_part(path, offset))
        if data is not None:
            return base64.b64decode(data)[:size]
        return self._whole(path)[offset : offset + size]

    def _whole(self, path: str) -> bytes:
        data = self._recording.bytes.get(path)
        return base64.b64decode(data) if data is not None else self.read_text(path).encode()

    def find_lines(self, path: str, heading: str, starts: Sequence[str]) -> list[str]:
        self._raise_recorded(path)
        if path in self._recording.files:
            return find_lines(self._recording.files[path].encode(), heading, starts)
        if f"{path}: {heading}" not in self._recording.lines:
            raise FileNotFoundError(path)
        return [line for line in self._recording.lines[f"{path}: {heading}"] if line.startswith(tuple(starts))]

    def list_directory(self, path: str) -> list[str]:
        self._raise_recorded(path)
        if path in self._recording.directories:
            return sorted(self._recording.directories[path])
        below = self._below(path)
        if not below:
            raise FileNotFoundError(path)
        return below

    def exists(self, path: str) -> bool:
        recording = self._recording
        known = (
            recording.files,
            recording.bytes,
            recording.directories,
            recording.links,
            recording.statuses,
            recording.errors,
        )
        return path in recording.existing or any(path in table for table in known) or bool(self._below(path))

    def real_path(self, path: str) -> str:
        return self._recording.links.get(path, path)

    def status(self, path: str) -> FileStatus:
        self._raise_recorded(path)
        if path in self._recording.statuses:
            return self._recording.statuses[path]
        if not self.exists(path):
            raise FileNotFoundError(path)
        kind: FileKind = "directory" if self._below(path) or path in self._recording.directories else "file"
        return FileStatus(kind=kind, readable=True, writable=self.writable(path))

    def writable(self, path: str) -> bool:
        return path in self._recording.writable

    def disk_usage(self, path: str) -> DiskUsage:
        self._raise_recorded(path)
        if path not in self._recording.disks:
            raise FileNotFoundError(path)
        return self._recording.disks[path]

    def usable_cores(self) -> int:
        return self._recording.cores

    def account(self, groups: Container[str]) -> AccountRights:
        rights = self._recording.account
        return msgspec.structs.replace(rights, groups=tuple(name for name in rights.groups if name in groups))

    def limits(self) -> Mapping[str, tuple[int | None, int | None]]:
        return self._recording.limits

    def read_registry(self, key: str) -> Mapping[str, str | int]:
        self._raise_recorded(key)
        if key not in self._recording.registry:
            raise FileNotFoundError(key)
        return self._recording.registry[key]

    def list_registry(self, key: str) -> list[str]:
        self._raise_recorded(key)
        if key not in self._recording.registry_keys:
            raise FileNotFoundError(key)
        return sorted(self._recording.registry_keys[key])

    def run(self, argv: Sequence[str], *, timeout: float, lasting: bool = False) -> Completed:
        return _find(self._recording.commands, tuple(argv))

    def ask(self, script: str, *arguments: str, timeout: float) -> Completed:
        return _find(self._recording.scripts, (script, *arguments))

    def _below(self, path: str) -> list[str]:
        prefix = _slashes(path).rstrip("/") + "/"
        recording = self._recording
        tables = (recording.files, recording.bytes, recording.directories, recording.links, recording.statuses)
        paths = (*(path for table in tables for path in table), *recording.existing)
        known = (_slashes(path) for path in paths)
        return sorted({path[len(prefix) :].split("/")[0] for path in known if path.startswith(prefix)} - {""})

    def _raise_recorded(self, path: str) -> None:
        name = self._recording.errors.get(path)
        if name is not None:
            raise _ERRORS.get(name, OSError)(path)


def _part(path: str, offset: int) -> str:
    return f"{path}@{offset}" if offset else path


def _slashes(path: str) -> str:
    """Windows paths with the other slash; no recorded Linux path holds a backslash."""
    return path.replace("\\", "/")


def _find(commands: list[RecordedCommand], argv: tuple[str, ...]) -> Completed:
    for command in commands:
        if command.argv == argv:
            return command.completed
    return Completed(status=None, missing=True, stderr="not in the recording")


class RecordingHost:
    """A Host that asks another one and notes every answer."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.identity = host.identity
        self.home = host.home
        self.recording = Recording(identity=host.identity, home=host.home, cores=host.usable_cores())
        self.environ: Mapping[str, str] = _Noted(host.environ, self.recording.environ)

    def read_text(self, path: str) -> str:
        with _Noting(self.recording.errors, path):
            text = self.recording.files[path] = self._host.read_text(path)
        return text

    def read_bytes(self, path: str, size: int, offset: int = 0) -> bytes:
        with _Noting(self.recording.errors, path):
            data = self._host.read_bytes(path, size, offset)
        self.recording.bytes[_part(path, offset)] = base64.b64encode(data).decode()
        return data

    def find_lines(self, path: str, heading: str, starts: Sequence[str]) -> list[str]:
        with _Noting(self.recording.errors, path):
            lines = self._host.find_lines(path, heading, starts)
        self.recording.lines.setdefault(f"{path}: {heading}", []).extend(lines)
        return lines

    def list_directory(self, path: str) -> list[str]:
        with _Noting(self.recording.errors, path):
            names = self.recording.directories[path] = self._host.list_directory(path)
        return names

    def exists(self, path: str) -> bool:
        there = self._host.exists(path)
        if there and path not in self.recording.existing:
            self.recording.existing.append(path)
        return there

    def real_path(self, path: str) -> str:
        target = self._host.real_path(path)
        if target != posixpath.normpath(path):
            self.recording.links[path] = target
        return target

    def status(self, path: str) -> FileStatus:
        with _Noting(self.recording.errors, path):
            found = self.recording.statuses[path] = self._host.status(path)
        return found

    def writable(self, path: str) -> bool:
        allowed = self._host.writable(path)
        if allowed and path not in self.recording.writable:
            self.recording.writable.append(path)
        return allowed

    def disk_usage(self, path: str) -> DiskUsage:
        with _Noting(self.recording.errors, path):
            usage = self.recording.disks[path] = self._host.disk_usage(path)
        return usage

    def usable_cores(self) -> int:
        return self._host.usable_cores()

    def account(self, groups: Container[str]) -> AccountRights:
        self.recording.account = self._host.account(groups)
        return self.recording.account

    def limits(self) -> Mapping[str, tuple[int | None, int | None]]:
        self.recording.limits = dict(self._host.limits())
        return self.recording.limits

    def read_registry(self, key: str) -> Mapping[str, str | int]:
        with _Noting(self.recording.errors, key):
            values = self._host.read_registry(key)
        return _Noted(values, self.recording.registry.setdefault(key, {}))

    def list_registry(self, key: str) -> list[str]:
        with _Noting(self.recording.errors, key):
            keys = self.recording.registry_keys[key] = self._host.list_registry(key)
        return keys

    def run(self, argv: Sequence[str], *, timeout: float, lasting: bool = False) -> Completed:
        completed = self._host.run(argv, timeout=timeout, lasting=lasting)
        self.recording.commands.append(RecordedCommand(argv=tuple(argv), completed=completed))
        return completed

    def ask(self, script: str, *arguments: str, timeout: float) -> Completed:
        completed = self._host.ask(script, *arguments, timeout=timeout)
        self.recording.scripts.append(RecordedCommand(argv=(script, *arguments), completed=completed))
        return completed


class _Noted(Mapping[str, VALUE]):
    """Variables, or values of the registry, of which only those that were read are noted.

    The others are nobody's business: Windows keeps its owner and its licence beside its release.
    """

    def __init__(self, values: Mapping[str, VALUE], noted: dict[str, VALUE]) -> None:
        self._values = values
        self._noted = noted

    def __getitem__(self, name: str) -> VALUE:
        value = self._noted[name] = self._values[name]
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


class _Noting:
    """Notes the name of an OSError under a path and lets it pass."""

    def __init__(self, errors: dict[str, str], path: str) -> None:
        self._errors = errors
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
            self._errors[self._path] = type(error).__name__


def load_recording(folder: Path) -> RecordedHost:
    """The recorded machine in a folder; :class:`UsageError` names what is wrong with it."""
    path = folder / FILE_NAME
    try:
        recording = decode_json(path.read_bytes(), Recording)
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be read ({error.strerror or error})",
            hint=f"a recording is a folder with {FILE_NAME}; `mlenv probe --record DIR` makes one",
        ) from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise UsageError(f"{path}: {error}", hint="record the machine again with `mlenv probe --record DIR`") from None
    if recording.schema != SCHEMA:
        raise UsageError(f"{path}: schema is {recording.schema!r}, this mlenv reads {SCHEMA!r}")
    return RecordedHost(recording)


def save_recording(host: RecordingHost, folder: Path, mask: Callable[[str], str]) -> Path:
    """Write what was noted into a folder, and give the path of the file.

    ``mask`` takes out of every text what is nobody else's business: a recording is made to be sent
    to others.  It is given paths, names and contents alike, so that they still fit together.
    """
    noted = host.recording
    document = msgspec.to_builtins(noted)
    parts = document.pop("bytes", {})
    document = _mask_value(document, mask)
    document["bytes"] = {mask(path): _mask_bytes(data, mask) for path, data in parts.items()}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE_NAME
    path.write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n")
    return path


def _mask_value(value: Any, mask: Callable[[str], str]) -> Any:
    """A value of plain lists and dictionaries with every text masked, keys too."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {_mask_value(key, mask): _mask_value(item, mask) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_mask_value(item, mask) for item in value]
    return value


def _mask_bytes(encoded: str, mask: Callable[[str], str]) -> str:
    """Bytes in base64: a text is masked as such, of a binary each string, which keeps its length."""
    data = base64.b64decode(encoded)
    if b"\0" not in data:
        data = mask(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
    else:
        data = b"\0".join(_mask_string(part, mask) for part in data.split(b"\0"))
    return base64.b64encode(data).decode()


def _mask_string(part: bytes, mask: Callable[[str], str]) -> bytes:
    if len(part) < _LEAST_STRING or not part.isascii():
        return part
    masked = mask(part.decode("ascii")).encode()
    return masked[: len(part)].ljust(len(part), b"\0")
