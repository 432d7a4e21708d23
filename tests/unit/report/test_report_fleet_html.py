"""The fleet as a page: whole without the network, safe with foreign words, small with many machines."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from mlenv.report.fleet_html import render_html
from tests.unit.fleet.cases import doctor, finding, gpus, result, verify
from tests.unit.report.test_report_fleet import document, sick

pytest.importorskip("jinja2")


def read_map(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="fleet-data">(.*?)</script>', page, re.DOTALL)
    assert found
    value: dict[str, Any] = json.loads(found[1])
    return value


class Reader(HTMLParser):
    """What a page asks for elsewhere, and the ids in it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.scripts = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        self.ids += [value for key, value in attrs if key == "id" and value]
        self.links += [value for key in ("src", "href") if (value := names.get(key))]
        self.scripts += tag == "script"


def test_the_page_is_whole() -> None:
    page = Reader(render_html(sick()))
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.links)
    assert len(page.ids) == len(set(page.ids))


def test_its_policy_allows_its_own_script_alone() -> None:
    page = render_html(sick())
    script = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert 1 == len(script)
    assert base64.b64encode(hashlib.sha256(script[0].encode()).digest()).decode() in page


def test_the_map_has_the_worst_first() -> None:
    page = read_map(render_html(sick()))
    assert ["driver-broken", "ram-low"] == [check[0] for check in page["checks"]]
    assert ["e", "c", "d", "a", "b"] == [host[0] for host in page["hosts"]]
    assert ["", "f", "-w", "", ""] == [host[3] for host in page["hosts"]]
    assert "Title of driver-broken" == page["checks"][0][1]


def test_what_passed_everywhere_is_not_among_the_bad() -> None:
    page = read_map(render_html(document(a=verify("error", result(), result(check="import", status="fail")))))
    assert [("torch.import", True), ("torch.compute", False)] == [(check[0], check[3]) for check in page["checks"]]


def test_a_machine_tells_its_own_words() -> None:
    machines = {
        name: doctor("error", findings=[{**finding("x"), "title": said}])
        for name, said in zip("abc", "112", strict=True)
    }
    assert [["x", "1", {"c": "2"}, True]] == read_map(render_html(document(**machines)))["checks"]


def test_too_many_words_are_left_out_and_not_told_of_others() -> None:
    machines = {
        f"n{number}": doctor("error", findings=[{**finding("x"), "title": f"said {number}"}]) for number in range(600)
    }
    assert [["x", "", {}, True]] == read_map(render_html(document(**machines)))["checks"]


def test_foreign_words_stay_words() -> None:
    evil = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"
    bad = {**finding(evil), "title": evil, "fix": [{"text": evil, "command": evil}]}
    page = render_html(document(**{evil: doctor("error", findings=[bad], gpus=gpus(1, evil), os={"kernel": evil})}))
    assert (2, []) == (Reader(page).scripts, [link for link in Reader(page).links if not link.startswith("#")])
    assert evil == read_map(page)["hosts"][0][0]


def test_a_fleet_of_which_nothing_is_known() -> None:
    assert "No report could be read." in render_html(document())


def test_a_thousand_machines_are_below_three_megabytes() -> None:
    checks = [result(f"framework{number}", check) for number in range(40) for check in ("import", "compute", "grad")]
    bad = {**finding("driver-broken"), "title": "The driver is broken"}
    machines = {
        f"rack{number // 40:02d}-node{number:04d}.example.org": [
            doctor("error" if number % 7 == 0 else "ok", findings=[bad] if number % 7 == 0 else [], gpus=gpus(1)),
            verify("ok", *checks),
        ]
        for number in range(1000)
    }
    assert len(render_html(document(**machines)).encode()) < 3_000_000
