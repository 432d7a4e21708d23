"""Single values of nvidia-smi."""

from __future__ import annotations

import msgspec
import pytest

from mlenv.formats import nvidia_values as values

UNKNOWN = (
    "",
    " ",
    "N/A",
    "[N/A]",
    "[Not Supported]",
    "[Unknown Error]",
    "Unknown Error",
    "ERR!",
    "GPU is lost",
    "Requested functionality has been deprecated",
    "[Requested functionality has been deprecated]",
    'Deprecated, see "KMD version" instead',
    "x" * 5000,
)
READERS = (
    values.known,
    values.integer,
    values.natural,
    values.decimal,
    values.size,
    values.switch,
    values.version,
    values.compute_capability,
    values.performance_state,
    values.pci_id,
    values.slug,
)


@pytest.mark.parametrize("text", [*UNKNOWN, None])
def test_every_reader_takes_an_unknown_value_for_unknown(text: str | None) -> None:
    assert [None] * len(READERS) == [read(text) for read in READERS]


def test_units_and_signs_are_read() -> None:
    assert 16 == values.natural("16x")
    assert -5 == values.integer("-5 C")
    assert None is values.natural("-5 C")
    assert 350.0 == values.decimal("350.00 W")
    assert 24564 * values.MIB == values.size("24564 MiB") == values.size("24564")
    assert 2048 == values.size("2 KiB")


def test_a_version_ends_where_the_deprecation_begins() -> None:
    assert "610.57.04" == values.version(
        " 610.57.04 [Deprecated; will be removed in CUDA 14.0. Use KMD Version instead]"
    )
    assert None is values.version("580")
    assert None is values.version("1.2.3.4.5.6")


def test_switches_have_many_words() -> None:
    words = ("Enabled", "On", "Yes", "Active", "Disabled", "Off", "No", "Not Active", "perhaps")
    assert [True] * 4 + [False] * 4 + [None] == [values.switch(word) for word in words]


def test_pci_ids_are_turned_round() -> None:
    assert "10de:1e81" == values.pci_id("0x1E8110DE") == values.pci_id("1E8110DE")
    assert None is values.pci_id("[REDACTED]")


@pytest.mark.parametrize("text", ["٣٣ C", "１６", "९.५ W", "٥٣٥.٥٤", "9" * 5000, "0x" + "f" * 5000])
def test_digits_of_other_scripts_and_huge_numbers_are_none(text: str) -> None:
    readers = (values.integer, values.natural, values.decimal, values.size, values.version, values.pci_id)
    assert [None] * len(readers) == [read(text) for read in readers]


def test_a_size_fits_into_json() -> None:
    assert None is values.size("999999999999999 GiB")
    assert None is values.size("-1 MiB")


def test_a_name_that_was_no_text_can_be_written_as_json() -> None:
    name = values.known("GPU \ud800\x00\x1b")
    assert "GPU \ufffd\ufffd\ufffd" == name
    assert '"GPU \ufffd\ufffd\ufffd"'.encode() == msgspec.json.encode(name)


def test_quotation_marks_and_colours_are_taken_off_a_line() -> None:
    assert "    Total : 1" == values.plain_line("> >     Total : 1")
    assert "\tGPU0" == values.plain_line("\t\x1b[4mGPU0\x1b[0m")
