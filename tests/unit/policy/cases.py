"""Machines, environments and results for tests of policies."""

from __future__ import annotations

import datetime as dt
from typing import Any

from msgspec.structs import replace

from mlenv.facts.drivers import Nvidia, Rocm
from mlenv.facts.environment import Distribution, Environment
from mlenv.facts.gpu import Ecc, Gpu
from mlenv.facts.hardware import Cpu, Disk, Memory
from mlenv.facts.machine import Machine
from mlenv.facts.python import PythonInterpreter
from mlenv.facts.system import Libc, OperatingSystem
from mlenv.matrix.load import Matrix
from mlenv.policy.judge import judge_policy
from mlenv.policy.model import Policy
from mlenv.policy.read import parse_policy
from mlenv.policy.rule import PolicyCase
from mlenv.verify.result import Result

MATRIX = Matrix()
TODAY = dt.date(2026, 11, 22)
CARD = Gpu(
    vendor="nvidia",
    name="NVIDIA RTX A4000",
    index=0,
    uuid="GPU-aaaa",
    compute_capability="8.6",
    memory_bytes=17_171_480_576,
    integrated=False,
    mig=False,
    ecc=Ecc(enabled=True),
    persistence=True,
)
MACHINE = Machine(
    os=OperatingSystem(
        family="linux",
        distribution="ubuntu",
        version="22.04",
        kernel="6.8.0-45-generic",
        libc=Libc(family="glibc", version="2.35"),
        wsl=0,
        container="",
        secure_boot=True,
    ),
    architecture="x86_64",
    cpu=Cpu(usable_cores=8.0, logical_cores=16, flags=("avx", "avx2")),
    memory=Memory(total_bytes=67_200_000_000),
    disks=(
        Disk(purpose="environment", path="/w", free_bytes=100 * 10**9),
        Disk(purpose="shared-memory", path="/dev/shm", free_bytes=8 * 10**9),
    ),
    gpus=(CARD,),
    nvidia=Nvidia(driver="580.95.05", cuda="13.0"),
    rocm=Rocm(version="6.4.1", driver="6.12.12"),
    pythons=(PythonInterpreter(version="3.12.3"),),
)
BARE = Machine(os=OperatingSystem(family="linux"))
"""Of this machine nothing is known but its system."""

ENVIRONMENT = Environment(
    path="/w/.venv",
    python="3.12.3",
    distributions=(
        Distribution(name="torch", version="2.15.0+cu130"),
        Distribution(name="numpy", version="2.3.1"),
        Distribution(name="onnxruntime", version="1.24.0"),
    ),
)


def result(check: str, status: Any = "pass", **more: Any) -> Result:
    """A result of torch, or of another group."""
    group = more.get("group", "framework")
    fields = {
        "framework": "torch" if group == "framework" else "",
        "version": "2.15.0+cu130" if group == "framework" else None,
        "device": None,
        "seconds": 0.0,
        "detail": f"{check} {status}",
    }
    return Result(check=check, status=status, **{**fields, **more})


TORCH = (
    result("import"),
    result("device", device="cuda:0"),
    result("compute", device="cuda:0", about="GPU-aaaa", measured={"arithmetic": "fp32", "norm": 3e-7}),
)
CASE = PolicyCase(machine=MACHINE, environment=ENVIRONMENT, matrix=MATRIX, today=TODAY, results=TORCH, level="standard")


def policy(text: str) -> Policy:
    """The policy of a file's text, without its schema line."""
    return parse_policy(f"schema = 1\n{text}", origin="team.toml")


def judge(text: str, **changes: Any) -> dict[str, Result]:
    """The results of a policy by their check."""
    rows = judge_policy(policy(text), replace(CASE, **changes))
    assert len(rows) == len({row.check for row in rows})
    return {row.check: row for row in rows}


def status_of(text: str, check: str, **changes: Any) -> str:
    """The status of one rule."""
    return judge(text, **changes)[f"policy.{check}"].status
