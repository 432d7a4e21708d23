"""The manual: a page for every finding, of one form."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import mlenv.checks.subjects
from mlenv.checks.manual import SECTIONS, explain, page_ids, parse_page
from mlenv.checks.registry import all_checks
from mlenv.errors import UsageError

FOLDER = Path(mlenv.checks.subjects.__file__).parent
PAGE = """\
# The battery is empty

## What it is

Nothing runs.

## How to fix it

```
## not a section
charge --now
```
"""


def read_trees() -> list[ast.Module]:
    """The code of all checks and of what they share."""
    return [ast.parse(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.parent.rglob("*.py"))]


def find_places(trees: list[ast.Module]) -> dict[str, int]:
    """By name of a function that makes findings of an id that it is given, at which place it takes it."""
    places = {"check": 0}
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.FunctionDef) and "id=slug" in ast.unparse(node):
            names = [argument.arg for argument in node.args.args]
            if "slug" in names:
                places[node.name] = names.index("slug")
    return places


def find_ids(tree: ast.AST, places: dict[str, int]) -> Iterator[str]:
    """The ids that checks are registered under, and those that findings are made with."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in places and len(node.args) > places[name]:
            yield from find_words(node.args[places[name]])
        if name in places or name == "Finding" or any(keyword.arg == "cause" for keyword in node.keywords):
            for keyword in (keyword for keyword in node.keywords if keyword.arg in ("id", "slug")):
                yield from find_words(keyword.value)


def find_words(node: ast.expr) -> Iterator[str]:
    """The texts that an expression may be: one, or one of two."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from find_words(node.body)
        yield from find_words(node.orelse)


def ids_of_checks() -> list[str]:
    trees = read_trees()
    places = find_places(trees)
    found = {slug for tree in trees for slug in find_ids(tree, places)}
    return sorted(found | {item.id for item in all_checks()})


def test_the_ids_are_found() -> None:
    assert {"disk-space-low", "gpu-arch-not-in-build", "framework-import-crashed"} <= set(ids_of_checks())


@pytest.mark.parametrize("slug", ids_of_checks())
def test_every_finding_has_a_page(slug: str) -> None:
    assert slug in page_ids()


@pytest.mark.parametrize("slug", page_ids())
def test_every_page_has_the_four_sections(slug: str) -> None:
    page = explain(slug)
    assert page.title
    assert SECTIONS == tuple(section.title for section in page.sections)
    assert [] == [section.title for section in page.sections if not section.text]


def test_a_page_is_parsed() -> None:
    page = parse_page("battery-empty", PAGE)
    assert ("The battery is empty", "battery-empty") == (page.title, page.id)
    assert ["What it is", "How to fix it"] == [section.title for section in page.sections]
    assert "Nothing runs." == page.sections[0].text
    assert "charge --now" in page.sections[1].text


def test_a_page_without_anything_is_no_crash() -> None:
    assert ("", ()) == (parse_page("x", "").title, parse_page("x", "").sections)


@pytest.mark.parametrize("slug", ["no-such-finding", "../registry", "", "A B", "pages/../x"])
def test_an_unknown_finding(slug: str) -> None:
    with pytest.raises(UsageError, match="there is no finding") as caught:
        explain(slug)
    assert "--list-checks" in caught.value.hint
