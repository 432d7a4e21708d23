"""What faults, ranges and validators make of an answer."""

from __future__ import annotations

import pytest

from tests.stands.answers import PORTAL, Answer, fit, spoil
from tests.stands.faults import LISTED, OK, SERVED, Fault, Faults

BODY = bytes(range(100))
SOUND = Answer(status=200, headers={"Accept-Ranges": "bytes", "ETag": '"one"'}, body=BODY)


@pytest.mark.parametrize(
    ("fault", "status", "headers", "length"),
    [
        (Fault("status", code=429, retry_after="7"), 429, {"Retry-After": "7"}, 8),
        (Fault("status"), 500, {}, 8),
        (Fault("redirect", url="http://example.org/"), 302, {"Location": "http://example.org/"}, 0),
        (Fault("vanish"), 404, {"Content-Type": "text/plain"}, 9),
        (Fault("truncated"), 200, SOUND.headers, 50),
        (Fault("truncated", after=7), 200, SOUND.headers, 7),
        (Fault("html"), 200, {"Content-Type": "text/html"}, len(PORTAL)),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else "",
)
def test_another_answer(fault: Fault, status: int, headers: dict[str, str], length: int) -> None:
    answer = spoil(SOUND, fault)
    assert (status, headers, length, None) == (answer.status, answer.headers, len(answer.body), answer.stop)


def test_another_way_to_send_it() -> None:
    assert 50 == spoil(SOUND, Fault("cut")).stop
    assert 7 == spoil(SOUND, Fault("cut", after=7)).stop
    assert (0, True) == (spoil(SOUND, Fault("stall")).stop, spoil(SOUND, Fault("stall")).silent)
    assert 30 == spoil(SOUND, Fault("slow", rate=30)).rate
    assert [BODY] * 3 == [spoil(SOUND, fault).body for fault in (Fault("cut"), Fault("stall"), Fault("slow"))]


@pytest.mark.parametrize(("after", "place"), [(None, 50), (7, 7), (1000, 99)])
def test_one_byte_is_flipped(after: int | None, place: int) -> None:
    body = spoil(SOUND, Fault("corrupted", after=after)).body
    assert [place] == [at for at, (one, other) in enumerate(zip(BODY, body, strict=True)) if one != other]


@pytest.mark.parametrize("fault", [OK, Fault("wrong_hash"), Fault("no_hash")], ids=lambda fault: fault.kind)
def test_what_shows_on_the_page_leaves_the_file_alone(fault: Fault) -> None:
    assert SOUND == spoil(SOUND, fault)


@pytest.mark.parametrize(
    ("asked", "status", "content_range", "body"),
    [
        ("bytes=0-9", 206, "bytes 0-9/100", BODY[:10]),
        ("bytes=90-", 206, "bytes 90-99/100", BODY[90:]),
        ("bytes=90-500", 206, "bytes 90-99/100", BODY[90:]),
        ("bytes=-10", 206, "bytes 90-99/100", BODY[90:]),
        ("bytes=100-", 416, "bytes */100", b""),
        ("bytes=-", 200, None, BODY),
        ("rows=1-2", 200, None, BODY),
    ],
)
def test_ranges(asked: str, status: int, content_range: str | None, body: bytes) -> None:
    answer = fit(SOUND, {"range": asked})
    assert (status, content_range, body) == (answer.status, answer.headers.get("Content-Range"), answer.body)


def test_a_part_of_what_was_changed_meanwhile_is_the_whole() -> None:
    assert 206 == fit(SOUND, {"range": "bytes=5-", "if-range": '"one"'}).status
    assert SOUND == fit(SOUND, {"range": "bytes=5-", "if-range": '"two"'})


def test_what_the_client_has_is_not_sent_again() -> None:
    assert (304, b"") == (fit(SOUND, {"if-none-match": '"one"'}).status, fit(SOUND, {"if-none-match": '"one"'}).body)
    assert SOUND == fit(SOUND, {"if-none-match": '"two"'})


def test_trouble_has_no_parts() -> None:
    assert 500 == fit(spoil(SOUND, Fault("status")), {"range": "bytes=0-9", "if-none-match": '"one"'}).status


def test_a_fault_wears_off() -> None:
    faults = Faults()
    faults.put("here", Fault("cut", times=2))
    taken = [faults.take(["there", "here"], SERVED).kind for _ in range(3)]
    assert ["cut", "cut", "ok"] == taken


def test_a_fault_is_found_by_place_and_kind() -> None:
    faults = Faults()
    faults.put("*", Fault("slow"))
    faults.put("here", Fault("wrong_hash"))
    assert ["wrong_hash", "ok"] == [faults.take([place], LISTED).kind for place in ("here", "there")]
    assert ["slow", "slow"] == [faults.take([place], SERVED).kind for place in ("here", "there")]
    faults.put("here", Fault("stall"))
    assert "stall" == faults.take(["here"], SERVED).kind
    faults.clear()
    assert OK == faults.take(["here"], SERVED)
