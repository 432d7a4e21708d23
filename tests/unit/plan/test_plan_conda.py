"""The plan for conda, mamba and micromamba: what the channel is asked for, and what pip adds."""

from __future__ import annotations

import ast

import msgspec
import pytest

from mlenv.errors import NoPlanError
from mlenv.facts.packages import PackageConfiguration, Setting
from mlenv.facts.python import ManagerName
from mlenv.intake.described import parse_description
from mlenv.matrix.load import Matrix
from mlenv.plan.build import build_plan
from mlenv.plan.conda import PIP_FILE, make_conda_plan
from mlenv.plan.conda_content import CondaSpec, gather_conda_content, to_conda
from mlenv.plan.explicit import LockedRecord, answer_with, read_explicit, render_explicit
from mlenv.plan.options import PlanOptions
from mlenv.resolve.request import Request, Wanted
from mlenv.resolve.resolution import Resolution
from mlenv.resolve.solve import resolve
from tests.unit.plan.conda_cases import (
    ADA,
    MATRIX,
    NO_GPU,
    PASCAL,
    install_of,
    machine,
    plan_for,
    resolution_for,
    specs_of,
)

WINDOWS = machine(system='os = "windows"\narch = "x86_64"')


@pytest.mark.parametrize(
    ("specs", "expected"),
    [
        pytest.param(
            specs_of(plan_for(NO_GPU, "torch")), ("python=3.12.*", "pytorch=*=*cpu*"), id="the-cpu-build-by-name"
        ),
        pytest.param(specs_of(plan_for(ADA, "torch")), ("python=3.12.*", "pytorch=*=*cuda*"), id="the-cuda-build"),
        pytest.param(
            specs_of(plan_for(PASCAL, "torch")),
            ("python=3.12.*", "cuda-version<13.0", "pytorch=*=*cuda*"),
            id="no-cuda-whose-builds-lack-the-code",
        ),
        pytest.param(
            specs_of(plan_for(ADA, "torch", accelerator="cu126")),
            ("python=3.12.*", "cuda-version=12.6.*", "pytorch=*=*cuda*"),
            id="the-cuda-that-was-pinned",
        ),
        pytest.param(
            specs_of(plan_for(ADA, "jax")),
            ("python=3.12.*", "jax", "jaxlib=*=*cuda*"),
            id="the-part-that-has-the-device",
        ),
        pytest.param(
            specs_of(plan_for(NO_GPU, "torch>=2.9,<3")),
            ("python=3.12.*", "pytorch >=2.9,<3 *cpu*"),
            id="a-condition-and-a-build",
        ),
        pytest.param(
            specs_of(plan_for(ADA, "torch", "xgboost")),
            ("python=3.12.*", "py-xgboost=*=cpu*", "pytorch=*=*cuda*"),
            id="what-nobody-knows-does-not-risk-the-rest",
        ),
        pytest.param(
            specs_of(plan_for(NO_GPU, "numpy", "einops")),
            ("python=3.12.*", "numpy", "pip"),
            id="pip-where-it-is-needed",
        ),
    ],
)
def test_specs(specs: tuple[str, ...], expected: tuple[str, ...]) -> None:
    assert expected == specs


@pytest.mark.parametrize(
    ("manager", "create"),
    [
        ("conda", ("conda", "create", "--yes", "--prefix", "my env", "--no-default-packages")),
        ("mamba", ("mamba", "create", "--yes", "--prefix", "my env")),
        ("micromamba", ("micromamba", "create", "--yes", "--prefix", "my env")),
    ],
)
def test_commands(manager: ManagerName, create: tuple[str, ...]) -> None:
    plan = plan_for(NO_GPU, "numpy", manager=manager, offline=True)
    channel = ("--override-channels", "--channel", "conda-forge", "--strict-channel-priority")
    install = (manager, "install", "--yes", "--prefix", "my env", "--offline", *channel, "python=3.12.*", "numpy")
    verify = ("mlenv", "verify", "--env", "my env")
    assert [create, install, verify] == [step.argv for step in plan.steps]


def test_no_version_is_claimed_that_nobody_asked_for() -> None:
    plan = plan_for(NO_GPU, "torch", "tf-keras", "ai-edge-litert")
    rows = {row.name: (row.version, row.index) for row in plan.packages}
    assert {("", "conda-forge"), ("", None)} == {rows["torch"], rows["tf-keras"]}
    assert any("was not asked" in text for text in plan.warnings)


def test_pip_comes_last_and_is_told_what_conda_installed() -> None:
    plan = plan_for(NO_GPU, "torch", "einops>=0.8", "tf-keras")
    files = {file.path: file.text for file in plan.files}
    assert ["create", "install", "install", "verify"] == [step.kind for step in plan.steps]
    assert ("my env/bin/python", f"my env/{PIP_FILE}") == plan.steps[2].argv
    assert "einops>=0.8\n" in files["mlenv/requirements.txt"]
    assert "torch" not in files["mlenv/requirements.txt"]
    ast.parse(files[PIP_FILE])


def test_a_wheel_that_leans_on_a_package_of_the_channel_has_no_version_of_its_own() -> None:
    files = {file.path: file.text for file in plan_for(NO_GPU, "tensorflow", "tf-keras").files}
    assert f"tf-keras>={MATRIX.framework('tf-keras').floor}\n" == files["mlenv/requirements.txt"]


