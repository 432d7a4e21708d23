"""A wrong file is told of in one sentence that names the file and the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlenv.errors import UsageError
from mlenv.matrix.load import Matrix
from tests.matrix.conftest import Plant


def load_numpy(folder: Path) -> object:
    return Matrix(folder).framework("numpy")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param("conda = { package", "canda = { package", "has an unknown key `canda`", id="wrong-key"),
        pytest.param(
            "released = 2026-11-15",
            'released = "mid November"',
            "`release[0].released` is no date (as in 2026-11-22)",
            id="wrong-type",
        ),
        pytest.param(
            'platforms = ["macos-x86_64"]',
            'platforms = ["solaris-sparc"]',
            "Invalid enum value 'solaris-sparc' in `release[0].builds[1].platforms[0]`",
            id="wrong-value",
        ),
        pytest.param('id = "numpy"\n', "", "lacks the key `id`", id="missing-key"),
        pytest.param(
            "[sources]", "[sources", "is not valid TOML: Expected ']' at the end of a table declaration", id="broken"
        ),
    ],
)
def test_a_wrong_framework_file(plant: Plant, old: str, new: str, message: str) -> None:
    folder = plant("frameworks/numpy.toml", old, new)
    with pytest.raises(UsageError) as caught:
        load_numpy(folder)
    assert caught.value.message.startswith(f"{folder}/frameworks/numpy.toml: ")
    assert message in caught.value.message


def test_a_wrong_key_gets_the_known_ones_as_a_hint(plant: Plant) -> None:
    folder = plant("profiles/jax.toml", "title = ", "tilte = ")
    with pytest.raises(UsageError) as caught:
        Matrix(folder).profile("jax")
    assert "`tilte`" in caught.value.message
    assert caught.value.hint.startswith("known keys: name, title, summary, extends, frameworks")


def test_data_of_another_schema_is_refused(plant: Plant) -> None:
    folder = plant("matrix.toml", "schema = 1", "schema = 2")
    with pytest.raises(UsageError, match="schema is 2, this mlenv reads 1"):
        _ = Matrix(folder).version


def test_an_unknown_profile_lists_the_known_ones() -> None:
    with pytest.raises(UsageError) as caught:
        Matrix().profile("cobol")
    assert "pytorch-gpu" in caught.value.hint
