"""Names, folders, patterns, lists; whole files, JSON lines, gzip."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from mlenv.fleet.document import UnreadableError
from mlenv.fleet.files import LARGEST, find_files, read_documents


def names(*given: object) -> list[str]:
    return [Path(path).name for path in find_files(map(str, given))]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.json", "a.json.gz", "notes.txt", ".hidden.json", "deep/c.jsonl", "deep/d.ndjson", ".git/e.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}")
    return tmp_path


def test_a_folder_stands_for_the_reports_in_and_below_it(folder: Path) -> None:
    assert ["a.json.gz", "b.json", "c.jsonl", "d.ndjson"] == names(folder)


def test_a_pattern_that_no_shell_expanded(folder: Path) -> None:
    assert ["b.json"] == names(folder / "*.json")
    assert ["c.jsonl"] == names(folder / "**" / "*.jsonl")
    assert ["c.jsonl", "d.ndjson"] == names(folder / "d*")


def test_each_file_counts_once(folder: Path) -> None:
    assert ["b.json", "a.json.gz", "c.jsonl", "d.ndjson"] == names(folder / "b.json", folder, folder / "b*")


def test_a_file_may_have_the_letters_of_a_pattern(tmp_path: Path) -> None:
    (tmp_path / "node[1].json").write_text("{}")
    assert ["node[1].json"] == names(tmp_path / "node[1].json")


def documents(path: Path) -> list[tuple[int, bytes]]:
    return [(row.line, row.data) for row in read_documents(str(path))]


def test_a_whole_file_with_its_mark_of_order(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b'\xef\xbb\xbf{\n "a": 1\n}\n')
    assert [(0, b'{\n "a": 1\n}\n')] == documents(tmp_path / "a.json")


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson.gz", "a.json", "a.json.gz"])
def test_lines_by_the_ending_or_by_what_is_there(tmp_path: Path, name: str) -> None:
    data = b'{"a": 1}\n\n{"b": 2}\n'
    (tmp_path / name).write_bytes(gzip.compress(data, mtime=0) if name.endswith(".gz") else data)
    assert [(1, b'{"a": 1}'), (3, b'{"b": 2}')] == [(line, text.rstrip()) for line, text in documents(tmp_path / name)]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.json.gz", b"no gzip", "cannot be read"),
        ("a.json.gz", gzip.compress(b"{}" * 500, mtime=0)[:-9], "cannot be read"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UnreadableError, match=said):
        documents(tmp_path / name)


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="there is no such file"):
        documents(tmp_path / "gone.json")
    with pytest.raises(UnreadableError, match="no file matches it"):
        documents(tmp_path / "gone*.json")


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(b" " * (LARGEST + 10)))
    with pytest.raises(UnreadableError, match="larger than 64 MiB"):
        documents(tmp_path / "a.json.gz")
