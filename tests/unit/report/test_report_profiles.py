"""How profiles look: a list, and one of them with its groups of alternatives."""

from __future__ import annotations

from mlenv.matrix.rows import Profile
from mlenv.report.profiles import render_profile, render_profiles

KERAS = Profile(
    name="keras",
    title="Keras",
    summary="Keras on one backend.",
    extends=("base",),
    frameworks=("keras",),
    first_of=(("tensorflow", "torch", "jax"),),
    optional=("wandb",),
    environment={"A": "1"},
    environment_with={"torch": {"KERAS_BACKEND": "torch"}},
    download_gb=3.5,
    disk_gb=7.0,
)


def test_a_list_is_a_paragraph_for_each_wrapped_below_its_name() -> None:
    other = Profile(name="a", title="Only a title")
    text = render_profiles([other, KERAS], 40)
    assert text == "a      Only a title\nkeras  Keras on one backend.\n"
    narrow = render_profiles([Profile(name="a", title="one two three four five six")], 28)
    assert narrow == "a  one two three four five\n   six\n"


def test_no_profiles_are_no_text() -> None:
    assert render_profiles([], 80) == ""


def test_a_profile_says_what_it_installs_and_what_that_takes() -> None:
    expected = """\
keras: Keras
Keras on one backend.

  installs       keras
  and one of     tensorflow, torch, jax (the first that fits; `--with jax` chooses that one)
  where it fits  wandb
  device         the best one of this computer that works, else the processor
  sets           A=1
  sets           KERAS_BACKEND=torch with torch
  extends        base
  takes          about 3.5 GB to download and 7 GB on disk at most

mlenv install --profile mine/keras.toml
"""
    assert expected == render_profile(KERAS, 120, "mine/keras.toml")


def test_a_profile_that_says_little_leaves_lines_out() -> None:
    bare = Profile(name="bare", title="Bare", frameworks=("numpy",), accelerator="gpu")
    expected = """\
bare: Bare

  installs  numpy
  device    a GPU, of NVIDIA, AMD, Intel or Apple; no plan without one

mlenv install --profile bare
"""
    assert expected == render_profile(bare, 80, "bare")


def test_no_line_is_wider_than_the_terminal() -> None:
    assert max(map(len, render_profile(KERAS, 60, "keras").splitlines())) < 60
