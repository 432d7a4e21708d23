"""A whole bill: valid by the format's own schema, the same bytes each time, without anybody's words."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from msgspec.structs import replace

from mlenv.errors import UsageError
from mlenv.facts.environment import CondaPackage, Environment, LoadedLibrary
from mlenv.matrix.load import DataVersion
from mlenv.probe.environments.distributions import parse_metadata_name
from mlenv.sbom.bill import Case, make_bill, read_moment
from mlenv.sbom.cyclonedx import render_cyclonedx
from mlenv.system.host import LiveHost
from tests.unit.report.environment_cases import MACHINE, lock_row, manifest_of

NOON = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)
DATA = DataVersion(version="2026.11.22", digest="sha256:00")


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """An environment of three distributions, whose lock knows the hash of one, and a package of conda."""
    infos = []
    for name, fields in (
        ("torch-2.7.0+cu126", "License-Expression: BSD-3-Clause\nRequires-Dist: sympy\n"),
        ("sympy-1.14.0", "License: BSD\nSummary: \x1b[31mred\x1b[0m\n"),
        (
            "odd-1.0",
            "Classifier: License :: OSI Approved :: MIT License\nClassifier: License :: Other/Proprietary License\n",
        ),
    ):
        info = tmp_path / f"{name}.dist-info"
        info.mkdir()
        head, version = name.split("-")
        (info / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {head}\nVersion: {version}\n{fields}")
        (info / "WHEEL").write_text("Wheel-Version: 1.0\nTag: py3-none-any\n")
        (info / "RECORD").write_text(f"{head}.py,sha256=aa,3\n")
        dist = parse_metadata_name(info.name)
        assert dist
        infos.append(replace(dist, path=str(info), installer="uv"))
    library = LoadedLibrary(distribution="torch", soname="libcuda.so.1", path="/home/ada/libcuda.so.1", way="cache")
    environment = Environment(
        path=str(tmp_path),
        kind="venv",
        python="3.12.4",
        distributions=tuple(infos),
        conda_packages=(CondaPackage(name="libblas", version="3.9.0", build="h0_1", channel="conda-forge"),),
        libraries=(library,),
    )
    manifest = manifest_of("torch==2.7.0+cu126", rows=[lock_row("torch", "2.7.0+cu126", sha="ab" * 32)])
    return Case(environment=environment, machine=MACHINE, manifest=manifest, data=DATA, frameworks=frozenset({"torch"}))


def render(case: Case, *, settled: bool = True) -> str:
    def strip(text: str) -> str:
        return text.replace("ada", "user")

    return render_cyclonedx(make_bill(LiveHost(), case, NOON, settled=settled, strip=strip))


def components(text: str) -> dict[str, dict[str, Any]]:
    return {row["bom-ref"]: row for row in json.loads(text)["components"]}


def test_it_is_valid(case: Case) -> None:
    text = render(case)
    assert None is JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    document = json.loads(text)
    assert ("CycloneDX", "1.6", "2026-11-22T12:00:00+00:00") == (
        document["bomFormat"],
        document["specVersion"],
        document["metadata"]["timestamp"],
    )


def test_what_is_in_it(case: Case) -> None:
    text = render(case)
    found = components(text)
    torch = found["pypi:torch"]
    assert ("framework", "pkg:pypi/torch@2.7.0%2Bcu126") == (torch["type"], torch["purl"].replace("+", "%2B"))
    assert [{"alg": "SHA-256", "content": "ab" * 32}] == torch["hashes"]
    assert "BSD-3-Clause" == torch["licenses"][0]["license"]["id"]
    assert "hashes" not in found["pypi:sympy"]
    assert "red" == found["pypi:sympy"]["description"]
    assert {"MIT License", "Other/Proprietary License"} == {
        row["license"]["name"] for row in found["pypi:odd"]["licenses"]
    }
    assert "pkg:conda/libblas@3.9.0?build=h0_1&channel=conda-forge" == found["conda:libblas"]["purl"]
    assert ("device-driver", "560.35.03") == (
        found["system:nvidia-driver"]["type"],
        found["system:nvidia-driver"]["version"],
    )
    assert "/ada/" not in text


def test_the_graph(case: Case) -> None:
    document = json.loads(render(case))
    needs = {row["ref"]: set(row.get("dependsOn", ())) for row in document["dependencies"]}
    assert {"pypi:sympy", "file:/home/user/libcuda.so.1"} == needs["pypi:torch"]
    assert {"system:nvidia-driver"} == needs["file:/home/user/libcuda.so.1"]
    assert {"pypi:torch", "pypi:odd", "conda:libblas", "python"} <= needs["environment"]
    assert "pypi:sympy" not in needs["environment"]


def test_properties_name_machine_matrix_and_verdict(case: Case) -> None:
    metadata = json.loads(render(case))["metadata"]
    found = {row["name"]: row["value"] for row in metadata["properties"]}
    assert ("linux-x86_64", "2026.11.22", "starter", "ok") == tuple(
        found[f"mlenv:{name}"] for name in ("platform", "matrix-version", "profile", "verdict")
    )
    alone = {row["name"] for row in json.loads(render(replace(case, manifest=None)))["metadata"]["properties"]}
    assert {"mlenv:platform", "mlenv:matrix-version", "mlenv:matrix-digest"} == alone


def test_the_same_bytes_where_the_moment_is_given(case: Case) -> None:
    assert render(case) == render(case)
    first, second = (json.loads(render(case, settled=False))["serialNumber"] for _ in range(2))
    assert first != second
    other = replace(case, machine=replace(case.machine, architecture="aarch64"))
    assert json.loads(render(case))["serialNumber"] != json.loads(render(other))["serialNumber"]


def test_moments() -> None:
    assert (datetime(2023, 11, 14, 22, 13, 20, tzinfo=timezone.utc), True) == read_moment("1700000000", lambda: NOON)
    assert (NOON, False) == read_moment(None, lambda: NOON)
    with pytest.raises(UsageError, match="SOURCE_DATE_EPOCH"):
        read_moment("yesterday", lambda: NOON)
