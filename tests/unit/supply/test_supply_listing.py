"""The names on a page of an index."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlenv.supply.listing import list_files

HTML = b"""<!DOCTYPE html><html><body>
<a href="/whl/cu126/torch-2.14.1%2Bcu126-cp312-cp312-linux_x86_64.whl#sha256=ab">torch</a><br>
<A HREF='../files/torch-2.0.0.tar.gz' data-yanked>old</A>
<a href="https://mirror.test/simple/">up</a> <a>nowhere</a> <a href>empty</a> <a href="http://[bad">bad</a>
</body></html>"""


@pytest.mark.parametrize(
    ("body", "kind", "expected"),
    [
        (HTML, "text/html", ["torch-2.14.1+cu126-cp312-cp312-linux_x86_64.whl", "torch-2.0.0.tar.gz"]),
        (
            b'{"files": [{"filename": "a-1-py3-none-any.whl", "url": "x"}]}',
            "application/vnd.pypi.simple.v1+json",
            ["a-1-py3-none-any.whl"],
        ),
        (b'{"message": "no"}', "application/json", None),
        (b"<html>", "application/json", None),
        (b"", "text/html", []),
    ],
)
def test_what_a_page_lists(body: bytes, kind: str, expected: list[str] | None) -> None:
    assert expected == list_files(body, kind)


@given(body=st.binary(max_size=300), kind=st.sampled_from(["text/html", "application/json", ""]))
def test_nothing_that_a_server_sends_is_an_error(body: bytes, kind: str) -> None:
    found = list_files(body, kind)
    assert found is None or all(isinstance(name, str) for name in found)
