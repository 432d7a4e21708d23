"""Locks: read strictly, for their texts end up in lines that an installer reads."""

from __future__ import annotations

from pathlib import Path

import pytest
import tomli
from hypothesis import given, settings
from hypothesis import strategies as st

from mlenv.errors import InstallError, UsageError
from mlenv.plan.lock import load_lock, read_lock, render_requirements, tied_packages

HASH = "0" * 64
GOOD = {
    "name": "numpy",
    "version": "2.3.5",
    "wheels": [{"url": "https://files.example/numpy.whl", "size": 10, "hashes": {"sha256": HASH}}],
}


def write(**change: object) -> str:
    import tomli_w

    return tomli_w.dumps({"lock-version": "1.0", "packages": [{**GOOD, **change}]})


def wheel(**change: object) -> list[dict[str, object]]:
    return [{"url": "https://files.example/numpy.whl", "hashes": {"sha256": HASH}, **change}]


def test_what_is_locked_by_name_is_installed_by_name_and_hash() -> None:
    assert f"numpy==2.3.5 --hash=sha256:{HASH}\n" == render_requirements(read_lock(write()), ())


def test_what_is_tied_to_an_index_is_named_by_its_address() -> None:
    text = render_requirements(read_lock(write()), ("numpy",))
    assert f"numpy @ https://files.example/numpy.whl --hash=sha256:{HASH}\n" == text


def test_a_condition_is_kept() -> None:
    text = render_requirements(read_lock(write(marker="sys_platform == 'linux'")), ())
    assert f"numpy==2.3.5 ; sys_platform == 'linux' --hash=sha256:{HASH}\n" == text


def test_a_path_with_blanks_becomes_an_address() -> None:
    text = render_requirements(read_lock(write(wheels=wheel(url="", path="/srv/my wheels/a.whl"))), ("numpy",))
    assert text.startswith("numpy @ file:///srv/my%20wheels/a.whl --hash")


def test_only_a_build_with_a_label_is_tied() -> None:
    assert frozenset() == tied_packages(read_lock(write()))
    assert {"numpy"} == tied_packages(read_lock(write(version="2.13.0+cu126")))


HOSTILE = {
    "a name that brings an option": {"name": "numpy\n--index-url https://evil.example"},
    "a name that leaves the folder": {"name": "../../etc"},
    "a name that is an option": {"name": "--index-url"},
    "an empty name": {"name": ""},
    "a version that brings a line": {"version": "1\nevil==1"},
    "a version with a blank": {"version": "1 ; evil"},
    "an address that brings a line": {
        "wheels": wheel(url="https://a.example/x\n--extra-index-url https://evil.example")
    },
    "an address with a blank": {"wheels": wheel(url="https://a.example/x --no-deps")},
    "an address of a shell": {"wheels": wheel(url="git+ssh://evil.example/x")},
    "an address that is an option": {"wheels": wheel(url="--find-links=/")},
    "a path with a line": {"wheels": wheel(url="", path="/srv/a\nb")},
    "no place at all": {"wheels": wheel(url="", path="")},
    "a hash that is none": {"wheels": wheel(hashes={"sha256": "xyz"})},
    "a hash that is too short": {"wheels": wheel(hashes={"sha256": "00"})},
    "a hash that proves nothing": {"wheels": wheel(hashes={"md5": "0" * 32})},
    "a hash that brings an option": {"wheels": wheel(hashes={"sha256": f"{HASH} --no-deps"})},
    "a size below zero": {"wheels": wheel(size=-1)},
    "a marker that is none": {"marker": "os.system('x')"},
    "a marker with an option": {"marker": "sys_platform == '--hash=x'"},
    "wheels that are no list": {"wheels": "x"},
    "a name that is no text": {"name": 3},
}


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_lock_is_refused_in_one_line(tmp_path: Path, change: dict[str, object]) -> None:
    path = tmp_path / "pylock.toml"
    path.write_text(write(**change), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load_lock(path)
    assert caught.value.message.startswith(f"{path}: ")
    assert 1 == len(caught.value.message.splitlines())


@pytest.mark.parametrize("kind", ["vcs", "directory"])
def test_what_is_no_file_cannot_be_locked(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "pylock.toml"
    path.write_text(write(**{kind: {"url": "https://a.example/x.git"}}), encoding="utf-8")
    with pytest.raises(UsageError, match=rf"packages\[0\].{kind}: numpy is not locked to a file"):
        load_lock(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("lock-version = '2.0'", "lock-version: '2.0' is not one that this mlenv reads"),
        ("lock-version = 1", "lock-version: 1 is not one"),
        ("packages = 3", "Expected `array`"),
        ("[[packages]]\nname = 'a'\nversion = '1'\n", r"packages\[0\]: names no file of a"),
        ("= nonsense", "is no TOML"),
    ],
)
def test_a_broken_lock_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "pylock.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=words):
        load_lock(path)


def test_a_lock_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no such lock file"):
        load_lock(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="cannot be read"):
        load_lock(tmp_path / "latin.toml")


def test_files_beside_the_lock_are_found_from_anywhere(tmp_path: Path) -> None:
    path = tmp_path / "pylock.toml"
    path.write_text(write(wheels=wheel(url="", path="wheels/a.whl")), encoding="utf-8")
    lock, text = load_lock(path)
    expected = str(tmp_path / "wheels" / "a.whl")
    assert expected == lock.packages[0].wheels[0].path
    assert expected == tomli.loads(text)["packages"][0]["wheels"][0]["path"]


def test_uvs_own_lock_is_told_apart() -> None:
    with pytest.raises(InstallError, match="the lock cannot be read"):
        read_lock(write(name="--option"))


@settings(max_examples=200)
@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=40), st.text(max_size=20))
def test_a_line_never_says_more_than_one_requirement(name: str, version: str, url: str, marker: str) -> None:
    import tomli_w

    row = {**GOOD, "name": name, "version": version, "marker": marker, "wheels": wheel(url=url)}
    try:
        lock = read_lock(tomli_w.dumps({"packages": [row]}))
    except InstallError:
        return
    for tied in ((), (name,)):
        line = render_requirements(lock, tied)
        assert 1 == len(line.splitlines())
        assert all(word.startswith("--hash=sha256:") for word in line.split() if word.startswith("-"))
