"""TOML files as typed values; what is wrong with one is said in a sentence that names file and key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from mlenv.errors import UsageError
from mlenv.facts.pattern import lazy
from mlenv.typed import convert

ROWS = TypeVar("ROWS")
MAX_BYTES = 32_000_000
"""No file of the matrix comes near this; one that is larger was named by mistake."""

_SYNTAX = 'TOML is text with lines such as: name = "value"; `mlenv schema` lists the kinds of file'


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
        raise UsageError(f"{path}: cannot be read ({error.strerror or error})", hint="check the path") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: is not a text file in UTF-8", hint=_SYNTAX) from None


def parse_toml(text: str, kind: type[ROWS], *, origin: str) -> ROWS:
    """TOML text as a typed value; ``origin`` names it in errors."""
    import tomli

    try:
        data = tomli.loads(text)
        _refuse_control(data, text, origin)
        return convert(data, kind)
    except tomli.TOMLDecodeError as error:
        raise UsageError(f"{origin}: is not valid TOML: {one_line(str(error))}", hint=_SYNTAX) from None
    except RecursionError:
        raise UsageError(f"{origin}: is not valid TOML: its tables are nested too deeply") from None
    except msgspec.ValidationError as error:
        raise UsageError(f"{origin}: {_name_key(error)}", hint=_expectation(kind)) from None
    except ValueError:  # Python reads no number of more than 4300 digits
        raise UsageError(f"{origin}: is not valid TOML: a number in it is too long") from None


# Such as the 0 in: note = "a\u0000b"
_ESCAPED = lazy(r"\\[bfexuU]")
_CONTROL = lazy(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def _refuse_control(data: dict[str, object], text: str, origin: str) -> None:
    """Control characters come in by escapes alone, and no program takes them as an argument or a name."""
    if _ESCAPED.search(text) is None:
        return
    for place, value in _texts(data):
        if _CONTROL.search(value):
            raise UsageError(f"{origin}: `{one_line(place)}` holds a control character")


def _texts(value: object, place: str = "") -> Iterator[tuple[str, str]]:
    """Every key and text in a value, with its place (``release[0].note``)."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, item in value.items():
            where = f"{place}.{key}" if place else str(key)
            yield where, str(key)
            yield from _texts(item, where)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _texts(item, f"{place}[{number}]")


_EXAMPLES: dict[str, str] = {}
_FORM = lazy(r"Expected `str` matching regex (?P<pattern>'.*') - at `\$\.(?P<key>.*)`")
_DATE = lazy(r"(?:Invalid RFC3339 encoded date|Expected `date`, got `\w+`) - at `\$\.(?P<key>.*)`")


def written_as(pattern: str, example: str) -> msgspec.Meta:
    """The form of a text value; ``example`` stands in the error of a value that is written otherwise."""
    _EXAMPLES[repr(pattern)] = example
    return msgspec.Meta(pattern=pattern, examples=[example])


def _name_key(error: msgspec.ValidationError) -> str:
    """``Object contains unknown field `x` - at `$.gpu[0]``` said with TOML's words."""
    form = _FORM.search(str(error))
    if form:
        example = _EXAMPLES.get(form["pattern"], "")
        return one_line(f'`{form["key"]}` is not written as it should be (as in "{example}")')
    date = _DATE.fullmatch(str(error))
    if date:
        return one_line(f"`{date['key']}` is no date (as in 2026-11-22)")
    text = str(error).replace("Object contains", "has an").replace("Object missing required field", "lacks the key")
    text = text.replace("unknown field", "unknown key")
    return one_line(text.replace(" - at `$.", " in `").replace(" - at `$`", "").replace("`$", "`"))


# Longer than the longest name of a file: nothing that a person would write.
_ENDLESS = lazy(r"([^\s/]{80})[^\s/]{200,}")


def one_line(text: str) -> str:
    """Text as one readable line, whatever a file holds where a key is expected.

    Control characters become ``?``, words without an end are cut.
    """
    printable = "".join(letter if letter.isprintable() else "?" for letter in text)
    return _ENDLESS.sub(r"\1...", printable)


def _expectation(kind: type[object]) -> str:
    fields = getattr(kind, "__struct_fields__", ())
    return f"known keys: {', '.join(fields)}" if fields else ""
