"""Pages in a real browser: headless Chromium, where this machine has one."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from mlenv.matrix.opening import open_matrix
from mlenv.report.compatibility import find_map, find_maps
from mlenv.report.html import render_html, render_maps, render_overview
from mlenv.report.overview import find_overview
from tests.unit.report.html_pages import CAUSE, CONSEQUENCE, NOTE, RESULTS, diagnosis, machine, verification

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.live,
    pytest.mark.stand,
    pytest.mark.skipif(BROWSER is None, reason="there is no Chromium here"),
]
WIDTHS = (400, 1400)
HEIGHT = 1000
# What a reader with a keyboard does: go to the first field of a map, and on to the next one.  A busy
# machine's browser gives the page the focus some time after it was loaded; nothing is `:focus` before.
PROBE = """
function look() {
  const field = document.querySelector("table.map td[tabindex='0']");
  let said = "", moved = true;
  if (field) {
    for (let fold = field; fold; fold = fold.parentElement) if (fold.tagName === "DETAILS") fold.open = true;
    field.focus();
    const tip = field.querySelector(".tip").getBoundingClientRect();
    said = [tip.left >= 0, tip.right <= innerWidth, tip.bottom <= innerHeight, tip.width > 200].join();
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true, cancelable: true }));
    moved = document.activeElement !== field && document.activeElement.tagName === "TD";
  }
  const stops = document.querySelectorAll("table.map td[tabindex='0']").length;
  document.body.dataset.seen = [
    document.documentElement.scrollWidth <= innerWidth,
    [...document.querySelectorAll("button.copy")].every((button) => !button.hidden),
    stops === document.querySelectorAll("table.map").length,
    moved, said || "true,true,true,true",
  ].join();
}
function lookOnceFocused() {
  document.hasFocus() ? look() : setTimeout(lookOnceFocused, 20);
}
lookOnceFocused();
"""
PATIENCE = "--virtual-time-budget=20000"


def make_page(name: str) -> str:
    matrix, here = open_matrix(None), machine("linux-ubuntu2204-h100x8")
    long_word = "x" * 500
    if name == "healthy":
        return render_html(diagnosis(here, status="ok"), None, find_maps(matrix, here))
    if name == "broken":
        return render_html(diagnosis(here, CAUSE, CONSEQUENCE, NOTE), None, find_maps(matrix, here))
    if name == "verify":
        return render_html(verification(*RESULTS), here)
    if name == "long words":
        return render_html(verification(*RESULTS, environment=long_word, policy=long_word), here)
    if name == "overview":
        return render_overview(find_overview(matrix, here), mlenv_version="1", matrix_version="2")
    return render_maps([find_map(matrix, here, "torch")], mlenv_version="1", matrix_version="2")


def browse(folder: Path, page: Path, width: int, *options: str) -> str:
    assert BROWSER is not None
    done = subprocess.run(
        [
            BROWSER,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--force-device-scale-factor=1",
            f"--user-data-dir={folder / 'profile'}",
            f"--window-size={width},{HEIGHT}",
            *options,
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["healthy", "broken", "verify", "long words", "map", "overview"])
def test_page_in_a_browser(tmp_path: Path, name: str, width: int) -> None:
    source = make_page(name)
    page, probed = tmp_path / "page.html", tmp_path / "probed.html"
    page.write_text(source, encoding="utf-8")
    picture = tmp_path / "page.png"
    browse(tmp_path, page, width, f"--screenshot={picture}")
    assert (width, HEIGHT) == struct.unpack(">II", picture.read_bytes()[16:24])

    # The page's own policy lets no foreign script in, so the copy that is probed has none.
    open_source = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", source)
    probed.write_text(open_source.replace("</body>", f"<script>{PROBE}</script></body>"), encoding="utf-8")
    seen = re.search(r'data-seen="([^"]*)"', browse(tmp_path, probed, width, "--dump-dom", PATIENCE))
    assert seen is not None
    assert seen.group(1) == ",".join(["true"] * 8)


ARROWS = """
function press(key) {
  document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  return document.activeElement;
}
const rows = [...document.querySelectorAll("table.map tbody tr")];
const fields = rows.map((row) => [...row.querySelectorAll("td[tabindex]")]);
fields[0][0].focus();
const down = press("ArrowDown") === fields[1][0];
const up = press("ArrowUp") === fields[0][0] && press("ArrowUp") === fields[0][0];
let reached = 1;
for (let last = null; last !== document.activeElement; reached++) {
  last = document.activeElement;
  press("ArrowRight");
}
const entries = [...document.querySelectorAll("ul.lamps li")];
const stops = document.querySelectorAll("ul.lamps li[tabindex='0']").length;
entries[0].focus();
const right = press("ArrowRight") === entries[1];
const inRow = entries.filter((entry) => entry.offsetTop === entries[0].offsetTop).length;
const below = press("ArrowDown") === entries[1 + inRow];
const tip = entries[1 + inRow].querySelector(".tip").getBoundingClientRect();
document.body.dataset.seen = [
  down, up, reached - 1 === fields[0].length, stops === 1, right, below, tip.width > 200 || !document.hasFocus(),
].join();
"""


def test_arrows_in_the_overview(tmp_path: Path) -> None:
    source = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", make_page("overview"))
    page = tmp_path / "probed.html"
    page.write_text(source.replace("</body>", f"<script>{ARROWS}</script></body>"), encoding="utf-8")
    for width in WIDTHS:
        seen = re.search(r'data-seen="([^"]*)"', browse(tmp_path, page, width, "--dump-dom"))
        assert seen is not None
        assert seen.group(1) == ",".join(["true"] * 7)


def test_policy_stops_a_foreign_script(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    script = "<script>document.body.dataset.intruder = 1</script></body>"
    page.write_text(make_page("verify").replace("</body>", script), encoding="utf-8")
    text = browse(tmp_path, page, 1400, "--dump-dom")
    assert "<body data-intruder" not in text
    assert "data-intruder" not in re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)
