"""What a channel's builds can do on a machine, and the answer that follows from it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mlenv.facts.machine import Machine
from mlenv.intake.described import parse_description
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import Accelerator
from mlenv.resolve.conda_answer import adapt_to_conda
from mlenv.resolve.conda_route import Verdict, conda_way_out, serve
from mlenv.resolve.request import Request, Wanted
from mlenv.resolve.resolution import Impossible, Resolution
from mlenv.resolve.solve import resolve

MATRIX = Matrix()
MAC = 'os = "macos"\nos_version = "14.5"\narch = "arm64"\npython = ["3.12.4"]\n[[gpu]]\nvendor = "apple"\nname = "M3"'


def nvidia(name: str, driver: str, *, glibc: str = "2.35", python: str = '["3.12.4"]') -> Machine:
    head = f'os = "linux"\narch = "x86_64"\nlibc = "glibc {glibc}"\npython = {python}\n[cpu]\nflags = ["avx"]\n'
    gpu = f'[nvidia]\ndriver = "{driver}"\n[[gpu]]\nvendor = "nvidia"\nname = "{name}"\n' if name else ""
    return parse_description(head + gpu, origin="test")


ADA = nvidia("NVIDIA GeForce RTX 4090", "580.95.05")
PASCAL = nvidia("NVIDIA GeForce GTX 1080 Ti", "580.95.05")
BLACKWELL = nvidia("NVIDIA GeForce RTX 5090", "580.95.05")
OLD_DRIVER = nvidia("NVIDIA GeForce RTX 4090", "535.183.01")
OLD_GLIBC = nvidia("NVIDIA GeForce RTX 4090", "580.95.05", glibc="2.17")
KEPLER = nvidia("Tesla K80", "470.256.02")
NO_GPU = nvidia("", "")


@pytest.mark.parametrize(
    ("framework", "machine", "expected"),
    [
        pytest.param("torch", ADA, ("serves", "13.0", ""), id="the-newest-builds"),
        pytest.param("torch", PASCAL, ("serves", "12.9", "13.0"), id="no-code-for-pascal-in-the-newest"),
        pytest.param("torch", OLD_DRIVER, ("serves", "12.9", "13.0"), id="a-driver-of-before-the-newest"),
        pytest.param("torch", OLD_GLIBC, ("serves", "12.9", "13.0"), id="a-glibc-of-before-the-newest"),
        pytest.param("tensorflow", BLACKWELL, ("serves", "12.8", ""), id="blackwell-which-no-wheel-serves"),
        pytest.param("torch", KEPLER, ("no", "", ""), id="neither-driver-nor-code"),
        pytest.param("torch", NO_GPU, ("no", "", ""), id="no-driver"),
        pytest.param("xgboost", ADA, ("unknown", "", ""), id="nobody-read-the-gpu-code"),
        pytest.param("numpy", ADA, ("no", "", ""), id="no-such-builds"),
    ],
)
def test_cuda_builds_of_the_channel(framework: str, machine: Machine, expected: tuple[Verdict, str, str]) -> None:
    service = serve(MATRIX.framework(framework), machine, MATRIX, "cuda")
    assert expected == (service.verdict, service.cuda, service.below)


@pytest.mark.parametrize(
    ("framework", "machine", "accelerator", "expected"),
    [
        pytest.param(
            "torch", PASCAL, "cuda", "use conda-forge, whose builds of PyTorch with CUDA 12.9 run here", id="gpu"
        ),
        pytest.param("torch", OLD_GLIBC, "cpu", "use conda-forge, which builds PyTorch for older systems", id="glibc"),
        pytest.param("xgboost", PASCAL, "cuda", None, id="what-is-unknown-is-not-promised"),
        pytest.param("tensorflow", parse_description(MAC, origin="test"), "cpu", None, id="not-for-this-platform"),
        pytest.param("torch", nvidia("", "", glibc="2.12"), "cpu", None, id="too-old-for-the-channel-too"),
        pytest.param("tf-keras", ADA, "cuda", None, id="not-in-the-channel"),
        pytest.param("nobody-knows-it", ADA, "cuda", None, id="not-in-the-matrix"),
    ],
)
def test_the_way_out_by_conda(framework: str, machine: Machine, accelerator: Accelerator, expected: str | None) -> None:
    text = conda_way_out(machine, MATRIX, framework, accelerator)
    assert expected == (text and text.partition(":")[0])


def adapt(
    machine: Machine, *names: str, accelerator: str = "auto", python: str | None = None
) -> Resolution | Impossible:
    wanted = tuple(Wanted(name=name) for name in names)
    request = Request(wanted=wanted, accelerator=accelerator, python=python)
    return adapt_to_conda(resolve(request, machine, MATRIX), machine, MATRIX)


@pytest.mark.parametrize(
    ("ask", "expected"),
    [
        pytest.param(lambda: adapt(ADA, "torch"), ("cuda", "3.12"), id="as-the-wheels"),
        pytest.param(lambda: adapt(BLACKWELL, "tensorflow"), ("cuda", "3.12"), id="a-gpu-that-no-wheel-serves"),
        pytest.param(lambda: adapt(ADA, "xgboost"), ("cpu", "3.12"), id="unproven-builds-yield-to-the-cpu"),
        pytest.param(
            lambda: adapt(ADA, "xgboost", accelerator="cuda"), ("cuda", "3.12"), id="unless-they-are-asked-for"
        ),
        pytest.param(lambda: adapt(KEPLER, "torch"), ("cpu", "3.12"), id="no-build-serves-it"),
        pytest.param(lambda: adapt(OLD_GLIBC, "torch"), ("cuda", "3.12"), id="a-system-too-old-for-the-wheels"),
        pytest.param(
            lambda: adapt(nvidia("", "", python='["3.13.1"]'), "tensorflow"),
            ("cpu", "3.12"),
            id="a-python-that-is-there",
        ),
        pytest.param(
            lambda: adapt(nvidia("", "", python='["3.13.1"]'), "tensorflow", python="3.13"),
            ("cpu", "3.13"),
            id="a-pinned-one",
        ),
        pytest.param(lambda: adapt(parse_description(MAC, origin="test"), "torch"), ("mps", "3.12"), id="metal"),
    ],
)
def test_device_and_python(ask: Callable[[], Resolution | Impossible], expected: tuple[str, str]) -> None:
    answer = ask()
    assert isinstance(answer, Resolution)
    assert expected == (answer.accelerator, answer.python)


def test_a_device_that_was_asked_for_and_cannot_be_had_is_refused() -> None:
    answer = adapt(KEPLER, "torch", accelerator="cuda")
    assert isinstance(answer, Impossible)
    assert "CUDA 12.9 needs driver 525.60.13 or newer, this machine has 470.256.02" in answer.reasons[0].text


def test_conda_packages_need_glibc() -> None:
    musl = parse_description('os = "linux"\narch = "x86_64"\nlibc = "musl 1.2.4"\npython = ["3.12.4"]', origin="test")
    answer = adapt(musl, "numpy")
    assert isinstance(answer, Impossible)
    assert "conda's packages for Linux are made for glibc; this machine has musl" == answer.reasons[0].text


def test_adapting_twice_changes_nothing() -> None:
    answer = adapt(nvidia("", "", python='["3.13.1"]'), "tensorflow")
    assert answer == adapt_to_conda(answer, NO_GPU, MATRIX)


def test_what_is_not_in_the_channel_stays_impossible() -> None:
    old = nvidia("", "", glibc="2.5")
    refused = resolve(Request(wanted=(Wanted(name="tensorrt"),)), old, MATRIX)
    assert isinstance(refused, Impossible)
    assert refused == adapt_to_conda(refused, old, MATRIX)


def test_every_channel_of_a_route_is_an_index() -> None:
    routes = [MATRIX.framework(name).conda for name in MATRIX.framework_ids]
    assert {row.channel for row in routes if row} <= set(MATRIX.indexes)


def test_gpu_code_is_listed_newest_cuda_first() -> None:
    from mlenv.facts.version import numbers

    for name in MATRIX.framework_ids:
        route = MATRIX.framework(name).conda
        releases = [numbers(row.cuda) for row in route.code] if route else []
        assert sorted(releases, reverse=True) == releases, name
