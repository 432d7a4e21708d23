"""``mlenv doctor --fix`` on real environments that are broken, with an index of tiny wheels.

Each is made as its user would have made it, mended by the real command, and given back.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlenv.system.process import Completed
from tests.live.closed_world import World, indexes
from tests.stands.clients import uv
from tests.stands.package_index import PackageIndex
from tests.stands.wheels import make_wheel
from tests.unit.verify.verify_stubs import FAKE_TORCH

pytestmark = [
    pytest.mark.live,
    pytest.mark.stand,
    pytest.mark.enable_socket,
    pytest.mark.skipif(sys.platform != "linux", reason="wheels of Linux"),
]
FAKES = FAKE_TORCH.parent
TAG = "cp{0}{1}-cp{0}{1}-manylinux_2_28_x86_64".format(*sys.version_info)
RECIPE = Path(__file__).parents[3] / "shared" / "recipes" / "fake_gpu"
GPU = """\
driver 580.65.06
cuda 13000
init 0
cuinit 0
gpu NVIDIA A100-SXM4-40GB|GPU-66666666-7777-8888-9999-000000000000|00000000:07:00.0|40960|512|8.0|-1|-1|4|4|16|16|0
"""
OLD_EXTENSION = """\
import numpy

if not numpy.__version__.startswith("1."):
    raise ImportError(
        "A module that was compiled using NumPy 1.x cannot be run in NumPy " + numpy.__version__ + " as it may crash."
    )
