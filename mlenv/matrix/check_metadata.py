"""Checks of the requirements that rows state for releases that come as source."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.requirements import InvalidRequirement, Requirement

from mlenv.matrix.files import Files
from mlenv.matrix.rows import Framework

Problems = Iterator[str]


def check_metadata(files: Files) -> Problems:
    """``metadata`` stands where a build comes as source, and holds requirements."""
    for path, framework in files.of(Framework).items():
        for release in framework.release:
            place = f"{path}: release {release.version}"
            if release.metadata is not None and not any(build.source_only for build in release.builds):
                yield f"{place}: metadata is for releases that come as source; its wheels state it themselves"
            wrong = [text for text in release.metadata or () if not _is_requirement(text)]
            yield from (f"{place}: metadata {text!r} is no requirement" for text in wrong)


def _is_requirement(text: str) -> bool:
    try:
        Requirement(text)
    except InvalidRequirement:
        return False
    return True


CHECKS = (check_metadata,)
