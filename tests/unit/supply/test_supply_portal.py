"""A page in an index's place."""

from __future__ import annotations

import pytest

from mlenv.supply.portal import Absent, absent_packages, find_portal
from mlenv.system.page import Page

INDEX = "https://packages.example.org/simple"
LOGIN = b"<html><body><form action='/login'>Welcome to our guest network <a href='/help'>help</a></form></body></html>"
LISTED = b'<a href="demo-1.0-py3-none-any.whl#sha256=0">demo-1.0-py3-none-any.whl</a>'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Because there is no version of large==2.0 and lower==2.0 depends on large==2.0, we",
            (Absent("large", "2.0"),),
        ),
        ("Because there are no versions of demo and you require demo, we can conclude", (Absent("demo"),)),
        ("Because demo was not found in the package registry", ()),
        ("", ()),
    ],
)
def test_what_a_resolver_misses(text: str, expected: tuple[Absent, ...]) -> None:
    assert expected == absent_packages(text)


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (Page(state="found", content_type="text/html", body=LOGIN), INDEX),
        (Page(state="found", content_type="text/html", body=LISTED), ""),
        (Page(state="found", content_type="application/json", body=b'{"error": 1}'), INDEX),
        (Page(state="missing"), ""),
        (Page(state="unreachable", detail="HTTP 500"), ""),
    ],
)
def test_a_page_without_files_is_no_index(page: Page, expected: str) -> None:
    asked: list[str] = []

    def get(url: str) -> Page:
        asked.append(url)
        return page

    assert expected == find_portal([Absent("My_Demo")], [INDEX], get)
    assert [f"{INDEX}/my-demo/"] == asked


@pytest.mark.parametrize(("version", "expected"), [("1.0", INDEX), ("2.0", "")])
def test_a_version_that_is_listed_now_was_not_asked_of_an_index(version: str, expected: str) -> None:
    page = Page(state="found", content_type="text/html", body=LISTED)
    assert expected == find_portal([Absent("demo", version)], [INDEX], lambda _: page)
