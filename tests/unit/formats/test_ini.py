"""INI files are read as configparser reads them."""

from __future__ import annotations

import configparser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlenv.formats.ini import DEFAULT, parse_ini

LINES = st.sampled_from(
    [
        "[global]", "[install]", "[DEFAULT]", "[a]b]", "[]", "[", " [install]", "index-url = x", "Index-URL: y", "key=",
        "key = a = b", "key", "= x", "  deeper", "\tdeeper = 1", "    deeper still", "", "  ", "# note", "  ; note",
        "find-links =", "other : a # no comment", "[x] rest", "\u00a0odd", "k\u0130 = 1",
    ]
)  # fmt: skip
# The library ends a line where Python's str.splitlines does; pip's files have line feeds.
OTHER = st.text(st.characters(exclude_characters="\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"), max_size=8)
TEXTS = st.lists(LINES | OTHER).map("\n".join)


def read_with_library(text: str) -> dict[str, dict[str, str]] | None:
    """Every section with the defaults, None for a fault."""
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text)
    except configparser.Error:
        return None
    return {name: dict(parser.items(name)) for name in parser.sections()}


def read_here(text: str) -> dict[str, dict[str, str]] | None:
    """The same with our reader."""
    tables = parse_ini(text)
    if isinstance(tables, str):
        return None
    defaults = tables.pop(DEFAULT, {})
    return {name: {**defaults, **table} for name, table in tables.items()}


@settings(max_examples=500)
@given(text=TEXTS)
def test_the_same_as_the_library(text: str) -> None:
    assert read_with_library(text) == read_here(text)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a = 1", "MissingSectionHeaderError in line 1"),
        ("[x]\na = 1\n\n[x]", "DuplicateSectionError in line 4"),
        ("[x]\na = 1\nA: 2", "DuplicateOptionError in line 3"),
        ("[x]\nnothing", "ParsingError in line 2"),
    ],
)
def test_faults_name_their_line(text: str, fault: str) -> None:
    assert fault == parse_ini(text)
