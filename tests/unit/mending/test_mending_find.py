"""Which findings have a mending, and which are left to people."""

from __future__ import annotations

import pytest

from mlenv.checks.finding import Finding
from mlenv.checks.registry import Case
from mlenv.facts.gpu import Gpu
from mlenv.facts.machine import Machine
from mlenv.matrix.load import Matrix
from mlenv.mending.find import find_mendings, left_to_people
from mlenv.mending.mending import Change, Mending
from mlenv.mending.rules import RULES, WHERE_NOTHING_ELSE
from tests.unit.checks.checks_cases import make_environment, make_linux, make_machine, with_nvidia

LAPTOP = make_machine()
A100 = with_nvidia("8.0", "580.65.06", name="NVIDIA A100-SXM4-40GB")


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    return Matrix()


def make_finding(slug: str, severity: str = "error", *about: str, consequences: tuple[str, ...] = ()) -> Finding:
    return Finding(
        id=slug,
        severity=severity,  # type: ignore[arg-type]
        title=slug,
        cause="So.",
        applies_to=about,
        consequences=consequences,
    )


def mend(matrix: Matrix, finding: Finding, *packages: str, machine: Machine = LAPTOP) -> Mending | None:
    case = Case(machine=machine, environment=make_environment(*packages))
    found = find_mendings([finding], case, matrix)
    return found[0] if found else None


def test_a_build_for_the_gpu(matrix: Matrix) -> None:
    finding = make_finding("cpu-build-on-gpu-machine", "warning", "torch")
    found = mend(matrix, finding, "torch==2.14.1+cpu", machine=A100)
    assert found is not None
    assert ("reinstall", Change(accelerator="gpu")) == (found.kind, found.change)
    assert "PyTorch" in found.text


RIVALS = ("onnxruntime==1.23.2", "onnxruntime-gpu==1.23.2")


@pytest.mark.parametrize(
    ("machine", "packages", "kept", "gone"),
    [
        (LAPTOP, RIVALS, "onnxruntime", ("onnxruntime-gpu",)),
        (A100, RIVALS, "onnxruntime-gpu", ("onnxruntime",)),
        (with_nvidia(None, None, name="A card of tomorrow"), RIVALS, "onnxruntime", ("onnxruntime-gpu",)),
        (with_nvidia("8.0", "450.80.02"), RIVALS, "onnxruntime", ("onnxruntime-gpu",)),
        (
            make_machine(os=make_linux(family="windows"), gpus=(Gpu(vendor="amd", name="Radeon"),)),
            ("onnxruntime==1.23.0", "onnxruntime-directml==1.23.0"),
            "onnxruntime-directml",
            ("onnxruntime",),
        ),
        (
            make_machine(gpus=(Gpu(vendor="intel", name="Arc"),)),
            ("onnxruntime==1.23.0", "onnxruntime-openvino==1.23.0"),
            "onnxruntime-openvino",
            ("onnxruntime",),
        ),
    ],
)
def test_the_rival_that_fits_stays(
    matrix: Matrix, machine: Machine, packages: tuple[str, ...], kept: str, gone: tuple[str, ...]
) -> None:
    found = mend(matrix, make_finding("onnxruntime-cpu-and-gpu-installed"), *packages, machine=machine)
    assert found is not None
    assert Change(required=(kept,), removed=gone) == found.change


def test_old_numpy_only_where_numpy_is_new(matrix: Matrix) -> None:
    found = mend(matrix, make_finding("numpy2-abi-break"), "numpy==2.1.0")
    assert found is not None
    assert Change(required=("numpy<2",)) == found.change
    assert mend(matrix, make_finding("numpy2-abi-break"), "numpy==1.26.4") is None
    assert mend(matrix, make_finding("numpy2-abi-break")) is None


def test_companions_are_chosen_anew(matrix: Matrix) -> None:
    found = mend(matrix, make_finding("torchvision-torch-mismatch"), "torch==2.14.1", "torchvision==0.20.0")
    assert found is not None
    assert Change(released=("torchvision",)) == found.change
    assert mend(matrix, make_finding("torchvision-torch-mismatch"), "torch==2.14.1") is None


def test_a_variable_is_taken_away_on_linux_alone(matrix: Matrix) -> None:
    finding = make_finding("ld-library-path-shadows-pip-libs")
    found = mend(matrix, finding)
    assert found is not None
    assert Change(unset=("LD_LIBRARY_PATH",)) == found.change
    assert mend(matrix, finding, machine=make_machine(os=make_linux(family="windows"))) is None


@pytest.mark.parametrize(
    "slug",
    ["nvidia-driver-not-working", "gpu-fell-off-bus", "driver-library-version-mismatch", "secure-boot-blocks-module"],
)
def test_what_needs_root_or_other_hardware_is_left_to_people(matrix: Matrix, slug: str) -> None:
    finding = make_finding(slug)
    assert mend(matrix, finding, "torch==2.14.1") is None
    assert (finding,) == left_to_people([finding], ())


def test_no_environment_and_nothing_to_mend(matrix: Matrix) -> None:
    assert () == find_mendings([make_finding("numpy2-abi-break")], Case(machine=LAPTOP), matrix)


def test_a_failed_import_alone_is_mended_by_making_anew(matrix: Matrix) -> None:
    case = Case(machine=LAPTOP, environment=make_environment("torch==2.14.1"))
    failed = make_finding("framework-import-failed", "error", "torch")
    assert ["recreate"] == [row.kind for row in find_mendings([failed], case, matrix)]
    assert () == find_mendings([failed, make_finding("glibc-too-old")], case, matrix)


def test_a_consequence_goes_with_its_cause(matrix: Matrix) -> None:
    case = Case(machine=A100, environment=make_environment("torch==2.14.1", "numpy==2.1.0"))
    cause = make_finding("nvidia-driver-not-working", consequences=("cpu-build-on-gpu-machine",))
    below = make_finding("cpu-build-on-gpu-machine", "warning", "torch")
    assert () == find_mendings([cause, below], case, matrix)
    assert (cause, below) == left_to_people([cause, below], ())


def test_a_mended_cause_leaves_its_consequences_to_nobody(matrix: Matrix) -> None:
    case = Case(machine=LAPTOP, environment=make_environment("numpy==2.1.0"))
    cause = make_finding("numpy2-abi-break", consequences=("framework-import-failed",))
    findings = [cause, make_finding("framework-import-failed"), make_finding("disk-space-low", "info")]
    assert () == left_to_people(findings, find_mendings(findings, case, matrix))


def test_python_that_is_only_worth_knowing_is_left(matrix: Matrix) -> None:
    assert mend(matrix, make_finding("python-too-new", "info")) is None
    found = mend(matrix, make_finding("python-too-new", "error"))
    assert found is not None
    assert found.change.other_python


def test_every_rule_is_of_an_id_of_this_form() -> None:
    for slug in (*RULES, *WHERE_NOTHING_ELSE):
        assert slug == slug.lower().strip("-")
        assert " " not in slug
