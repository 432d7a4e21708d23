"""Laws of the resolver over drawn machines."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from mlenv.facts.drivers import Nvidia
from mlenv.facts.gpu import Gpu
from mlenv.facts.hardware import Cpu
from mlenv.facts.machine import Machine
from mlenv.facts.python import PythonInterpreter
from mlenv.facts.system import Libc, OperatingSystem
from mlenv.matrix import query
from mlenv.matrix.load import Matrix
from mlenv.resolve.request import Request, Wanted
from mlenv.resolve.resolution import Resolution
from mlenv.resolve.solve import resolve

MATRIX = Matrix()
DRIVERS = st.sampled_from(["450.80.02", "470.256.02", "515.65.01", "525.60.13", "535.54.03", "560.35.05", "580.65.06"])
CAPABILITIES = st.sampled_from(["5.2", "6.1", "7.0", "7.5", "8.0", "8.6", "8.9", "9.0", "10.0", "12.0"])
PYTHONS = st.lists(st.sampled_from(["3.9.2", "3.10.4", "3.11.9", "3.12.3", "3.13.1", "3.14.0"]), unique=True)
NAMES = st.sampled_from(["torch", "jax", "tensorflow", "xgboost", "scikit-learn"])


def machine(driver: str, capabilities: list[str], pythons: list[str]) -> Machine:
    gpus = tuple(Gpu(vendor="nvidia", name=f"GPU {cc}", compute_capability=cc) for cc in capabilities)
    return Machine(
        os=OperatingSystem(family="linux", libc=Libc(family="glibc", version="2.35"), wsl=0),
        architecture="x86_64",
        cpu=Cpu(flags=("avx", "avx2")),
        gpus=gpus,
        nvidia=Nvidia(driver=driver),
        pythons=tuple(PythonInterpreter(version=version, bits=64) for version in pythons),
    )


def answer(where: Machine, *names: str) -> Resolution:
    resolution = resolve(Request(wanted=tuple(Wanted(name=name) for name in names)), where, MATRIX)
    assert isinstance(resolution, Resolution)  # the CPU always works
    return resolution


@settings(deadline=None, max_examples=60)
@given(driver=DRIVERS, capabilities=st.lists(CAPABILITIES, min_size=1, max_size=3), pythons=PYTHONS, name=NAMES)
def test_what_is_chosen_keeps_every_rule(driver: str, capabilities: list[str], pythons: list[str], name: str) -> None:
    resolution = answer(machine(driver, capabilities, pythons), name)
    for pick in resolution.picks:
        build = pick.build
        assert resolution.python in build.pythons
        assert build.evidence != "unknown"
        if resolution.accelerator == "cuda" and "cuda" in build.accelerators:
            assert query.driver_runs(MATRIX.drivers, driver, build.cuda, system="linux")
            assert all(query.build_runs_on(MATRIX.drivers, build, cc) for cc in capabilities)
            assert all(query.driver_knows(MATRIX.drivers, driver, cc) for cc in capabilities)


@settings(deadline=None, max_examples=40)
@given(driver=DRIVERS, capability=CAPABILITIES, pythons=PYTHONS)
def test_a_newer_driver_never_gives_an_older_release(driver: str, capability: str, pythons: list[str]) -> None:
    old = answer(machine(driver, [capability], pythons), "torch")
    new = answer(machine("580.65.06", [capability], pythons), "torch")
    if old.accelerator == "cuda":
        assert new.accelerator == "cuda"
        assert Version(new.picks[0].release.version) >= Version(old.picks[0].release.version)


@settings(deadline=None, max_examples=40)
@given(driver=DRIVERS, capability=CAPABILITIES, pythons=PYTHONS, name=NAMES)
def test_the_same_question_gets_the_same_answer(driver: str, capability: str, pythons: list[str], name: str) -> None:
    where = machine(driver, [capability], pythons)
    assert msgspec.json.encode(answer(where, name)) == msgspec.json.encode(answer(where, name))
