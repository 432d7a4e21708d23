"""Requirements of installed distributions: our reading of ``pip check``."""

from __future__ import annotations

import os
import re
import sys
import venv
from pathlib import Path

import pytest
from uv import find_uv_bin

from mlenv.consistency.finding import Outcome
from mlenv.consistency.metadata import parse_egg_requirements, parse_fields, read_installed
from mlenv.consistency.requirements import check_requirements, marker_variables
from mlenv.facts.environment import Environment
from mlenv.probe.environments.environment import read_environment
from mlenv.system import process
from tests.unit.consistency.sites import HOST, Site, brief, machine


def check(environment: Environment) -> Outcome:
    return check_requirements(environment, read_installed(HOST, environment), machine())


def test_what_is_met(site: Site) -> None:
    site.add("torch", "2.13.0+cpu", "sympy>=1.13", "nvidia-nccl-cu12==2; platform_system == 'Windows'")
    site.add("sympy", "1.14", "mpmath<1.4", 'pytest>=7; extra == "test"', fields="Requires-Python: >=3.9\n")
    site.add("mpmath", "1.3.0rc1")
    site.add("torchvision", "0.28", "torch==2.13.0")
    outcome = check(site.read())
    assert () == outcome.findings
    assert "3 requirements of 4 distributions are met" == outcome.detail


@pytest.mark.parametrize(
    ("requirement", "expected", "text"),
    [
        ("numpy>=3", ("fail", "conflict", "a"), "a 1.0 requires numpy>=3, and numpy 2.3.5 is installed"),
        ("gone[x]>1", ("fail", "missing-requirement", "a"), "a 1.0 requires gone>1, which is not installed"),
        ("Gone; python_version < '3.13'", ("fail", "missing-requirement", "a"), "requires Gone, which is not"),
        ("numpy >>= 2", ("warn", "invalid-metadata", "a"), "a requirement that cannot be read: 'numpy >>= 2'"),
    ],
    ids=["conflict", "missing", "marker", "unreadable"],
)
def test_what_is_not_met_names_both_sides(
    site: Site, requirement: str, expected: tuple[str, str, str], text: str
) -> None:
    site.add("numpy", "2.3.5")
    site.add("a", "1.0", requirement)
    outcome = check(site.read())
    assert [expected] == brief(outcome)
    assert text in outcome.findings[0].text


def test_extras_count_where_they_are_asked_for(site: Site) -> None:
    site.add("app", "1", "ray[Default]")
    site.add("ray", "2.9", 'aiohttp; extra == "default"', 'ray[serve]; extra == "default"', 'grpcio; extra == "serve"')
    site.add("other", "1", 'pandas; extra == "test" or python_version < "3"')
    outcome = check(site.read())
    assert [("warn", "missing-requirement", "ray")] * 2 == brief(outcome)
    assert ["ray 2.9 (extra default) requires aiohttp", "ray 2.9 (extra serve) requires grpcio"] == [
        finding.text.partition(",")[0] for finding in outcome.findings
    ]


def test_the_wrong_python_and_the_wrong_platform(site: Site) -> None:
    site.add("young", "1", fields="Requires-Python: >=3.13\n")
    site.add("capped", "1", fields="Requires-Python: >=3.9,<3.12\n")
    site.add("odd", "1", fields="Requires-Python: three\n")
    site.add("built", "1", wheel="cp311-cp311-manylinux_2_28_x86_64")
    site.add("mac", "1", wheel="cp312-cp312-macosx_11_0_arm64")
    site.add("stable", "1", wheel="cp39-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64")
    site.add("pure", "1", wheel="py2.py3-none-any")
    outcome = check(site.read())
    assert [
        ("fail", "wrong-platform", "built"),
        ("fail", "wrong-platform", "mac"),
        ("fail", "wrong-python", "young"),
        ("warn", "wrong-python", "capped"),
        ("warn", "invalid-metadata", "odd"),
    ] == brief(outcome)
    assert "built 1 was built for CPython 3.11, and this one is 3.12" == outcome.findings[0].text


