"""GPU code read out of published wheels by range requests."""

from __future__ import annotations

import pytest
from pypi_simple import PYPI_SIMPLE_ENDPOINT

from mlenv.matrix.rows import Platform
from mlenv.matrix.sources.gpu_code import read_gpu_code
from mlenv.matrix.sources.package_index import read_project
from mlenv.matrix.sources.remote_wheel import read_metadata
from mlenv.system.network import Web

pytestmark = [pytest.mark.live, pytest.mark.registry]
MIB = 1024 * 1024


def wheel_url(web: Web, distribution: str, version: str, platform: Platform, python: str = "3.12") -> str:
    release = read_project(web, PYPI_SIMPLE_ENDPOINT, distribution, newest_python="3.15").release(version)
    assert release is not None
    return next(wheel.url for wheel in release.on(platform) if wheel.fits(python))


@pytest.mark.parametrize(
    ("distribution", "version", "platform", "sass", "ptx", "most_bytes"),
    [
        ("torch", "2.15.0", "linux-x86_64", "7.5 8.0 8.6 9.0 10.0 12.0", "", 64 * MIB),
        ("torch", "2.15.0", "linux-aarch64", "8.0 9.0 10.0 11.0 12.0", "", 64 * MIB),
        ("torch", "2.15.0", "windows-x86_64", "", "", 64 * MIB),
        ("torch", "2.9.1", "linux-x86_64", "7.0 7.5 8.0 8.6 9.0 10.0 12.0", "", 64 * MIB),
        ("torch", "2.6.0", "linux-x86_64", "5.0 6.0 7.0 7.5 8.0 8.6 9.0", "", 64 * MIB),
        ("jax-cuda13-plugin", "0.12.0.1", "linux-x86_64", "7.5 8.0 9.0 10.0 11.0 12.0", "12.0", 9 * MIB),
    ],
)
def test_gpu_code_of_a_published_wheel(
    distribution: str, version: str, platform: Platform, sass: str, ptx: str, most_bytes: int
) -> None:
    web = Web()
    url = wheel_url(web, distribution, version, platform)
    before = web.transferred
    code = read_gpu_code(web, url)
    assert code is not None
    assert (tuple(sass.split()), tuple(ptx.split()), ()) == (code.sass, code.ptx, code.gfx)
    assert web.transferred - before == code.transferred < most_bytes


def test_too_large_a_wheel_is_left_alone() -> None:
    web = Web()
    url = wheel_url(web, "xgboost-cu12", "3.4.1", "linux-x86_64")
    before = web.transferred
    assert read_gpu_code(web, url) is None
    assert web.transferred - before < MIB


def test_metadata_of_a_large_wheel() -> None:
    web = Web()
    url = wheel_url(web, "torch", "2.15.0", "linux-x86_64")
    before = web.transferred
    text = read_metadata(web, url)
    assert "\nName: torch\nVersion: 2.15.0\n" in text
    assert web.transferred - before < 100_000
