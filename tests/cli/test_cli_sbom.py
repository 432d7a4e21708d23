"""``mlenv sbom``: the bill of a real environment, and a clear line where the library is missing."""

from __future__ import annotations

import json
import sys
import venv
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests.cli.conftest import Run
from tests.stands.wheels import make_wheel

GONE = 'raise ModuleNotFoundError("No module named \'cyclonedx\'", name="cyclonedx")\n'


@pytest.fixture
def environment(here: Path) -> Path:
    """A virtual environment with one distribution that needs another one."""
    folder = here / ".venv"
    venv.EnvBuilder(with_pip=False).create(folder)
    (site,) = folder.rglob("site-packages")
    import zipfile

    for name, requires in (("upper", ("lower>=1",)), ("lower", ())):
        with zipfile.ZipFile(make_wheel(here / "wheels", name, "1.0", requires=requires)) as wheel:
            wheel.extractall(site)
    return folder


def test_a_bill_of_a_real_environment(mlenv: Run, environment: Path) -> None:
    done = mlenv("sbom", SOURCE_DATE_EPOCH="1700000000")
    assert (0, "") == (done.returncode, done.stderr)
    assert None is JsonStrictValidator(SchemaVersion.V1_6).validate_str(done.stdout)
    document = json.loads(done.stdout)
    purls = {row.get("purl") for row in document["components"]}
    assert {"pkg:pypi/upper@1.0", "pkg:pypi/lower@1.0"} <= purls
    (needs,) = (row["dependsOn"] for row in document["dependencies"] if row["ref"] == "pypi:upper")
    assert ["pypi:lower"] == needs
    versions = {row["bom-ref"]: row.get("version") for row in document["components"]}
    assert "{}.{}.{}".format(*sys.version_info) == versions["python"]
    assert done.stdout == mlenv("sbom", SOURCE_DATE_EPOCH="1700000000").stdout


def test_into_a_file_and_for_another_machine(mlenv: Run, environment: Path, here: Path) -> None:
    (here / "gpu.toml").write_text('os = "linux"\narch = "x86_64"\n[nvidia]\ndriver = "580.65.06"\n')
    done = mlenv("sbom", "--machine", "gpu.toml", "--output", "bom.json")
    assert (0, "") == (done.returncode, done.stdout)
    rows = json.loads((here / "bom.json").read_text())["components"]
    assert ["580.65.06"] == [row["version"] for row in rows if row["name"] == "nvidia-driver"]


def test_without_the_extra(mlenv: Run, environment: Path, tmp_path: Path) -> None:
    (tmp_path / "without" / "cyclonedx").mkdir(parents=True)
    (tmp_path / "without" / "cyclonedx" / "__init__.py").write_text(GONE)
    done = mlenv("sbom", PYTHONPATH=str(tmp_path / "without"))
    assert (5, "") == (done.returncode, done.stdout)
    assert "mlenv[sbom]" in done.stderr
    assert "Traceback" not in done.stderr


def test_refusals(mlenv: Run, here: Path) -> None:
    assert 2 == mlenv("sbom").returncode
    assert 2 == mlenv("sbom", "--env", sys.prefix, SOURCE_DATE_EPOCH="soon").returncode
    assert 2 == mlenv("sbom", "--env", sys.prefix, "--output", "none/bom.json").returncode
