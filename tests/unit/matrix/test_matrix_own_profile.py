"""A user's own profile: one TOML file, extended and checked as ours are."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlenv.errors import UsageError
from mlenv.matrix.profiles import extend_profile, find_problems, read_profile
from mlenv.matrix.rows import Profile

BASE = Profile(
    name="base",
    title="Base",
    frameworks=("keras",),
    optional=("wandb",),
    first_of=(("tensorflow", "torch"),),
    environment={"A": "1", "B": "1"},
    environment_with={"torch": {"KERAS_BACKEND": "torch"}},
)
CLASHING = Profile(name="clashing", title="C", frameworks=("torch",))


def find(name: str) -> Profile:
    known = {profile.name: profile for profile in (BASE, CLASHING)}
    if name not in known:
        raise UsageError(f"no profile is called {name!r}", hint="known: base")
    return known[name]


def write(folder: Path, text: str) -> Path:
    path = folder / "team.toml"
    path.write_text(f'name = "team"\ntitle = "Our team"\n{text}', encoding="utf-8")
    return path


def test_a_file_has_what_it_extends_and_its_own(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """
        extends = ["base"]
        frameworks = ["mlflow>=3", "keras"]
        first_of = [["xgboost", "lightgbm"]]
        environment = { B = "2" }
        environment_with = { lightgbm = { C = "3" } }
        """,
    )
    whole = read_profile(path, find)
    assert ("keras", "mlflow>=3") == whole.frameworks
    assert ("wandb",) == whole.optional
    assert (("tensorflow", "torch"), ("xgboost", "lightgbm")) == whole.first_of
    assert {"A": "1", "B": "2"} == whole.environment
    assert {"torch": {"KERAS_BACKEND": "torch"}, "lightgbm": {"C": "3"}} == whole.environment_with


def test_groups_alone_are_something_to_install() -> None:
    assert [] == list(find_problems(Profile(name="p", title="P", first_of=(("torch", "jax"),))))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param('frameworkz = ["keras"]', "has an unknown key `frameworkz`", id="unknown-key"),
        pytest.param('accelerator = "gpus"', "Invalid enum value 'gpus' in `accelerator`", id="no-such-device"),
        pytest.param("", "names no framework", id="empty"),
        pytest.param('extends = ["bass"]', "key `extends`: no profile is called 'bass'", id="extends-nothing"),
        pytest.param(
            'first_of = [["torch"]]',
            "first_of [torch] leaves no choice: a group has two members or more",
            id="group-of-one",
        ),
        pytest.param(
            "first_of = [[]]", "first_of [] leaves no choice: a group has two members or more", id="empty-group"
        ),
        pytest.param('first_of = [["jax", "jax>=0.7"]]', "first_of names 'jax' twice", id="twice-in-a-group"),
        pytest.param(
            'extends = ["base", "clashing"]',
            "first_of names 'torch', which frameworks has: the group is settled",
            id="settled-by-what-it-extends",
        ),
        pytest.param(
            'frameworks = ["keras"]\nenvironment_with = { jax = { A = "1" } }',
            "environment_with names 'jax', which is in no group of first_of",
            id="variables-of-no-member",
        ),
    ],
)
def test_what_is_wrong_is_told_in_a_line_with_the_file(tmp_path: Path, text: str, problem: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        read_profile(path, find)
    assert f"{path}: {problem}" == caught.value.message
    assert caught.value.hint


def test_an_extension_that_names_itself_is_told_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('name = "base"\ntitle = "B"\nextends = ["base"]\n', encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        read_profile(path, find)
    assert f"{path}: key `extends` goes round in a circle: base -> base" == caught.value.message


def test_what_stands_in_several_profiles_counts_once() -> None:
    above = Profile(name="above", title="A", extends=("base",), optional=("wandb", "mlflow"), first_of=BASE.first_of)
    whole = extend_profile(above, find)
    assert (("wandb", "mlflow"), BASE.first_of) == (whole.optional, whole.first_of)
