"""A request, machines and a uv that follows a script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from mlenv.facts.machine import Machine
from mlenv.intake.described import parse_description
from mlenv.matrix.load import Matrix
from mlenv.plan.build import PlanOptions, build_plan
from mlenv.plan.plan import Plan
from mlenv.resolve.refutation import Refutation
from mlenv.resolve.request import make_request
from mlenv.resolve.resolution import Impossible, Resolution
from mlenv.resolve.solve import resolve
from mlenv.system.process import Completed

MATRIX = Matrix()
LINUX = 'os = "linux"\narch = "x86_64"\nlibc = "glibc 2.35"\npython = ["3.12.4"]\n[cpu]\nflags = ["avx"]\n'
GPU = """
[nvidia]
driver = "580.95.05"
[[gpu]]
vendor = "nvidia"
name = "NVIDIA GeForce RTX 4090"
compute_capability = "8.9"
"""
NO_SOLUTION = "error: No solution found when resolving dependencies\n  cause: "


def machine_of(text: str = LINUX) -> Machine:
    return parse_description(text, origin="test")


def decide(
    *names: str, machine: Machine | None = None, refuted: Sequence[Refutation] = (), accelerator: str = "cpu"
) -> Resolution | Impossible:
    request = make_request(MATRIX, [], names, accelerator=accelerator)
    return resolve(request, machine or machine_of(), MATRIX, None, refuted)


def answer_of(*names: str, machine: Machine | None = None, accelerator: str = "cpu") -> Resolution:
    answer = decide(*names, machine=machine, accelerator=accelerator)
    assert isinstance(answer, Resolution)
    return answer


def build(resolution: Resolution, manager: str = "uv") -> Plan:
    options = PlanOptions(environment=".venv", manager=manager)  # type: ignore[arg-type]
    return build_plan(resolution, machine_of(), MATRIX, None, options)


def lock_of(*packages: str) -> str:
    """A lock with one wheel of 1000 bytes for each ``name==version``; ``name==version.tar.gz`` is source."""
    rows = []
    for package in packages:
        name, _, version = package.partition("==")
        number = version.removesuffix(".tar.gz")
        wheel = f"{name.replace('-', '_')}-{number}-py3-none-any.whl"
        file = f'{{ url = "https://index.example/{wheel}", size = 1000, hashes = {{ sha256 = "{"0" * 64}" }} }}'
        files = f"sdist = {file}" if version.endswith(".tar.gz") else f"wheels = [{file}]"
        rows.append(f'[[packages]]\nname = "{name}"\nversion = "{number}"\n{files}\n')
    return 'lock-version = "1.0"\n\n' + "\n".join(rows)


class Uv:
    """Answers one after another.

    ``asked`` and ``projects`` keep the argument lists and the project files, ``environ`` the variables
    of the last question.
    """

    def __init__(self, *answers: Completed | str) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, ...]] = []
        self.projects: list[str] = []
        self.environ: Mapping[str, str] = {}

    def __call__(
        self, argv: Sequence[str], *, timeout: float, environ: Mapping[str, str], cwd: str | None = None
    ) -> Completed:
        if argv[-1] == "--version":
            return Completed(status=0, stdout="uv 0.13.9 (x86_64-unknown-linux-gnu)\n")
        self.asked.append(tuple(argv))
        self.projects.append(Path(argv[-1]).read_text(encoding="utf-8"))
        self.environ = environ
        answer = self.answers.pop(0)
        return Completed(status=0, stdout=answer) if isinstance(answer, str) else answer


def refusal(cause: str, hint: str = "") -> Completed:
    return Completed(status=1, stderr=f"{NO_SOLUTION}{cause}\n" + (f"\nhint: {hint}\n" if hint else ""))