"""
MESSAGE = """\
A module that was compiled using NumPy 1.x cannot be run in
NumPy 2.2.6 as it may crash. To support both 1.x and 2.x
versions of NumPy, modules must be compiled with NumPy 2.0.
"""
SHADOWED = """\
RuntimeError: cuDNN version incompatibility: PyTorch was compiled against (9, 1, 0) but found runtime version (8, 9, 2).
Looks like your LD_LIBRARY_PATH contains incompatible version of cudnn. Please remove it or install a matching one.
"""


def make_numpy(folder: Path, version: str) -> None:
    code = (FAKES / "numpy_stub.txt").read_text()
    make_wheel(folder, "numpy", version, tag=TAG, modules={"numpy/__init__.py": f"__version__ = {version!r}\n{code}"})


def make_runtime(folder: Path, name: str, version: str, providers: str) -> None:
    """ONNX Runtime or one of its rivals, which write the same files."""
    code = (
        (FAKES / "onnxruntime_stub.txt").read_text().replace('"CPUExecutionProvider").split', f"{providers!r}).split")
    )
    modules = {"onnxruntime/__init__.py": f"__version__ = {version!r}\n{code}"}
    make_wheel(folder, name, version, requires=["numpy>=1.21"], tag=TAG, modules=modules)


def make_torch(folder: Path, variant: str) -> None:
    """PyTorch for the CPU, or one that computes on CUDA devices."""
    code = FAKE_TORCH.read_text()
    if variant != "cpu":
        code = code.replace('"FAKE_TORCH", "cpu"', '"FAKE_TORCH", "cuda"')
    modules = {"torch/__init__.py": f"__version__ = '2.14.1+{variant}'\n{code}"}
    make_wheel(folder, "torch", f"2.14.1+{variant}", tag=TAG, modules=modules)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("wheels")
    default = root / "default"
    for version in ("1.26.4", "2.2.6"):
        make_numpy(default, version)
    make_runtime(default, "onnxruntime", "1.23.2", "CPUExecutionProvider")
    make_runtime(default, "onnxruntime-gpu", "1.23.2", "CUDAExecutionProvider,CPUExecutionProvider")
    make_wheel(default, "oldext", "1.0", requires=["numpy>=1.21"], modules={"oldext.py": OLD_EXTENSION})
    make_wheel(default, "demo", "1.0", requires=["lower>=1"])
    make_wheel(default, "lower", "1.2")
    variants = ("cpu", "cu126", "cu130", "cu132")
    for variant in variants:
        make_torch(root / variant, variant)
    return {"simple": default, **{f"whl/{variant}": root / variant for variant in variants}}


class Patient:
    """A user with a broken environment, whose packages come from the stand."""

    def __init__(self, world: World, index: PackageIndex) -> None:
        self.world = world
        self.index = index
        self.variables: dict[str, str] = {}
        self.site = world.place / "site"
        world.write(self.site / "indexes.toml", indexes(f"{index.origin}/whl/{{variant}}"))
        world.write_pip(f"index-url = {index.url()}")

    @property
    def environment(self) -> Path:
        return self.world.place / ".venv"

    def break_with(self, *packages: str, place: str = "simple") -> None:
        """Make an environment as one does without mlenv."""
        environ = self.world.environ
        made = uv(environ, "venv", "-q", "--python", sys.executable, str(self.environment))
        assert made.ok, made.stderr
        for package in packages:
            done = uv(
                environ,
                *("--no-config", "pip", "install", "-q", "--python", str(self.environment)),
                *("--default-index", self.index.url(place), package),
            )
            assert done.ok, done.stderr

    def doctor(self, *arguments: str) -> Completed:
        return self.world.mlenv(
            *("doctor", "--env", ".venv", "--matrix", str(self.site), *arguments), variables=self.variables
        )

    def fix(self, *arguments: str) -> dict[str, Any]:
        done = self.doctor("--fix", "--format", "json", *arguments)
        assert done.stdout, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return {**found, "exit": done.status, "stderr": done.stderr}

    def packages(self) -> dict[str, str]:
        site = next(self.environment.glob("lib/python3*/site-packages"))
        names = (path.name.removesuffix(".dist-info").split("-") for path in site.glob("*.dist-info"))
        return {row[0]: row[1] for row in names}

    def give_back(self) -> None:
        done = self.world.mlenv("env", "rollback", "--to", "original")
        assert done.ok, done.stderr


@pytest.fixture
def patient(tmp_path: Path, folders: dict[str, Path]) -> Iterator[Patient]:
    with PackageIndex(folders) as index:
        yield Patient(World(tmp_path / "world"), index)


def ids(findings: list[dict[str, Any]]) -> set[str]:
    return {finding["id"] for finding in findings}


def break_runtime(patient: Patient) -> dict[str, str]:
    patient.break_with("demo", "onnxruntime==1.23.2", "onnxruntime-gpu==1.23.2")
    return patient.packages()


def test_a_rival_goes_and_the_rest_stays(patient: Patient) -> None:
    before = break_runtime(patient)
    found = patient.fix("--yes")
    assert "mended" == found["state"], found["stderr"]
    assert "onnxruntime-cpu-and-gpu-installed" in ids(found["before"])
    assert "onnxruntime-cpu-and-gpu-installed" not in ids(found["after"])
    assert "ok" == found["verification"]["status"]
    assert {name: version for name, version in before.items() if name != "onnxruntime_gpu"} == patient.packages()
    assert patient.world.mlenv("verify", "--matrix", str(patient.site)).ok
    patient.give_back()
    assert before == patient.packages()


def test_nobody_to_ask_and_nothing_is_done(patient: Patient) -> None:
    before = break_runtime(patient)
    plain = patient.doctor()
    done = patient.doctor("--fix")
    assert plain.status == done.status
    assert "onnxruntime_gpu 1.23.2 goes".replace("_", "-") in done.stdout
    assert "--yes" in done.stdout
    assert before == patient.packages()
    assert not patient.environment.is_symlink()
    assert not (patient.world.place / ".venv.generations").exists()


@pytest.mark.parametrize(("answer", "state"), [("n", "declined"), ("", "declined"), ("y", "mended")])
def test_somebody_is_asked(patient: Patient, answer: str, state: str) -> None:
    import pty

    before = break_runtime(patient)
    ours, theirs = pty.openpty()
    words = ("doctor", "--env", ".venv", "--matrix", str(patient.site), "--fix", "--format", "json")
    with subprocess.Popen(
        [sys.executable, "-m", "mlenv", *words],
        cwd=patient.world.place,
        env=patient.world.environ,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
    ) as child:
        os.close(theirs)
        os.write(ours, f"{answer}\n".encode())
        reader = threading.Thread(target=_drain, args=(ours,))
        reader.start()
        told, _ = child.communicate(timeout=300)
        reader.join()
    os.close(ours)
    assert state == json.loads(told)["state"]
    assert (state == "declined") == (before == patient.packages())
    assert (state == "mended") == patient.environment.is_symlink()


def _drain(terminal: int) -> None:
    """Read what a terminal shows to its end; whoever writes waits otherwise."""
    with contextlib.suppress(OSError):
        while os.read(terminal, 65536):
            pass


def test_the_plan_is_proven_before_anything_is_touched(patient: Patient) -> None:
    """The runtime that would stay is gone from the index: nothing can be done, and nothing is."""
    before = break_runtime(patient)
    for fault in patient.index.folders["simple"].glob("onnxruntime-*.whl"):
        patient.index.put(fault.name, _vanished())
    found = patient.doctor("--fix", "--yes")
    assert 0 != found.status
    assert before == patient.packages()
    assert not patient.environment.is_symlink()


def _vanished() -> Any:
    from tests.stands.faults import Fault

    return Fault("vanish")


def test_numpy_1_for_an_old_extension(patient: Patient) -> None:
    patient.break_with("oldext", "numpy==2.2.6")
    patient.world.write(patient.world.place / "error.txt", MESSAGE)
    found = patient.fix("--yes", "--error", "error.txt")
    assert "mended" == found["state"], found["stderr"]
    assert "numpy2-abi-break" in ids(found["before"])
    assert "numpy2-abi-break" not in ids(found["after"])
    assert {"numpy": "1.26.4", "oldext": "1.0"} == patient.packages()
    proven = {result["framework"] for result in found["verification"]["results"] if result["status"] == "pass"}
    assert {"numpy", "oldext"} <= proven


def test_versions_that_nobody_has_any_more_are_let_go(
    patient: Patient, folders: dict[str, Path], tmp_path: Path
) -> None:
    make_wheel(tmp_path / "old", "demo", "0.9")
    with PackageIndex(tmp_path / "old") as earlier:
        patient.break_with("oldext", "numpy==2.2.6")
        done = uv(
            patient.world.environ,
            *("--no-config", "pip", "install", "-q", "--python", str(patient.environment)),
            *("--default-index", earlier.url(), "demo==0.9"),
        )
        assert done.ok, done.stderr
    patient.world.write(patient.world.place / "error.txt", MESSAGE)
    found = patient.fix("--yes", "--error", "error.txt")
    assert "mended" == found["state"], found["stderr"]
    assert {"numpy": "1.26.4", "oldext": "1.0", "demo": "1.0", "lower": "1.2"} == patient.packages()


@pytest.mark.compiler
@pytest.mark.skipif(not RECIPE.is_dir(), reason="the recipe for fake libraries is not here")
@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc")
def test_a_cpu_build_beside_a_gpu(patient: Patient, tmp_path: Path) -> None:
    libraries = tmp_path / "libraries"
    libraries.mkdir()
    subprocess.run(["sh", str(RECIPE / "build.sh"), str(libraries)], check=True)
    (libraries / "machine.txt").write_text(GPU)
    patient.variables = {"LD_LIBRARY_PATH": str(libraries), "FAKE_NVIDIA": str(libraries / "machine.txt")}
    patient.break_with("torch==2.14.1", place="whl/cpu")
    shown = patient.doctor("--fix")
    assert "torch 2.14.1+cpu" in shown.stdout, shown.stdout + shown.stderr
    assert "+cu13" in shown.stdout
    assert {"torch": "2.14.1+cpu"} == patient.packages()
    found = patient.fix("--yes")
    assert "mended" == found["state"], found["stderr"]
    assert "cpu-build-on-gpu-machine" in ids(found["before"])
    assert "cpu-build-on-gpu-machine" not in ids(found["after"])
    assert patient.packages()["torch"].startswith("2.14.1+cu13")


def test_a_variable_is_taken_away_from_what_runs_in_it(patient: Patient) -> None:
    """And a rollback gives it back."""
    made = patient.world.mlenv("install", "--matrix", str(patient.site), "--with", "demo")
    assert made.ok, made.stderr
    patient.world.write(patient.world.place / "error.txt", SHADOWED)
    found = patient.fix("--yes", "--error", "error.txt")
    assert ("mended", ["LD_LIBRARY_PATH"]) == (found["state"], found["offer"]["unset"]), found["stderr"]
    elsewhere = {"LD_LIBRARY_PATH": "/opt/other/lib"}
    ask = "import os; print(os.environ.get('LD_LIBRARY_PATH'))"
    assert "None\n" == patient.world.mlenv("run", "--", "python", "-c", ask, variables=elsewhere).stdout
    line = f". {patient.environment}/bin/activate; echo ${{LD_LIBRARY_PATH:-gone}}"
    done = subprocess.run(["sh", "-c", line], env=elsewhere, capture_output=True, text=True, check=True)
    assert "gone\n" == done.stdout
    assert patient.world.mlenv("env", "rollback").ok
    assert "/opt/other/lib\n" == patient.world.mlenv("run", "--", "python", "-c", ask, variables=elsewhere).stdout


def test_an_environment_of_ours_keeps_its_request(patient: Patient) -> None:
    """Made for a profile's worth of packages, then given a rival by hand."""
    made = patient.world.mlenv(
        "install", "--matrix", str(patient.site), "--with", "onnxruntime==1.23.2", "--with", "demo"
    )
    assert made.ok, made.stderr
    before = patient.packages()
    broken = uv(
        patient.world.environ,
        *("--no-config", "pip", "install", "-q", "--python", str(patient.environment)),
        *("--default-index", patient.index.url(), "onnxruntime-gpu==1.23.2"),
    )
    assert broken.ok, broken.stderr
    found = patient.fix("--yes")
    assert ("mended", False) == (found["state"], found["offer"]["foreign"]), found["stderr"]
    assert before == patient.packages()
    assert "2" == patient.environment.resolve().name
