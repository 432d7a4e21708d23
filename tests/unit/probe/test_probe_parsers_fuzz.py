"""Parsers take any text: they give what they declare and never raise.

They are found, not listed: every public function of the formats and readers that is named
``parse_`` or ``find_`` and takes one text, or one value of bytes.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mlenv.facts.version import numbers
from mlenv.probe import answers
from mlenv.probe.environments import distributions
from mlenv.probe.log import Log
from tests.unit.parsers import Parser, label, parsers

# Words and marks that parsers care about, and lines built of them, beside text of any kind.
MARKS = [*":=\n\t -[]{}\"',/07.x|", "\u0663", "\0"]
WORDS = [
    *MARKS,
    "9" * 5000,
    "\ud800",
    "GPU",
    "GPU-",
    "MiB",
    "[N/A]",
    "Xid (PCI:0000:01:00): 79, ",
    "NVRM: ",
    "<gpu id='00000000:01:00.0'>",
    "<nvidia_smi_log>",
    "</",
    "Agent 1\n*******\n",
    '{"card0": {"',
    "0x",
    "none",
    "processor\t: ",
    "simd_count ",
    "version = ",
]
TEXTS = st.one_of(st.text(), st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=4)), max_size=40).map("".join))
BYTES = st.one_of(st.binary(max_size=400), TEXTS.map(lambda text: text.encode("utf-8", "replace")))


TEXT_PARSERS = sorted(parsers(str), key=label)
BYTE_PARSERS = sorted(parsers(bytes), key=label)


def test_the_parsers_are_found() -> None:
    assert {"formats", "probe"} == {label(parser).split(".")[0] for parser in TEXT_PARSERS}
    assert BYTE_PARSERS


@pytest.mark.parametrize("parse", TEXT_PARSERS, ids=label)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(text=TEXTS)
@example(text="")
@example(text="9" * 5000)
@example(text='{"cuda": [' * 20_000)
@example(text='[{"a": ' * 20_000 + "}]" * 20_000)
@example(text="<nvidia_smi_log><gpu>" * 20_000)
def test_any_text_gives_an_answer(parse: Parser, text: str) -> None:
    hash(repr(parse(text)))


@pytest.mark.parametrize("parse", BYTE_PARSERS, ids=label)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=BYTES)
@example(data=b"")
@example(data=b"MZ" + bytes(0x3A) + b"\xff\xff\xff\x7f")
@example(data=b"\x7fELF\x03\x02")
def test_any_bytes_give_an_answer(parse: Parser, data: bytes) -> None:
    hash(repr(parse(data)))


@given(text=TEXTS)
def test_a_child_may_answer_anything(text: str) -> None:
    assert isinstance(answers.find_answer(text, "mlenv-x:"), (str, type(None)))


@given(text=TEXTS)
def test_a_version_may_be_anything(text: str) -> None:
    assert all(number >= 0 for number in numbers(text))


@given(name=st.text(), version=st.from_regex(r"[0-9][0-9.]{0,8}", fullmatch=True))
def test_metadata_names_are_normalised(name: str, version: str) -> None:
    dist = distributions.parse_metadata_name(f"{name}-{version}.dist-info")
    assert dist is None or (dist.name == distributions.normalise(dist.name) and dist.version == version)


def test_a_log_keeps_any_detail() -> None:
    log = Log()
    log.unreadable("x", "\ud800", "\0")
    assert [("x", "\ud800", "\0")] == [(item.id, item.source, item.detail) for item in log.readings]
