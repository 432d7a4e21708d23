"""INI files as Python's configparser reads them.

The library itself takes longer to load than all of a machine's settings take to read.  The tests
hold the two against each other.
"""

from __future__ import annotations

DEFAULT = "DEFAULT"
_COMMENTS = ("#", ";")


# [global]
# find-links =
#     /srv/wheels
def parse_ini(text: str) -> dict[str, dict[str, str]] | str:
    """The options of each section, keys in lower case, or the first fault and its line.

    Deeper lines go on with the value above them.  ``DEFAULT`` is a section like the others here.
    """
    file = _File()
    for number, line in enumerate(text.split("\n"), start=1):
        fault = file.take(line)
        if fault:
            return f"{fault} in line {number}"
    return {
        name: {key: "\n".join(lines).rstrip() for key, lines in table.items()} for name, table in file.tables.items()
    }


class _File:
    """What was read so far; faults have the names of configparser's exceptions."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, list[str]]] = {}
        self._table: dict[str, list[str]] | None = None
        self._value: list[str] | None = None
        self._depth = 0

    def take(self, line: str) -> str:
        """One line; what is wrong with it, else nothing."""
        words = line.strip()
        if words.startswith(_COMMENTS):
            return ""
        indent = len(line) - len(line.lstrip())
        if self._value is not None and (not words or indent > self._depth):
            # An empty line belongs to the value, as long as the value goes on.
            self._value.append(words)
            return ""
        if not words:
            return ""
        self._depth = indent
        if words.startswith("[") and "]" in words[2:]:
            return self._open(words[1 : words.rindex("]")])
        return self._set(words)

    def _open(self, name: str) -> str:
        if name in self.tables and name != DEFAULT:
            return "DuplicateSectionError"
        self._table = self.tables.setdefault(name, {})
        self._value = None
        return ""

    def _set(self, words: str) -> str:
        if self._table is None:
            return "MissingSectionHeaderError"
        key, value = _split(words)
        if not key:
            return "ParsingError"
        if key in self._table:
            return "DuplicateOptionError"
        self._value = self._table[key] = [value]
        return ""


def _split(words: str) -> tuple[str, str]:
    """Key and value; the key is empty where there is no ``=`` and no ``:``."""
    places = [place for place in (words.find("="), words.find(":")) if place >= 0]
    place = min(places, default=0)
    return words[:place].rstrip().lower(), words[place + 1 :].strip()
