"""What is installed against what was locked."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from mlenv.consistency.finding import Outcome
from mlenv.consistency.lock import check_lock
from mlenv.consistency.lock_rows import read_rows
from mlenv.errors import UsageError
from mlenv.execute.manifest import Manifest
from mlenv.facts.environment import CondaPackage
from tests.unit.consistency.sites import HOST, Site, brief, machine
from tests.unit.execute.installing import make_plan, proof_of

ROW = '[[packages]]\nname = "{0}"\nversion = "{1}"\n'
HEAD = 'lock-version = "1.0"\n'


def pylock(*packages: str) -> str:
    return HEAD + "".join(ROW.format(*package.split("==")) for package in packages)


def check(site: Site, text: str, name: str = "pylock.toml") -> Outcome:
    path = site.path.parent / name
    path.write_text(text)
    return check_lock(HOST, site.read(), str(path), machine())


def test_as_locked(site: Site) -> None:
    site.add("numpy", "2.3.0")
    site.add("pip", "25")
    outcome = check(site, pylock("NumPy==2.3"))
    assert () == outcome.findings
    assert outcome.detail.startswith("1 packages are as locked in ")


def test_missing_further_and_other_packages(site: Site) -> None:
    site.add("numpy", "2.3.0")
    site.add("torch", "2.13.0+cpu")
    site.add("extra", "1")
    outcome = check(site, pylock("numpy==2.2", "torch==2.13.0", "gone==1"))
    assert [
        ("fail", "other-version", "numpy"),
        ("fail", "other-version", "torch"),
        ("fail", "missing-locked", "gone"),
        ("warn", "not-locked", "extra"),
    ] == brief(outcome)
    assert "numpy 2.2 is locked, and 2.3.0 is installed" == outcome.findings[0].text


def test_markers_extras_and_folders(site: Site) -> None:
    site.add("mine", "0.1")
    text = HEAD + (
        '[[packages]]\nname = "mine"\n[packages.directory]\npath = "."\neditable = true\n'
        '[[packages]]\nname = "w"\nversion = "1"\nmarker = "sys_platform == \'win32\'"\n'
        '[[packages]]\nname = "o"\nversion = "1"\nmarker = "\'all\' in extras"\n'
        '[[packages]]\nname = "wanted"\nversion = "1"\nmarker = "python_version >= \'3.12\'"\n'
    )
    assert [("fail", "missing-locked", "wanted")] == brief(check(site, text))


def test_requirements_with_hashes(site: Site) -> None:
    site.add("numpy", "2.3.5+mkl")
    site.add("six", "1.16")
    text = (
        "--index-url https://example.org/simple\n# made by hand\n"
        'numpy==2.3.5 ; python_version > "3" \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb  # note\n'
        "six>=1.17\nwin==1 ; os_name == 'nt'\n"
    )
    outcome = check(site, text, "requirements.txt")
    assert [("fail", "other-version", "six")] == brief(outcome)
    assert "six >=1.17 is locked, and 1.16 is installed" == outcome.findings[0].text


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        ({"hashes": {"sha256": "AA"}}, []),
        ({"hash": "sha256=aa"}, []),
        ({"hashes": {"sha256": "bb"}}, [("fail", "other-file", "a")]),
        ({}, []),
    ],
    ids=["same", "old form", "another", "none"],
)
def test_the_hash_of_an_archive_is_compared_where_it_was_recorded(
    site: Site, recorded: dict[str, object], expected: list[tuple[str, str, str]]
) -> None:
    origin = {"url": "https://example.org/a.whl", "archive_info": recorded}
    site.add("a", "1").joinpath("direct_url.json").write_text(json.dumps(origin))
    assert expected == brief(check(site, "a==1 --hash=sha256:aa\n", "requirements.txt"))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("pylock.toml", "packages = [", "is no TOML"),
        ("pylock.toml", 'lock-version = "2.0"\npackages = []\n', "is no lock of PEP 751"),
        ("pylock.toml", "x = 1\n", "is no lock of PEP 751"),
        ("pylock.toml", 'lock-version = "1.0"\n[[packages]]\nversion = "1"\n', "packages[0] has no name"),
        ("requirements.txt", "-r other.txt\n", "leads to another file"),
        ("requirements.txt", "./folder\n", "is no requirement"),
    ],
)
def test_a_lock_that_cannot_be_read(site: Site, name: str, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=name) as caught:
        check(site, text, name)
    assert message in str(caught.value)


def test_a_lock_that_is_not_there(site: Site) -> None:
    with pytest.raises(UsageError, match=r"gone\.toml: cannot be read \(No such file"):
        check_lock(HOST, site.read(), str(site.path / "gone.toml"), machine())


# ---------------------------------------------------------------- the record of an environment of ours


def record(site: Site, *, manager: str = "uv", lock: str) -> None:
    made = Manifest(
        matrix_version="1",
        created="2026-11-22T10:00:00+00:00",
        plan=msgspec.structs.replace(make_plan(Path("/srv/env")), manager=manager, python="3.12"),
        machine=machine(),
        lock=lock,
        verification=proof_of("ok"),
    )
    (site.path / "mlenv-manifest.json").write_bytes(msgspec.json.encode(made))


def test_the_lock_that_it_was_made_of(site: Site) -> None:
    site.add("a", "1")
    record(site, lock=pylock("a==1", "b==1"))
    assert [("fail", "missing-locked", "b")] == brief(check_lock(HOST, site.read(), None, machine()))


def test_records_of_conda_are_compared_with_records(site: Site) -> None:
    lock = "@EXPLICIT\nhttps://h.example/noarch/numpy-2.5.5-py_0.conda#00\nhttps://h.example/noarch/z-1-0.conda#00\n"
    record(site, manager="conda", lock=lock)
    packages = (CondaPackage(name="numpy", version="2.5.0"), CondaPackage(name="more", version="1"))
    found = msgspec.structs.replace(site.read(), conda_packages=packages)
    assert [
        ("fail", "other-version", "numpy"),
        ("fail", "missing-locked", "z"),
        ("warn", "not-locked", "more"),
    ] == brief(check_lock(HOST, found, None, machine()))
    unread = check_lock(HOST, site.read(), None, machine())
    assert "the records of conda (conda-meta) cannot be read" == unread.hindrance


def test_without_a_lock_there_is_nothing_to_compare(site: Site) -> None:
    assert check_lock(HOST, site.read(), None, machine()).skipped
    (site.path / "mlenv-manifest.json").write_text("{}")
    assert "cannot be read" in check_lock(HOST, site.read(), None, machine()).hindrance


def test_rows_of_a_lock() -> None:
    text = pylock("a==1") + 'sdist = {hashes = {sha256 = "AB"}}\nwheels = [{hashes = {sha512 = "cd"}}, 3]\n'
    (row,) = read_rows(text, "pylock.toml", {})
    assert frozenset({"sha256:ab", "sha512:cd"}) == row.hashes
