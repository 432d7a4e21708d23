"""The plan and the forms for pixi, and the environment.yml of conda."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import tomli

from mlenv.facts.packages import PackageConfiguration, Setting
from mlenv.facts.python import ManagerName
from mlenv.plan.forms import conda, pixi
from tests.unit.plan.conda_cases import ADA, NO_GPU, PASCAL, machine, plan_for, sheet_for

LOCK = "@EXPLICIT\nhttps://c.example/linux-64/pytorch-2.13.0-cpu_mkl_0.conda#a1\n"


def manifest(*names: str, on: Any = NO_GPU, **more: Any) -> dict[str, Any]:
    plan = plan_for(on, *names, manager="pixi", **more)
    (file,) = plan.files
    return tomli.loads(file.text)


def test_commands() -> None:
    steps = plan_for(NO_GPU, "numpy", manager="pixi").steps
    assert [
        ("pixi", "init", "--channel", "conda-forge", "--platform", "linux-64", "my env"),
        ("pixi", "install", "--manifest-path", "my env/pixi.toml"),
        ("mlenv", "verify", "--env", "my env/.pixi/envs/default"),
    ] == [step.argv for step in steps]


def test_manifest() -> None:
    assert {
        "workspace": {
            "name": "mlenv",
            "channels": ["conda-forge"],
            "platforms": ["linux-64"],
            "channel-priority": "strict",
        },
        "system-requirements": {"cuda": "13.0", "libc": {"family": "glibc", "version": "2.35"}},
        "dependencies": {
            "python": "3.12.*",
            "cuda-version": "<13.0",
            "pytorch": {"version": ">=2.9", "build": "*cuda*"},
        },
        "pypi-dependencies": {"einops": ">=0.8", "rich": "*"},
    } == manifest("torch>=2.9", "einops>=0.8", "rich", on=PASCAL)


def test_without_a_gpu_none_is_asked_for() -> None:
    assert "cuda" not in manifest("torch")["system-requirements"]


def test_a_machine_with_a_gpu_that_is_not_used() -> None:
    assert "cuda" not in manifest("torch", on=ADA, accelerator="cpu")["system-requirements"]


def test_the_day_is_kept() -> None:
    import datetime as dt

    assert "2026-05-01" == manifest("numpy", as_of=dt.date(2026, 5, 1))["workspace"]["exclude-newer"]


def test_where_the_package_index_is() -> None:
    packages = PackageConfiguration(
        index_url=Setting(value="https://mirror.example/simple", origin="pip.conf"),
        extra_index_urls=(Setting(value="https://more.example/simple", origin="pip.conf"),),
        find_links=(Setting(value="/wheels", origin="pip.conf"),),
    )
    assert {
        "index-url": "https://mirror.example/simple",
        "extra-index-urls": ["https://more.example/simple"],
        "index-strategy": "unsafe-best-match",
        "find-links": [{"path": "/wheels"}],
    } == manifest("einops", "numpy", on=machine(packages=packages))["pypi-options"]


def test_extras() -> None:
    assert {"ray": {"version": "*", "extras": ["tune"]}} == manifest("ray[tune]")["pypi-dependencies"]


def test_no_offline_mode_is_promised() -> None:
    warnings = plan_for(NO_GPU, "numpy", manager="pixi", offline=True).warnings
    assert any("knows no offline mode" in text for text in warnings)


def test_environment_file() -> None:
    text = conda.render(sheet_for(PASCAL, "torch", "einops"))
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert [
        'name: "mlenv"',
        "channels:",
        '  - "conda-forge"',
        '  - "nodefaults"',
        "dependencies:",
        '  - "python=3.12.*"',
        '  - "cuda-version<13.0"',
        '  - "pip"',
        '  - "pytorch=*=*cuda*"',
        "  - pip:",
        '      - "einops"',
    ] == lines


def test_what_stands_for_the_gpu_in_the_build_of_a_container() -> None:
    assert "CONDA_OVERRIDE_CUDA=13.0" in conda.render(sheet_for(ADA, "torch"))
    assert "CONDA_OVERRIDE" not in conda.render(sheet_for(NO_GPU, "torch"))


@pytest.mark.parametrize("manager", ["conda", "pixi"])
def test_a_proven_plan_gives_exact_versions(manager: ManagerName) -> None:
    sheet = sheet_for(NO_GPU, "torch", manager=manager)
    proven = msgspec.structs.replace(sheet.plan, lock=LOCK)
    sheet = msgspec.structs.replace(sheet, plan=proven)
    assert '  - "pytorch=2.13.0=cpu_mkl_0"' in conda.render(sheet).splitlines()
    table = tomli.loads(pixi.render(sheet))["dependencies"]["pytorch"]
    assert {"version": "==2.13.0", "build": "cpu_mkl_0"} == table


def test_the_form_is_the_file_of_the_plan() -> None:
    sheet = sheet_for(ADA, "torch", manager="pixi")
    assert tomli.loads(sheet.plan.files[0].text) == tomli.loads(pixi.render(sheet))
