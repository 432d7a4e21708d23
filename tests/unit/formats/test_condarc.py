"""Where conda finds a channel that is called by its name."""

from __future__ import annotations

import pytest

from mlenv.formats.condarc import Condarc, join_condarcs, parse_condarc

MIRRORED = """
channels:
  - conda-forge
mirrored_channels:
  conda-forge:
    - "https://one.example/conda-forge"  # the near one
    - https://two.example/conda-forge
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", "conda-forge", id="nothing"),
        pytest.param("channel_alias: https://m.example/conda/\n", "https://m.example/conda/conda-forge", id="alias"),
        pytest.param(
            "custom_channels:\n  'conda-forge': https://m.example/x\n", "https://m.example/x/conda-forge", id="custom"
        ),
        pytest.param(MIRRORED, "https://one.example/conda-forge", id="the-first-mirror"),
        pytest.param("channels: [conda-forge]\nssl_verify: true\n", "conda-forge", id="other-keys"),
        pytest.param(": : :\n- x\n\x00", "conda-forge", id="junk"),
    ],
)
def test_address(text: str, expected: str) -> None:
    assert expected == parse_condarc(text).address_of("conda-forge")


def test_an_address_stays_as_it_is() -> None:
    moved = Condarc(alias="https://m.example")
    assert ["file:///c", "./c"] == [moved.address_of("file:///c"), moved.address_of("./c")]


def test_a_later_file_outranks_an_earlier_one() -> None:
    files = [Condarc(alias="https://a.example", custom={"x": "https://x.example"}), Condarc(alias="https://b.example")]
    assert Condarc(alias="https://b.example", custom={"x": "https://x.example"}) == join_condarcs(files)
