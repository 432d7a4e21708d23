"""What texts mean: the table of cases, and what holds for any text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlenv.report.redact import mask_text
from mlenv.symptoms.explain import EVIDENCE, explain, explain_all
from mlenv.symptoms.registry import RULES
from mlenv.symptoms.symptom import LAYERS
from tests.unit.symptoms import content_cases, machine_cases, network_cases
from tests.unit.symptoms.case import Case

CASES: tuple[Case, ...] = (*machine_cases.CASES, *network_cases.CASES, *content_cases.CASES)
MANAGERS = ("", "uv", "pip", "conda", "mamba", "micromamba", "pixi", "poetry")


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{i}-{case.id}") for i, case in enumerate(CASES)])
def test_root(case: Case) -> None:
    found = explain(case.text, **case.ending)
    assert found is not None
    assert case.id == found.id
    assert case.subject in (None, found.subject)
    assert found.evidence or not case.text


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{i}-{case.id}") for i, case in enumerate(CASES)])
def test_colours_and_line_ends_change_nothing(case: Case) -> None:
    dressed = "\r\n".join(f"\x1b[1;31m{line}\x1b[0m" for line in re.split(r"\r?\n", case.text))
    assert explain(case.text, **case.ending) == explain(dressed, **case.ending)


def test_every_row_has_a_case() -> None:
    assert {rule.id for rule in RULES} == {case.id for case in CASES}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Resolved 12 packages in 3ms\nInstalled 12 packages in 40ms\n + torch==2.9.1\n",
        "warning: Failed to hardlink files; falling back to copies.\n         If not, linking may not be supported.\n",
        "WARNING: The directory '/home/ada/.cache/pip' is not writable: Permission denied\n",
        "error: something that nobody has seen before\n",
        # Numbers that look like errors of the system and are none.
        "Downloaded 28 files in 13s (os errors: none), version 1.12",
    ],
)
def test_texts_that_show_nothing(text: str) -> None:
    assert explain(text, status=1) is None


def test_consequences_come_behind_the_root() -> None:
    text = network_cases.pool("SSLError('certificate verify failed')")
    ids = [symptom.id for symptom in explain_all(text)]
    assert ["certificate-not-trusted", "index-unreachable", "no-candidate", "version-not-found"] == ids


@pytest.mark.parametrize("case", [case for case in CASES if not case.ending])
def test_the_order_is_that_of_the_layers(case: Case) -> None:
    layers = {rule.id: LAYERS.index(rule.layer) for rule in RULES}
    places = [layers[symptom.id] for symptom in explain_all(case.text)]
    assert sorted(places) == places


@pytest.mark.parametrize("manager", MANAGERS)
def test_remedies_are_filled_in(manager: str) -> None:
    found = {symptom for case in CASES for symptom in explain_all(case.text, **case.ending, manager=manager)}
    remedies = {remedy for symptom in found for remedy in symptom.remedies}
    assert [] == [remedy for remedy in remedies if "{" in remedy or "``" in remedy or remedy.count("`") % 2]


def test_remedies_are_those_of_the_manager() -> None:
    text = "error: Failed to download `torch==2.9.1`\n  cause: Hash mismatch for `torch==2.9.1`\n"
    firsts = {manager: explain(text, manager=manager) for manager in MANAGERS}
    said = {manager: symptom.remedies[0] for manager, symptom in firsts.items() if symptom}
    assert "drop it and fetch it again: `uv cache clean torch`" == said["uv"]
    assert "drop it and fetch it again: `pip cache purge`" == said["pip"]
    assert "drop it and fetch it again: `mamba clean --packages --tarballs --index-cache`" == said["mamba"]
    assert all(name in said["poetry"] for name in ("uv: ", "pip: ", "conda: ", "pixi: "))
    assert said[""] == said["poetry"]


def test_a_masked_text_gives_no_password_away() -> None:
    text = network_cases.fetch("dns error", url="https://me:hunter2@files.example.org/simple/torch/")
    found = explain(mask_text(text))
    assert found is not None
    assert ("name-not-resolved", "https://****@files.example.org/simple/torch/") == (found.id, found.subject)
    assert "hunter2" not in repr(found)


def test_evidence_is_the_line() -> None:
    found = explain("a\nerror: x: No space left on device (os error 28)\nb")
    assert found is not None
    assert "error: x: No space left on device (os error 28)" == found.evidence


def test_evidence_of_a_long_line_shows_the_sign() -> None:
    found = explain(f"error: {'x' * 900} no space left on device {'y' * 900}")
    assert found is not None
    assert "no space left on device" in found.evidence
    assert len(found.evidence) == EVIDENCE


def test_the_same_number_means_another_thing_on_windows() -> None:
    linux, windows = explain("failed: (os error 5): /data/a"), explain("failed: (os error 5): C:\\data\\a")
    assert linux is not None
    assert windows is not None
    assert ("disk-error", "permission-denied") == (linux.id, windows.id)


WORDS = st.sampled_from([line for case in CASES for line in case.text.splitlines()])
TEXTS = st.lists(st.one_of(WORDS, st.text(max_size=40)), max_size=12).map("\n".join)


@given(
    TEXTS, st.one_of(st.none(), st.integers(-(2**31), 2**32)), st.booleans(), st.booleans(), st.sampled_from(MANAGERS)
)
def test_any_text_is_survived(text: str, status: int | None, timed_out: bool, missing: bool, manager: str) -> None:
    found = explain_all(text, status=status, timed_out=timed_out, missing=missing, manager=manager)
    assert {symptom.id for symptom in found} <= {rule.id for rule in RULES}
    assert all(len(symptom.evidence) <= EVIDENCE for symptom in found)
    assert (found[0] if found else None) == explain(
        text, status=status, timed_out=timed_out, missing=missing, manager=manager
    )


LONG = 1024 * 1024
PIECES = (
    "a", " ", "\n", "'", "`/", "(", "a ", "a.", "│ ", "\x1b[", "\r", "https://", "/a", "no module named a.", "__a ",
    "-", "failed to build ", "requirement a", "1:1: ", "all of: a>1 ", "because a==1 ",
    "no solution found when resolving\n",
    "packagesnotfounderror ", "cannot solve the request because of: a ", "symlink ", "failed to symlink ", "lockfile ",
    "wheel 'a' located at ", "[errno ", "retrying", "a-", "gcc-", "error with archive a", "invalid ssl_cert_file a",
)  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
def test_long_lines_end(piece: str) -> None:
    """No pattern takes more than its share of a line."""
    head = "error: No solution found when resolving dependencies\n  cause: Because "
    line = piece.strip("\r\n") * (LONG // len(piece))
    assert isinstance(explain_all(head + line), tuple)


def test_long_texts_end() -> None:
    lines = [piece * (400 // len(piece)) for piece in PIECES]
    text = "\n".join(lines * (LONG // 400 // len(lines)))
    assert isinstance(explain_all(text), tuple)
