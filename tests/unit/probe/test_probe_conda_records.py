"""conda's records of what it installed."""

from __future__ import annotations

import pytest

from mlenv.facts.environment import CondaPackage
from mlenv.probe.environments.conda_records import parse_channel, parse_record_name
from tests.unit.probe.environment_hosts import read, readings_of
from tests.unit.probe.probe_hosts import linux

META = "/opt/env/conda-meta"


def test_packages_of_conda_stand_beside_those_of_pip() -> None:
    files = {
        f"{META}/history": "==> 2026-01-01 <==\n",
        f"{META}/python-3.11.9-hb806964_0_cpython.json": '{"channel": "conda-forge", "files": []}',
        f"{META}/numpy-1.26.4-py311h64a7726_0.json": '{"build": "x",\n  "channel":"https://c.example/pkgs/main/linux-64",',
        "/opt/env/bin/python": "",
        "/opt/env/lib/python3.11/site-packages/numpy-1.26.4.dist-info/INSTALLER": "conda",
        "/opt/env/lib/python3.11/site-packages/numpy-2.1.0.dist-info/INSTALLER": "pip",
    }
    environment = read(linux(files), "/opt/env")
    assert environment.conda_packages == (
        CondaPackage(name="numpy", version="1.26.4", build="py311h64a7726_0", channel="pkgs/main"),
        CondaPackage(name="python", version="3.11.9", build="hb806964_0_cpython", channel="conda-forge"),
    )
    assert [(dist.version, dist.installer) for dist in environment.distributions] == [
        ("1.26.4", "conda"),
        ("2.1.0", "pip"),
    ]


def test_record_that_may_not_be_read() -> None:
    files = {f"{META}/numpy-1.26.4-py311_0.json": "{}"}
    environment = read(linux(files, errors={f"{META}/numpy-1.26.4-py311_0.json": "PermissionError"}), "/opt/env")
    assert environment.conda_packages == (CondaPackage(name="numpy", version="1.26.4", build="py311_0"),)
    assert readings_of(environment, "environment.conda") == [(META, "found", "")]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("pytorch-2.5.1-cuda126_py312h1_303.json", ("pytorch", "2.5.1", "cuda126_py312h1_303")),
        ("libgcc-ng-13.2.0-h807b86a_5.json", ("libgcc-ng", "13.2.0", "h807b86a_5")),
        ("_openmp_mutex-4.5-2_kmp_llvm.json", ("_openmp_mutex", "4.5", "2_kmp_llvm")),
        ("history", None),
        ("state.json", None),
    ],
)
def test_record_name(name: str, expected: tuple[str, str, str] | None) -> None:
    package = parse_record_name(name)
    assert (package and (package.name, package.version, package.build)) == expected


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ('"channel": "conda-forge"', "conda-forge"),
        ('"channel": "https://c.example/conda-forge/noarch"', "conda-forge"),
        ('"channel": "https://ada:secret@c.example/t/to-ken/team/win-64"', "team"),
        ('"channel": "https://c.example"', None),
        ('"channel": ""', None),
        ("{}", None),
    ],
)
def test_channel(head: str, expected: str | None) -> None:
    assert parse_channel(head) == expected
