"""Lines that pip reads: no value becomes an option, a comment or a variable."""

from __future__ import annotations

import shlex

import pytest

from mlenv.plan.index_lines import quote_value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("https://a.example.org/simple", "https://a.example.org/simple"),
        ("https://a.example.org/x\n--trusted-host b", "https://a.example.org/x%0A--trusted-host b"),
        ("https://u:${HOME}@a.example.org/", "https://u:$%7BHOME}@a.example.org/"),
        ("https://a.example.org/\u2028--pre", "https://a.example.org/%E2%80%A8--pre"),
        ("/srv/my wheels", "/srv/my wheels"),
        ("/srv/a\n--pre", "file:///srv/a%0A--pre"),
        ("/srv/a #b", "file:///srv/a%20%23b"),
        ("/srv/${HOME}", "file:///srv/%24%7BHOME%7D"),
    ],
)
def test_a_value_is_one_word_on_one_line(value: str, expected: str) -> None:
    assert [expected] == shlex.split(quote_value(value))
    assert 1 == len(quote_value(value).splitlines())
