"""Which form a file's name asks for, and whose plan a form shows."""

from __future__ import annotations

import pytest

from mlenv.cli import options
from mlenv.cli.forms import find_targets
from mlenv.cli.settings import OutputOptions
from mlenv.errors import NoVerdictError, UsageError
from mlenv.plan.forms.render import FORMS, form_of_file, manager_of
from tests.unit.plan.plan_cases import LOCK, form_for


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("setup.sh", "shell"),
        ("setup.ps1", "powershell"),
        ("requirements.txt", "requirements"),
        ("requirements-gpu.txt", "requirements"),
        ("pylock.toml", "pylock"),
        ("pylock.gpu.toml", "pylock"),
        ("pyproject.toml", "pyproject"),
        ("pixi.toml", "pixi"),
        ("environment.yml", "conda"),
        ("gpu.yaml", "conda"),
        ("Dockerfile", "dockerfile"),
        ("Dockerfile.gpu", "dockerfile"),
        ("gpu.dockerfile", "dockerfile"),
        ("Containerfile", "dockerfile"),
        ("plan.txt", None),
        ("plan.json", None),
        ("plan", None),
    ],
)
def test_a_name_says_its_form(name: str, expected: str | None) -> None:
    assert expected == form_of_file(name)


def test_a_name_that_says_nothing_is_the_report(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("out")
    targets = find_targets(OutputOptions(outputs=(folder / "plan.txt", folder / "plan.json", folder / "notes")))
    assert ["text", "json", "text"] == [target.form for target in targets]


def test_a_toml_file_of_no_known_name_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("out") / "environment.toml"
    with pytest.raises(UsageError, match=r"environment\.toml: the name does not say which form"):
        find_targets(OutputOptions(outputs=(path,)))
    assert ["pyproject"] == [one.form for one in find_targets(OutputOptions(form="pyproject", outputs=(path,)))]


def test_the_command_line_knows_every_form() -> None:
    assert options.FORMS == FORMS


@pytest.mark.parametrize(
    ("form", "manager", "expected"),
    [
        ("conda", "uv", "conda"),
        ("conda", "micromamba", "micromamba"),
        ("pixi", "pip", "pixi"),
        ("shell", "mamba", "mamba"),
        ("powershell", "pip", "pip"),
        ("requirements", "conda", "uv"),
        ("dockerfile", "pip", "pip"),
    ],
)
def test_whose_plan_a_form_shows(form: str, manager: str, expected: str) -> None:
    assert expected == manager_of(form, manager)  # type: ignore[arg-type]


def test_a_lock_is_what_was_proven_and_nothing_else() -> None:
    assert LOCK == form_for("pylock", "pytorch-cpu", lock=LOCK)


def test_no_lock_without_a_proof() -> None:
    with pytest.raises(NoVerdictError, match="needs the proof"):
        form_for("pylock", "pytorch-cpu")
