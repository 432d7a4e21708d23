"""CUDA releases and their drivers, from pages in the true form."""

from __future__ import annotations

import json

import pytest

from mlenv.matrix.hardware import CudaRelease
from mlenv.matrix.sources.cuda_releases import (
    ROW_SOURCE,
    SOURCE,
    URL,
    CudaTable,
    first_versions,
    parse_listing,
    read_cuda_releases,
)
from mlenv.system.page import Page
from tests.unit.matrix.sources.sources_web import PagesOnly

LISTING = b"""<!DOCTYPE html>
<html><head><title>Index of /compute/cuda/redist</title></head><body>
<ul id="file-list">
<li><span class="file"><a href='..'>..</a></span></li>
<li><span class="file"><a href='cuda_nvcc/'>cuda_nvcc/</a></span></li>
<li><span class="file"><a href='redistrib_11.4.2.json'>redistrib_11.4.2.json</a></span><span>44KB</span></li>
<li><span class="file"><a href='redistrib_12.8.0.json'>redistrib_12.8.0.json</a></span></li>
<li><span class="file"><a href='redistrib_13.0.3.json'>redistrib_13.0.3.json</a></span></li>
<li><span class="file"><a href='redistrib_13.0.0.json'>redistrib_13.0.0.json</a></span></li>
<li><span class="file"><a href="redistrib_13.10.0.json">redistrib_13.10.0.json</a></span></li>
<li><span class="file"><a href='redistrib_13.10.0.json.asc'>signature</a></span></li>
<li><span class="file"><a href='redistrib_v2_13.11.0.json'>redistrib_v2_13.11.0.json</a></span></li>
</ul></body></html>
"""


def manifest(label: str, driver: str | None) -> bytes:
    """A manifest as NVIDIA writes them; early ones have no label, late ones no driver."""
    parts: dict[str, object] = {"release_date": "2025-08-04"}
    if label:
        parts |= {"release_label": label, "release_product": "cuda"}
    parts["cuda_cudart"] = {"name": "CUDA Runtime (cudart)", "license": "CUDA Toolkit", "version": "13.0.48"}
    if driver is not None:
        archive = {"relative_path": f"nvidia_driver/linux-x86_64/{driver}.tar.xz", "sha256": "00", "size": "488370592"}
        parts["nvidia_driver"] = {"name": "NVIDIA Linux Driver", "version": driver, "linux-x86_64": archive}
    return json.dumps(parts, indent=4).encode()


MANIFESTS = {
    "11.4.2": manifest("", "470.57.02"),
    "12.8.0": manifest("12.8.0", "570.86.10"),
    "13.0.0": manifest("13.0.0", "580.65.06"),
    "13.10.0": manifest("13.10.0", None),
}


def row(version: str, linux: str, windows: str = "", source: tuple[str, ...] = ("notes",)) -> CudaRelease:
    return CudaRelease(version=version, linux=linux, windows=windows, source=source)


def found(body: bytes) -> Page:
    return Page(state="found", body=body)


def address(version: str) -> str:
    return f"{URL}redistrib_{version}.json"


def read(known: tuple[CudaRelease, ...] = (), **others: Page) -> CudaTable:
    """The table of the pages above; ``others`` replace a manifest (``v13_0_0``)."""
    pages = {URL: found(LISTING)} | {address(version): found(body) for version, body in MANIFESTS.items()}
    pages |= {address(name[1:].replace("_", ".")): page for name, page in others.items()}
    return read_cuda_releases(PagesOnly(pages), known=known)


def test_a_minor_takes_the_driver_of_its_first_manifest() -> None:
    expected = (
        row("13.10", "", source=(ROW_SOURCE,)),
        row("13.0", "580.65.06", source=(ROW_SOURCE,)),
        row("12.8", "570.86.10", source=(ROW_SOURCE,)),
        row("11.4", "470.57.02", source=(ROW_SOURCE,)),
    )
    assert CudaTable(rows=expected) == read()


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        pytest.param(row("13.0", "580.65.06", "581"), row("13.0", "580.65.06", "581"), id="the same"),
        pytest.param(row("12.8", "570.26", "570.65"), row("12.8", "570.26", "570.65"), id="the notes ask for less"),
        pytest.param(
            row("13.0", "580.82.07", "581"), row("13.0", "580.65.06", "581", ("notes", ROW_SOURCE)), id="less is enough"
        ),
        pytest.param(row("13.0", "", "581"), row("13.0", "580.65.06", "581", ("notes", ROW_SOURCE)), id="not known"),
        pytest.param(row("13.10", "620.10", "621"), row("13.10", "620.10", "621"), id="bundles none"),
        pytest.param(row("10.2", "440.33", "441.22"), row("10.2", "440.33", "441.22"), id="has no manifest"),
    ],
)
def test_known_rows(known: CudaRelease, expected: CudaRelease) -> None:
    assert [expected] == [found for found in read((known,)).rows if found.version == known.version]


def test_the_listing() -> None:
    assert ("11.4.2", "12.8.0", "13.0.3", "13.0.0", "13.10.0") == parse_listing(LISTING)
    assert ("13.1.0",) == parse_listing(b'<a href="/compute/cuda/redist/redistrib_13.1.0.json">x</a>')


def test_first_versions_count_as_numbers_do() -> None:
    assert ("13.10.0", "13.9.2", "12.1.1") == first_versions(["12.1.1", "13.9.10", "13.9.2", "13.10.0"])


@pytest.mark.parametrize(
    ("page", "phrase"),
    [
        (Page(state="unreachable", detail="no answer in time"), "no answer in time"),
        (Page(state="missing"), "there is no such page"),
        (found(b"<html>sign in</html>"), "the manifest has another form: "),
        (found(b'{"release_date": "2026-01-01", "nvidia_driver": {"version": "soon"}}'), "'soon' is no version"),
        (found(b'{"error": "not here"}'), "the manifest has another form: "),
    ],
)
def test_a_manifest_that_cannot_be_read_leaves_its_row(page: Page, phrase: str) -> None:
    known = row("13.0", "580.65.06", "581")
    table = read((known,), v13_0_0=page)
    assert [known] == [found for found in table.rows if found.version == "13.0"]
    assert 4 == len(table.rows)
    (trouble,) = table.troubles
    assert (SOURCE, address("13.0.0")) == (trouble.source, trouble.url)
    assert phrase in trouble.phrase


@pytest.mark.parametrize(
    ("page", "phrase"),
    [
        (Page(state="unreachable", detail="connection refused"), "connection refused"),
        (Page(state="missing", detail="HTTP 404"), "HTTP 404"),
        (found(b"<html>sign in</html>"), "no CUDA manifest is listed there"),
    ],
)
def test_a_listing_that_cannot_be_read_loses_nothing(page: Page, phrase: str) -> None:
    known = (row("13.0", "580.65.06", "581"),)
    table = read_cuda_releases(PagesOnly({URL: page}), known=known)
    assert known == table.rows
    assert [(SOURCE, URL, phrase)] == [(trouble.source, trouble.url, trouble.phrase) for trouble in table.troubles]
