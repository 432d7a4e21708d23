"""The one form in which a file of the matrix is written: a round trip gives the same bytes.

Keys stand in the order of the row type, empty values are left out, rows of a table are one line
each (releases of a framework are sections of their own), and the comments are those of the types:
what is worth knowing about a row stands in its ``note``.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
import re
import textwrap
from collections.abc import Iterator
from typing import Any

import msgspec

from mlenv.matrix.rows import Framework, Profile, Row
from mlenv.matrix.walk import holds_rows

WIDTH = 120
SECTIONS = ("release",)
"""Tables whose rows are sections (``[[release]]``) and not lines."""
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def render_file(file: Row) -> str:
    """A file of the matrix as canonical TOML text, with a final newline."""
    blocks = [_comment(_describe(file)), *_blocks(file)]
    return "\n\n".join(blocks) + "\n"


def _describe(file: Row) -> str:
    if isinstance(file, Framework):
        return f"{file.name}: releases and their builds, newest first."
    if isinstance(file, Profile):
        return f"{file.title}: what `--profile {file.name}` installs."
    return _first_sentence(type(file)).partition(": ")[2] or _first_sentence(type(file))


def _first_sentence(kind: type[Row]) -> str:
    text = " ".join((kind.__doc__ or "").split()).replace("``", "")
    return re.split(r"(?<=[.])\s", text, maxsplit=1)[0]


def _comment(text: str) -> str:
    lines = textwrap.wrap(text[:1].upper() + text[1:], WIDTH - 2)
    return "\n".join(f"# {line}" for line in lines)


def _blocks(file: Row) -> Iterator[str]:
    """The parts of a file: plain keys, tables of lines, then ``[sections]``."""
    fields = list(_stated(file))
    plain = [_assign(name, value) for name, value in fields if not _is_table(name, value)]
    if plain:
        yield "\n".join(plain)
    for name, value in fields:
        if holds_rows(value) and name not in SECTIONS:
            yield f"{_comment(_first_sentence(type(value[0])))}\n{_lines(name, value)}"
    for name, value in fields:
        if isinstance(value, dict):
            yield "\n".join([f"[{name}]", *(_assign(key, item) for key, item in value.items())])
    for name, value in fields:
        if name in SECTIONS:
            yield from (_section(name, row) for row in value)


def _is_table(name: str, value: Any) -> bool:
    return isinstance(value, dict) or holds_rows(value) or name in SECTIONS


def _section(name: str, row: Row) -> str:
    """One row as a section: plain keys first, its tables as lines after them."""
    fields = list(_stated(row))
    plain = [_assign(key, value) for key, value in fields if not holds_rows(value)]
    tables = [_lines(key, value) for key, value in fields if holds_rows(value)]
    return "\n".join([f"[[{name}]]", *plain, *tables])


def _stated(row: Row) -> Iterator[tuple[str, Any]]:
    """The keys of a row that are written: those without a default, and those that differ from it."""
    for field in _fields(type(row)):
        value = getattr(row, field.name)
        if value is not None and (field.required or value != _default(field)):
            yield field.name, value


@functools.cache  # msgspec reads the annotations anew each time
def _fields(kind: type[Row]) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(kind)


def _default(field: msgspec.structs.FieldInfo) -> Any:
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return field.default


def _lines(name: str, rows: tuple[Any, ...]) -> str:
    return "\n".join([f"{name} = [", *(f"  {_value(row)}," for row in rows), "]"])


def _assign(name: str, value: Any) -> str:
    """``key = value``, a list of texts broken into lines where it is too long for one."""
    line = f"{_key(name)} = {_value(value)}"
    if len(line) <= WIDTH or not isinstance(value, tuple):
        return line
    return "\n".join([f"{_key(name)} = [", *(f"  {_value(item)}," for item in value), "]"])


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else _text(name)


def _value(value: Any) -> str:
    if isinstance(value, Row):
        return _inline(dict(_stated(value)))
    if isinstance(value, dict):
        return _inline(value)
    if isinstance(value, tuple):
        return f"[{', '.join(_value(item) for item in value)}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.date):
        return value.isoformat()
    return _text(value) if isinstance(value, str) else repr(value)


def _inline(table: dict[str, Any]) -> str:
    items = ", ".join(f"{_key(key)} = {_value(item)}" for key, item in table.items())
    return f"{{ {items} }}" if items else "{}"


def _text(value: str) -> str:
    """A TOML basic string: JSON's escapes are all known to TOML, save for one character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
