"""Builds for AMD GPUs: whether they have code for the GPU, and whether they are for AMD at all."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks import nvidia
from mlenv.checks.evidence import cite, join, quote
from mlenv.checks.finding import Finding, Fix
from mlenv.checks.frameworks import Known, find_known, place, reinstall, require_known
from mlenv.checks.messages import is_told, present, value_of
from mlenv.checks.packages import is_named
from mlenv.checks.registry import Case, Skip, check
from mlenv.checks.situation import variable
from mlenv.facts.gpu import Gpu
from mlenv.matrix import query
from mlenv.matrix.load import Matrix

HIP = ("hip-without-gpu-code",)
OVERRIDE = "HSA_OVERRIDE_GFX_VERSION"
SILENT = ("accelerator-not-used", "torch-without-cuda")


@check("rocm-gfx-not-in-build", subject="environment")
def rocm_gfx_not_in_build(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """A ROCm build without code for the AMD GPU."""
    clue = case.clue(*HIP)
    known = find_known(case, matrix)
    if clue is None:
        if known is None:
            raise Skip("nothing says that torch is installed")
        if known.kind != "rocm":
            raise Skip("the environment has no ROCm build")
        nvidia.require_gpus(case.machine)
    targets = _targets(case, matrix)
    if clue is None and (known is None or not known.gfx or not targets or any(gfx in known.gfx for gfx in targets)):
        return
    yield _describe(case, known, targets)


def _targets(case: Case, matrix: Matrix) -> dict[str, Gpu | None]:
    """The gfx targets of the AMD cards, those of their own before those in a processor."""
    named = value_of(case, "gfx-named", "gfx")
    found: dict[str, Gpu | None] = {named: None} if named else {}
    for gpu in sorted(case.machine.gpus_of("amd"), key=lambda gpu: bool(gpu.integrated)):
        gfx = gpu.gfx or query.gfx_of(matrix.gpus, gpu.name or "")
        if gfx:
            found[gfx] = gpu
    return found


def _describe(case: Case, known: Known | None, targets: dict[str, Gpu | None]) -> Finding:
    amd = case.machine.gpus_of("amd")
    name = next((gpu.name for gpu in amd if gpu.name), None) or "the AMD GPU"
    title = known.title if known else "The ROCm build"
    what = f"The GPU is {join(targets)}" if targets else f"{name} is of a target that AMD does not build for by default"
    clue = case.clue(*HIP)
    fixes = _override(case, targets)
    return Finding(
        id="rocm-gfx-not-in-build",
        severity="error",
        title=f"{title} has no code for {name}",
        cause=f"{what}, and this build was compiled for other targets.",
        evidence=(
            *((cite(case.machine, f"{name}: {join(targets)}", "gpus.amd", "gpus.pci", "gpu"),) if targets else ()),
            *((f"{title} holds code for {join(known.gfx)}",) if known and known.gfx else ()),
            *quote(clue),
        ),
        fix=(reinstall(case, "torch"), *fixes),
        applies_to=("torch",),
        grade="named" if clue else "shown",
        explains=present(case, *HIP, "gfx-named", "no-kernel-image", "cuda-invalid-device-function"),
    )


# Targets that run the code of the first one of their generation.
_FAMILIES = {"gfx103": ("gfx1030", "10.3.0"), "gfx110": ("gfx1100", "11.0.0"), "gfx90": ("gfx900", "9.0.0")}


def _override(case: Case, targets: dict[str, Gpu | None]) -> tuple[Fix, ...]:
    """AMD's variable that lets a card run the code of a near relative, where one is known."""
    gfx = next(iter(targets), "")
    family = next((row for prefix, row in _FAMILIES.items() if gfx.startswith(prefix) and gfx != row[0]), None)
    if family is None or variable(case, OVERRIDE) is not None or case.machine.os.family == "windows":
        return ()
    text = f"Until then let it use the code for {family[0]}, which nobody supports"
    return (Fix(text=text, command=f"export {OVERRIDE}={family[1]}"),)


@check("wrong-rocm-index", subject="environment")
def wrong_rocm_index(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """A CUDA build of PyTorch on a machine whose GPUs are AMD's, or the other way round."""
    known = require_known(case, matrix)
    gpus = nvidia.require_gpus(case.machine)
    vendors = {gpu.vendor for gpu in gpus if gpu.vendor in ("nvidia", "amd") and not gpu.integrated}
    if len(vendors) != 1:
        raise Skip("the GPUs are not all of one vendor")
    vendor = vendors.pop()
    wrong = (vendor, known.kind) in (("amd", "cuda"), ("nvidia", "rocm"))
    if not wrong or known.available or (case.machine.os.family != "linux" and vendor == "amd"):
        return
    if vendor == "amd" and not _is_served(case, matrix) and not is_named(case, "pytorch-triton-rocm", "triton-rocm"):
        return
    name = next((gpu.name for gpu in gpus if gpu.vendor == vendor and gpu.name), vendor.upper())
    own, other = ("ROCm", "CUDA") if vendor == "amd" else ("CUDA", "ROCm")
    yield Finding(
        id="wrong-rocm-index",
        severity="error" if is_told(case, *SILENT) else "warning",
        title=f"{known.title} is for {other}, and the GPU needs {own}",
        cause=f"{name} is reached through {own}, and this build came from an index of {other} builds.",
        evidence=(place(case, known), cite(case.machine, f"GPU: {name}", "gpus.amd", *nvidia.READINGS)),
        fix=(reinstall(case, "torch"),),
        applies_to=("torch",),
        explains=present(case, *SILENT),
    )


def _is_served(case: Case, matrix: Matrix) -> bool:
    """Whether any ROCm build of PyTorch has code for a card of this machine."""
    held = {gfx for row in matrix.framework("torch").release for build in row.builds for gfx in build.gfx}
    return any(gfx in held for gfx in _targets(case, matrix))
