"""The plan for uv: what is tied to which index, and the commands."""

from __future__ import annotations

from typing import Any

import msgspec
import tomli

from mlenv.facts.machine import Machine
from mlenv.facts.packages import PackageConfiguration, Setting
from mlenv.intake.described import parse_description
from mlenv.matrix.rows import Profile
from mlenv.plan.build import PlanOptions, build_plan
from mlenv.plan.plan import Plan
from mlenv.report.plan import mask_plan
from mlenv.resolve.request import make_request
from mlenv.resolve.resolution import Resolution
from mlenv.resolve.solve import resolve
from tests.unit.plan.plan_cases import GPU, MATRIX


def plan_for(profile: str, *extras: str, gpu: str = "", packages: PackageConfiguration | None = None) -> Plan:
    text = 'os = "linux"\narch = "x86_64"\nlibc = "glibc 2.35"\npython = ["3.12.4"]\n[cpu]\nflags = ["avx"]\n'
    machine: Machine = parse_description(text + gpu, origin="test")
    if packages is not None:
        machine = msgspec.structs.replace(machine, packages=packages)
    answer = resolve(make_request(MATRIX, [MATRIX.profile(profile)], extras), machine, MATRIX)
    assert isinstance(answer, Resolution)
    return build_plan(answer, machine, MATRIX, None, PlanOptions(environment=".venv"))


def project_of(plan: Plan) -> dict[str, Any]:
    return tomli.loads(plan.files[0].text)


def test_a_framework_is_tied_to_its_own_index() -> None:
    project = project_of(plan_for("pytorch-cpu"))
    assert {"index": "pytorch-cpu"} == project["tool"]["uv"]["sources"]["torch"]
    (index,) = project["tool"]["uv"]["index"]
    assert ("pytorch-cpu", True) == (index["name"], index["explicit"])
    assert "torch==2.15.0+cpu" in project["project"]["dependencies"]


def test_an_extra_brings_the_accelerators_libraries() -> None:
    plan = plan_for("jax-gpu", gpu=GPU)
    assert ["jax[cuda13]==0.12.0.1"] == project_of(plan)["project"]["dependencies"]
    assert ("cuda", "cuda13") == (plan.accelerator.kind, plan.accelerator.variant)


def test_an_extra_that_is_asked_for_and_brought_stands_once() -> None:
    project = project_of(plan_for("jax-gpu", "onnxruntime-gpu[cuda]", gpu=GPU))
    (written,) = (text for text in project["project"]["dependencies"] if text.startswith("onnxruntime-gpu"))
    assert "onnxruntime-gpu[cuda,cudnn]" == written.partition("==")[0]


def test_a_cpu_machine_gets_the_small_distribution() -> None:
    assert [("tensorflow-cpu", "2.21.0")] == [(p.name, p.version) for p in plan_for("tensorflow-cpu").packages]


def test_packages_that_the_matrix_does_not_know_are_passed_on() -> None:
    dependencies = project_of(plan_for("jax-cpu", "einops>=0.8", "Rich"))["project"]["dependencies"]
    assert ["einops>=0.8", "jax==0.12.0.1", "rich"] == dependencies


def test_the_users_sources_are_passed_on() -> None:
    packages = PackageConfiguration(
        index_url=Setting(value="https://mirror.example/simple", origin="pip.conf"),
        extra_index_urls=(Setting(value="https://more.example/simple", origin="pip.conf"),),
        find_links=(Setting(value="/wheels", origin="pip.conf"),),
        trusted_hosts=(Setting(value="mirror.example", origin="pip.conf"),),
    )
    table = project_of(plan_for("starter", packages=packages))["tool"]["uv"]
    assert ["/wheels"] == table["find-links"]
    assert ["mirror.example"] == table["allow-insecure-host"]
    assert "unsafe-best-match" == table["index-strategy"]
    assert [
        {"name": "configured-1", "url": "https://more.example/simple"},
        {"name": "configured-default", "url": "https://mirror.example/simple", "default": True},
    ] == table["index"]


def test_variables_of_a_users_own_profile_are_kept() -> None:
    own = Profile(name="mine", title="Mine", frameworks=("jax",), environment={"JAX_PLATFORMS": "cpu"})
    assert {"JAX_PLATFORMS": "cpu"} == make_request(MATRIX, [own]).variables
    assert {"KERAS_BACKEND": "tensorflow"} == plan_for("keras").variables


def test_commands_are_argument_lists_in_order() -> None:
    steps = plan_for("starter").steps
    assert ["create", "lock", "reuse", "install", "verify"] == [step.kind for step in steps]
    assert ("uv", "venv", "--no-project", "--python", "3.12", ".venv") == steps[0].argv
    assert ("mlenv", "verify", "--env", ".venv", "--profile", "starter") == steps[-1].argv


def test_passwords_are_masked_in_what_is_shown() -> None:
    packages = PackageConfiguration(index_url=Setting(value="https://me:secret@mirror.example/simple", origin="x"))
    plan = plan_for("starter", packages=packages)
    assert "secret" in plan.files[0].text
    assert "secret" not in msgspec.json.encode(mask_plan(plan)).decode()


def test_only_a_proxy_of_pips_must_be_handed_on() -> None:
    variable = Setting(value="http://proxy.example:1", origin="HTTPS_PROXY")
    file = Setting(value="http://proxy.example:2", origin="/etc/pip.conf")
    assert PackageConfiguration(proxies=(variable,)).pip_proxy is None
    assert PackageConfiguration(proxies=(variable, file)).pip_proxy == "http://proxy.example:2"
