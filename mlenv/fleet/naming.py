"""What a machine is called: reports are redacted, so the name is that of their file."""

from __future__ import annotations

import re

import msgspec

from mlenv.errors import UsageError

FILE, FOLDER = "file", "folder"
_ENDING = re.compile(r"(\.(json|jsonl|ndjson))?(\.gz)?$", re.IGNORECASE)
_AFFIX = re.compile(r"^(?:doctor|verify)[._-]|[._-](?:doctor|verify)$", re.IGNORECASE)
_NO_NAME = re.compile(r"(?:mlenv|doctor|verify|report)?", re.IGNORECASE)


class Naming(msgspec.Struct, frozen=True):
    """Where names come from: the file, its folder, or what ``pattern`` finds in the path."""

    by_folder: bool = False
    pattern: re.Pattern[str] | None = None

    def name(self, path: str, line: int = 0) -> str:
        """The machine that a file (or a line of one, from 1) tells of.

        ``node7.verify.json.gz`` is of ``node7``, and ``node7/doctor.json`` too.
        """
        path = path.replace("\\", "/")
        name = self._match(path) or self._read(path)
        return f"{name}#{line}" if line else name

    def _match(self, path: str) -> str:
        found = self.pattern.search(path) if self.pattern else None
        if found is None:
            return ""
        named = found.groupdict().get("host")
        return named or (found[1] if found.re.groups else found[0]) or ""

    def _read(self, path: str) -> str:
        *folders, file = path.split("/")
        folder = folders[-1] if folders else ""
        name = _AFFIX.sub("", _ENDING.sub("", file))
        wanted = folder if self.by_folder or _NO_NAME.fullmatch(name) else name
        return wanted or name or file


def parse_naming(text: str) -> Naming:
    """The value of ``--name-from``: ``file``, ``folder`` or a regular expression over the path."""
    if text in (FILE, FOLDER):
        return Naming(by_folder=text == FOLDER)
    try:
        return Naming(pattern=re.compile(text))
    except re.error as error:
        hint = r"file, folder, or a regular expression with a group, such as 'reports/(?P<host>[^/]+)/'"
        raise UsageError(f"--name-from {text!r}: {error}", hint=hint) from None
