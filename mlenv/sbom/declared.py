"""What an installed distribution states of itself beyond its name: licences, maker, where it came from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

import msgspec

from mlenv.consistency.folders import beside, read_text
from mlenv.facts.environment import Distribution
from mlenv.facts.pattern import lazy
from mlenv.system.host import Host
from mlenv.typed import decode_json

MAX_LICENCE = 120
"""A longer licence field is the licence's text, not its name."""
_FOLDED = lazy(r"\r?\n[ \t]+")
_BLANK = lazy(r"\r?\n\r?\n")
_FIELD = lazy(
    r"(?mi)^(summary|license-expression|license|classifier|author|maintainer|home-page|project-url):"
    r"[ \t]*([^\r\n]*)"
)
_CLASSIFIER = lazy(r"License :: (?:OSI Approved :: )?(?P<name>.+)")
_HOMES = ("homepage", "home", "source", "repository", "source code")
_UNKNOWN = frozenset({"", "unknown", "none", "osi approved"})


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """What the metadata of a distribution declares.

    ``licences`` is one SPDX expression, or names.  ``archive`` are the hashes of the file that was
    named directly (direct_url.json), ``record`` is the SHA-256 of its RECORD, which states the hash of every
    file that was installed; empty where there is none.
    """

    summary: str = ""
    licences: tuple[str, ...] = ()
    maker: str = ""
    homepage: str = ""
    archive: dict[str, str] = {}
    record: str = ""


class _ArchiveInfo(msgspec.Struct, frozen=True):
    hash: str = ""
    hashes: dict[str, str] = {}


class _DirectUrl(msgspec.Struct, frozen=True):
    archive_info: _ArchiveInfo | None = None


def read_declared(host: Host, dist: Distribution) -> Declared:
    """What the files of a distribution declare; empty fields where they say nothing."""
    path = dist.path or ""
    modern = path.endswith(".dist-info")
    folder = beside(path, "EGG-INFO") if path.endswith(".egg") else path
    text = read_text(host, beside(folder, "METADATA" if modern else "PKG-INFO")) or ""
    record = read_text(host, beside(path, "RECORD")) if modern else None
    direct = read_text(host, beside(path, "direct_url.json")) if modern else None
    return msgspec.structs.replace(
        parse_declared(text),
        archive=parse_archive_hashes(direct or ""),
        record=hashlib.sha256(record.encode("utf-8", "surrogateescape")).hexdigest() if record else "",
    )


# > Summary: Fundamental package for array computing in Python
# > License-Expression: BSD-3-Clause AND 0BSD
# > Classifier: License :: OSI Approved :: BSD License
# > Project-URL: homepage, https://numpy.org
def parse_declared(text: str) -> Declared:
    """The fields of core metadata that a bill of materials has a place for."""
    end = _BLANK.search(text)
    head = _FOLDED.sub(" ", text[: end.start()] if end else text)
    fields = [(match[1].lower(), match[2].strip()) for match in _FIELD.finditer(head)]
    first = {name: value for name, value in reversed(fields) if value}
    return Declared(
        summary=_known(first.get("summary", "")),
        licences=tuple(dict.fromkeys(_find_licences(first, fields))),
        maker=_known(first.get("author", "") or first.get("maintainer", "")),
        homepage=_find_homepage(first, fields),
    )


def _find_licences(first: Mapping[str, str], fields: list[tuple[str, str]]) -> Iterator[str]:
    """An expression decides; else a short field, which is more exact than the classifiers; else these."""
    for name in ("license-expression", "license"):
        value = first.get(name, "")
        if _known(value) and len(value) <= MAX_LICENCE:
            yield value
            return
    for name, value in fields:
        match = _CLASSIFIER.fullmatch(value) if name == "classifier" else None
        if match and _known(match["name"]):
            yield match["name"]


def _find_homepage(first: Mapping[str, str], fields: list[tuple[str, str]]) -> str:
    pairs = (value.partition(",") for name, value in fields if name == "project-url")
    labelled = {label.strip().lower(): address.strip() for label, _, address in pairs}
    candidates = (first.get("home-page", ""), *(labelled.get(label, "") for label in _HOMES))
    return next((address for address in candidates if address.startswith(("https://", "http://"))), "")


def _known(value: str) -> str:
    return "" if value.lower() in _UNKNOWN else value


# > {"url": "https://example.org/toy-1.0-py3-none-any.whl", "archive_info": {"hashes": {"sha256": "a1b2"}}}
def parse_archive_hashes(text: str) -> dict[str, str]:
    """The hashes of the archive that a distribution was installed from by its address."""
    try:
        info = decode_json(text, _DirectUrl).archive_info if text else None
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return {}
    if info is None:
        return {}
    algorithm, mark, value = info.hash.partition("=")
    return info.hashes or ({algorithm: value} if mark else {})
