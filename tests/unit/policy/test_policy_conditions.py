"""Conditions hold and break as PEP 440's do, for numbers, dotted versions and packages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from mlenv.policy.conditions import ConditionKind, admits, is_condition, word_condition


@pytest.mark.parametrize(
    ("kind", "condition", "found", "expected"),
    [
        ("number", ">=16", 16.0, True),
        ("number", ">=16", 15.9, False),
        ("number", ">=12,<48", 48.0, False),
        ("number", "==2", 2.0, True),
        ("number", "!=2", 2.0, False),
        ("number", ">0.5, <=1.5", 1.5, True),
        ("dotted", ">=580", "580.95.05", True),
        ("dotted", ">=580.95.6", "580.95.05", False),
        ("dotted", "==580.*", "580.95.05", True),
        ("dotted", "!=580.*", "580.95.05", False),
        ("dotted", "==580", "580.95.05", False),
        ("dotted", "==13", "13.0", True),
        ("dotted", "~=580.65", "580.95.05", True),
        ("dotted", "~=580.65", "590.1", False),
        ("dotted", "~=580.96", "580.95.05", False),
        ("dotted", "<=6.8", "6.8.0-45-generic", True),
        ("dotted", ">9", "10.0", True),
        ("dotted", ">=1", "rolling", None),
        ("version", ">=2.14,<2.16", "2.15.0+cu130", True),
        ("version", ">=2.14,<2.16", "2.16.0", False),
        ("version", "==2.15.0", "2.15.0+cu130", True),
        ("version", "==2.15.0+cpu", "2.15.0+cu130", False),
        ("version", ">=2.14", "2.15.0.dev20261101", True),
        ("version", ">=1", "unknown", None),
    ],
)
def test_admits(kind: ConditionKind, condition: str, found: float | str, expected: bool | None) -> None:
    assert is_condition(kind, condition)
    assert expected is admits(kind, condition, found)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("number", "16"),
        ("number", ""),
        ("number", ">=16 GB"),
        ("number", "~=2"),
        ("number", ">=" + "9" * 5000),
        ("dotted", "580"),
        ("dotted", ">=580,"),
        ("dotted", ">=580.*"),
        ("dotted", "~=580"),
        ("dotted", ">=580 or newer"),
        ("version", "2.14"),
        ("version", ""),
        ("version", "=>2"),
        ("version", ">=" + "9" * 5000),
    ],
)
def test_what_is_no_condition(kind: str, text: str) -> None:
    assert not is_condition(kind, text)


def test_words() -> None:
    assert "at least 12 and less than 48 GB" == word_condition(">=12,<48", "GB")
    assert "exactly 580.*" == word_condition("==580.*")


dotted = st.lists(st.integers(0, 999), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))


@given(st.sampled_from([">=", "<=", "==", "!=", ">", "<"]), dotted, dotted)
def test_dotted_versions_are_compared_as_packages_are(operator: str, wanted: str, found: str) -> None:
    condition = f"{operator}{wanted}"
    assert admits("dotted", condition, found) == SpecifierSet(condition).contains(Version(found))


@given(st.text(max_size=40), st.sampled_from(["number", "dotted", "version"]))
def test_any_text_is_a_condition_or_none(text: str, kind: ConditionKind) -> None:
    if is_condition(kind, text):
        admits(kind, text, 3.0 if kind == "number" else "3.0")
        assert word_condition(text)
