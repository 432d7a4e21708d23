"""Checks of texts that end up in addresses, command lines and files of other programs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import msgspec
from packaging.requirements import InvalidRequirement, Requirement

from mlenv.matrix.files import Files
from mlenv.matrix.images import ContainerImages
from mlenv.matrix.rows import Framework, Indexes
from mlenv.matrix.toml_file import one_line

Problems = Iterator[str]
ID = re.compile(r"[a-z0-9][a-z0-9._-]*")
ADDRESS = re.compile(r"(?:(?:https?|file)://|/|[A-Za-z]:[\\/])[^\s\"'#<>`|\x00-\x20\x7f]*", re.IGNORECASE)
"""Of the web, of a file, or an absolute path; ``{variant}`` may stand in it."""
WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
EXTRAS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._,-]*")
MODULE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
PROSE = ("summary", "note", "traps")
"""Keys for people alone."""
IMAGE = re.compile(r"[a-z0-9][A-Za-z0-9._/:@{}-]*")


def check_lines(files: Files) -> Problems:
    """A text that is not prose is one line: it becomes one in files that other programs read."""
    for path, rows in files.rows.items():
        for place, text in _texts(msgspec.to_builtins(rows)):
            if "\n" in text or "\r" in text:
                yield f"{path}: {one_line(place)}: holds a line break"


def _texts(value: object, place: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, item in value.items():
            if key in PROSE:
                continue
            yield place or str(key), str(key)
            yield from _texts(item, f"{place}.{key}".lstrip("."))
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            yield from _texts(item, f"{place}[{number}]")


def check_indexes(files: Files) -> Problems:
    """An index is called by one word, and its address is one."""
    for path, indexes in files.of(Indexes).items():
        for row in indexes.index:
            if not ID.fullmatch(row.id):
                yield f"{path}: index {row.id!r}: an id is lower-case letters, digits, `.`, `_` and `-`"
            if row.url and not ADDRESS.fullmatch(row.url):
                yield f"{path}: index {row.id}: url {row.url!r} is no address"


def check_names(files: Files) -> Problems:
    """Names of variants, packages, extras and modules are such, and what a build brings are requirements."""
    for path, framework in files.of(Framework).items():
        yield from (
            f"{path}: imports {name!r} is no module" for name in framework.imports if not MODULE.fullmatch(name)
        )
    for place, build in files.builds():
        if not WORD.fullmatch(build.variant):
            yield f"{place}: variant {build.variant!r} is no name"
        if build.distribution and not WORD.fullmatch(build.distribution):
            yield f"{place}: distribution {build.distribution!r} is no name"
        if build.extra and not EXTRAS.fullmatch(build.extra):
            yield f"{place}: extra {build.extra!r} is no name"
        yield from (f"{place}: brings {text[:80]!r} is no requirement" for text in build.brings if not _is_plain(text))


def check_images(files: Files) -> Problems:
    """An image is named as container tools name them."""
    for path, images in files.of(ContainerImages).items():
        for row in images.image:
            if not IMAGE.fullmatch(row.image):
                yield f"{path}: image {row.id}: {row.image!r} is no name of an image"


def _is_plain(text: str) -> bool:
    """Whether a text is a requirement that names no address of its own."""
    try:
        return Requirement(text).url is None
    except (InvalidRequirement, RecursionError):
        return False


CHECKS: tuple[Callable[[Files], Problems], ...] = (check_lines, check_indexes, check_names, check_images)
