"""Mirrors and closed networks: every form takes packages from where the user says."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlenv.facts.packages import PackageConfiguration
from mlenv.matrix.load import Matrix
from tests.unit.plan.plan_cases import describe, form_for, plan_of, setting, sources_for

FORMS = ("shell", "powershell", "requirements", "pyproject", "dockerfile")
ROWS = """\
checked_on = 2026-11-22
index = [
  { id = "pytorch", title = "our copy", url = "https://ours:s3cret@mirror.example/pytorch/{variant}", source = ["us"] },
]
[sources]
us = "us"
"""


@pytest.fixture
def site(tmp_path: Path) -> Matrix:
    (tmp_path / "indexes.toml").write_text(ROWS)
    return Matrix(site=tmp_path)


@pytest.mark.parametrize("form", FORMS)
def test_a_sites_copy_of_a_frameworks_index_replaces_it(form: str, site: Matrix) -> None:
    text = form_for(form, "pytorch-cpu", matrix=site)
    assert "https://mirror.example/pytorch/cpu" in text
    assert "download.pytorch.org" not in text
    assert "s3cret" not in text
    assert "wants a login" in " ".join(text.split())


def test_what_install_runs_has_the_login(site: Matrix) -> None:
    assert "ours:s3cret@mirror.example/pytorch/cpu" in plan_of(sources_for("pytorch-cpu", matrix=site)).files[0].text


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("manager", ["uv", "pip"])
def test_the_users_default_index_replaces_the_installers(form: str, manager: str) -> None:
    packages = PackageConfiguration(index_url=setting("https://mirror.example/simple"))
    text = form_for(form, "starter", machine=describe(packages=packages), manager=manager)
    assert "https://mirror.example/simple" in text


@pytest.mark.parametrize("form", ["shell", "powershell"])
def test_offline_brings_nothing(form: str) -> None:
    text = form_for(form, "starter", offline=True)
    assert "none is fetched" in text
    assert "'--quiet'" not in text
    assert "--offline" in text


def test_no_form_invents_an_index() -> None:
    assert [] == [form for form in FORMS if "://" in form_for(form, "starter").replace("docker/dockerfile:1", "")]
