"""Distributions that get in each other's way, and what half an installation leaves."""

from __future__ import annotations

import pytest

from mlenv.consistency.duplicates import check_duplicates
from mlenv.consistency.finding import Outcome
from mlenv.consistency.metadata import read_installed
from mlenv.consistency.rivals import check_rivals
from mlenv.matrix.load import Matrix
from tests.unit.consistency.sites import HOST, Site, brief

FAMILIES = Matrix().families


def check(site: Site) -> Outcome:
    environment = site.read()
    return check_rivals(HOST, environment, read_installed(HOST, environment), FAMILIES)


@pytest.mark.parametrize(
    "names",
    [
        ("onnxruntime", "onnxruntime-gpu"),
        ("cupy-cuda12x", "cupy-cuda13x"),
        ("opencv-python", "opencv-python-headless"),
        ("tensorflow", "tensorflow-cpu"),
    ],
)
def test_two_of_a_family(site: Site, names: tuple[str, str]) -> None:
    for name in names:
        site.add(name.replace("-", "_"))
    (finding,) = check(site).findings
    assert ("fail", "rivals") == (finding.weight, finding.reason)
    assert f"{names[0]} 1.0 and {names[1]} 1.0 install into the same files" == finding.text


def test_one_that_brings_the_other_is_no_rival(site: Site) -> None:
    site.add("tensorflow", "2.15", "tensorflow-intel==2.15; platform_system == 'Windows'")
    site.add("tensorflow_intel", "2.15")
    assert () == check(site).findings
    site.add("tensorflow_cpu", "2.15")
    assert [("fail", "rivals", "tensorflow")] == brief(check(site))


def test_the_last_writer_is_named(site: Site) -> None:
    site.add("onnxruntime", files={"onnxruntime/__init__.py": b"cpu = 1\n" * 200})
    site.add("onnxruntime_gpu", files={"onnxruntime/__init__.py": b"gpu = 1\n" * 200})
    assert check(site).findings[0].text.endswith("; onnxruntime-gpu was written last")


def test_a_file_of_two_owners(site: Site) -> None:
    site.add("a", files={"thing.py": b"a", "tests/__init__.py": b"a" * 2000})
    site.add("b", files={"thing.py": b"b", "tests/__init__.py": b"b" * 2000})
    site.add("c", files={"same.py": b"x"})
    site.add("d", files={"same.py": b"x"})
    (finding,) = check(site).findings
    assert ("warn", "overlap") == (finding.weight, finding.reason)
    assert f"a and b both install {site.packages}/thing.py, each its own; b was written last" == finding.text


def test_two_majors_of_cuda(site: Site) -> None:
    site.add("nvidia_cublas_cu12", "12.8.4.1")
    site.add("nvidia_cudnn_cu12", "9.10")
    site.add("nvidia_ml_py", "13.580")
    assert () == check(site).findings
    site.add("nvidia_cublas", "13.1.0.3")
    (finding,) = check(site).findings
    assert ("warn", "two-cuda-majors") == (finding.weight, finding.reason)
    assert "CUDA 12 (nvidia-cublas-cu12 and 1 more) and CUDA 13 (nvidia-cublas and 0 more)" in finding.text


# ---------------------------------------------------------------- halves and doubles


def test_everything_once_and_whole(site: Site) -> None:
    site.add("a", files={"a/__init__.py": b""})
    (site.packages / "six.py").touch()
    outcome = check_duplicates(HOST, site.read())
    assert ((), "1 distributions are there once and whole") == (outcome.findings, outcome.detail)


def test_two_folders_of_metadata(site: Site) -> None:
    site.add("torch", "2.12.0")
    site.add("torch", "2.13.0")
    (finding,) = check_duplicates(HOST, site.read()).findings
    assert ("fail", "duplicate", "torch") == (finding.weight, finding.reason, finding.subject)
    assert "torch is installed twice (2.12.0, 2.13.0): " in finding.text
    assert f"{site.packages}/torch-2.12.0.dist-info" in finding.text


def test_an_egg_beside_the_wheel_of_the_same_version_is_debians_way(site: Site) -> None:
    site.add("crypt", "38.0")
    egg = site.packages / "crypt-38.0.egg-info"
    egg.mkdir()
    egg.joinpath("PKG-INFO").write_text("Name: crypt\nVersion: 38.0\n")
    assert () == check_duplicates(HOST, site.read()).findings


def test_halves_and_remains(site: Site) -> None:
    site.add("torn").joinpath("METADATA").unlink()
    site.add("unrecorded").joinpath("RECORD").unlink()
    site.add("of_debian", installer="").joinpath("RECORD").unlink()
    (site.packages / "empty-1.0.dist-info").mkdir()
    (site.packages / "~orch").mkdir()
    (site.packages / "~orch-2.12.dist-info").mkdir()
    outcome = check_duplicates(HOST, site.read())
    assert [
        ("fail", "no-metadata", "empty"),
        ("fail", "no-metadata", "torn"),
        ("warn", "no-record", "unrecorded"),
        ("warn", "leftover", "~orch"),
    ] == brief(outcome)
    assert "empty-1.0.dist-info is empty: empty is installed by half" in outcome.findings[0].text


def test_folders_with_nothing_in_them(site: Site) -> None:
    site.add("pkg", files={"pkg/__init__.py": b""})
    (site.packages / "pkg" / "__init__.py").unlink()
    (site.packages / "pkg" / "__pycache__").mkdir()
    (site.packages / "ghost").mkdir()
    (site.packages / "not-a-module").mkdir()
    assert [("fail", "empty-package", "pkg"), ("warn", "empty-package", "ghost")] == brief(
        check_duplicates(HOST, site.read())
    )
