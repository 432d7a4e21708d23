"""The digest of the data is what a shell computes, and tells every change."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mlenv.errors import UsageError
from mlenv.matrix import digest
from mlenv.matrix.compiled import Store
from mlenv.matrix.digest import combine_digests, compute_digest, digest_folder, folder_state
from mlenv.matrix.load import data_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "frameworks").mkdir()
    (tmp_path / "matrix.toml").write_text("schema = 1\n")
    (tmp_path / "frameworks" / "acme.toml").write_text('id = "acme"\n')
    return tmp_path


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum here")
@pytest.mark.parametrize("built_in", [True, False])
def test_the_shell_says_the_same(folder: Path, built_in: bool) -> None:
    where = data_folder() if built_in else folder
    (command,) = re.findall(r"^    (find .*)$", digest.__doc__ or "", re.MULTILINE)
    done = subprocess.run(["sh", "-c", command], cwd=where, capture_output=True, text=True, check=True, timeout=30)
    assert f"sha256:{done.stdout.split()[0]}" == compute_digest(where)


@pytest.mark.parametrize(
    ("path", "text", "differs"),
    [
        ("matrix.toml", "schema = 2\n", True),
        ("frameworks/other.toml", "", True),
        ("profiles/new.toml", "", True),
        ("README.md", "words", False),
        ("observed/list.json", "{}", False),
    ],
)
def test_what_changes_it(folder: Path, path: str, text: str, differs: bool) -> None:
    before = compute_digest(folder), folder_state(folder)
    (folder / path).parent.mkdir(exist_ok=True)
    (folder / path).write_text(text)
    after = compute_digest(folder), folder_state(folder)
    assert [differs, differs] == [one != two for one, two in zip(before, after, strict=True)]


def test_the_place_does_not_matter(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    copy = tmp_path_factory.mktemp("elsewhere") / "matrix"
    shutil.copytree(folder, copy)
    assert compute_digest(folder) == compute_digest(copy)


def test_what_is_no_file_does_not_count(folder: Path) -> None:
    before = compute_digest(folder)
    (folder / "frameworks" / "folder.toml").mkdir()
    (folder / "frameworks" / "nowhere.toml").symlink_to("gone")
    (folder / "frameworks" / "loop.toml").symlink_to("loop.toml")
    os.mkfifo(folder / "frameworks" / "pipe.toml")
    assert before == compute_digest(folder)


def test_a_file_that_vanishes_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = digest._files(folder)
    monkeypatch.setattr(digest, "_files", lambda _: [*listed, ("frameworks/gone.toml", os.stat(folder))])
    with pytest.raises(UsageError, match=r"gone\.toml: cannot be read \(No such file"):
        compute_digest(folder)


def test_it_is_remembered_until_a_file_changes(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    store = Store(tmp_path_factory.mktemp("cache"))
    assert compute_digest(folder) == digest_folder(folder, store) == digest_folder(folder, store)
    (folder / "matrix.toml").write_text("schema = 3\n")
    assert compute_digest(folder) == digest_folder(folder, store)


def test_several_folders_have_one() -> None:
    one, two = "sha256:aa", "sha256:bb"
    assert one == combine_digests([one])
    assert 3 == len({combine_digests([one]), combine_digests([one, two]), combine_digests([two, one])})
    assert re.fullmatch("sha256:[0-9a-f]{64}", combine_digests([one, two]))
