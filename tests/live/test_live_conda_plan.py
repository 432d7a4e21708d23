"""Plans of conda and pixi as their own tools read them: parsed and solved on a real channel, run in order."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
import tomli

from mlenv.facts.machine import Machine
from mlenv.facts.packages import PackageConfiguration, Setting
from mlenv.facts.python import ManagerName, PackageManager
from mlenv.intake.described import parse_description
from mlenv.matrix.load import Matrix
from mlenv.plan.build import build_plan
from mlenv.plan.forms import conda, pixi
from mlenv.plan.forms.sheet import Sheet
from mlenv.plan.gathering import gather_content
from mlenv.plan.options import PlanOptions
from mlenv.plan.plan import Plan
from mlenv.prove.conda import prove_conda_plan
from mlenv.resolve.request import make_request
from mlenv.resolve.resolution import Resolution
from mlenv.resolve.solve import resolve
from mlenv.resolve.virtual_packages import virtual_packages
from tests.conda_channel import make_channel
from tests.stands.conda_clients import make_clients, read_calls

rattler = pytest.importorskip("rattler")
yaml = pytest.importorskip("yaml")
pytestmark = pytest.mark.live

MACHINE = """
os = "linux"
arch = "x86_64"
libc = "glibc 2.35"
python = ["3.12.4"]
[cpu]
flags = ["avx"]
[nvidia]
driver = "535.183.01"
[[gpu]]
vendor = "nvidia"
name = "NVIDIA GeForce GTX 1080 Ti"
"""


@pytest.fixture(scope="module")
def channel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_channel(tmp_path_factory.mktemp("a channel") / "conda-forge")


@pytest.fixture(scope="module")
def matrix(channel: Path) -> Matrix:
    matrix = Matrix()
    row = msgspec.structs.replace(matrix.indexes["conda-forge"], url=channel.as_uri())
    matrix.indexes["conda-forge"] = row
    return matrix


@pytest.fixture(scope="module")
def machine() -> Machine:
    return parse_description(MACHINE, origin="test")


def answer_for(matrix: Matrix, machine: Machine, *names: str) -> Resolution:
    answer = resolve(make_request(matrix, [], names), machine, matrix)
    assert isinstance(answer, Resolution)
    return answer


def sheet_for(matrix: Matrix, machine: Machine, manager: ManagerName, *names: str) -> Sheet:
    resolution = answer_for(matrix, machine, *names)
    options = PlanOptions(manager=manager, environment=".venv")
    return Sheet(
        plan=build_plan(resolution, machine, matrix, None, options),
        content=gather_content(resolution, machine, matrix, None, options),
        resolution=resolution,
        machine=machine,
        matrix=matrix,
        program="1",
    )


def solve(specs: list[str], channels: list[str], virtual: list[Any]) -> dict[str, str]:
    """Versions and builds by package, as rattler finds them for the text of a file."""

    async def ask() -> Any:
        found = await rattler.solve(
            sources=[rattler.Channel(address) for address in channels],
            specs=[rattler.MatchSpec(text) for text in specs],
            platforms=["linux-64", "noarch"],
            virtual_packages=virtual,
        )
        await asyncio.sleep(0.05)
        return found

    return {row.name.normalized: f"{row.version} {row.build}" for row in asyncio.run(ask())}


def generic(name: str, version: str) -> Any:
    return rattler.GenericVirtualPackage(rattler.PackageName(name), rattler.Version(version), rattler.BuildString("0"))


def test_environment_file_is_parsed_and_solved(matrix: Matrix, machine: Machine) -> None:
    read = yaml.safe_load(conda.render(sheet_for(matrix, machine, "conda", "torch>=2.9", "einops>=0.8")))
    specs = [row for row in read["dependencies"] if isinstance(row, str)]
    found = solve(
        specs,
        [name for name in read["channels"] if name != "nodefaults"],
        [generic(row.name, row.version) for row in virtual_packages(machine, matrix)],
    )
    assert {"pip": ["einops>=0.8"]} == read["dependencies"][-1]
    assert "2.13.0 cuda129_generic_py312_h0_200" == found["pytorch"]
    assert {"numpy", "python", "pip", "cuda-version"} <= set(found)


def test_pixi_file_is_parsed_and_solved_for_the_machine_that_it_states(matrix: Matrix, machine: Machine) -> None:
    read = tomli.loads(pixi.render(sheet_for(matrix, machine, "pixi", "torch", "jax", "einops")))
    specs = []
    for name, value in read["dependencies"].items():
        table = {"version": value} if isinstance(value, str) else value
        specs.append(f"{name} {table['version']} {table.get('build', '')}".strip())
    stated = read["system-requirements"]
    virtual = [
        generic("__unix", "0"),
        generic("__linux", "5"),
        generic("__cuda", stated["cuda"]),
        generic("__glibc", stated["libc"]["version"]),
    ]
    found = solve(specs, read["workspace"]["channels"], virtual)
    assert "2.13.0 cuda129_generic_py312_h0_200" == found["pytorch"]
    assert "0.9.2 cuda129_py312h0_200" == found["jaxlib"]
    assert "einops" in read["pypi-dependencies"]


def proven(matrix: Matrix, machine: Machine, cache: Path, environment: Path, manager: ManagerName = "conda") -> Plan:
    options = PlanOptions(manager=manager, environment=str(environment))
    resolution = answer_for(matrix, machine, "torch")
    plan = prove_conda_plan(
        resolution, machine, matrix, None, options, say=lambda text: None, cache=str(cache / "listing")
    )
    assert isinstance(plan, Plan)
    return plan


def test_the_lock_is_read_by_rattler(matrix: Matrix, machine: Machine, tmp_path: Path) -> None:
    from rattler.explicit_environment import ExplicitEnvironmentSpec

    plan = proven(matrix, machine, tmp_path, tmp_path / "env")
    lock = tmp_path / "explicit.txt"
    lock.write_text(plan.files[0].text)
    spec = ExplicitEnvironmentSpec.from_path(lock)
    assert ("linux-64", 4) == (str(spec.platform), len(spec.packages))
    specs = [rattler.MatchSpec(entry.url.partition("#")[0]) for entry in spec.packages]
    assert {"python", "numpy", "cuda-version", "pytorch"} == {row.name.normalized for row in specs}


@pytest.mark.parametrize("manager", ["conda", "mamba", "micromamba"])
def test_the_commands_in_a_folder_with_blanks(
    manager: ManagerName, matrix: Matrix, machine: Machine, tmp_path: Path
) -> None:
    programs, environment = make_clients(tmp_path / "programs", [manager]), tmp_path / "my env's"
    found = PackageManager(name=manager, path=str(programs / manager), version="2.5.0")
    here = msgspec.structs.replace(machine, managers=(found,))
    plan = proven(matrix, here, tmp_path, environment, manager)
    for step in plan.steps[:-1]:
        subprocess.run(step.argv, check=True)
        for file in plan.files if step.kind == "create" else ():
            (environment / file.path).parent.mkdir(exist_ok=True)
            (environment / file.path).write_text(file.text)
    assert ["create", "install"] == [call.argv[0] for call in read_calls(programs)]
    assert 4 == len(list((environment / "conda-meta").glob("*.json")))


def make_wheel(folder: Path, name: str, version: str, requires: str = "") -> None:
    info = f"{name}-{version}.dist-info"
    needs = f"Requires-Dist: {requires}\n" if requires else ""
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{name}.py", f"version = '{version}'\n")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


@pytest.mark.parametrize(
    ("requires", "works"),
    [
        pytest.param("of_conda>=1", True, id="what-conda-has-will-do"),
        pytest.param("of_conda>=2", False, id="it-will-not"),
    ],
)
def test_pip_overwrites_nothing_of_conda(requires: str, works: bool, matrix: Matrix, tmp_path: Path) -> None:
    wheels, environment = tmp_path / "my wheels", tmp_path / "env"
    wheels.mkdir()
    make_wheel(wheels, "of_conda", "1.0")
    make_wheel(wheels, "of_conda", "2.0")
    make_wheel(wheels, "of_pip", "3.0", requires)
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    python = environment / "bin/python"
    quiet = [str(python), "-m", "pip", "install", "-q", "--no-index", "--disable-pip-version-check"]
    subprocess.run([*quiet, "--find-links", str(wheels), "of_conda==1.0"], check=True)

    here = parse_description('os = "linux"\narch = "x86_64"\nlibc = "glibc 2.35"\npython = ["3.12.4"]', origin="test")
    packages = PackageConfiguration(find_links=(Setting(value=str(wheels), origin="pip.conf"),))
    here = msgspec.structs.replace(here, packages=packages)
    options = PlanOptions(manager="conda", environment=str(environment), offline=True)
    plan = build_plan(answer_for(matrix, here, "numpy", "of-pip"), here, matrix, None, options)
    for file in plan.files:
        (environment / file.path).parent.mkdir(exist_ok=True)
        (environment / file.path).write_text(file.text)
    done = subprocess.run(plan.steps[2].argv, check=False, capture_output=True, text=True)
    assert works == (done.returncode == 0), done.stderr
    shown = subprocess.run([*quiet[:3], "freeze"], check=True, capture_output=True, text=True).stdout.lower()
    assert "of_conda==1.0" in shown.replace("-", "_")
    assert works == ("of_pip==3.0" in shown.replace("-", "_"))
