"""Laws of the resolver over drawn machines."""

from __future__ import annotations

import itertools

import msgspec
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from packaging.version import Version

from mlenv.facts.drivers import Nvidia
from mlenv.facts.gpu import Gpu
from mlenv.facts.hardware import Cpu
from mlenv.facts.machine import Machine
from mlenv.facts.python import PythonInterpreter
from mlenv.facts.system import Libc, OperatingSystem
from mlenv.intake.snapshot import parse_snapshot
from mlenv.matrix import query
from mlenv.matrix.load import DataVersion, Matrix
from mlenv.report.machine import make_document
from mlenv.resolve.request import Request, make_request
from mlenv.resolve.resolution import Impossible, Resolution
from mlenv.resolve.solve import resolve

MATRIX = Matrix()
DRIVERS = ("450.80.02", "470.256.02", "515.65.01", "525.60.13", "535.54.03", "560.35.05", "580.65.06", "595.45.04")
CAPABILITIES = ("5.2", "6.1", "7.0", "7.5", "8.0", "8.6", "8.9", "9.0", "10.0", "12.0")
VERSIONS = ("3.9.2", "3.10.4", "3.11.9", "3.12.3", "3.13.1", "3.14.0")
SETS = (
    ("torch",),
    ("jax",),
    ("tensorflow",),
    ("torch", "torchvision"),
    ("torch", "jax"),
    ("torch", "xgboost", "scikit-learn"),
    ("onnxruntime", "torch"),
    ("keras", "tensorflow"),
)
NAMES = ("torch", "jax", "tensorflow", "xgboost", "onnxruntime", "transformers", "numpy", "keras", "mlflow")
PINS = ("torch<2.9", "torch>=2.10", "jax<0.7", "tensorflow<2.19", "xgboost<3", "onnxruntime<1.25", "keras<3.10")

drivers = st.sampled_from(DRIVERS)
capabilities = st.lists(st.sampled_from(CAPABILITIES), max_size=2)
pythons = st.lists(st.sampled_from(VERSIONS), unique=True, max_size=3)
sets = st.sampled_from(SETS)


@st.composite
def machines(draw: st.DrawFn) -> Machine:
    return machine(draw(drivers), draw(capabilities), draw(pythons))


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


def ask(*names: str, python: str | None = None, accelerator: str | None = None) -> Request:
    return make_request(MATRIX, [], names, python=python, accelerator=accelerator)


def answer(where: Machine, request: Request) -> Resolution:
    resolution = resolve(request, where, MATRIX)
    assert isinstance(resolution, Resolution)  # these frameworks have a CPU build that goes with the others
    return resolution


def releases(resolution: Resolution) -> dict[str, tuple[str, str]]:
    return {pick.framework: (pick.release.version, pick.build.variant) for pick in resolution.picks}


def idle(resolution: Resolution) -> int:
    """How many frameworks run on the CPU beside the chosen device."""
    device = resolution.accelerator
    return sum(device not in pick.build.accelerators for pick in resolution.picks)


def heavy(resolution: Resolution) -> int:
    """How many builds for the CPU carry GPU libraries."""
    device = resolution.accelerator
    on_cpu = [pick.build for pick in resolution.picks if device == "cpu" or device not in pick.build.accelerators]
    return sum(build.variant.startswith("cu") for build in on_cpu)


def shortfall(resolution: Resolution) -> tuple[int, int, int, int]:
    """What is worse, the larger it is: no device, frameworks that leave it idle, useless libraries, old releases."""
    behind = 0
    for pick in resolution.picks:
        rows = [row for row in query.newest_first(MATRIX.framework(pick.framework)) if not row.broken]
        ages = list(itertools.accumulate(((rows[0].released - row.released).days for row in rows), next_age))
        behind += ages[[row.version for row in rows].index(pick.release.version)]
    return (int(resolution.accelerator == "cpu"), idle(resolution), heavy(resolution), behind)


def next_age(before: int, days: int) -> int:
    return max(before + 1, days)


# ---------------------------------------------------------------- what holds of one answer


@settings(deadline=None, max_examples=60)
@given(where=machines(), names=sets)
def test_what_is_chosen_keeps_every_rule(where: Machine, names: tuple[str, ...]) -> None:
    resolution = answer(where, ask(*names))
    assert where.nvidia is not None
    driver = where.nvidia.driver or ""
    for pick in resolution.picks:
        build = pick.build
        assert resolution.python in build.pythons
        assert build.evidence != "unknown"
        if resolution.accelerator == "cuda" and "cuda" in build.accelerators:
            assert query.driver_runs(MATRIX.drivers, driver, build.cuda, system="linux")
            for gpu in where.gpus or ():
                assert query.build_runs_on(MATRIX.drivers, build, gpu.compute_capability or "")
                assert query.driver_knows(MATRIX.drivers, driver, gpu.compute_capability or "")


