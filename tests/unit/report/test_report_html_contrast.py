"""The colours of pages, light and dark: text has the contrast that WCAG AA asks for."""

from __future__ import annotations

import re

import pytest

from mlenv.report.html.engine import read_part

STATES = ("ok", "warning", "error", "info", "unknown", "skip")
TEXT = 4.5
SHAPE = 3.0
ON_LAMP = "#04240f"
"""The mark on a lit lamp, in both themes."""


def read_themes() -> dict[str, dict[str, str]]:
    light, dark = re.findall(r":root \{(.*?)\n\s*\}", read_part("style.css"), re.DOTALL)[:2]
    return {
        name: dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", text)) for name, text in (("light", light), ("dark", dark))
    }


THEMES = read_themes()


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, two: str) -> float:
    dark, light = sorted((luminance(one), luminance(two)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_of_known_colours() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
def test_text(theme: str) -> None:
    colours = THEMES[theme]
    pairs = [(ink, ground) for ink in ("ink", "soft", "accent") for ground in ("ground", "panel", "raised")]
    pairs += [(state, f"{state}-ground") for state in STATES]
    low = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in pairs}
    assert {pair: ratio for pair, ratio in low.items() if ratio < TEXT} == {}


@pytest.mark.parametrize("theme", THEMES)
def test_bars_and_lamps(theme: str) -> None:
    colours = THEMES[theme]
    assert contrast(ON_LAMP, colours["ok-lamp"]) >= TEXT
    assert f"color: {ON_LAMP}" in read_part("style.css")
    shapes = ["fill", *(f"{state}-lamp" for state in ("ok", "error", "info", "unknown"))]
    low = {name: contrast(colours[name], colours["panel"]) for name in shapes}
    assert {name: ratio for name, ratio in low.items() if ratio < SHAPE} == {}


def test_both_themes_have_the_same_colours() -> None:
    assert THEMES["light"].keys() == THEMES["dark"].keys()
