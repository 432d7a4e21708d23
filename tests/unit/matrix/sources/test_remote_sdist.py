"""What a source archive requires, out of its first bytes."""

from __future__ import annotations

import io
import random
import tarfile

import pytest

from mlenv.matrix.sources.remote_sdist import HEAD_BYTES, read_sdist_requirements
from mlenv.system.page import WebError
from tests.unit.matrix.sources.sources_wheels import OneFile

URL = "https://files.test/acme-1.0.tar.gz"
STATED = """\
Metadata-Version: 2.4
Name: acme
Version: 1.0
Requires-Dist: py4j<0.11
Requires-Dist: numpy>=1.23; extra == "ml"
Provides-Extra: ml
"""
SILENT = "Metadata-Version: 2.4\nName: acme\nVersion: 1.0\n"


def archive(*files: tuple[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as packed:
        for name, content in files:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            packed.addfile(info, io.BytesIO(content))
    return stream.getvalue()


def noise(size: int) -> bytes:
    """Bytes that cannot be packed."""
    return random.Random(1).randbytes(size)


def requires(metadata: str, *, before: int = 0) -> list[str] | None:
    files = [("acme-1.0/LICENSE", noise(before)), ("acme-1.0/PKG-INFO", metadata.encode())]
    found = read_sdist_requirements(OneFile(archive(*files, ("acme-1.0/jars/a.jar", noise(2 * HEAD_BYTES)))), URL)
    return None if found is None else [str(one) for one in found.requires]


def test_what_is_stated_is_read_without_the_rest() -> None:
    assert ["py4j<0.11", 'numpy>=1.23; extra == "ml"'] == requires(STATED, before=1000)


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        (SILENT, 0),
        (SILENT.replace("2.4", "2.1"), None),
        (SILENT + "Dynamic: Requires-Dist\n", None),
        (STATED.replace("2.4", "2.1"), 2),
        (STATED + "Dynamic: requires-dist\n", 2),
    ],
)
def test_saying_nothing_is_not_requiring_nothing(metadata: str, expected: int | None) -> None:
    found = requires(metadata)
    assert expected == (None if found is None else len(found))


def test_metadata_far_behind_is_left() -> None:
    assert requires(STATED, before=HEAD_BYTES) is None


def test_a_file_that_is_no_archive() -> None:
    with pytest.raises(WebError, match="no gzip archive"):
        read_sdist_requirements(OneFile(b"<html>not found</html>"), URL)


def test_metadata_of_another_package_inside_is_passed_over() -> None:
    files = [("acme-1.0/vendor/x/PKG-INFO", b"Metadata-Version: 2.4\nName: x\nVersion: 1\n")]
    found = read_sdist_requirements(OneFile(archive(*files, ("acme-1.0/PKG-INFO", STATED.encode()))), URL)
    assert found is not None
    assert 2 == len(found.requires)
