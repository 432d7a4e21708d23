"""Which findings have a mending: a rule by the id of each.

A rule gives None where its mending would not remove the cause in this case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mlenv.checks import nvidia
from mlenv.checks.finding import Finding
from mlenv.checks.registry import Case, Skip, Unknown
from mlenv.facts.version import at_least
from mlenv.matrix.load import Matrix
from mlenv.mending.mending import Change, Kind, Mending

Rule = Callable[[Finding, Case, Matrix], Mending | None]

_OLD_NUMPY = "numpy<2"
_OLD_PROTOBUF = "protobuf<3.21"
"""The last series whose Python classes take code that protoc before 3.19 has generated."""


def _gpu_build(finding: Finding, _case: Case, matrix: Matrix) -> Mending | None:
    names = [name for name in finding.applies_to if name in matrix.framework_ids]
    if not names:
        return None
    what = " and ".join(matrix.framework(name).name for name in names)
    text = f"Install the build of {what} that fits the GPU and the driver of this machine"
    return _mending(finding, "reinstall", text, Change(accelerator="gpu"))


def _matching(*names: str) -> Rule:
    """Companions whose release follows the framework's: the framework stays, they are chosen anew."""

    def rule(finding: Finding, case: Case, _matrix: Matrix) -> Mending | None:
        there = tuple(name for name in names if _version(case, name))
        if not there:
            return None
        text = f"Install the release of {' and '.join(there)} that belongs to the framework"
        return _mending(finding, "reinstall", text, Change(released=there))

    return rule


def _one_rival(finding: Finding, case: Case, matrix: Matrix) -> Mending | None:
    """The distribution of ONNX Runtime that fits stays, and is put in place anew: they write the same files."""
    family = next((row for row in matrix.families if "onnxruntime" in row.distributions), None)
    there = [name for name in family.distributions if _version(case, name)] if family else []
    if len(there) < 2:
        return None
    kept = _fitting_runtime(there, case, matrix)
    others = tuple(name for name in there if name != kept)
    text = f"Keep {kept}, which fits this machine, install it anew, and leave out {' and '.join(others)}"
    return _mending(finding, "remove-rival", text, Change(removed=others, required=(kept,)))


def _fitting_runtime(there: list[str], case: Case, matrix: Matrix) -> str:
    if "onnxruntime-gpu" in there and _serves_nvidia(case, matrix, "onnxruntime"):
        return "onnxruntime-gpu"
    rest = [name for name in there if name not in ("onnxruntime", "onnxruntime-gpu")]
    if "onnxruntime-directml" in rest and case.machine.os.family == "windows" and case.machine.gpus:
        return "onnxruntime-directml"
    if "onnxruntime-openvino" in rest and case.machine.gpus_of("intel"):
        return "onnxruntime-openvino"
    amd = next((name for name in rest if name in ("onnxruntime-rocm", "onnxruntime-migraphx")), None)
    return amd if amd and case.machine.gpus_of("amd") else "onnxruntime"


def _serves_nvidia(case: Case, matrix: Matrix, framework: str) -> bool:
    """Whether a build of a framework would use a GPU of NVIDIA here."""
    machine = case.machine
    driver = machine.nvidia.driver if machine.nvidia else None
    try:
        devices = nvidia.known_devices(case, matrix)
    except (Skip, Unknown):
        return False
    return any(
        driver is None or nvidia.driver_accepts(machine, matrix, build, driver)
        for _, capability in devices
        for _, build in nvidia.serving_builds(machine, matrix, capability, framework)
    )


def _old_numpy(finding: Finding, case: Case, _matrix: Matrix) -> Mending | None:
    version = _version(case, "numpy")
    if not version or not at_least(version, "2"):
        return None
    text = f"Put NumPy 1 ({_OLD_NUMPY}) in place of NumPy {version}, which the old extension cannot work with"
    return _mending(finding, "constrain", text, Change(required=(_OLD_NUMPY,)))


def _old_protobuf(finding: Finding, case: Case, _matrix: Matrix) -> Mending | None:
    version = _version(case, "protobuf")
    if not version or not at_least(version, "3.21"):
        return None
    text = f"Put an older protobuf ({_OLD_PROTOBUF}) in place of protobuf {version}"
    return _mending(finding, "constrain", text, Change(required=(_OLD_PROTOBUF,)))


def _anew(finding: Finding, _case: Case, _matrix: Matrix) -> Mending | None:
    return _mending(finding, "recreate", "Make the environment anew, from files that are proven", Change())


def _other_python(finding: Finding, _case: Case, _matrix: Matrix) -> Mending | None:
    if finding.severity == "info":
        return None
    text = "Make the environment anew with a Python that has wheels; one is brought along where none is here"
    return _mending(finding, "recreate", text, Change(other_python=True))


def _no_library_path(finding: Finding, case: Case, _matrix: Matrix) -> Mending | None:
    if case.machine.os.family != "linux":
        return None
    text = "Let the activation of this environment take LD_LIBRARY_PATH away, so that it finds its own libraries"
    return _mending(finding, "unset", text, Change(unset=("LD_LIBRARY_PATH",)))


def _version(case: Case, name: str) -> str:
    """The installed version of a distribution; empty where it is not there."""
    dist = case.environment.distribution(name) if case.environment else None
    return dist.version if dist else ""


def _mending(finding: Finding, kind: Kind, text: str, change: Change) -> Mending:
    return Mending(finding=finding.id, kind=kind, text=text, change=change)


RULES: Mapping[str, Rule] = {
    "cpu-build-on-gpu-machine": _gpu_build,
    "jax-cuda-plugin-missing": _gpu_build,
    "driver-too-old-for-build": _gpu_build,
    "gpu-arch-not-in-build": _gpu_build,
    "gpu-arch-dropped-by-build": _gpu_build,
    "rocm-gfx-not-in-build": _gpu_build,
    "tf-pip-cuda-libs-not-found": _gpu_build,
    "torchvision-torch-mismatch": _matching("torchvision"),
    "torchaudio-torch-mismatch": _matching("torchaudio"),
    "jax-jaxlib-version-mismatch": _matching("jaxlib"),
    "onnxruntime-cpu-and-gpu-installed": _one_rival,
    "numpy2-abi-break": _old_numpy,
    "protobuf-too-new": _old_protobuf,
    "nvidia-pip-libs-missing": _anew,
    "nvidia-pip-pin-conflict": _anew,
    "python-too-new": _other_python,
    "python-too-old": _other_python,
    "python-32bit": _other_python,
    "python-free-threaded-no-wheel": _other_python,
    "rosetta-x86-python": _other_python,
    "ld-library-path-shadows-pip-libs": _no_library_path,
}
WHERE_NOTHING_ELSE: Mapping[str, Rule] = {
    "framework-import-failed": _anew,
    "framework-import-crashed": _anew,
}
"""What shows that something is broken and not what: mended where no finding names another cause."""
