"""What was read is kept in a form that loads fast, and never believed when it should not be."""

from __future__ import annotations

import datetime as dt
import os
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from mlenv.errors import UsageError
from mlenv.matrix.compiled import Entry, Store, key_of, stamp_of
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import MatrixInfo
from tests.unit.matrix.refresh.refresh_cases import build, framework, release
from tests.unit.matrix.refresh.refresh_matrix import make_matrix

INFO = MatrixInfo(schema=1, version="2026.11.22", as_of=dt.date(2026, 11, 22))
OTHER = MatrixInfo(schema=1, version="2027.01.01", as_of=dt.date(2027, 1, 1))


class Maker:
    """Makes a value, and counts how often."""

    def __init__(self, value: MatrixInfo = INFO) -> None:
        self.value = value
        self.made = 0

    def __call__(self) -> MatrixInfo:
        self.made += 1
        return self.value


def test_what_is_kept_is_made_once(tmp_path: Path) -> None:
    make = Maker()
    found = [Store(tmp_path / "cache").get("info", "one", MatrixInfo, make) for _ in range(3)]
    assert ([INFO] * 3, 1) == (found, make.made)


@pytest.mark.skipif(os.name == "nt", reason="rights of POSIX")
def test_what_is_kept_is_private(tmp_path: Path) -> None:
    Store(tmp_path).get("info", "one", MatrixInfo, Maker())
    (path,) = tmp_path.iterdir()
    assert 0 == path.stat().st_mode & 0o077


@pytest.mark.parametrize(
    ("folder", "stamp"), [(None, "one"), ("cache", None)], ids=["no-folder", "what-cannot-be-told-apart"]
)
def test_what_is_never_kept(tmp_path: Path, folder: str | None, stamp: str | None) -> None:
    make, store = Maker(), Store(tmp_path / folder if folder else None)
    for _ in range(2):
        store.get("info", stamp, MatrixInfo, make)
    assert (2, []) == (make.made, list(tmp_path.iterdir()))


def test_another_stamp_is_made_anew(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.get("info", "one", MatrixInfo, Maker())
    assert OTHER == store.get("info", "two", MatrixInfo, Maker(OTHER))
    assert OTHER == store.get("info", "two", MatrixInfo, Maker())


def truncated(kept: bytes) -> bytes:
    return kept[: len(kept) // 2]


def other_value(kept: bytes) -> bytes:
    entry = msgspec.msgpack.decode(kept, type=Entry)
    return msgspec.msgpack.encode(msgspec.structs.replace(entry, value=msgspec.Raw(b"\x07")))


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda kept: b"", id="empty"),
        pytest.param(truncated, id="truncated"),
        pytest.param(other_value, id="another-value"),
        pytest.param(lambda kept: bytes(range(256)), id="junk"),
        pytest.param(lambda kept: kept + b"more", id="too-long"),
        pytest.param(lambda kept: b"\x92\xa1\xff\xc0", id="no-utf-8"),
        pytest.param(lambda kept: b"\x92\xa1x" + b"\x91" * 100_000, id="nested-without-end"),
    ],
)
def test_a_damaged_file_is_made_anew(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    store, make = Store(tmp_path), Maker()
    store.get("info", "one", MatrixInfo, make)
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(damage(kept.read_bytes()))
    assert (INFO, INFO, 2) == (*(store.get("info", "one", MatrixInfo, make) for _ in range(2)), make.made)


def test_no_flipped_byte_breaks_the_reader(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.get("info", "one", MatrixInfo, Maker())
    (kept,) = tmp_path.iterdir()
    whole = kept.read_bytes()
    for place in range(len(whole)):
        kept.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        assert isinstance(store.get("info", "one", MatrixInfo, Maker()), MatrixInfo)


@pytest.mark.parametrize("place", ["file", "file/below", "info.mp"])
def test_a_cache_that_cannot_be_written_only_costs_time(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "here" / "info.mp").mkdir(parents=True)
    folder = tmp_path / "here" if place == "info.mp" else tmp_path / place
    make = Maker()
    assert [INFO, INFO] == [Store(folder).get("info", "one", MatrixInfo, make) for _ in range(2)]
    assert 2 == make.made
    assert ["info.mp"] == [path.name for path in (tmp_path / "here").iterdir()]


def test_what_goes_wrong_while_it_is_made_is_passed_on_and_not_kept(tmp_path: Path) -> None:
    def fail() -> MatrixInfo:
        raise UsageError("matrix.toml: is wrong")

    with pytest.raises(UsageError, match="is wrong"):
        Store(tmp_path).get("info", "one", MatrixInfo, fail)
    assert [] == list(tmp_path.iterdir())


def test_many_writers_leave_one_whole_file(tmp_path: Path) -> None:
    values = [MatrixInfo(schema=1, version="9" * 50_000, as_of=INFO.as_of), INFO]
    found: list[MatrixInfo] = []

    def work(value: MatrixInfo) -> None:
        stamps = [f"{value.version[:1]} {number}" for number in range(20)]
        found.extend(Store(tmp_path).get("info", stamp, MatrixInfo, lambda: value) for stamp in stamps)

    threads = [threading.Thread(target=work, args=(value,)) for value in values * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [60, 60] == [found.count(value) for value in values]
    assert ["info.mp"] == [path.name for path in tmp_path.iterdir()]


def test_paths_have_keys_of_their_own(tmp_path: Path) -> None:
    keys = {key_of(Path(name)) for name in ("/a/numpy.toml", "/b/numpy.toml", "/a/torch.toml")}
    assert 3 == len(keys)
    assert None is stamp_of(tmp_path / "gone.toml")


def test_two_paths_of_one_key_take_turns(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert INFO == store.get("same", "/a/matrix.toml 1 2", MatrixInfo, Maker())
    assert OTHER == store.get("same", "/b/matrix.toml 1 2", MatrixInfo, Maker(OTHER))


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    folder = make_matrix(tmp_path / "matrix", framework(release("1.0", build()))).folder
    file = folder / "frameworks" / "acme.toml"
    store = Store(tmp_path / "cache")
    first = Matrix(folder, store=store)
    assert (["1.0"], first.digest) == ([row.version for row in first.framework("acme").release], Matrix(folder).digest)
    before = os.stat(file)
    file.write_text(file.read_text().replace('version = "1.0"', 'version = "1.1"'))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))  # the same size and time: the change time tells
    second = Matrix(folder, store=store)
    assert ["1.1"] == [row.version for row in second.framework("acme").release]
    assert Matrix(folder).digest == second.digest != first.digest


def test_the_same_from_the_cache_as_from_the_files(tmp_path: Path) -> None:
    store = Store(tmp_path / "cache")
    for _ in range(2):
        fast, slow = Matrix(store=store), Matrix()
        assert slow.framework("torch") == fast.framework("torch")
        assert (slow.drivers, slow.gpus, slow.digest) == (fast.drivers, fast.gpus, fast.digest)
        assert slow.distributions == fast.distributions
