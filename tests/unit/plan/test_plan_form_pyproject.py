"""The project file for uv, to be taken over into one's own."""

from __future__ import annotations

import datetime as dt
from typing import Any

import tomli

from mlenv.facts.packages import PackageConfiguration
from tests.unit.plan.plan_cases import GPU, LINUX, WINDOWS, describe, form_for, setting


def read(*arguments: str, **fields: Any) -> dict[str, Any]:
    return tomli.loads(form_for("pyproject", *arguments, **fields))


def test_a_framework_is_tied_to_its_own_index_and_that_serves_nothing_else() -> None:
    tables = read("pytorch-cpu")
    uv = tables["tool"]["uv"]
    assert {"index": "pytorch-cpu"} == uv["sources"]["torch"]
    assert [{"name": "pytorch-cpu", "url": "https://download.pytorch.org/whl/cpu", "explicit": True}] == uv["index"]
    assert ("mlenv-pytorch-cpu", "==3.12.*", False) == (
        tables["project"]["name"],
        tables["project"]["requires-python"],
        uv["package"],
    )


def test_it_is_for_the_platform_of_the_plan() -> None:
    assert ["sys_platform == 'linux' and platform_machine == 'x86_64'"] == read("starter")["tool"]["uv"]["environments"]
    windows = read("starter", machine=describe(WINDOWS))["tool"]["uv"]
    assert ["sys_platform == 'win32' and platform_machine == 'AMD64'"] == windows["environments"]


def test_extras_bounds_and_the_day() -> None:
    tables = read("jax-gpu", machine=describe(LINUX + GPU), as_of=dt.date(2026, 11, 20))
    assert ["jax[cuda13]==0.12.0.1"] == tables["project"]["dependencies"]
    assert "2026-11-20" == tables["tool"]["uv"]["exclude-newer"]
    assert "scipy>=1.5" in read("starter")["tool"]["uv"]["constraint-dependencies"]


def test_offline_and_mirrors() -> None:
    packages = PackageConfiguration(index_url=setting("https://token@mirror.example/simple"))
    text = form_for("pyproject", "starter", machine=describe(packages=packages), offline=True)
    uv = tomli.loads(text)["tool"]["uv"]
    assert uv["offline"]
    assert [{"name": "configured-default", "url": "https://mirror.example/simple", "default": True}] == uv["index"]
    assert "UV_INDEX_CONFIGURED_DEFAULT_PASSWORD" in text
    assert "token" not in text
