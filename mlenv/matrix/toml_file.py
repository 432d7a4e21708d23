"""TOML files as typed values; what is wrong with one is said in a sentence that names file and key."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TypeVar

import msgspec

from mlenv.errors import UsageError

ROWS = TypeVar("ROWS")
MAX_BYTES = 32_000_000
"""No file of the matrix comes near this; one that is larger was named by mistake."""


def load_file(path: Path, kind: type[ROWS]) -> ROWS:
    """One TOML file as a typed value; :class:`UsageError` names file, key and what is expected."""
    return parse_toml(read_text(path), kind, origin=str(path))


def read_text(path: Path) -> str:
    """The text of a file of at most 32 MB in UTF-8; :class:`UsageError` otherwise."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise UsageError(
                f"{path}: has {size / 1e6:.0f} MB, a file of this kind at most {MAX_BYTES / 1e6:.0f} MB",
                hint="name the TOML file itself, not what it describes",
            )
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror or error})") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: is not a text file in UTF-8") from None


def parse_toml(text: str, kind: type[ROWS], *, origin: str) -> ROWS:
    """TOML text as a typed value; ``origin`` names it in errors."""
    import tomli

    try:
        return msgspec.convert(tomli.loads(text), kind)
    except tomli.TOMLDecodeError as error:
        raise UsageError(f"{origin}: is not valid TOML: {_one_line(str(error))}") from None
    except RecursionError:
        raise UsageError(f"{origin}: is not valid TOML: its tables are nested too deeply") from None
    except msgspec.ValidationError as error:
        raise UsageError(f"{origin}: {_name_key(error)}", hint=_expectation(kind)) from None


_EXAMPLES: dict[str, str] = {}
_FORM = re.compile(r"Expected `str` matching regex (?P<pattern>'.*') - at `\$\.(?P<key>.*)`")
_DATE = re.compile(r"(?:Invalid RFC3339 encoded date|Expected `date`, got `\w+`) - at `\$\.(?P<key>.*)`")


def written_as(pattern: str, example: str) -> msgspec.Meta:
    """The form of a text value; ``example`` stands in the error of a value that is written otherwise."""
    _EXAMPLES[repr(pattern)] = example
    return msgspec.Meta(pattern=pattern, examples=[example])


def _name_key(error: msgspec.ValidationError) -> str:
    """``Object contains unknown field `x` - at `$.gpu[0]``` said with TOML's words."""
    form = _FORM.search(str(error))
    if form:
        return f'`{form["key"]}` is not written as it should be (as in "{_EXAMPLES.get(form["pattern"], "")}")'
    date = _DATE.fullmatch(str(error))
    if date:
        return f"`{date['key']}` is no date (as in 2026-11-22)"
    text = str(error).replace("Object contains", "has an").replace("Object missing required field", "lacks the key")
    text = text.replace("unknown field", "unknown key")
    return _one_line(text.replace(" - at `$.", " in `").replace(" - at `$`", "").replace("`$", "`"))


def _one_line(text: str) -> str:
    """Text without control characters, which a file may hold where a key is expected."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _expectation(kind: type[object]) -> str:
    fields = getattr(kind, "__struct_fields__", ())
    return f"known keys: {', '.join(fields)}" if fields else ""
