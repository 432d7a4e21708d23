"""The package index as a source, asked for real."""

from __future__ import annotations

import pytest

from mlenv.facts.packages import PackageConfiguration
from mlenv.matrix.sources.package_index import default_index, neighbour_pins, read_projects, read_requirements
from mlenv.matrix.sources.published import PublishedProject, floor_of, pythons_on
from mlenv.system.network import Web

pytestmark = [pytest.mark.live, pytest.mark.registry]
SERIES = ("3.11", "3.12", "3.13", "3.14")


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Web:
    return Web(cache_folder=str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="module")
def projects(web: Web) -> dict[str, PublishedProject]:
    found = read_projects(web, default_index(PackageConfiguration()), ("numpy", "torch"), newest_python="3.14")
    return {name: one for name, one in found.items() if isinstance(one, PublishedProject)}


def test_known_releases(projects: dict[str, PublishedProject]) -> None:
    numpy = projects["numpy"].release("2.2.6")
    torch = projects["torch"].release("2.9.1")
    assert numpy is not None
    assert torch is not None
    assert ">=3.10" == numpy.requires_python == torch.requires_python
    assert ("2025-05-17", True) == (str(numpy.released), numpy.has_sdist)
    assert ("2025-11-12", False) == (str(torch.released), torch.has_sdist)
    assert ("3.11", "3.12", "3.13") == pythons_on(numpy, "windows-x86_64", SERIES)
    assert SERIES == pythons_on(torch, "linux-aarch64", SERIES)
    assert "2.28" == floor_of(torch.on("linux-x86_64")).glibc
    assert "11.0" == floor_of(torch.on("macos-arm64")).macos


def test_pins_are_read_out_of_a_wheel_without_downloading_it(web: Web, projects: dict[str, PublishedProject]) -> None:
    torch = projects["torch"].release("2.9.1")
    assert torch is not None
    wheel = next(wheel for wheel in torch.on("linux-x86_64") if wheel.pythons == ("3.12",))
    before = web.transferred
    requirements = read_requirements(web, wheel)
    pins = neighbour_pins(
        requirements, python="3.12", platform="linux-x86_64", names=("nvidia-cudnn-*", "nvidia-nccl-*", "triton")
    )
    expected = {"nvidia-cudnn-cu12": "==9.10.2.21", "nvidia-nccl-cu12": "==2.27.5", "triton": "==3.5.1"}
    assert expected == pins
    assert web.transferred - before < 2**20
