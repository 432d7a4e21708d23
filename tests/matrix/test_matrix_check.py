"""The checks of the matrix: silent on the real data, and each planted fault is found."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import msgspec
import pytest
import tomli

from mlenv.matrix.age import last_day
from mlenv.matrix.check import check_matrix, render_schemas
from mlenv.matrix.load import Matrix, data_folder
from tests.matrix.conftest import Plant

DAY = last_day(Matrix().info)
MATPLOTLIB = '{ variant = "any", platforms = ["linux-x86_64"], pythons = ["3.14", "3.14t"], glibc = "2.27"'


def test_the_real_matrix_has_no_problem() -> None:
    assert check_matrix(Matrix()) == []


@pytest.mark.parametrize(
    ("path", "old", "new", "problem"),
    [
        pytest.param(
            "frameworks/numpy.toml",
            'id = "numpy"',
            'id = "nunpy"',
            "frameworks/numpy.toml: id 'nunpy' is not the file's name and the normalised distribution",
            id="framework-under-another-name",
        ),
        pytest.param(
            "profiles/jax.toml",
            'name = "jax"',
            'name = "jacks"',
            "profiles/jax.toml: name 'jacks' is not the file's name",
            id="profile-under-another-name",
        ),
        pytest.param(
            "drivers.toml",
            "branch = 590",
            "branch = 580",
            "drivers.toml: driver_branch 580: stands 2 times",
            id="id-twice",
        ),
        pytest.param(
            "drivers.toml",
            'compute_capabilities = ["12.1"]',
            'compute_capabilities = ["12.0"]',
            "drivers.toml: architecture 12.0: stands 2 times",
            id="compute-capability-twice",
        ),
        pytest.param(
            "gpus.toml",
            'name = "GeForce GTX 750 Ti"',
            'name = "GeForce GTX 750"',
            "gpus.toml: gpu nvidia GeForce GTX 750: stands 2 times",
            id="gpu-twice",
        ),
        pytest.param(
            "frameworks/numpy.toml",
            'version = "2.4.6"',
            'version = "2.5.5"',
            "frameworks/numpy.toml: release 2.5.5: stands 2 times",
            id="release-twice",
        ),
        pytest.param(
            "frameworks/h2o.toml",
            'metadata = ["requests", "tabulate"]',
            'metadata = ["requests", "tabulate>"]',
            "frameworks/h2o.toml: release 3.46.0.12: metadata 'tabulate>' is no requirement",
            id="metadata-that-is-no-requirement",
        ),
        pytest.param(
            "frameworks/h2o.toml",
            'released = 2026-05-22\nrequires_python = ">=3.7"',
            'released = 2026-05-22\nrequires_python = ">=3.7"\nmetadata = []',
            "frameworks/h2o.toml: release 3.46.0.11: metadata is for releases that come as source; its wheels state it "
            "themselves",
            id="metadata-beside-wheels",
        ),
        pytest.param(
            "frameworks/seaborn.toml",
            'source = ["pypi", "solves"]',
            'source = ["pypi", "hearsay", "solves"]',
            "frameworks/seaborn.toml: 0.13.2 any "
            "linux-x86_64/linux-aarch64/windows-x86_64/macos-arm64/macos-x86_64: source 'hearsay' is not in [sources]",
            id="unknown-source",
        ),
        pytest.param(
            "indexes.toml",
            'source = ["mlenv"]',
            "source = []",
            "indexes.toml: index default: names no source",
            id="no-source",
        ),
        pytest.param(
            "pythons.toml",
            "[sources]",
            '[sources]\nidle = "nobody names it"',
            "pythons.toml: source 'idle' is used by no row",
            id="unused-source",
        ),
        pytest.param(
            "gpus.toml",
            "checked_on = 2026-11-22",
            "checked_on = 2099-01-01",
            f"gpus.toml: checked_on 2099-01-01 is after {DAY}, the day of the data",
            id="checked-tomorrow",
        ),
        pytest.param(
            "frameworks/pandas.toml",
            "released = 2026-11-04",
            "released = 2026-12-04",
            f"frameworks/pandas.toml: 3.1.1: released 2026-12-04 is after {DAY}",
            id="released-tomorrow",
        ),
        pytest.param(
            "frameworks/scipy.toml",
            'version = "1.17.1"',
            'version = "1.19.0"',
            "frameworks/scipy.toml: 1.19.0: stands after the older 1.18.1",
            id="not-newest-first",
        ),
        pytest.param(
            "frameworks/scipy.toml",
            'version = "1.17.1"',
            'version = "latest"',
            "frameworks/scipy.toml: Invalid version: 'latest'",
            id="no-version",
        ),
        pytest.param(
            "frameworks/matplotlib.toml",
            MATPLOTLIB,
            MATPLOTLIB.replace("linux-x86_64", "linux-aarch64"),
            "frameworks/matplotlib.toml: 3.10.9: 2 builds any for linux-aarch64, Python 3.14",
            id="overlapping-builds",
        ),
        pytest.param(
            "frameworks/matplotlib.toml",
            MATPLOTLIB,
            MATPLOTLIB.replace('"3.14t"', '"cp314"'),
            "frameworks/matplotlib.toml: 3.10.9 any linux-x86_64: pythons must be series such as 3.12 or 3.14t",
            id="no-python-series",
        ),
        pytest.param(
            "frameworks/torch.toml",
            'indexes = ["pytorch"]',
            'indexes = ["pytorch", "attic"]',
            "frameworks/torch.toml: 2.15.0 cpu linux-x86_64/linux-aarch64: no index is called 'attic'",
            id="unknown-index",
        ),
        pytest.param(
            "drivers.toml",
            'code = "8.9"',
            'code = "8.8"',
            "frameworks/tensorflow.toml: 2.21.0 cu12 linux-x86_64: drivers.toml has no code_rule for 8.9",
            id="code-without-rule",
        ),
        pytest.param(
            "frameworks/tensorflow.toml",
            'cuda = "12.5.1"',
            'cuda = "9.2"',
            "frameworks/tensorflow.toml: 2.21.0 cu12 linux-x86_64: drivers.toml has no cuda_family for CUDA 9.2",
            id="cuda-without-family",
        ),
        pytest.param(
            "frameworks/xgboost.toml",
            'capability_floor = "5.0", ',
            "",
            "frameworks/xgboost.toml: 3.3.0 cu12 linux-x86_64/windows-x86_64: "
            "does not say which GPUs it has code for, so its evidence must be unknown",
            id="unknown-code-sold-as-known",
        ),
        pytest.param(
            "frameworks/tensorflow.toml",
            'keras = ">=3.12.0"',
            'keras = ">=4"',
            "frameworks/tensorflow.toml: 2.21.0: no release of keras in the matrix is >=4",
            id="condition-that-nothing-meets",
        ),
        pytest.param(
            "frameworks/tensorflow.toml",
            'protobuf = ">=6.31.1,<8.0.0"',
            'protobuf = "6.31.1 or newer"',
            "frameworks/tensorflow.toml: 2.21.0: protobuf '6.31.1 or newer' is not a PEP 440 condition",
            id="no-condition",
        ),
        pytest.param(
            "frameworks/jax.toml",
            "ml-dtypes = ",
            "ml_dtypes = ",
            "frameworks/jax.toml: 0.12.0.1: 'ml_dtypes' is not a normalised distribution name",
            id="name-not-normalised",
        ),
        pytest.param(
            "profiles/classical.toml",
            '"xgboost"',
            '"fortran"',
            "profiles/classical.toml: no framework is called 'fortran'",
            id="profile-of-unknown-framework",
        ),
        pytest.param(
            "profiles/pytorch.toml",
            '"torchaudio"',
            '"torchaudio please"',
            "profiles/pytorch.toml: 'torchaudio please' is not a requirement",
            id="profile-with-no-requirement",
        ),
        pytest.param(
            "profiles/keras.toml",
            '"torch", "jax"]',
            '"fortran", "jax"]',
            "profiles/keras.toml: no framework is called 'fortran'",
            id="group-of-unknown-framework",
        ),
        pytest.param(
            "profiles/keras.toml",
            '"torch", "jax"]',
            '"jax"]',
            "profiles/keras.toml: environment_with names 'torch', which is in no group of first_of",
            id="variables-of-no-member",
        ),
        pytest.param(
            "profiles/jax.toml",
            'frameworks = ["jax"]',
            "frameworks = []",
            "profiles/jax.toml: names no framework",
            id="empty-profile",
        ),
        pytest.param(
            "frameworks/keras.toml",
            'evidence = "measured"',
            'evidence = "rumour"',
            "frameworks/keras.toml: Invalid enum value 'rumour' in `release[0].builds[0].evidence`",
            id="no-such-evidence",
        ),
    ],
)
def test_a_planted_fault_is_found(plant: Plant, path: str, old: str, new: str, problem: str) -> None:
    assert problem in check_matrix(Matrix(plant(path, old, new)))


def test_one_broken_file_does_not_hide_the_others(plant: Plant) -> None:
    plant("matrix.toml", "schema = 1", "schema = ")
    folder = plant("profiles/jax.toml", 'name = "jax"', 'name = "jacks"')
    problems = check_matrix(Matrix(folder))
    assert [problem.split(":")[0] for problem in problems] == ["matrix.toml", "profiles/jax.toml"]


def test_the_schemas_in_the_folder_are_current() -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in (data_folder() / "schema").glob("*.json")}
    assert written == render_schemas(), "write them anew: see render_schemas in mlenv/matrix/files.py"


def _every_file() -> list[tuple[str, Path]]:
    folder = data_folder()
    files = [(path.stem, path) for path in sorted(folder.glob("*.toml"))]
    files += [("framework", path) for path in sorted((folder / "frameworks").glob("*.toml"))]
    return files + [("profile", path) for path in sorted((folder / "profiles").glob("*.toml"))]


@pytest.mark.parametrize(("kind", "path"), [pytest.param(*row, id=row[1].stem) for row in _every_file()])
def test_every_file_fits_its_schema(kind: str, path: Path) -> None:
    schema = msgspec.json.decode(render_schemas()[f"{kind}.json"])
    plain = msgspec.to_builtins(tomli.loads(path.read_text(encoding="utf-8")))
    validator = jsonschema.Draft202012Validator(schema)
    assert [error.message for error in validator.iter_errors(plain)] == []
