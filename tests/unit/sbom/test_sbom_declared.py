"""What a distribution states of itself: licences, maker, home, the archive that it came from."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from mlenv.facts.environment import Distribution
from mlenv.sbom.declared import parse_archive_hashes, parse_declared, read_declared
from mlenv.system.host import LiveHost

HEAD = "Metadata-Version: 2.4\nName: toy\nVersion: 1.0\n"
CLASSIFIERS = "Classifier: License :: OSI Approved :: MIT License\nClassifier: License :: OSI Approved :: BSD License\n"


@pytest.mark.parametrize(
    ("fields", "licences"),
    [
        ("License-Expression: MIT AND 0BSD\nLicense: other\n" + CLASSIFIERS, ("MIT AND 0BSD",)),
        ("License: BSD-3-Clause\n" + CLASSIFIERS, ("BSD-3-Clause",)),
        ("License: UNKNOWN\n" + CLASSIFIERS, ("MIT License", "BSD License")),
        (
            "License: Permission is hereby granted" + " to anybody" * 20 + "\n" + CLASSIFIERS,
            ("MIT License", "BSD License"),
        ),
        ("License: MIT\n  and more\n", ("MIT and more",)),
        ("Classifier: License :: OSI Approved\n", ()),
        ("Classifier: Topic :: Software Development\n", ()),
        ("\nLicense: MIT\n", ()),  # below the head stands the description
    ],
)
def test_licences(fields: str, licences: tuple[str, ...]) -> None:
    assert licences == parse_declared(HEAD + fields).licences


def test_other_fields() -> None:
    found = parse_declared(
        HEAD + "Summary: a toy\nAuthor: UNKNOWN\nMaintainer: The makers\nProject-URL: Source, https://example.org/toy\n"
    )
    assert ("a toy", "", "https://example.org/toy") == (found.summary, found.maker, found.homepage)
    assert "The makers" == parse_declared(HEAD + "Maintainer: The makers\n").maker
    assert "" == parse_declared(HEAD + "Home-page: javascript:alert(1)\n").homepage


@pytest.mark.parametrize(
    ("text", "hashes"),
    [
        ('{"url": "https://example.org/a.whl", "archive_info": {"hashes": {"sha256": "a1"}}}', {"sha256": "a1"}),
        ('{"url": "https://example.org/a.whl", "archive_info": {"hash": "sha256=a1"}}', {"sha256": "a1"}),
        ('{"url": "https://example.org/a.git", "vcs_info": {"commit_id": "a1"}}', {}),
        ("{", {}),
        ("", {}),
    ],
)
def test_hashes_of_an_archive(text: str, hashes: dict[str, str]) -> None:
    assert hashes == parse_archive_hashes(text)


def test_the_digest_of_the_record(tmp_path: Path) -> None:
    info = tmp_path / "toy-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(HEAD + "License: MIT\n")
    (info / "RECORD").write_bytes(b"toy.py,sha256=aa,3\n")
    found = read_declared(LiveHost(), Distribution(name="toy", version="1.0", path=str(info)))
    assert (("MIT",), hashlib.sha256(b"toy.py,sha256=aa,3\n").hexdigest()) == (found.licences, found.record)
    assert "" == read_declared(LiveHost(), Distribution(name="gone", version="1.0", path=str(tmp_path / "gone"))).record
