"""Distributions: their names, builds, origins, and the folders that they are found in."""

from __future__ import annotations

import pytest

from mlenv.facts.environment import Distribution
from mlenv.probe.environments.builds import (
    parse_local_build,
    parse_onnxruntime_build,
    parse_tensorflow_build,
    parse_torch_build,
)
from mlenv.probe.environments.distributions import parse_direct_url, parse_metadata_name, plain_url
from mlenv.probe.environments.search_path import parse_path_file
from tests.unit.probe.environment_hosts import PACKAGES, read, readings_of, venv

GPU_BUILD = "build_info = collections.OrderedDict([('cuda_version', '12.5.1'), ('cudnn_version', '9'), "
GPU_BUILD += "('is_cuda_build', True), ('is_rocm_build', False), ('is_tensorrt_build', True)])\n"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("nvidia_cublas_cu12-12.8.4.1.dist-info", ("nvidia-cublas-cu12", "12.8.4.1")),
        ("torch-2.9.1+cu128.dist-info", ("torch", "2.9.1+cu128")),
        ("ruamel.yaml-0.18.6.dist-info", ("ruamel-yaml", "0.18.6")),
        ("zope.interface-5.4.0-py3.8-nspkg.pth", None),
        ("setuptools-69.0-py3.12.egg-info", ("setuptools", "69.0")),
        ("horovod-0.28.1-py3.10-linux-x86_64.egg", None),
        ("six-1.16.0-py3.8.egg", ("six", "1.16.0")),
        ("~orch-2.9.1.dist-info", None),
        ("torch", None),
        ("-1.dist-info", None),
    ],
)
def test_metadata_name(name: str, expected: tuple[str, str] | None) -> None:
    dist = parse_metadata_name(name)
    assert (dist and (dist.name, dist.version)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("__version__ = '2.13.0+cpu'\ncuda: Optional[str] = None\nhip: Optional[str] = None\n", "cpu"),
        ("__version__ = '2.9.1+cu128'\ncuda: Optional[str] = '12.8'\n", "cu128"),
        ("__version__ = '2.9.1+cu128'\r\ncuda: Optional[str] = '12.8'\r\n", "cu128"),
        ("__version__ = '1.13.1'\ncuda = '11.7'\n", "cu117"),
        ("__version__ = '2.9.0'\nhip: Optional[str] = '6.4.43482-0f2d60242'\n", "rocm6.4"),
        ("__version__ = '2.15.0'\nhip: Optional[str] = '7.2.5'\nrocm: Optional[str] = '7.2.0'\n", "rocm7.2"),
        ("__version__ = '2.9.0+xpu'\nxpu: Optional[str] = '20250201'\n", "xpu"),
        ("debug = False\n", None),
    ],
)
def test_torch_build(text: str, expected: str | None) -> None:
    assert parse_torch_build(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GPU_BUILD, "cuda12.5"),
        ("build_info = OrderedDict([('is_cuda_build', False), ('is_rocm_build', False)])", "cpu"),
        ("build_info = OrderedDict([('is_cuda_build', False), ('is_rocm_build', True)])", "rocm"),
        ("build_info = {'cuda_version': '64_112', 'is_cuda_build': True}", "cuda"),
        ("build_info = {}", None),
    ],
)
def test_tensorflow_build(text: str, expected: str | None) -> None:
    assert parse_tensorflow_build(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("package_name = 'onnxruntime-gpu'\n__version__ = '1.22.0'\ncuda_version = '12.8'\n", "cuda12.8"),
        ("package_name = 'onnxruntime'\n__version__ = '1.22.0'\n", "cpu"),
        ("package_name = 'onnxruntime-directml'\n", "directml"),
        ("package_name = 'onnxruntime-gpu'\n", None),
        ("package_name = 'onnxruntime-rocm'\nrocm_version = '6.4.0'\n", "rocm6.4"),
        ("use_cuda = False\n", None),
    ],
)
def test_onnxruntime_build(text: str, expected: str | None) -> None:
    assert parse_onnxruntime_build(text) == expected


def test_local_part_of_a_version() -> None:
    assert parse_local_build("__version__ = '0.24.1+cu128'\n") == "cu128"
    assert parse_local_build("__version__ = '0.24.1'\n") is None


def test_builds_are_read_from_the_files_of_each_framework() -> None:
    files = {
        "tensorflow-2.20.0.dist-info/RECORD": "",
        "tensorflow/python/platform/build_info.py": GPU_BUILD,
        "torchvision-0.24.1.dist-info/RECORD": "",
        "torchvision/version.py": "__version__ = '0.24.1+cu128'\n",
        "onnxruntime_gpu-1.22.0.dist-info/RECORD": "",
        "onnxruntime/capi/build_and_package_info.py": "package_name = 'onnxruntime-gpu'\ncuda_version = '12.8'\n",
        "numpy-2.1.0.dist-info/RECORD": "",
    }
    found = {dist.name: dist.build for dist in read(venv(files)).distributions}
    assert found == {"numpy": None, "onnxruntime-gpu": "cuda12.8", "tensorflow": "cuda12.5", "torchvision": "cu128"}


