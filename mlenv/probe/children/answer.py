"""How a child that loads a vendor's library answers: on a stream of its own, as often as it learns more.

What the library prints goes to standard error.  Importing :mod:`json` would cost these children a fifth of their
life (its reader compiles patterns), so the few kinds of values of an answer are written here.
"""

from __future__ import annotations

import os

try:
    from _json import encode_basestring_ascii as quote
except ImportError:  # another implementation of Python
    from json.encoder import py_encode_basestring_ascii as quote


class Answer:
    """The stream of answers of one child; each is a line of its own, and the last one counts."""

    def __init__(self, script: str) -> None:
        self._marker = f"\nmlenv-{script}:"
        self._stream = os.dup(1)
        os.dup2(2, 1)

    def write(self, facts: dict[str, object]) -> None:
        """Say what is known so far; it is out before this returns, whatever the library does next."""
        rest = f"{self._marker}{encode(facts)}\n".encode()
        while rest:
            rest = rest[os.write(self._stream, rest) :]

    def end(self) -> None:
        """End the process with status 0, without another call into the library."""
        os._exit(0)


def encode(value: object) -> str:
    """A value as JSON in ASCII: None, truth values, numbers, texts, lists and dictionaries with texts for keys.

    What is None in a dictionary is left out.  Anything else, and a number that JSON does not have, is ``null``.
    """
    if isinstance(value, str):
        return quote(value)
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value) if value - value == 0 else "null"
    if isinstance(value, dict):
        items = (f"{quote(key)}: {encode(item)}" for key, item in value.items() if item is not None)
        return f"{{{', '.join(items)}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(encode, value))}]"
    return "null"
