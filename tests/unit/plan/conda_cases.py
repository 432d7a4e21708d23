"""Plans of conda and pixi for described machines, with the real matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from mlenv.facts.machine import Machine
from mlenv.facts.packages import PackageConfiguration
from mlenv.facts.python import ManagerName
from mlenv.intake.described import parse_description
from mlenv.matrix.load import Matrix
from mlenv.plan.build import build_plan
from mlenv.plan.forms.sheet import Sheet
from mlenv.plan.gathering import gather_content
from mlenv.plan.options import PlanOptions
from mlenv.plan.plan import Plan, Step
from mlenv.resolve.conda_answer import adapt_to_conda
from mlenv.resolve.request import make_request
from mlenv.resolve.resolution import Resolution
from mlenv.resolve.solve import resolve

MATRIX = Matrix()


def machine(
    gpu: str = "", driver: str = "580.95.05", *, system: str = "", packages: PackageConfiguration | None = None
) -> Machine:
    head = system or 'os = "linux"\narch = "x86_64"\nlibc = "glibc 2.35"'
    nvidia = f'[nvidia]\ndriver = "{driver}"\n[[gpu]]\nvendor = "nvidia"\nname = "{gpu}"\n' if gpu else ""
    found = parse_description(f'{head}\npython = ["3.12.4"]\n[cpu]\nflags = ["avx"]\n{nvidia}', origin="test")
    return msgspec.structs.replace(found, packages=packages) if packages else found


NO_GPU = machine()
ADA = machine("NVIDIA GeForce RTX 4090")
PASCAL = machine("NVIDIA GeForce GTX 1080 Ti")


def resolution_for(
    on: Machine, *names: str, accelerator: str | None = None, python: str | None = None, matrix: Matrix = MATRIX
) -> Resolution:
    """The answer for requirements, as conda can have it."""
    request = make_request(matrix, [], names, accelerator=accelerator, python=python)
    answer = adapt_to_conda(resolve(request, on, matrix), on, matrix)
    assert isinstance(answer, Resolution)
    return answer


def plan_for(
    on: Machine, *names: str, manager: ManagerName = "conda", accelerator: str | None = None, **more: Any
) -> Plan:
    options = PlanOptions(manager=manager, environment="my env", **more)
    return build_plan(resolution_for(on, *names, accelerator=accelerator), on, MATRIX, None, options)


def sheet_for(on: Machine, *names: str, manager: ManagerName = "conda", **more: Any) -> Sheet:
    """What a form is made of."""
    resolution = resolution_for(on, *names)
    options = PlanOptions(manager=manager, environment=".venv", **more)
    return Sheet(
        plan=build_plan(resolution, on, MATRIX, None, options),
        content=gather_content(resolution, on, MATRIX, None, options),
        resolution=resolution,
        machine=on,
        matrix=MATRIX,
        program="1",
    )


def install_of(plan: Plan) -> Step:
    """The first step that installs something."""
    return next(step for step in plan.steps if step.kind == "install")


def specs_of(plan: Plan) -> Sequence[str]:
    """What the install step asks the channel for."""
    argv = install_of(plan).argv
    return argv[argv.index("--strict-channel-priority") + 1 :]
