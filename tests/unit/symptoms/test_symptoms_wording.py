"""Texts without colours, frames and wraps."""

from __future__ import annotations

import pytest

from mlenv.symptoms.wording import HEAD, LINE, TAIL, read_words


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("a\r\nb", "a\nb", id="line-ends"),
        pytest.param("10%\r20%\rerror: x", "10%\n20%\nerror: x", id="a-bar-drawn-over-itself"),
        pytest.param("\x1b[1m\x1b[31merror\x1b[0m: x", "error: x", id="colours"),
        pytest.param("\x1b]8;;https://e.org\x07x\x1b]8;;\x07", "x", id="links"),
        pytest.param("‘a’ “b” «c»", "'a' 'b' 'c'", id="quotes"),
        pytest.param("Error:   × failed\n  ╰─▶ why", "failed\nwhy", id="box"),
        pytest.param("  × a b\n  │ c d\n  ├─▶ e\n  │   f\n  ╰─▶ g\n      h", "a b c d\ne f\ng h", id="wrapped"),
        pytest.param(
            "  ╰─▶ g\n      h\n\n      [stderr]\n      k", "g h\n\n      [stderr]\n      k", id="output-below"
        ),
        pytest.param("  cause: a\n         b\nc", "  cause: a b\nc", id="cause-wrapped"),
        pytest.param(
            "  ╰─> [2 lines of output]\n      a\n      b", "[2 lines of output]\n      a\n      b", id="pip-output"
        ),
        pytest.param("  x a\n  |-> b\n  |   c\n  `-> d\n      e", "a\nb c\nd e", id="box-in-ascii"),
        pytest.param("warning: a\n         more\nb", "b", id="a-warning-and-its-rest"),
        pytest.param("      warning: a\n      error: b", "      error: b", id="a-warning-in-an-output"),
        pytest.param("Could not fetch URL x - skipping\nb", "b", id="skipped"),
        pytest.param(
            "warning: Invalid `SSL_CERT_FILE`.\nb", "warning: Invalid `SSL_CERT_FILE`.\nb", id="no-mere-warning"
        ),
    ],
)
def test_told(text: str, told: str) -> None:
    assert told == read_words(text)[0].text


def test_what_is_said_in_passing() -> None:
    assert "WARNING: a\n   b" == read_words("WARNING: a\n   b\nc")[1].text


def test_folding_keeps_the_offsets() -> None:
    told, _ = read_words("İSTANBUL Straße KELVIN\u212a")
    assert len(told.text) == len(told.folded)
    assert "İstanbul straße kelvin\u212a" == told.folded


def test_long_texts_lose_their_middle() -> None:
    told, _ = read_words("\n".join(f"line {number}" for number in range(100_000)))
    assert len(told.text) <= HEAD + TAIL + 2
    assert told.text.startswith("line 0\n")
    assert told.text.endswith("line 99999")


def test_long_lines_keep_their_ends() -> None:
    told, _ = read_words("a" * 5000 + "z" * 100)
    assert len(told.text) == LINE + 3
    assert told.text.endswith("z" * 100)
