"""A page in an index's place: a login page of a network answers every question, and says "no versions" to uv."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from urllib.parse import urljoin

import msgspec

from mlenv.supply.listing import list_files
from mlenv.system.page import Page

FILES = (".whl", ".tar.gz", ".zip", ".tar.bz2", ".egg")
ASKED = 4
"""So many packages are looked at."""
# Because there is no version of large==2.0 and lower==2.0 depends on large==2.0, ...
# there are no versions of demo
_ABSENT = re.compile(r"there (?:is no version|are no versions) of ([A-Za-z0-9][\w.-]*?)(?:==([\w.!+]+))?(?=[,\s]|\.?$)")


class Absent(msgspec.Struct, frozen=True):
    """A package of which a resolver says that there is no version, or not this one."""

    name: str
    version: str = ""


def absent_packages(text: str) -> tuple[Absent, ...]:
    """The packages that a refusal says are not there."""
    return tuple(dict.fromkeys(Absent(name, version or "") for name, version in _ABSENT.findall(text)))[:ASKED]


def find_portal(absent: Iterable[Absent], indexes: Iterable[str], get: Callable[[str], Page]) -> str:
    """The address of an index that answered with something else than an index's page; empty for none.

    An index without a package has no page for it (PEP 503), so a page without files is something
    else; and one that lists the very version now did not answer as an index a moment ago.
    """
    asked = tuple(indexes)
    for one in absent:
        for index in asked:
            page = get(urljoin(index.rstrip("/") + "/", f"{_project(one.name)}/"))
            if page.state == "found" and _is_odd(one, page):
                return index
    return ""


def _is_odd(absent: Absent, page: Page) -> bool:
    files = [name for name in list_files(page.body, page.content_type) or () if name.endswith(FILES)]
    if not files or not absent.version:
        return not files
    start = f"{_project(absent.name)}-{absent.version}-"
    return any(name.lower().replace("_", "-").startswith(start) for name in files)


def _project(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")
