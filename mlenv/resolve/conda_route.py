"""The conda route: what a channel's builds of a framework can do on a machine.

The matrix holds no versions of a channel, so nothing is said of versions here; what it holds of
the builds (platforms, Pythons, GPU code) is of the day of their recipe.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from mlenv.facts.machine import Machine
from mlenv.facts.version import at_least, numbers
from mlenv.matrix import query
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import Accelerator, CondaCode, CondaRoute, Framework
from mlenv.resolve.devices import distinct_gpus

Verdict = Literal["serves", "unknown", "no"]


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a channel's builds of a framework use an accelerator of a machine.

    ``cuda`` is the newest CUDA release whose builds do, ``below`` the CUDA release from which on
    they do not (empty where the newest do); ``text`` says why not, or what is not known.
    """

    verdict: Verdict
    cuda: str = ""
    below: str = ""
    text: str = ""


def is_in_channel(framework: Framework, machine: Machine) -> bool:
    """Whether the channel has a framework for this platform, as far as anybody looked."""
    route = framework.conda
    return route is not None and (not route.platforms or machine.platform in route.platforms)


def has_builds_for(route: CondaRoute, accelerator: Accelerator) -> bool:
    """Whether the channel has builds of their own for an accelerator."""
    tables = (route.builds, route.packages, route.brings, route.virtual)
    return accelerator != "cpu" and any(accelerator in table for table in tables)


def serve(framework: Framework, machine: Machine, matrix: Matrix, accelerator: Accelerator) -> Service:
    """Whether the channel's builds of a framework use an accelerator of this machine."""
    route = framework.conda
    if route is None or not is_in_channel(framework, machine):
        where = route.channel if route else "conda-forge"
        return Service(verdict="no", text=f"{where} has no {framework.name} for {machine.platform}")
    if not has_builds_for(route, accelerator):
        return Service(verdict="no", text=f"{route.channel} has no {accelerator} builds of {framework.name}")
    if accelerator != "cuda":
        return _serve_other(framework, machine, accelerator)
    return _serve_cuda(framework, route, machine, matrix)


def conda_way_out(machine: Machine, matrix: Matrix, framework_id: str, accelerator: Accelerator) -> str | None:
    """What conda could do where the wheels cannot: a sentence, or None where nothing is known to help."""
    if framework_id not in matrix.framework_ids or lacks_libc(machine):
        return None
    framework = matrix.framework(framework_id)
    route = framework.conda
    if route is None or not is_in_channel(framework, machine):
        return None
    if accelerator == "cpu":
        older = f"use {route.channel}, which builds {framework.name} for older systems: `--manager conda`"
        return older if _fits_system(route, machine) else None
    service = serve(framework, machine, matrix, accelerator)
    if service.verdict != "serves":
        return None
    what = f"builds of {framework.name} with CUDA {service.cuda} run here" if service.cuda else "builds run here"
    return f"use {route.channel}, whose {what}: `--manager conda`"


def lacks_libc(machine: Machine) -> bool:
    """Conda packages for Linux are made for glibc."""
    libc = machine.os.libc
    return machine.os.family == "linux" and (libc is None or libc.family != "glibc")


def _fits_system(route: CondaRoute, machine: Machine) -> bool:
    """Whether the channel's CPU builds are known to run on this version of the system."""
    system = machine.os
    if system.family == "linux":
        return bool(route.glibc) and system.libc is not None and at_least(system.libc.version, route.glibc)
    return system.family == "macos" and bool(route.macos) and at_least(system.version or "0", route.macos)


def _serve_other(framework: Framework, machine: Machine, accelerator: Accelerator) -> Service:
    if distinct_gpus(machine, accelerator):
        return Service(verdict="serves")
    text = f"{framework.name}: no {accelerator} device is known on this machine"
    return Service(verdict="no", text=text)


def _serve_cuda(framework: Framework, route: CondaRoute, machine: Machine, matrix: Matrix) -> Service:
    if machine.nvidia is None or machine.nvidia.driver is None:
        return Service(verdict="no", text=f"{framework.name}: no NVIDIA driver is known on this machine")
    rows = [row for row in route.code if machine.platform in row.platforms]
    if not rows:
        text = f"no row says which GPUs the CUDA builds of {framework.name} on {route.channel} serve"
        return Service(verdict="unknown", text=text)
    rows.sort(key=lambda row: numbers(row.cuda), reverse=True)
    failures: list[tuple[CondaCode, str]] = []
    for row in rows:
        text = next(_obstacles(row, machine, matrix), "")
        if not text:
            below = failures[-1][0].cuda if failures else ""
            said = failures[-1][1] if failures else ""
            return Service(verdict="serves", cuda=row.cuda, below=below, text=said)
        failures.append((row, text))
    return Service(verdict="no", text=f"{framework.name} on {route.channel}: {failures[-1][1]}")


def _obstacles(row: CondaCode, machine: Machine, matrix: Matrix) -> Iterator[str]:
    """What keeps the builds of a CUDA release from this machine: C library, driver, GPU code."""
    libc = machine.os.libc
    if row.glibc and machine.os.family == "linux":
        if libc is None or libc.family != "glibc":
            yield f"the builds with CUDA {row.cuda} need glibc {row.glibc}"
        elif not at_least(libc.version, row.glibc):
            yield f"the builds with CUDA {row.cuda} need glibc {row.glibc}, this machine has {libc.version}"
    yield from _driver_obstacles(row, machine, matrix)
    for gpu in distinct_gpus(machine, "cuda"):
        capability = gpu.compute_capability or query.compute_capability_of(matrix.gpus, gpu.name or "")
        if capability is None:
            yield f"the compute capability of {gpu.name or 'the NVIDIA GPU'} is not known"
        elif not _has_code(row, matrix, capability):
            held = ", ".join((*row.sass, *(f"PTX {code}" for code in row.ptx)))
            yield f"the builds with CUDA {row.cuda} hold code for {held}, not for {gpu.name or 'a GPU'} ({capability})"


def _driver_obstacles(row: CondaCode, machine: Machine, matrix: Matrix) -> Iterator[str]:
    driver = machine.nvidia.driver if machine.nvidia else None
    assert driver is not None
    floor = query.driver_floor(matrix.drivers, row.cuda, system=query.driver_system(machine))
    if floor is None:
        yield f"no row says which driver CUDA {row.cuda} needs"
    elif not at_least(driver, floor):
        yield f"CUDA {row.cuda} needs driver {floor} or newer, this machine has {driver}"
    for gpu in distinct_gpus(machine, "cuda"):
        capability = gpu.compute_capability or query.compute_capability_of(matrix.gpus, gpu.name or "")
        if capability and not query.driver_knows(matrix.drivers, driver, capability):
            yield f"driver {driver} does not serve {gpu.name or 'the GPU'} ({capability})"


def _has_code(row: CondaCode, matrix: Matrix, capability: str) -> bool:
    if any(query.code_runs(matrix.drivers, code, capability, row.cuda) for code in row.sass):
        return True
    return any(query.ptx_runs(code, capability) for code in row.ptx)
