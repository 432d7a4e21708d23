"""Plans and forms of real profiles on described machines."""

from __future__ import annotations

from typing import Any

import msgspec

from mlenv.cli.forms import Sources, make_form
from mlenv.facts.machine import Machine
from mlenv.facts.packages import PackageConfiguration, Setting
from mlenv.intake.described import parse_description
from mlenv.matrix.load import Matrix
from mlenv.plan.build import PlanOptions, build_plan
from mlenv.plan.plan import Plan
from mlenv.resolve.request import make_request
from mlenv.resolve.resolution import Resolution
from mlenv.resolve.solve import resolve

MATRIX = Matrix()
LINUX = (
    'os = "linux"\narch = "x86_64"\nlibc = "glibc 2.35"\npython = ["3.12.4"]\n[cpu]\nflags = ["avx", "avx2", "fma"]\n'
)
WINDOWS = LINUX.replace("linux", "windows").replace('libc = "glibc 2.35"\n', "")
GPU = """
[nvidia]
driver = "580.95.05"
[[gpu]]
vendor = "nvidia"
name = "NVIDIA A30"
compute_capability = "8.0"
"""
LOCK = """\
lock-version = "1.0"
created-by = "uv"

[[packages]]
name = "numpy"
version = "2.3.5"
[[packages.wheels]]
url = "https://files.example/numpy-2.3.5.whl"
hashes.sha256 = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

[[packages]]
name = "torch"
version = "2.15.0+cpu"
[[packages.wheels]]
url = "https://own.example/torch-2.15.0.whl"
hashes.sha256 = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
"""


def describe(text: str = LINUX, packages: PackageConfiguration | None = None) -> Machine:
    """A described machine, with package settings if they are given."""
    machine: Machine = parse_description(text, origin="test")
    return msgspec.structs.replace(machine, packages=packages) if packages is not None else machine


def sources_for(
    profile: str,
    *extras: str,
    machine: Machine | None = None,
    lock: str | None = None,
    matrix: Matrix = MATRIX,
    **options: Any,
) -> Sources:
    """What a plan is made from: the resolver's answer for a profile on a machine."""
    machine = machine or describe()
    answer = resolve(make_request(matrix, [matrix.profile(profile)], extras), machine, matrix)
    assert isinstance(answer, Resolution)
    made_for = PlanOptions(**{"environment": ".venv", **options})
    plan = msgspec.structs.replace(build_plan(answer, machine, matrix, None, made_for), lock=lock)
    return Sources(plan=plan, resolution=answer, machine=machine, matrix=matrix, supply=None, options=made_for)


def plan_of(sources: Sources) -> Plan:
    """The plan as it would be installed."""
    return build_plan(sources.resolution, sources.machine, sources.matrix, sources.supply, sources.options)


def form_for(form: str, profile: str, *extras: str, **fields: Any) -> str:
    """A form of the plan for a profile."""
    return make_form(form, sources_for(profile, *extras, **fields))


def setting(value: str) -> Setting:
    """A value of a configuration file."""
    return Setting(value=value, origin="pip.conf")
