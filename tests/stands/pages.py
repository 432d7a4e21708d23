"""The pages of a package index: PEP 503 (HTML) and PEP 691 (JSON), with PEP 658 metadata."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

JSON = "application/vnd.pypi.simple.v1+json"
HTML = "text/html"


class ListedFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file as its page lists it; ``uploaded`` is a moment in ISO 8601, hashes are SHA-256."""

    name: str
    url: str
    size: int
    uploaded: str
    sha256: str | None
    metadata_sha256: str | None
    requires_python: str


def normalize(name: str) -> str:
    """A project's name as addresses spell it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def render_project(name: str, files: Sequence[ListedFile], *, as_json: bool) -> bytes:
    """The page of a project."""
    if as_json:
        versions = sorted({file.name.split("-")[1].removesuffix(".tar.gz") for file in files})
        return _json({"name": name, "versions": versions, "files": [_json_file(file) for file in files]})
    return _html(map(_link, files))


def render_projects(names: Iterable[str], *, as_json: bool) -> bytes:
    """The page that lists all projects."""
    if as_json:
        return _json({"projects": [{"name": name} for name in names]})
    return _html(f'<a href="{name}/">{name}</a>' for name in names)


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps({"meta": {"api-version": "1.1"}, **content}).encode()


def _json_file(file: ListedFile) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "filename": file.name,
        "url": file.url,
        "hashes": {} if file.sha256 is None else {"sha256": file.sha256},
        "size": file.size,
        "upload-time": file.uploaded,
    }
    if file.requires_python:
        entry["requires-python"] = file.requires_python
    if file.metadata_sha256 is not None:
        entry["core-metadata"] = {"sha256": file.metadata_sha256}
    return entry


def _html(links: Iterable[str]) -> bytes:
    return f"<!DOCTYPE html>\n<html><body>\n{'<br>'.join(links)}\n</body></html>\n".encode()


def _link(file: ListedFile) -> str:
    address = file.url if file.sha256 is None else f"{file.url}#sha256={file.sha256}"
    more = f' data-requires-python="{html.escape(file.requires_python)}"' if file.requires_python else ""
    if file.metadata_sha256 is not None:
        more += f' data-core-metadata="sha256={file.metadata_sha256}"'
    return f'<a href="{html.escape(address)}"{more}>{html.escape(file.name)}</a>'
