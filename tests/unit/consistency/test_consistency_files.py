"""Files against the digests that were recorded of them."""

from __future__ import annotations

import hashlib
import json

import msgspec

from mlenv.consistency.conda_files import inspect_conda
from mlenv.consistency.files import check_files
from mlenv.facts.environment import CondaPackage
from tests.unit.consistency.sites import HOST, Site, brief


def test_whole_files(site: Site) -> None:
    site.add("a", files={"a/__init__.py": b"x", "a/lib.so": b"y" * 5000, "../../../bin/a": b"#!"})
    outcome = check_files(HOST, site.read())
    assert ((), "3 files of 1 packages are as published") == (outcome.findings, outcome.detail)


def test_damage_is_told_once_for_each_package(site: Site) -> None:
    site.add("a", files={"a/x.py": b"x", "a/y.py": b"y"})
    site.add("b", files={"b/x.py": b"x"})
    for name in ("a/x.py", "a/y.py", "b/x.py"):
        (site.packages / name).write_bytes(b"?")
    outcome = check_files(HOST, site.read())
    assert [("fail", "damaged-file", "a"), ("fail", "damaged-file", "b")] == brief(outcome)
    assert "a/x.py has another content than the one that was published (and 1 more files of it)" in (
        outcome.findings[0].text
    )


def test_a_file_of_two_packages_is_whole_if_it_is_that_of_one(site: Site) -> None:
    site.add("a", files={"docs/conf.py": b"a", "a.py": b"a"})
    site.add("b", files={"docs/conf.py": b"bb"})
    assert () == check_files(HOST, site.read()).findings
    (site.packages / "docs/conf.py").write_bytes(b"ccc")
    assert [("fail", "damaged-file", "a")] == brief(check_files(HOST, site.read()))


def test_a_second_name_of_the_folder_is_the_same_folder(site: Site) -> None:
    site.add("a", files={"a.py": b"a"})
    (site.path / "lib64").symlink_to("lib")
    assert "1 files of 1 packages are as published" == check_files(HOST, site.read()).detail
    (site.packages / "a.py").write_bytes(b"b")
    assert str(site.packages / "a.py") in check_files(HOST, site.read()).findings[0].text


def test_certificates_that_a_network_adds_are_a_warning(site: Site) -> None:
    site.add("certifi", files={"certifi/cacert.pem": b"one"})
    (site.packages / "certifi" / "cacert.pem").write_bytes(b"one two")
    assert [("warn", "other-certificates", "certifi")] == brief(check_files(HOST, site.read()))
    (site.packages / "certifi" / "cacert.pem").unlink()
    assert [("fail", "damaged-file", "certifi")] == brief(check_files(HOST, site.read()))


def test_images_without_tests_are_whole(site: Site) -> None:
    site.add("a", files={"a/__init__.py": b"x", "a/tests/test_a.py": b"y"})
    (site.packages / "a" / "tests" / "test_a.py").unlink()
    assert "1 files of 1 packages are as published; 1 files of tests are gone" == check_files(HOST, site.read()).detail


def test_nothing_recorded_is_no_proof(site: Site) -> None:
    assert check_files(HOST, site.read()).skipped


def test_conda_has_records_of_its_own(site: Site) -> None:
    site.add("numpy", files={"numpy/config.py": b"/placeholder"}, installer="conda")
    (site.packages / "numpy" / "config.py").write_bytes(b"/srv/env")
    inside = "lib/python3.12/site-packages/numpy/config.py"
    rows = [
        {"_path": inside, "path_type": "hardlink", "sha256": "00", "sha256_in_prefix": _hex(b"/srv/env")},
        {"_path": "bin/link", "path_type": "softlink", "sha256": "00"},
        {"_path": "lib/a.pyc", "path_type": "hardlink", "sha256": "00"},
    ]
    records = site.path / "conda-meta"
    records.mkdir()
    record = {"name": "numpy", "paths_data": {"paths": rows}}
    records.joinpath("numpy-2-0.json").write_text(json.dumps(record))
    records.joinpath("odd-1-0.json").write_text("{")
    environment = msgspec.structs.replace(site.read(), conda_packages=(CondaPackage(name="numpy", version="2"),))
    assert () == check_files(HOST, environment).findings
    (site.packages / "numpy" / "config.py").write_bytes(b"/elsewhere")
    assert [("fail", "damaged-file", "numpy")] == brief(check_files(HOST, environment))
    assert str(site.path / inside) == inspect_conda(HOST, str(site.path)).damage[0].path


def _hex(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
