"""Asking the sources: folders, index pages, silence."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from mlenv.facts.machine import Machine
from mlenv.facts.packages import PackageConfiguration, Setting
from mlenv.intake.described import parse_description
from mlenv.matrix.load import Matrix
from mlenv.resolve.request import Request, Wanted
from mlenv.supply.ask import ask_supply, local_supply
from mlenv.supply.inquiry import local_folder
from mlenv.supply.offers import Supply
from mlenv.supply.pythons import can_bring_pythons
from mlenv.system.page import Page
from mlenv.system.process import Completed

MATRIX = Matrix()
REQUEST = Request(wanted=(Wanted(name="torch"), Wanted(name="numpy")), accelerator="cpu")
WHEEL = "torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl"
HTML = f'<html><body><a href="{WHEEL.replace("+", "%2B")}">{WHEEL}</a></body></html>'.encode()
JSON = msgspec.json.encode(
    {
        "meta": {"api-version": "1.0"},
        "name": "torch",
        "files": [{"filename": WHEEL, "url": f"https://files.example/{WHEEL}", "hashes": {}}],
    }
)
SILENT = Page(state="unreachable", detail="no network")


def machine(**packages: object) -> Machine:
    described = parse_description(
        'os = "linux"\narch = "x86_64"\nlibc = "glibc 2.35"\npython = ["3.11.4"]\n', origin="test"
    )
    return msgspec.structs.replace(described, packages=PackageConfiguration(**packages))  # type: ignore[arg-type]


def setting(value: str) -> Setting:
    return Setting(value=value, origin="pip.conf")


def states(supply: Supply) -> dict[str, str]:
    return {source.id: source.state for source in supply.sources}


def test_a_folder_of_wheels(tmp_path: Path) -> None:
    (tmp_path / WHEEL).touch()
    supply = ask_supply(REQUEST, machine(find_links=(setting(str(tmp_path)),)), MATRIX, get=lambda _: SILENT)
    assert {"pytorch-cpu": "unreachable", "links-1": "answered", "default": "not_asked"} == states(supply)
    assert [("2.13.0", "cpu", "links-1")] == [(o.version, o.local, o.source) for o in supply.offers]


def test_only_frameworks_with_an_index_of_their_own_are_asked_for(tmp_path: Path) -> None:
    asked: list[str] = []

    def get(url: str) -> Page:
        asked.append(url)
        return SILENT

    ask_supply(REQUEST, machine(), MATRIX, get=get)
    assert ["https://download.pytorch.org/whl/cpu/torch/"] == asked


@pytest.mark.parametrize(
    "page",
    [
        Page(state="found", url="https://i.example/torch/", content_type="text/html; charset=utf-8", body=HTML),
        Page(
            state="found", url="https://i.example/torch/", content_type="application/vnd.pypi.simple.v1+json", body=JSON
        ),
    ],
    ids=["html", "json"],
)
def test_an_index_in_both_forms(page: Page) -> None:
    supply = ask_supply(REQUEST, machine(extra_index_urls=(setting("https://i.example"),)), MATRIX, get=lambda _: page)
    assert ("index-1", "2.13.0", "cpu") in [(o.source, o.version, o.local) for o in supply.offers]


def test_what_is_no_index_counts_as_out_of_reach() -> None:
    page = Page(state="found", content_type="application/json", body=b"<html>please log in</html>")
    supply = ask_supply(REQUEST, machine(), MATRIX, get=lambda _: page)
    assert "unreachable" == states(supply)["pytorch-cpu"]


def test_an_index_without_the_project_is_listed_as_empty() -> None:
    supply = ask_supply(REQUEST, machine(), MATRIX, get=lambda _: Page(state="missing"))
    assert supply.was_listed("pytorch-cpu", "torch")
    assert () == supply.offers


def test_an_index_laid_out_as_folders(tmp_path: Path) -> None:
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "index.html").write_bytes(HTML)
    supply = ask_supply(REQUEST, machine(index_url=setting(tmp_path.as_uri())), MATRIX, get=lambda _: SILENT)
    assert [("default", "cpu")] == [(o.source, o.local) for o in supply.offers]


def test_a_missing_folder_is_named() -> None:
    supply = ask_supply(REQUEST, machine(find_links=(setting("/no/such/wheels"),)), MATRIX, get=lambda _: SILENT)
    assert "there is no such folder" == next(s.detail for s in supply.sources if s.id == "links-1")


def test_offline_asks_nobody(tmp_path: Path) -> None:
    (tmp_path / WHEEL).touch()
    where = machine(find_links=(setting(str(tmp_path)),))
    supply = local_supply(REQUEST, where, MATRIX, offline=True)
    assert {"pytorch-cpu": "unreachable", "links-1": "answered", "default": "not_asked"} == states(supply)
    assert supply.pythons_on_demand is False


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("/a/b", "/a/b"),
        ("file:///a/b%20c", "/a/b c"),
        ("file:///C:/wheels", "C:/wheels"),
        ("C:\\wheels", "C:\\wheels"),
        ("https://a.example/b", None),
        ("", None),
    ],
)
def test_local_folders(address: str, expected: str | None) -> None:
    assert expected == local_folder(address)


LISTING = Completed(status=0, stdout='[{"url": "https://pythons.example/3.14.tar.gz", "key": "x"}]')


@pytest.mark.parametrize(
    ("listing", "page", "expected"),
    [
        (LISTING, Page(state="found"), True),
        (LISTING, SILENT, False),
        (Completed(status=0, stdout="[]"), Page(state="found"), False),
        (Completed(status=0, stdout="junk"), Page(state="found"), False),
        (Completed(status=2, stderr="error: no"), Page(state="found"), False),
    ],
)
def test_can_a_python_be_fetched(listing: Completed, page: Page, expected: bool) -> None:
    supply = can_bring_pythons(Supply(sources=()), "uv", "3.14", ask=lambda _: page, execute=lambda *_, **__: listing)
    assert expected is supply.pythons_on_demand
    assert expected is (supply.source("python-downloads") is None)
