"""Can an interpreter that is not installed be fetched?  uv knows where from; the network decides."""

from __future__ import annotations

import os
from collections.abc import Callable

import msgspec

from mlenv.supply.offers import Source, Supply
from mlenv.system.page import Page
from mlenv.system.process import Completed, run
from mlenv.typed import decode_json

SECONDS = 20.0


class _Download(msgspec.Struct):
    """One line of ``uv python list --output-format json``."""

    url: str | None = None


def can_bring_pythons(
    supply: Supply,
    uv: str,
    python: str,
    *,
    ask: Callable[[str], Page] | None = None,
    execute: Callable[..., Completed] = run,
) -> Supply:
    """The supply, with the answer to whether uv can fetch a Python series.

    Asked only when a plan needs an interpreter that is not installed.  Where it cannot, the
    reason stands as an unreachable source.
    """
    if supply.pythons_on_demand is not None:
        return supply
    detail = _why_not(uv, python, ask, execute)
    if not detail:
        return msgspec.structs.replace(supply, pythons_on_demand=True)
    source = Source(id="python-downloads", kind="default", address="", origin="uv", state="unreachable", detail=detail)
    return msgspec.structs.replace(supply, pythons_on_demand=False, sources=(*supply.sources, source))


def _why_not(uv: str, python: str, ask: Callable[[str], Page] | None, execute: Callable[..., Completed]) -> str:
    if os.environ.get("UV_PYTHON_DOWNLOADS", "").lower() in ("never", "manual"):
        return "UV_PYTHON_DOWNLOADS forbids it"
    listing = execute([uv, "python", "list", "--only-downloads", "--output-format", "json", python], timeout=SECONDS)
    if not listing.ok:
        return listing.stderr.strip().splitlines()[-1] if listing.stderr.strip() else "uv lists no downloads"
    try:
        downloads = decode_json(listing.stdout, list[_Download])
    except msgspec.DecodeError:
        return "uv's list of downloads cannot be read"
    url = next((download.url for download in downloads if download.url), None)
    if url is None:
        return f"uv knows no download of Python {python}"
    if ask is None:
        from mlenv.system.network import answers

        ask = answers
    page = ask(url)
    return "" if page.state == "found" else page.detail
