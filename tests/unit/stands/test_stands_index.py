"""The index as its raw answers show it."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.stands.faults import Fault
from tests.stands.package_index import PackageIndex
from tests.stands.pages import JSON
from tests.stands.wheels import make_wheel
from tests.unit.stands.conftest import FILE, PAGE

pytestmark = pytest.mark.enable_socket
PATH = f"/files/simple/{FILE}"


def ask(
    index: PackageIndex, path: str, method: str = "GET", **headers: str
) -> tuple[int, http.client.HTTPMessage, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", index.port, timeout=10)
    try:
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def test_the_page_of_a_project(folder: Path) -> None:
    with PackageIndex(folder) as index:
        status, headers, body = ask(index, PAGE, accept=JSON)
        _, _, inside = ask(index, PATH + ".metadata")
    (file,) = json.loads(body)["files"]
    assert (200, JSON) == (status, headers["Content-Type"])
    assert (FILE, PATH, (folder / FILE).stat().st_size) == (file["filename"], file["url"], file["size"])
    assert hashlib.sha256((folder / FILE).read_bytes()).hexdigest() == file["hashes"]["sha256"]
    assert hashlib.sha256(inside).hexdigest() == file["core-metadata"]["sha256"]
    assert b"Requires-Dist: lower>=1" in inside


def test_a_page_for_people(folder: Path) -> None:
    with PackageIndex(folder, html_only=True) as index:
        _, headers, body = ask(index, "/simple/Lower/", accept=JSON)
        _, _, root = ask(index, "/simple/")
    assert "text/html" == headers["Content-Type"]
    assert 'data-requires-python="&gt;=3.8"' in body.decode()
    assert (
        f"#sha256={hashlib.sha256((folder / 'lower-1.2-py3-none-any.whl').read_bytes()).hexdigest()}" in body.decode()
    )
    assert ["demo", "lower"] == [name for name in ("demo", "lower", "other") if f'href="{name}/"' in root.decode()]


def test_files_whole_and_in_parts(folder: Path) -> None:
    content = (folder / FILE).read_bytes()
    with PackageIndex(folder) as index:
        assert content == ask(index, PATH)[2]
        status, headers, body = ask(index, PATH, range="bytes=10-19")
        assert (206, f"bytes 10-19/{len(content)}", content[10:20]) == (status, headers["Content-Range"], body)
        status, headers, body = ask(index, PATH, "HEAD")
        assert (200, str(len(content)), b"") == (status, headers["Content-Length"], body)
        assert [200, 206, 200] == [seen.status for seen in index.asked(FILE)]
        assert "bytes=10-19" == index.asked(FILE)[1].headers["range"]


@pytest.mark.parametrize(
    "path", ["/simple/other/", "/other/demo/", "/files/simple/x.whl", "/files/../simple/demo", "/"]
)
def test_what_is_not_there(folder: Path, path: str) -> None:
    with PackageIndex(folder) as index:
        assert 404 == ask(index, path)[0]


def test_an_object_store_forbids_what_it_has_not(folder: Path) -> None:
    with PackageIndex(folder, missing_status=403) as index:
        assert 403 == ask(index, "/simple/other/")[0]


def test_without_metadata_beside_the_file(folder: Path) -> None:
    with PackageIndex(folder, metadata=False) as index:
        assert "core-metadata" not in ask(index, PAGE, accept=JSON)[2].decode()
        assert 404 == ask(index, PATH + ".metadata")[0]


def test_credentials_without_the_password(folder: Path) -> None:
    word = base64.b64encode(b"ada:secret").decode()
    with PackageIndex(folder, credentials=("ada", "secret")) as index:
        assert 401 == ask(index, PAGE)[0]
        assert 401 == ask(index, PAGE, authorization=f"Basic {word[:-4]}")[0]
        assert 200 == ask(index, PAGE, authorization=f"Basic {word}")[0]
        assert [None, "ada", "ada"] == [seen.user for seen in index.requests]
        assert "secret" not in str(index.requests)
        assert word not in str(index.requests)
        assert f"http://ada:s%40t@127.0.0.1:{index.port}/simple/" == index.url(user="ada", password="s@t")


def test_two_indexes_on_one_stand(tmp_path: Path, folder: Path) -> None:
    special = tmp_path / "special"
    make_wheel(special, "demo", "1.0", size=10)
    with PackageIndex({"simple": folder, "whl/cu126": special}) as index:
        assert (special / FILE).read_bytes() == ask(index, f"/files/whl/cu126/{FILE}")[2]
        assert 404 == ask(index, "/whl/cu126/lower/")[0]
        assert 200 == ask(index, "/whl/cu126/Demo/")[0]
        assert ({"demo", "lower"}, set()) == (index.names_asked("whl/cu126"), index.names_asked())


def test_lifetimes_of_a_public_index(folder: Path) -> None:
    with PackageIndex(folder, cacheable=True) as index:
        lifetimes = [ask(index, path)[1]["Cache-Control"] for path in (PAGE, PATH)]
    assert ["max-age=600, public", "max-age=365000000, immutable, public"] == lifetimes


def test_a_file_that_comes_later_is_listed(folder: Path) -> None:
    with PackageIndex(folder) as index:
        before = ask(index, PAGE)[1]["ETag"]
        make_wheel(folder, "demo", "2.0")
        status, headers, body = ask(index, PAGE, if_none_match=before)
    assert 200 == status
    assert before != headers["ETag"]
    assert "demo-2.0" in body.decode()


def test_the_connection_breaks_in_the_middle(folder: Path) -> None:
    with PackageIndex(folder) as index:
        index.put(FILE, Fault("cut", after=100, times=1))
        with pytest.raises(http.client.IncompleteRead) as caught:
            ask(index, PATH)
        assert 100 == len(caught.value.partial)
        assert (folder / FILE).read_bytes() == ask(index, PATH)[2]


@pytest.mark.parametrize(("after", "status", "received"), [(None, 0, None), (100, 200, 100)])
def test_silence_ends_with_the_stand(folder: Path, after: int | None, status: int, received: int | None) -> None:
    with PackageIndex(folder) as index:
        index.put(FILE, Fault("stall", after=after))
        connection = http.client.HTTPConnection("127.0.0.1", index.port, timeout=10)
        connection.request("GET", PATH)
        while not index.asked(FILE):
            time.sleep(0.001)
        assert [status] == [seen.status for seen in index.asked(FILE)]
    with closing(connection), pytest.raises((ConnectionError, http.client.IncompleteRead)) as caught:
        connection.getresponse().read()
    assert received == (len(caught.value.partial) if isinstance(caught.value, http.client.IncompleteRead) else None)


def test_a_slow_file_comes_whole(folder: Path) -> None:
    with PackageIndex(folder) as index:
        index.put(FILE, Fault("slow", rate=1_000_000))
        assert (folder / FILE).read_bytes() == ask(index, PATH)[2]


def test_a_page_with_another_hash_or_none(folder: Path) -> None:
    with PackageIndex(folder) as index:
        for fault, hashes in ((Fault("wrong_hash"), {"sha256": "0" * 64}), (Fault("no_hash"), {})):
            index.put(FILE, fault)
            assert hashes == json.loads(ask(index, PAGE, accept=JSON)[2])["files"][0]["hashes"]


def test_a_file_that_vanished_is_still_listed(folder: Path) -> None:
    with PackageIndex(folder) as index:
        index.put(FILE, Fault("vanish"))
        assert FILE in ask(index, PAGE)[2].decode()
        assert [404, 404] == [ask(index, path)[0] for path in (PATH, PATH + ".metadata")]
        index.heal()
        assert [] == index.requests
        assert 200 == ask(index, PATH)[0]


def test_all_of_it_behind_a_portal(folder: Path) -> None:
    with PackageIndex(folder) as index:
        index.put("*", Fault("html"))
        assert all(b"Sign in" in ask(index, path)[2] for path in ("/simple/", PAGE, PATH))
