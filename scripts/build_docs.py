#!/usr/bin/env python3
"""Make the documentation: ``python scripts/build_docs.py FOLDER [--site]``.

FOLDER gets ``mkdocs.yml`` and ``pages``: those of docs/, README as the start page, and a reference made
of the help texts, the pages of the findings and the rows of the matrix.  With ``--site`` MkDocs then makes
``FOLDER/site`` of them; a link that leads nowhere is an error.  Needs PyYAML, and for ``--site``
mkdocs-material.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts.docs_reference import command_pages, finding_pages, framework_pages  # noqa: E402

REFERENCE: Mapping[str, Callable[[], Iterator[tuple[str, str]]]] = {
    "commands": command_pages,
    "findings": finding_pages,
    "frameworks": framework_pages,
}
_LINK = re.compile(r"(?P<text>!?\[[^\]]*\])\((?P<target>[^)\s#]+)(?P<anchor>#[^)\s]*)?\)")


def main() -> int:
    """Write the pages and, where it is asked for, the site."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--site", action="store_true", help="have MkDocs make the site")
    asked = parser.parse_args()
    build_pages(asked.folder)
    if not asked.site:
        return 0
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--config-file", str(asked.folder / "mkdocs.yml")]
    return subprocess.run(command, check=False).returncode


def build_pages(folder: Path) -> None:
    """``mkdocs.yml`` and every page."""
    pages = dict(written_pages())
    generated = {name: dict(make()) for name, make in REFERENCE.items()}
    for name, made in generated.items():
        pages.update({f"reference/{name}/{path}": text for path, text in made.items()})
    for path, content in pages.items():
        target = folder / "pages" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
    config = yaml.safe_load((ROOT / "docs" / "mkdocs.yml").read_text(encoding="utf-8"))
    config["nav"] = complete_nav(config["nav"], pages)
    (folder / "mkdocs.yml").write_text(yaml.safe_dump(config, sort_keys=False, allow_unicode=True), encoding="utf-8")


def written_pages() -> Iterator[tuple[str, str | bytes]]:
    """README, the changes and what is in docs/ by their place in the site; links of pages fit that place."""
    for source, place in (("README.md", "index.md"), ("CHANGELOG.md", "changelog.md")):
        yield place, fit_links((ROOT / source).read_text(encoding="utf-8"), source, place)
    for path in sorted((ROOT / "docs").rglob("*")):
        place = path.relative_to(ROOT / "docs").as_posix()
        if path.suffix == ".md":
            yield place, fit_links(path.read_text(encoding="utf-8"), f"docs/{place}", place)
        elif path.is_file() and place != "mkdocs.yml":
            yield place, path.read_bytes()


def fit_links(text: str, source: str, place: str) -> str:
    """Links between files of the project as links between pages; one to any other file is its text alone."""

    def fit(match: re.Match[str]) -> str:
        target = match["target"]
        if re.match(r"[a-z]+:", target):
            return match[0]
        file = (ROOT / source).parent.joinpath(target).resolve()
        page = page_of(file)
        if page is None:
            return match["text"][1:-1]
        up = "../" * place.count("/")
        return f"{match['text']}({up}{page}{match['anchor'] or ''})"

    return _LINK.sub(fit, text)


def page_of(file: Path) -> str | None:
    """Where a file of the project is in the site, None where it is not."""
    known = {ROOT / "README.md": "index.md", ROOT / "CHANGELOG.md": "changelog.md"}
    if file in known:
        return known[file]
    docs = ROOT / "docs"
    return file.relative_to(docs).as_posix() if file.is_file() and docs in file.parents else None


def complete_nav(nav: list[Any], pages: Mapping[str, object]) -> list[Any]:
    """The navigation with the pages of each folder that it names."""
    return [_fill(entry, pages) for entry in nav]


def _fill(entry: Any, pages: Mapping[str, object]) -> Any:
    """An entry whose folders are lists of their pages, the start page first."""
    if isinstance(entry, dict):
        return {title: _fill(value, pages) for title, value in entry.items()}
    if isinstance(entry, list):
        return [_fill(value, pages) for value in entry]
    if not str(entry).endswith("/"):
        return entry
    inside = [path for path in pages if path.startswith(str(entry))]
    return sorted(inside, key=lambda path: (not path.endswith("/index.md"), path))


if __name__ == "__main__":
    sys.exit(main())
