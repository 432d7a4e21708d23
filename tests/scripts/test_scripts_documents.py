"""Manual pages, the site and the picture in README: made of what mlenv says, and in order."""

from __future__ import annotations

import importlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml

from mlenv.checks.manual import page_ids
from mlenv.cli.group import COMMANDS
from mlenv.matrix.load import Matrix

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)\s]*)?\)")


def script(name: str) -> Any:
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    return importlib.import_module(f"scripts.{name}")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs")
    script("build_docs").build_pages(folder)
    return folder


def test_a_manual_page_for_every_command() -> None:
    build = script("build_man")
    pages = {build.page_name(context): build.render_page(context) for context in build.walk_commands()}
    assert {"mlenv", *(f"mlenv-{name}" for name in COMMANDS)} <= set(pages)
    assert "mlenv-matrix-show" in pages
    for text in pages.values():
        assert text.startswith(".TH ")
        assert ".SH NAME" in text
        assert ".SH EXIT STATUS" in text
        assert "\b" not in text
    assert "\n.SH COMMANDS\n.TP\n.B setup\n" in pages["mlenv"]
    assert ".B \\-\\-profile NAME" in pages["mlenv-install"]


def test_groff_has_nothing_to_say(tmp_path: Path) -> None:
    groff = shutil.which("groff")
    if groff is None:
        pytest.skip("groff is not here")
    build = script("build_man")
    for context in build.walk_commands():
        (tmp_path / f"{build.page_name(context)}.1").write_text(build.render_page(context), encoding="utf-8")
    pages = [str(path) for path in tmp_path.iterdir()]
    done = subprocess.run([groff, "-man", "-Tutf8", "-ww", "-z", *pages], capture_output=True, text=True, check=False)
    assert ("", 0) == (done.stderr, done.returncode)


@pytest.mark.parametrize(
    ("text", "escaped"), [(".PP", "\\&.PP"), ("a-b", "a\\-b"), ("'x'", "\\(aqx\\(aq"), ("C:\\x", "C:\\ex")]
)
def test_nothing_of_a_text_is_a_request(text: str, escaped: str) -> None:
    assert escaped == script("build_man").escape(text)


def targets(entry: Any) -> Iterator[str]:
    if isinstance(entry, str):
        yield entry
    for value in entry.values() if isinstance(entry, dict) else entry if isinstance(entry, list) else ():
        yield from targets(value)


def test_the_navigation_has_every_page_once(site: Path) -> None:
    named = list(targets(yaml.safe_load((site / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]))
    pages = [path.relative_to(site / "pages").as_posix() for path in (site / "pages").rglob("*.md")]
    assert sorted(pages) == sorted(named)


def test_every_page_of_docs_stands_in_the_navigation() -> None:
    docs = ROOT / "docs"
    named = set(targets(yaml.safe_load((docs / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]))
    pages = {path.relative_to(docs).as_posix() for path in docs.rglob("*.md")}
    assert [] == sorted(pages - named)


def test_links_between_pages_hold(site: Path) -> None:
    for page in (site / "pages").rglob("*.md"):
        for target in LINK.findall(page.read_text(encoding="utf-8")):
            if not re.match(r"[a-z]+:", target):
                assert (page.parent / target).is_file(), f"{page.relative_to(site)}: {target}"


def test_the_reference_has_all_there_is(site: Path) -> None:
    folder = site / "pages" / "reference"
    assert {f"{slug}.md" for slug in page_ids()} < {path.name for path in (folder / "findings").iterdir()}
    assert {f"{name}.md" for name in Matrix().framework_ids} < {path.name for path in (folder / "frameworks").iterdir()}
    assert {f"mlenv-{name}.md" for name in COMMANDS} < {path.name for path in (folder / "commands").iterdir()}
    torch = (folder / "frameworks" / "torch.md").read_text(encoding="utf-8")
    assert "| `cu126` |" in torch
    assert "8.0" in torch


def test_a_link_out_of_the_site_is_text() -> None:
    fit = script("build_docs").fit_links
    assert "[a](plans.md#x) b [c](https://example.org)" == fit(
        "[a](docs/plans.md#x) [b](LICENSE) [c](https://example.org)", "README.md", "index.md"
    )
    assert "[up](../doctor.md)" == fit("[up](../doctor.md)", "docs/tutorials/gpu.md", "tutorials/gpu.md")
    assert "[home](index.md)" == fit("[home](../README.md)", "docs/doctor.md", "doctor.md")


def test_the_picture_is_of_a_report() -> None:
    draw = script("draw_report")
    text = draw.say()
    assert "do not match" in text
    picture = draw.draw(text)
    root = ET.fromstring(picture)
    assert "img" == root.get("role")
    assert {"doctor", "reboot"} <= set(re.findall(r"\w+", "".join(root.itertext()).replace("\xa0", " ")))
    assert "@font-face" not in picture


def test_the_picture_in_readme_tells_what_doctor_finds_today() -> None:
    draw = script("draw_report")
    shown = "".join(ET.parse(draw.PICTURE).getroot().itertext()).replace("\xa0", " ")
    plain = re.sub(r"\x1b\[[0-9;]*m", "", draw.say())
    findings = [line.strip()[4:] for line in plain.splitlines() if line.startswith("    [✗]")]
    assert findings
    assert [] == [line for line in findings if line not in shown]
