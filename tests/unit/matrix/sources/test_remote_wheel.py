"""Wheels read in parts."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlenv.matrix.sources.remote_file import RemoteFile
from mlenv.matrix.sources.remote_wheel import open_wheel, read_metadata
from mlenv.system.page import WebError
from tests.unit.matrix.sources.sources_wheels import URL, OneFile, wheel

NOISE = random.Random(3).randbytes(3_000_000)
TEXT = "Metadata-Version: 2.4\nName: one\nVersion: 1.0\n\nWörter\n"
METADATA = {"one-1.0.dist-info/METADATA": TEXT.encode()}
MANY = {f"one/part_{number:05}.py": b"pass\n" for number in range(5000)}


@pytest.mark.parametrize(
    ("members", "most_bytes", "most_requests"),
    [
        pytest.param({"one.py": b"1", **METADATA}, 1000, 1, id="small"),
        pytest.param({"one/lib.so": NOISE, **METADATA}, 40_000, 1, id="large member"),
        pytest.param({**METADATA, "one/lib.so": NOISE}, 50_000, 2, id="metadata before a large member"),
        pytest.param({**MANY, **METADATA}, 50_000, 2, id="many members, metadata last"),
        pytest.param({**METADATA, **MANY}, 700_000, 4, id="many members, metadata first"),
        pytest.param(
            {"one/_vendor/two-2.0.dist-info/METADATA": b"Name: two\n", "one/lib.so": NOISE, **METADATA},
            40_000,
            1,
            id="that of a vendored package beside it",
        ),
    ],
)
def test_metadata(members: dict[str, bytes], most_bytes: int, most_requests: int) -> None:
    web = OneFile(wheel(members))
    assert TEXT == read_metadata(web, URL)
    assert (True, True) == (web.transferred <= most_bytes, len(web.asked) <= most_requests)


def test_a_member_is_fetched_once_and_only_as_far_as_it_is_read() -> None:
    content = wheel({"before.bin": NOISE, "lib.so": NOISE, "after.bin": NOISE}, packed=False)
    web = OneFile(content)
    opened = open_wheel(web, URL)
    directory = web.transferred
    assert NOISE == b"".join(opened.chunks("lib.so"))
    assert len(NOISE) <= opened.transferred - directory <= len(NOISE) + 200
    assert len(web.asked) <= 8
    part = next(iter(opened.chunks("after.bin")))
    assert part == NOISE[: len(part)]
    assert opened.transferred == web.transferred < directory + len(NOISE) + 2_200_000


def test_members() -> None:
    members = open_wheel(OneFile(wheel({"a.py": b"x" * 1000, "b/": b"", **METADATA})), URL).members()
    assert [("a.py", 1000), ("one-1.0.dist-info/METADATA", len(TEXT.encode()))] == [
        (member.name, member.bytes) for member in members
    ]
    assert members[0].packed < 100


WHOLE = wheel({"one.py": b"1" * 100, **METADATA})


@pytest.mark.parametrize(
    ("web", "words"),
    [
        pytest.param(OneFile(b"<html>not here</html>" * 9), "one-1.0-py3-none-any.whl is not a whole ZIP", id="a page"),
        pytest.param(OneFile(b""), "not a whole ZIP archive", id="empty"),
        pytest.param(OneFile(WHOLE[:-30]), "not a whole ZIP archive", id="cut short"),
        pytest.param(OneFile(WHOLE[50:]), "not a whole ZIP archive|cannot be unpacked", id="without its start"),
        pytest.param(OneFile(WHOLE, whole=True), "knows no ranges", id="no ranges"),
        pytest.param(OneFile(wheel({"large": NOISE, **METADATA}), fails_after=0), "no answer in time", id="fails"),
        pytest.param(
            OneFile(wheel({**METADATA, "large": NOISE}), fails_after=1), "no answer in time", id="fails later"
        ),
        pytest.param(OneFile(wheel({"one.py": b""})), "has 0 METADATA files", id="no metadata"),
        pytest.param(OneFile(wheel({"a-1.dist-info/METADATA": b"", **METADATA})), "has 2 METADATA", id="two"),
        pytest.param(
            OneFile(wheel({"one-1.0.dist-info/METADATA": b" " * 9_000_000})), "more than 8388608 bytes", id="a bomb"
        ),
    ],
)
def test_what_cannot_be_read(web: OneFile, words: str) -> None:
    with pytest.raises(WebError, match=words):
        read_metadata(web, URL)


def test_a_damaged_member() -> None:
    content = bytearray(wheel(METADATA, packed=False))
    content[content.index(b"Version: 1.0")] ^= 1
    with pytest.raises(WebError, match="not a whole ZIP archive"):
        read_metadata(OneFile(bytes(content)), URL)


class Shrinking(OneFile):
    """A server whose file became shorter than it says."""

    def size(self, url: str) -> int:
        return super().size(url) + 10


def test_a_server_that_sends_less() -> None:
    with pytest.raises(WebError, match="bytes came where"):
        read_metadata(Shrinking(WHOLE), URL)


def test_the_address_is_not_shown() -> None:
    with pytest.raises(WebError) as caught:
        read_metadata(OneFile(b"?"), "https://me:secret@files.test/one-1.0.whl?token=secret#sha256=0")
    assert "secret" not in str(caught.value)


@given(st.lists(st.tuples(st.integers(0, 210_000), st.integers(0, 90_000)), max_size=12))
def test_any_reading_gives_the_bytes_of_the_file(moves: list[tuple[int, int]]) -> None:
    content = NOISE[:200_000]
    file = RemoteFile(OneFile(content), URL)
    for position, size in moves:
        file.seek(position)
        assert content[position : position + size] == file.read(size)
