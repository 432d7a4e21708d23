"""Loaded kernel modules in the forms of the kernel and of lsmod."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlenv.formats.loaded_modules import parse_loaded_modules


def test_the_kernels_table() -> None:
    text = (
        "nvidia_uvm 4956160 0 - Live 0x0000000000000000 (POE)\n"
        "nvidia 56823808 1 nvidia_uvm, Live 0x0000000000000000 (POE)\n"
        "nouveau 3100672 - - Live 0xffffffffc0a00000\n"
    )
    assert ("nvidia_uvm", "nvidia", "nouveau") == parse_loaded_modules(text)


def test_lsmod_without_its_header() -> None:
    text = "Module                  Size  Used by\nnvidia              56823808  1 nvidia_uvm\nxe  4096  -2\n"
    assert ("nvidia", "xe") == parse_loaded_modules(text)


@pytest.mark.parametrize("text", ["", "\n", "nvidia", "nvidia 12", "nvidia x y", "nvidia ٣ ٣", "a/b 1 2", "\0 1 2"])
def test_what_is_no_row_is_left_out(text: str) -> None:
    assert () == parse_loaded_modules(text)


@given(text=st.text())
def test_any_text_gives_names(text: str) -> None:
    assert isinstance(parse_loaded_modules(text), tuple)