@settings(deadline=None, max_examples=40)
@given(where=machines(), names=sets)
def test_the_same_question_gets_the_same_answer(where: Machine, names: tuple[str, ...]) -> None:
    first, second = (resolve(ask(*names), where, Matrix()) for _ in range(2))
    assert msgspec.json.encode(first) == msgspec.json.encode(second)


@settings(deadline=None, max_examples=40)
@given(where=machines(), names=sets)
def test_a_snapshot_of_the_machine_gets_the_same_answer(where: Machine, names: tuple[str, ...]) -> None:
    text = msgspec.json.encode(make_document(where, DataVersion(version="1", digest="0"))).decode()
    there = parse_snapshot(text, origin="machine.json")
    assert where == there
    assert msgspec.json.encode(resolve(ask(*names), where, MATRIX)) == msgspec.json.encode(
        resolve(ask(*names), there, MATRIX)
    )


@settings(deadline=None, max_examples=25)
@given(where=machines(), names=sets)
def test_the_order_of_requests_does_not_matter(where: Machine, names: tuple[str, ...]) -> None:
    first = answer(where, ask(*names))
    for order in itertools.permutations(names):
        other = answer(where, ask(*order))
        assert releases(first) == releases(other)
        assert (first.accelerator, first.variant, first.python) == (other.accelerator, other.variant, other.python)


# ---------------------------------------------------------------- what holds of two answers


@settings(deadline=None, max_examples=60)
@given(
    old=drivers,
    new=drivers,
    capabilities=st.lists(st.sampled_from(CAPABILITIES), min_size=1, max_size=2),
    pythons=pythons,
    name=st.sampled_from(["torch", "jax", "tensorflow"]),
)
def test_a_newer_driver_never_gives_an_older_release(
    old: str, new: str, capabilities: list[str], pythons: list[str], name: str
) -> None:
    """As long as the newer driver still serves the GPUs."""
    assume(Version(old) <= Version(new))
    assume(all(query.driver_knows(MATRIX.drivers, new, capability) for capability in capabilities))
    before = answer(machine(old, capabilities, pythons), ask(name))
    after = answer(machine(new, capabilities, pythons), ask(name))
    if before.accelerator == "cuda":
        assert after.accelerator == "cuda"
        assert Version(after.picks[0].release.version) >= Version(before.picks[0].release.version)


@settings(deadline=None, max_examples=60)
@given(where=machines(), names=sets, more=st.sampled_from(NAMES))
def test_another_framework_never_makes_an_answer_invalid(where: Machine, names: tuple[str, ...], more: str) -> None:
    """What is chosen with it goes together, and is an answer without it: nothing better was overlooked there."""
    assume(more not in names)
    alone, together = answer(where, ask(*names)), resolve(ask(*names, more), where, MATRIX)
    if isinstance(together, Impossible):
        return
    kept = tuple(pick for pick in together.picks if pick.framework in names)
    assert len(names) == len(kept)
    assert all(together.python in pick.build.pythons for pick in together.picks)
    if any(together.accelerator in pick.build.accelerators for pick in kept):
        rest = msgspec.structs.replace(together, picks=kept)
        assert shortfall(alone) <= shortfall(rest)


@settings(deadline=None, max_examples=60)
@given(where=machines(), names=sets, more=st.sampled_from(VERSIONS))
def test_more_pythons_never_make_it_worse(where: Machine, names: tuple[str, ...], more: str) -> None:
    before = answer(where, ask(*names))
    found = (*(where.pythons or ()), PythonInterpreter(version=more, bits=64))
    after = answer(msgspec.structs.replace(where, pythons=found), ask(*names))
    assert shortfall(after) == shortfall(before)  # any of them could have been brought along
    assert releases(after).keys() == releases(before).keys()


@settings(deadline=None, max_examples=60)
@given(where=machines(), names=sets, pin=st.sampled_from(PINS), python=st.sampled_from(["", "3.10", "3.11", "3.13"]))
def test_dropping_a_pin_never_makes_it_worse(where: Machine, names: tuple[str, ...], pin: str, python: str) -> None:
    pinned = [pin if pin.startswith((f"{name}<", f"{name}>")) else name for name in names]
    narrow = resolve(ask(*pinned, python=python or None), where, MATRIX)
    wide = answer(where, ask(*names))
    if isinstance(narrow, Resolution):
        assert shortfall(wide) <= shortfall(narrow)
