"""Version conditions as ranges: they answer as the packaging library does."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from mlenv.resolve.condition import admits, may_agree

NUMBERS = st.lists(st.integers(0, 12), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))
PRE = st.builds("{}{}".format, NUMBERS, st.sampled_from(["rc1", ".dev0", "a2", ".post1"]))
PLAIN_CLAUSE = st.builds("{}{}".format, st.sampled_from([">=", "<=", ">", "<", "==", "!="]), NUMBERS)
WILD_CLAUSE = st.builds("{}{}.*".format, st.sampled_from(["==", "!="]), NUMBERS)
COMPATIBLE = st.builds("~={}.{}".format, NUMBERS, st.integers(0, 12))
PRE_CLAUSE = st.builds("{}{}".format, st.sampled_from([">=", "<=", "<", "=="]), PRE)
CONDITIONS = st.lists(st.one_of(PLAIN_CLAUSE, WILD_CLAUSE, COMPATIBLE, PRE_CLAUSE), max_size=3).map(",".join)


@settings(deadline=None, max_examples=400)
@given(condition=CONDITIONS, version=st.one_of(NUMBERS, PRE))
def test_a_condition_takes_what_packaging_says(condition: str, version: str) -> None:
    assert SpecifierSet(condition).contains(version, prereleases=True) == admits(condition, version)


@settings(deadline=None, max_examples=300)
@given(one=CONDITIONS, two=CONDITIONS, version=NUMBERS)
def test_a_version_that_both_take_lets_them_agree(one: str, two: str, version: str) -> None:
    if admits(one, version) and admits(two, version):
        assert may_agree(one, two)
        assert may_agree(two, one)


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        (">=4,<5", ">=5", False),
        (">=4,<=5", ">=5", True),
        ("==2.15.0", "==2.15", True),
        ("==2.15.*", "==2.15.1", True),
        ("!=2.15.*", "==2.15.1", False),
        ("~=1.4.2", ">=1.5", False),
        ("~=1.4", ">=1.5,<2", True),
        (">1.0", "<=1.0", False),
        (">=2.0rc1", "<2.0", False),
        ("==1.0", "!=1.0", False),
        ("", ">=1", True),
    ],
)
def test_whether_two_conditions_can_both_hold(one: str, two: str, expected: bool) -> None:
    assert expected == may_agree(one, two)