def test_extras_are_added_by_pip() -> None:
    files = {file.path: file.text for file in plan_for(NO_GPU, "ray[tune]").files}
    assert "ray[tune]\n" == files["mlenv/requirements.txt"]


def test_where_pip_finds_things() -> None:
    packages = PackageConfiguration(
        index_url=Setting(value="https://mirror.example/simple", origin="pip.conf"),
        find_links=(Setting(value="/my wheels", origin="pip.conf"),),
    )
    files = {file.path: file.text for file in plan_for(machine(packages=packages), "einops", "numpy").files}
    expected = "--index-url https://mirror.example/simple\n--find-links '/my wheels'\neinops\n"
    assert expected == files["mlenv/requirements.txt"]


def test_python_of_windows() -> None:
    plan = plan_for(WINDOWS, "numpy", "einops")
    assert "my env\\python.exe" == plan.steps[2].argv[0]


def test_a_site_may_say_where_the_channel_is() -> None:
    matrix = Matrix()
    row = msgspec.structs.replace(matrix.indexes["conda-forge"], url="https://mirror.example/conda-forge")
    matrix.indexes["conda-forge"] = row
    answer = resolution_for(NO_GPU, "numpy", matrix=matrix)
    plan = build_plan(answer, NO_GPU, matrix, None, PlanOptions(manager="conda", environment=".venv"))
    argv = install_of(plan).argv
    assert "https://mirror.example/conda-forge" == argv[argv.index("--channel") + 1]


def test_a_device_that_the_channel_lacks_is_refused() -> None:
    radeon = 'os = "linux"\narch = "x86_64"\nlibc = "glibc 2.35"'
    gpu = '[[gpu]]\nvendor = "amd"\nname = "AMD Radeon RX 7900 XTX"\ngfx = "gfx1100"\n'
    on = parse_description(f'{radeon}\npython = ["3.12.4"]\n[cpu]\nflags = ["avx"]\n{gpu}', origin="test")
    answer = resolve(Request(wanted=(Wanted(name="torch"),), accelerator="rocm"), on, MATRIX)
    assert isinstance(answer, Resolution)
    with pytest.raises(NoPlanError, match="conda-forge has no builds of PyTorch for rocm"):
        build_plan(answer, on, MATRIX, None, PlanOptions(manager="conda", environment=".venv"))


@pytest.mark.parametrize(
    ("specifier", "expected"),
    [
        ("", ""),
        (">=2,<3", ">=2,<3"),
        ("==2.13.0+cpu", "==2.13.0"),
        ("==2.13.*", "2.13.*"),
        ("===2.13.0", "==2.13.0"),
        ("~=2.1,!=2.3", "!=2.3,~=2.1"),
    ],
)
def test_conditions_in_condas_words(specifier: str, expected: str) -> None:
    assert expected == to_conda(specifier)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (CondaSpec(name="numpy"), "numpy"),
        (CondaSpec(name="numpy", version=">=2"), "numpy>=2"),
        (CondaSpec(name="python", version="3.12.*"), "python=3.12.*"),
        (CondaSpec(name="pytorch", build="*cuda*"), "pytorch=*=*cuda*"),
        (CondaSpec(name="pytorch", version=">=2,<3", build="*cuda*"), "pytorch >=2,<3 *cuda*"),
        (CondaSpec(name="pytorch", version="2.13.0", build="cpu_0"), "pytorch=2.13.0=cpu_0"),
    ],
)
def test_specs_as_text(spec: CondaSpec, expected: str) -> None:
    assert expected == spec.text


RECORDS = (
    LockedRecord(
        name="python",
        version="3.12.1",
        build="h1_0",
        url="https://c.example/linux-64/python-3.12.1-h1_0.conda",
        md5="a1",
        bytes=5,
    ),
    LockedRecord(
        name="my-lib", version="1", build="0", url="https://c.example/noarch/my-lib-1-0.tar.bz2", sha256="b2", bytes=7
    ),
)


def test_the_lock_names_every_package_with_its_hash() -> None:
    assert (
        "# platform: linux-64\n@EXPLICIT\n"
        "https://c.example/linux-64/python-3.12.1-h1_0.conda#a1\n"
        "https://c.example/noarch/my-lib-1-0.tar.bz2#sha256:b2\n"
    ) == render_explicit(RECORDS, "linux-64")


def test_a_lock_tells_what_it_holds() -> None:
    answer = read_explicit(render_explicit(RECORDS, "linux-64"))
    assert {"python": "3.12.1", "my-lib": "1"} == answer.versions
    assert {"python": "h1_0", "my-lib": "0"} == answer.builds


def test_a_lock_is_installed_as_it_is() -> None:
    answer = resolution_for(NO_GPU, "numpy")
    options = PlanOptions(manager="mamba", environment="my env")
    content = gather_conda_content(answer, NO_GPU, MATRIX, None, options)
    plan = make_conda_plan(answer, content, options, answer_with(RECORDS, "linux-64"))
    expected = ("mamba", "install", "--yes", "--prefix", "my env", "--file", "my env/mlenv/explicit.txt")
    assert (expected, 12) == (install_of(plan).argv, plan.download_bytes)
    assert [] == [text for text in plan.warnings if "was not asked" in text]
