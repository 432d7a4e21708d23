"""What the machine lets one expect of a verification: that no GPU lies idle, and that all are seen."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from mlenv.facts.machine import Machine
from mlenv.matrix.rows import VENDOR_OF, Framework
from mlenv.verify.result import Result, ResultStatus

ACCELERATOR_OF = {vendor: accelerator for accelerator, vendor in VENDOR_OF.items()}
_CUDA = re.compile(r"cuda:\d+")


def warn_of_idle_gpus(
    results: Sequence[Result], machine: Machine, frameworks: Mapping[str, Framework]
) -> tuple[Result, ...]:
    """The results, with a warning after each framework that could use a GPU and did not.

    A framework can use a GPU if the matrix has builds of it for that vendor's accelerator and
    this system, and it has proven none.  Integrated GPUs beside the processor raise no expectation.
    """
    busy = {result.framework for result in results if result.device and not result.device.startswith("cpu")}
    gpus = [gpu for gpu in machine.gpus or () if gpu.vendor in ("nvidia", "apple") or not gpu.integrated]
    found: list[Result] = []
    for result in results:
        found.append(result)
        framework = frameworks.get(result.framework)
        if (
            result.framework in busy
            or framework is None
            or result.check != "compute"
            or result.status != "pass"
            or result.device != "cpu"
        ):
            continue
        idle = [gpu for gpu in gpus if _has_builds(framework, ACCELERATOR_OF[gpu.vendor], machine.platform)]
        if idle:
            name = idle[0].name or f"{idle[0].vendor} GPU"
            detail = f"computed on the CPU while this machine has {name}; `mlenv doctor` says why"
            found.append(_note(result, "idle-gpu", "warn", detail))
    return tuple(found)


def _has_builds(framework: Framework, accelerator: str, platform: str) -> bool:
    return any(
        accelerator in build.accelerators and platform in build.platforms
        for release in framework.release
        for build in release.builds
    )


def compare_counts(results: Sequence[Result], visible: Sequence[str]) -> tuple[Result, ...]:
    """The results, with a failure after each framework that sees another number of NVIDIA GPUs than there are.

    ``visible`` are the UUIDs that a child may see; nothing is compared where they are not known.
    """
    found: list[Result] = []
    for result in results:
        found.append(result)
        seen = len(_CUDA.findall(result.device or ""))
        if result.check != "device" or result.status == "fail" or not seen or not visible or seen == len(visible):
            continue
        detail = f"{result.framework} sees {seen} of the {len(visible)} GPUs that the driver shows it"
        if seen > len(visible):
            detail = f"{result.framework} sees {seen} GPUs where the driver shows {len(visible)}"
        found.append(_note(result, "device-count", "fail", detail))
    return tuple(found)


def _note(result: Result, slug: str, status: ResultStatus, detail: str) -> Result:
    """A result about the same framework and device, found out without a child."""
    return replace(result, check=slug, status=status, seconds=0.0, detail=detail, reason=slug, measured={})
