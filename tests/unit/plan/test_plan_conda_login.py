"""Logins in the texts of conda's family: left out, or masked."""

from __future__ import annotations

import pytest

from mlenv.facts.python import ManagerName
from mlenv.plan.conda_login import mask_tokens, render_condarc, strip_logins
from mlenv.plan.plan import Plan, PlannedAccelerator, PlannedFile
from mlenv.report.plan import mask_plan

TEXT = 'channels = ["https://me:s3%2Fcret@mirror.example/t/tk-8f31/conda-forge"]  # a/t/b/c\n'


def test_what_is_left_works_with_a_login_from_elsewhere() -> None:
    assert 'channels = ["https://mirror.example/conda-forge"]  # a/t/b/c\n' == strip_logins(TEXT)


def test_a_token_is_masked_and_the_rest_is_left() -> None:
    masked = mask_tokens("see <http://h.example/t/tk-8f31/noarch/repodata.json> at /home/t/model/x")
    assert "see <http://h.example/t/****/noarch/repodata.json> at /home/t/model/x" == masked


def test_a_token_at_the_end_as_in_a_condarc() -> None:
    text = render_condarc(["https://h.example/t/tk-8f31/conda-forge"])
    assert text.replace("tk-8f31", "****") == mask_tokens(text) != text


@pytest.mark.parametrize("text", ["", "plain", "https://mirror.example/conda-forge/noarch", "file:///home/t/model/x"])
def test_a_text_without_a_login_stays(text: str) -> None:
    assert (text, text) == (strip_logins(text), mask_tokens(text))


def plan_of(manager: ManagerName) -> Plan:
    return Plan(
        profile="",
        environment=".venv",
        python="3.12",
        accelerator=PlannedAccelerator(kind="cpu", variant="cpu"),
        manager=manager,
        packages=(),
        files=(PlannedFile(path="a", text=TEXT), PlannedFile(path="b", text="https://h.example/t/topic/1")),
        steps=(),
        verify=(),
        reasons=(),
        rejected=(),
        warnings=(),
    )


def test_a_written_plan_of_conda_holds_no_token() -> None:
    first, second = (file.text for file in mask_plan(plan_of("micromamba")).files)
    assert 'channels = ["https://****@mirror.example/t/****/conda-forge"]  # a/t/b/c\n' == first
    assert "https://h.example/t/****/1" == second


def test_other_addresses_have_no_tokens() -> None:
    assert "https://h.example/t/topic/1" == mask_plan(plan_of("uv")).files[1].text
