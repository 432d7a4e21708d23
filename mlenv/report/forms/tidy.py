"""Changing every free text of a value, as deep as it goes."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Literal, TypeVar, get_args, get_origin

import msgspec

VALUE = TypeVar("VALUE")
_OURS = frozenset(
    {
        *("schema", "kind", "id", "group", "check", "status", "reason"),
        *("mlenv_version", "matrix_version", "matrix_digest"),
    }
)
"""Fields with words of our own, which a user may be called."""


def tidy(value: VALUE, change: Callable[[str], str]) -> VALUE:
    """The value with ``change`` applied to its texts, also those in structs, tuples, lists and dictionaries.

    What has one of a closed set of values (a status, a level) stays, and so do our own ids and the names of keys.
    """
    return _tidy(value, change)  # type: ignore[no-any-return]


def _tidy(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, (tuple, list)):
        return type(value)(_tidy(item, change) for item in value)
    if isinstance(value, dict):
        return {key: _tidy(item, change) for key, item in value.items()}
    if isinstance(value, msgspec.Struct):
        texts = ((name, getattr(value, name)) for name in _free_fields(type(value)))
        return msgspec.structs.replace(value, **{name: _tidy(item, change) for name, item in texts})
    return value


@functools.cache
def _free_fields(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    return tuple(
        field.name for field in msgspec.structs.fields(kind) if field.name not in _OURS and not _is_closed(field.type)
    )


def _is_closed(kind: Any) -> bool:
    """Whether a type's texts are from a closed set: ``Literal["a", "b"]``, also within a tuple or beside None."""
    return get_origin(kind) is Literal or any(_is_closed(part) for part in get_args(kind))
