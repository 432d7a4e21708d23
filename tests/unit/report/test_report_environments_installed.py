"""What is installed, against what a manifest says."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from mlenv.execute.manifest import Manifest
from mlenv.facts.environment import CondaPackage, Distribution, Environment
from mlenv.report.environments.installed import Installed, compare_environments, compare_installed, cut_version
from mlenv.report.environments.knowledge import Knowledge
from tests.unit.report.environment_cases import KNOWLEDGE, MACHINE, lock_row, manifest_of, result_of

TORCH = Distribution(name="torch", version="2.7.0+cu126", path="/v/torch-2.7.0+cu126.dist-info", installer="uv")
SYMPY = Distribution(name="sympy", version="1.14.0", path="/v/sympy-1.14.0.dist-info", installer="uv")


def manifest(**fields: Any) -> Manifest:
    rows = [lock_row("torch", "2.7.0+cu126", index="https://wheels.example.org/cu126"), lock_row("sympy", "1.14.0")]
    return manifest_of("torch==2.7.0+cu126", rows=rows, **fields)


def environment(*distributions: Distribution, **fields: Any) -> Environment:
    return Environment(path="/v", **{"python": "3.12.4", "distributions": distributions, **fields})


def told(before: Manifest, after: Environment, **fields: Any) -> list[tuple[str, str, str]]:
    changes = compare_installed(before, Installed(environment=after, **fields), before.machine, KNOWLEDGE)
    return [(change.subject, change.kind, change.risk) for change in changes]


@pytest.mark.parametrize(
    ("distributions", "changes"),
    [
        ((TORCH, SYMPY), []),
        ((TORCH,), [("sympy", "removed", "low")]),
        ((SYMPY,), [("torch", "removed", "high")]),
        ((TORCH, replace(SYMPY, version="1.13.0")), [("sympy", "downgraded", "medium")]),
        ((replace(TORCH, version="2.7.0+cpu"), SYMPY), [("build of torch", "changed", "high")]),
        ((replace(TORCH, version="2.7.0", build="cu126"), SYMPY), []),
        ((TORCH, SYMPY, Distribution(name="extra", version="1.0", path="/v/e")), [("extra", "added", "low")]),
        ((replace(TORCH, source="https://wheels.example.org/cu126/torch.whl"), SYMPY), []),
        (
            (TORCH, replace(SYMPY, source="file:///home/ada/sympy", editable=True)),
            [("index of sympy", "changed", "high")],
        ),
        ((TORCH, replace(SYMPY, source="https://git.example.org/sympy.git")), [("index of sympy", "changed", "high")]),
    ],
)
def test_packages(distributions: tuple[Distribution, ...], changes: list[tuple[str, str, str]]) -> None:
    assert changes == told(manifest(), environment(*distributions))


def test_python_and_machine() -> None:
    assert [("python", "upgraded", "high")] == told(manifest(), environment(TORCH, SYMPY, python="3.13.1"))
    after = replace(MACHINE, gpus=())
    installed = Installed(environment=environment(TORCH, SYMPY))
    (change,) = compare_installed(manifest(), installed, after, KNOWLEDGE)
    assert ("gpu NVIDIA A100", "high") == (change.subject, change.risk)
    assert () == compare_installed(manifest(), installed, None, KNOWLEDGE)


def test_an_own_manifest_tells_of_settings_and_proof() -> None:
    before = manifest(results=[result_of()])
    after = manifest(results=[result_of(status="fail")], plan={"variables": {"KERAS_BACKEND": "torch"}})
    found = {subject for subject, _, _ in told(before, environment(TORCH, SYMPY), manifest=after)}
    assert "variable KERAS_BACKEND" in found
    assert any("torch" in subject for subject in found)


def test_without_a_lock_the_planned_packages_are_compared() -> None:
    before = manifest(lock="not a lock")
    found = told(before, environment(TORCH, SYMPY))
    assert [("lock", "changed", "medium")] == found


def test_packages_of_the_python_below_are_not_its_own() -> None:
    outside = Distribution(name="pip", version="24.0", path="/usr/lib/pip-24.0.dist-info")
    assert [] == told(manifest(), environment(TORCH, SYMPY, outside, system_packages=True))
    assert [("pip", "added", "low")] == told(manifest(), environment(TORCH, SYMPY, outside))


def test_packages_of_conda() -> None:
    lock = "@EXPLICIT\nhttps://conda.example.org/forge/linux-64/pytorch-2.7.0-cuda126_generic_0.conda#aa\n"
    before = manifest(lock=lock)
    package = CondaPackage(name="pytorch", version="2.7.0", build="cuda126_generic_0")
    twin = Distribution(name="torch", version="2.7.0", path="/v/t", installer="conda")
    knowledge = Knowledge(conda_names={"pytorch": "torch"})

    def changes(package: CondaPackage) -> list[str]:
        installed = Installed(environment=environment(twin, conda_packages=(package,)))
        return [change.subject for change in compare_installed(before, installed, None, knowledge)]

    assert [] == changes(package)
    assert ["build of torch"] == changes(replace(package, build="cpu_generic_0"))


def test_two_environments() -> None:
    before, after = environment(TORCH, SYMPY), environment(TORCH, replace(SYMPY, version="2.0"), python="3.12.5")
    found = [(change.subject, change.kind) for change in compare_environments(before, after, MACHINE)]
    assert {("sympy", "upgraded"), ("python", "upgraded")} == set(found)


@pytest.mark.parametrize(
    ("version", "like", "cut"), [("3.12.4", "3.11", "3.12"), ("3.12.4", "3.12.1", "3.12.4"), ("", "3.12", "3.12")]
)
def test_versions_are_as_long_as_they_are_planned(version: str, like: str, cut: str) -> None:
    assert cut == cut_version(version, like=like)