def test_origin_of_a_distribution() -> None:
    direct = '{"url": "https://ada:secret@git.example.org/team/model.git", "vcs_info": {"vcs": "git"}}'
    files = {
        "model-0.3.dist-info/INSTALLER": "pip\n",
        "model-0.3.dist-info/direct_url.json": direct,
        "thesis-1.0.dist-info/INSTALLER": "uv",
        "thesis-1.0.dist-info/direct_url.json": '{"url": "file:///home/ada/thesis", "dir_info": {"editable": true}}',
    }
    model, thesis = read(venv(files)).distributions
    assert (model.installer, model.source) == ("pip", "https://git.example.org/team/model.git")
    assert not model.editable
    assert (thesis.installer, thesis.source, thesis.editable) == ("uv", "file:///home/ada/thesis", True)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://ada:se@cret@example.org/a@b?token=1#egg=x", "https://example.org/a@b"),
        ("git+ssh://git@example.org/team/model.git", "git+ssh://example.org/team/model.git"),
        ("file:///home/ada/a@b", "file:///home/ada/a@b"),
        ("ada?x", "ada"),
        ("", ""),
    ],
)
def test_address_without_credentials(url: str, expected: str) -> None:
    assert plain_url(url) == expected


@pytest.mark.parametrize("text", ["", "{", "[]", '{"url": 3}', "\ud800", "[" * 5000])
def test_direct_url_of_another_form(text: str) -> None:
    assert parse_direct_url(text) == (None, False)


def test_leftovers_of_an_interrupted_removal() -> None:
    environment = read(venv({"~orch-2.1.0.dist-info/METADATA": "", "~orch/version.py": "", "six.py": ""}))
    assert environment.distributions == ()
    assert readings_of(environment, "environment.leftover") == [
        (f"{PACKAGES}/~orch", "found", ""),
        (f"{PACKAGES}/~orch-2.1.0.dist-info", "found", ""),
    ]


def test_path_file_that_adds_sources() -> None:
    files = {
        "easy-install.pth": "# a comment\nimport sys; sys.path\n/home/ada/model\n/nowhere\n../shared\n",
        "/home/ada/model/model.egg-info/PKG-INFO": "Metadata-Version: 2.1\nName: model\nVersion: 0.3.dev1\n",
        f"{PACKAGES.removesuffix('/site-packages')}/shared/six-1.16.0.dist-info/RECORD": "",
    }
    environment = read(venv(files))
    assert environment.distribution("model") == Distribution(
        name="model",
        version="0.3.dev1",
        path="/home/ada/model/model.egg-info",
        source="/home/ada/model",
        editable=True,
    )
    assert environment.distribution("six") is not None
    source = f"{PACKAGES}/easy-install.pth"
    assert readings_of(environment, "environment.path_file") == [
        (source, "found", "/home/ada/model"),
        (source, "found", f"{PACKAGES.removesuffix('/site-packages')}/shared"),
    ]


def test_editable_installation_is_listed_once() -> None:
    files = {
        "model-0.3.dist-info/direct_url.json": '{"url": "file:///home/ada/model", "dir_info": {"editable": true}}',
        "__editable__.model-0.3.pth": "/home/ada/model/src\n",
        "/home/ada/model/src/model.egg-info/PKG-INFO": "Version: 0.2\n",
    }
    assert [(dist.name, dist.version) for dist in read(venv(files)).distributions] == [("model", "0.3")]


def test_editable_installation_that_runs_code() -> None:
    environment = read(venv({"__editable__.model-0.3.pth": "import __editable___model_0_3_finder\n"}))
    ((_, outcome, detail),) = readings_of(environment, "environment.path_file")
    assert (outcome, detail) == ("found", "an editable installation that finds its modules by code")


def test_path_file() -> None:
    assert parse_path_file("a\r\n\n#b\nimport os\nimportant\n") == ("a", "important")


def test_python_path_comes_first() -> None:
    files = {"numpy-2.1.0.dist-info/RECORD": "", "/opt/shared/numpy-1.26.4.dist-info/RECORD": ""}
    environment = read(venv(files, environ={"PYTHONPATH": "/opt/shared::/nowhere", "PWD": "/home/ada"}))
    assert [dist.version for dist in environment.distributions] == ["1.26.4", "2.1.0"]
    assert ("/nowhere", "absent", "") in readings_of(environment, "environment.distributions")