def test_metadata_of_any_kind_is_no_crash(site: Site) -> None:
    site.add("blank").joinpath("METADATA").write_text("")
    site.add("binary").joinpath("METADATA").write_bytes(b"\xff\x00Name: binary\nVersion: 1.0\nRequires-Dist: \xff\n")
    site.add("gone").joinpath("METADATA").unlink()
    site.add("a", "1", "strange")
    site.add("strange", "1.not.a.version")
    reasons = {(reason, subject) for _, reason, subject in brief(check(site.read()))}
    assert {
        ("invalid-metadata", "blank"),
        ("invalid-metadata", "binary"),
        ("invalid-metadata", "strange"),
    } == reasons


def test_an_egg_states_its_requirements_in_a_file_of_their_own(site: Site) -> None:
    egg = site.packages / "old-1.0-py3.12.egg-info"
    egg.mkdir()
    egg.joinpath("PKG-INFO").write_text("Name: old\nVersion: 1.0\n")
    egg.joinpath("requires.txt").write_text('six>=1\n\n[:python_version < "3"]\nenum34\n\n[test]\npytest\n')
    assert ["old 1.0 requires six>=1, which is not installed"] == [one.text for one in check(site.read()).findings]


def test_a_series_meets_what_one_of_its_releases_meets(site: Site) -> None:
    site.path.joinpath("pyvenv.cfg").write_text("home = /usr/bin\n")
    site.add("new", "1", fields="Requires-Python: >=3.12.3\n")
    site.add("newer", "1", fields="Requires-Python: >=3.13\n")
    assert ["newer"] == [subject for _, _, subject in brief(check(site.read()))]


def test_a_system_decides_itself_what_its_own_packages_need(tmp_path: Path) -> None:
    library = tmp_path / "lib" / "python3.12"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").touch()
    library.joinpath("site-packages").mkdir(parents=True)
    site = Site(tmp_path)
    site.add("own", "1", "gone", installer="")
    site.add("added", "1", "gone", installer="pip")
    found = read_environment(HOST, str(tmp_path))
    assert found is not None
    assert [("fail", "missing-requirement", "added"), ("warn", "missing-requirement", "own")] == brief(check(found))


def test_markers_are_those_of_the_interpreter_and_not_of_this_computer() -> None:
    environment = Environment(path="/e", python="3.11.2", executable="/e/bin/pypy3", architecture="aarch64")
    variables = marker_variables(environment, machine())
    assert ("aarch64", "3.11", "PyPy") == (
        variables["platform_machine"],
        variables["python_version"],
        variables["platform_python_implementation"],
    )


def test_fields_end_at_the_first_empty_line() -> None:
    text = "Name: a\r\nRequires-Dist: b\r\n  >=1\r\nLicense: long\r\n        text\r\n\r\nRequires-Dist: c\r\n"
    assert [("name", "a"), ("requires-dist", "b >=1")] == list(parse_fields(text))


def test_sections_of_an_egg() -> None:
    assert ["a", "b ; python_version < '3'"] == list(parse_egg_requirements("a\n[:python_version < '3']\nb\n[x:y]\nc"))


def test_the_same_answers_as_uv(tmp_path: Path) -> None:
    venv.EnvBuilder(with_pip=False, symlinks=os.name != "nt").create(tmp_path / "env")
    series = f"python{sys.version_info.major}.{sys.version_info.minor}"
    inside = "Lib/site-packages" if os.name == "nt" else f"lib/{series}/site-packages"
    site = Site(tmp_path / "env", inside)
    site.add("good", "1.0", "numpy>=1", 'six; extra == "all"', 'nothing; sys_platform == "plan9"')
    site.add("numpy", "2.3.5")
    site.add("missing", "1.0", "not-there>=2")
    site.add("conflict", "1.0", "numpy<2", "good==1.*")
    site.add("capped", "1.0", fields="Requires-Python: <3\n")
    site.add("python", "1.0", fields="Requires-Python: >=4\n")
    site.add("built", "1.0", wheel="cp36-cp36m-win32")
    site.add("label", "1.0+cu128", "good!=1.0")
    found = read_environment(HOST, str(tmp_path / "env"))
    assert found is not None
    ours = {finding.subject for finding in check(found).findings if finding.weight == "fail"}
    completed = process.run([find_uv_bin(), "pip", "check", "--python", str(tmp_path / "env")], timeout=60)
    theirs = set(re.findall(r"(?:The package )?`(\w+)` (?:requires|was)", completed.stdout + completed.stderr))
    assert {"missing", "conflict", "python", "label", "built"} == theirs
    assert theirs == ours
