"""What the machine lets one expect of a verification: a GPU that lies idle is worth a warning."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from mlenv.facts.machine import Machine
from mlenv.matrix.rows import VENDOR_OF, Framework
from mlenv.verify.result import Result, Verification, find_status

ACCELERATOR_OF = {vendor: accelerator for accelerator, vendor in VENDOR_OF.items()}


def warn_of_idle_gpus(
    verification: Verification, machine: Machine, frameworks: Mapping[str, Framework]
) -> Verification:
    """The verification, with a warning for each framework that could use a GPU and did not.

    A framework can use a GPU if the matrix has builds of it for that vendor's accelerator and
    this system.  Integrated GPUs beside the processor raise no expectation.
    """
    gpus = [gpu for gpu in machine.gpus or () if gpu.vendor in ("nvidia", "apple") or not gpu.integrated]
    results: list[Result] = []
    for result in verification.results:
        results.append(result)
        framework = frameworks.get(result.framework)
        if framework is None or result.check != "compute" or result.status != "pass" or result.device != "cpu":
            continue
        idle = [gpu for gpu in gpus if _has_builds(framework, ACCELERATOR_OF[gpu.vendor], machine.platform)]
        if idle:
            name = idle[0].name or f"{idle[0].vendor} GPU"
            detail = f"computed on the CPU while this machine has {name}; `mlenv doctor` says why"
            results.append(
                replace(result, check="idle-gpu", status="warn", seconds=0.0, detail=detail, reason="idle-gpu")
            )
    return replace(verification, results=tuple(results), status=find_status(results))


def _has_builds(framework: Framework, accelerator: str, platform: str) -> bool:
    return any(
        accelerator in build.accelerators and platform in build.platforms
        for release in framework.release
        for build in release.builds
    )
