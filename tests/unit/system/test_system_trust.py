"""One file of authorities out of several."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlenv.system.trust import join_bundles


@pytest.fixture
def bundles(tmp_path: Path) -> list[str]:
    for name, text in (("one.pem", "ONE\n"), ("two.pem", "TWO"), ("same.pem", "ONE\n")):
        (tmp_path / name).write_text(text)
    return [str(tmp_path / name) for name in ("one.pem", "two.pem", "same.pem")]


def test_one_serves_as_it_is(bundles: list[str], tmp_path: Path) -> None:
    one, _, same = bundles
    assert one == join_bundles([one], tmp_path / "cache")
    assert one == join_bundles([one, one], tmp_path / "cache")
    assert one == join_bundles([one, same], tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_two_are_joined_once(bundles: list[str], tmp_path: Path) -> None:
    one, two, _ = bundles
    joint = join_bundles([one, two], tmp_path / "cache")
    assert joint is not None
    assert "ONE\nTWO\n" == Path(joint).read_text()
    before = Path(joint).stat().st_mtime_ns
    assert joint == join_bundles([one, two], tmp_path / "cache")
    assert before == Path(joint).stat().st_mtime_ns
    assert [Path(joint)] == list((tmp_path / "cache").iterdir())


def test_one_that_was_changed_by_another_hand_is_made_anew(bundles: list[str], tmp_path: Path) -> None:
    joint = join_bundles(bundles[:2], tmp_path / "cache")
    assert joint is not None
    Path(joint).write_text("EVIL")
    assert joint == join_bundles(bundles[:2], tmp_path / "cache")
    assert "ONE\nTWO\n" == Path(joint).read_text()


def test_what_is_not_there_is_left_out(bundles: list[str], tmp_path: Path) -> None:
    assert bundles[1] == join_bundles(["/no/such.pem", bundles[1]], tmp_path / "cache")
    assert join_bundles(["/no/such.pem"], tmp_path / "cache") is None
    assert join_bundles([], tmp_path / "cache") is None


def test_a_folder_of_certificates_is_not_joined(bundles: list[str], tmp_path: Path) -> None:
    (tmp_path / "hashed").mkdir()
    assert str(tmp_path / "hashed") == join_bundles([str(tmp_path / "hashed"), bundles[0]], tmp_path / "cache")


def test_without_a_place_to_write_the_first_serves(bundles: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert bundles[0] == join_bundles(bundles[:2], tmp_path / "file" / "cache")
