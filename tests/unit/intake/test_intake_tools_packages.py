"""Lists of packages, and what somebody tried to install."""

from __future__ import annotations

import pytest

from mlenv.clues.text import normalise
from mlenv.facts.drivers import Nvidia
from mlenv.facts.environment import CondaPackage, Distribution
from mlenv.facts.report import Wanted
from mlenv.facts.system import Libc
from mlenv.intake.forms import conda, pip, pip_wanted, python_line, system_packages
from mlenv.intake.forms.form import Form, Told

FORMS: tuple[Form, ...] = (
    *pip.FORMS,
    *pip_wanted.FORMS,
    *conda.FORMS,
    *python_line.FORMS,
    *system_packages.FORMS,
)


def tell(name: str, text: str) -> list[Told]:
    form = next(form for form in FORMS if form.name == name)
    return [form.read(part) for part in form.find(text if form.raw else normalise(text))]


def versions(told: Told) -> dict[str, str]:
    return {dist.name: dist.version for dist in told.distributions}


TABLE = """\
Package                  Version          Editable project location
------------------------ ---------------- -------------------------
Jinja2                   3.1.4
mytool                   0.2.0            /home/me/my tool
nvidia-cublas-cu12       12.4.5.8
torch                    2.5.1+cu124
"""


@pytest.mark.parametrize("around", ["{}", "(venv) me@box:~$ uv pip list\n{}(venv) me@box:~$ ", "> {}\n\nThanks!"])
def test_a_table_of_packages(around: str) -> None:
    (told,) = tell("pip_list", around.format(TABLE))

    assert versions(told)["torch"] == "2.5.1+cu124"
    assert "package" not in versions(told)


def test_a_table_below_its_command_needs_no_head() -> None:
    (told,) = tell("pip_list", "$ pip list | grep -i torch\ntorch 2.3.0\ntorchvision 0.18.0\n$ python")

    assert versions(told) == {"torch": "2.3.0", "torchvision": "0.18.0"}


@pytest.mark.parametrize(
    "text", ["$ pip freeze\ntorch==2.3.0\n", "torch==2.3.0\nnumpy==2.0.0\nfoo @ file:///tmp/foo\n"]
)
def test_a_freeze(text: str) -> None:
    (told,) = tell("pip_freeze", text)

    assert versions(told)["torch"] == "2.3.0"


@pytest.mark.parametrize("text", ["my requirements.txt:\ntorch==2.3.0\nnumpy==2.0.0\n", "use torch==2.3.0 please"])
def test_a_wish_is_not_installed(text: str) -> None:
    assert tell("pip_freeze", text) == []


def test_the_form_for_programs_may_be_cut() -> None:
    whole = '[{"name": "torch", "version": "2.3.0"}, {"name": "numpy", "version": "2.0.0"}]'

    assert [versions(tell("pip_json", text)[0]) for text in (whole, whole[:-20])] == [
        {"torch": "2.3.0", "numpy": "2.0.0"},
        {"torch": "2.3.0"},
    ]


def test_one_package_shown_and_where_it_lies() -> None:
    text = (
        "# pip show torch numpy\nName: torch\nVersion: 2.6.0\nSummary: Tensors\nHome-page: https://example.org\n"
        "Location: /srv/env/lib/python3.13t/site-packages\nRequires: \n---\n"
        "Name: numpy\nVersion: 2.1.0\nLocation: /home/me/.local/lib/python3.13/site-packages\n"
    )

    torch, numpy = tell("pip_show", text)

    assert versions(torch) == {"torch": "2.6.0"}
    assert torch.python is not None
    assert (torch.python.version, torch.python.free_threaded) == ("3.13", True)
    assert [dist.name for dist in numpy.user_site] == ["numpy"]
    assert numpy.distributions == ()


def test_what_an_installation_did() -> None:
    text = (
        "Requirement already satisfied: filelock in ./env/lib/python3.11/site-packages (from torch==2.5.0) (3.15.4)\n"
        "Requirement already satisfied: numpy<2 in /home/me/.local/lib/python3.11/site-packages (1.26.4)\n"
        "Successfully installed MarkupSafe-2.1.5 nvidia-nccl-cu12-2.21.5 "
        "torch-2.5.0+cu121\n - jax==0.4.1\n + jax==0.4.35\n"
    )

    (told,) = tell("pip_installed", text)

    assert versions(told) == {
        "filelock": "3.15.4",
        "markupsafe": "2.1.5",
        "nvidia-nccl-cu12": "2.21.5",
        "torch": "2.5.0+cu121",
        "jax": "0.4.35",
    }
    assert [(dist.name, dist.version) for dist in told.user_site] == [("numpy", "1.26.4")]


def test_rows_of_frameworks_without_head_and_command() -> None:
    (told,) = tell("pip_rows", "my versions\ntorch 2.2.0+cu118\n- xformers 0.0.24\nanswer 42.0\n")

    assert versions(told) == {"torch": "2.2.0+cu118", "xformers": "0.0.24"}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("$ pip install torch==2.4.0", [("torch", "2.4.0", None)]),
        ("pip3 install -U 'torch[opt]>=2' numpy", [("torch", None, None), ("numpy", None, None)]),
        (
            "RUN python -m pip install torch torchvision --index-url https://example.org/whl/cu121 && rm -r x",
            [("torch", None, "https://example.org/whl/cu121"), ("torchvision", None, "https://example.org/whl/cu121")],
        ),
        ("uv add jax --index=https://example.org/s", [("jax", None, "https://example.org/s")]),
        ("conda install -c pytorch pytorch=2.1.0 -y", [("pytorch", "2.1.0", "pytorch")]),
        ("mamba install conda-forge::jaxlib=0.4.30=cuda120*", [("jaxlib", "0.4.30", "conda-forge")]),
        ("I ran `pip install vllm` and it fails in the middle", [("vllm", None, None)]),
        ("pip install -r requirements.txt -e . git+https://example.org/x.git", []),
        ("The command '/bin/sh -c pip3 install tensorflow' returned a non-zero code: 1", [("tensorflow", None, None)]),
        ("  Collecting numpy<2,>=1.21 (from torch==2.1)", [("numpy", None, None)]),
        ("Collecting environment information...", []),
        (
            "ERROR: Could not find a version that satisfies the requirement torch==1.9.0 (from versions: none)",
            [("torch", "1.9.0", None)],
        ),
        (
            "ERROR: jaxlib-0.4.1-cp39-cp39-manylinux2014_x86_64.whl is not a supported wheel on this platform.",
            [("jaxlib", "0.4.1", None)],
        ),
        (
            "error: Distribution `torch==2.6.0 @ registry+https://example.org/s` can't be installed because",
            [("torch", "2.6.0", "https://example.org/s")],
        ),
    ],
)
def test_what_was_wanted(line: str, expected: list[tuple[str, str | None, str | None]]) -> None:
    told = tell("install_command", line)

    assert [row for part in told for row in part.wanted] == [
        Wanted(name=name, version=version, index=index) for name, version, index in expected
    ]


def test_a_command_may_go_over_lines_and_a_package_counts_once() -> None:
    (told,) = tell(
        "install_command",
        "$ pip install \\\n  torch==2.1 \\\n  --extra-index-url https://example.org\nCollecting torch==2.1\n",
    )

    assert told.wanted == (Wanted(name="torch", version="2.1", index="https://example.org"),)
    assert told.remarks == {"installer": "pip"}


CONDA = """\
# packages in environment at /opt/conda/envs/ml:
#
# Name                    Version                   Build  Channel
_libgcc_mutex             0.1                        main
numpy                     1.26.4          py311h64a7726_0    conda-forge
openssl                   3.3.1                h4bc722e_2    conda-forge
python                    3.11.9          hb806964_0_cpython    conda-forge
pytorch                   2.3.0           py3.11_cuda12.1_cudnn8.9.2_0    pytorch
pytorch-cuda              12.1                 ha16c6d3_5    pytorch
vllm                      0.5.0                    pypi_0    pypi
"""


def test_a_list_of_conda() -> None:
    (told,) = tell("conda_list", f"(ml) $ conda list\n{CONDA}\n(ml) $ ")

    assert (
        CondaPackage(name="openssl", version="3.3.1", build="h4bc722e_2", channel="conda-forge") in told.conda_packages
    )
    assert Distribution(name="torch", version="2.3.0", build="cu121", installer="conda") in told.distributions
    assert Distribution(name="vllm", version="0.5.0", installer="pip") in told.distributions
    assert told.environment is not None
    assert told.environment.path == "/opt/conda/envs/ml"
    assert told.python is not None
    assert told.python.version == "3.11.9"


@pytest.mark.parametrize("end", range(0, len(CONDA), 41))
def test_a_list_of_conda_may_be_cut_anywhere(end: int) -> None:
    names = [package.name for told in tell("conda_list", CONDA[:end]) for package in told.conda_packages]

    assert names == sorted(names)


@pytest.mark.parametrize(
    ("build", "tag"),
    [
        ("py3.10_cuda11.8_cudnn8.7.0_0", "cu118"),
        ("cuda120_generic_py310h1_0", "cu120"),
        ("gpu_cuda112py39h01_0", "cu112"),
        ("py3.9_cpu_0", "cpu"),
        ("cpu_mkl_py311h1_0", "cpu"),
        ("py311h64a7726_0", None),
    ],
)
def test_the_build_of_a_conda_package(build: str, tag: str | None) -> None:
    assert conda.build_tag(build) == tag


def test_an_exported_environment() -> None:
    text = (
        "name: ml\nchannels:\n  - pytorch\ndependencies:\n  - python=3.10.14=h955ad1f_1\n"
        "  - pytorch=2.2.0=py3.10_cpu_0\n  - pip:\n    - tensorflow==2.16.1\n"
    )

    (told,) = tell("conda_export", text)

    assert versions(told) == {"torch": "2.2.0", "tensorflow": "2.16.1"}
    assert [package.name for package in told.conda_packages] == ["python", "pytorch"]


def test_an_environment_that_somebody_wrote_is_a_wish() -> None:
    assert tell("conda_export", "dependencies:\n  - python=3.10\n  - pytorch\n") == []


def test_what_conda_says_of_the_machine() -> None:
    text = """
     active environment : ml
    active env location : /opt/conda/envs/ml
          conda version : 24.5.0
         python version : 3.12.3.final.0
       virtual packages : __archspec=1=zen3
                          __cuda=12.4=0
                          __glibc=2.31=0
                          __linux=5.4.0=0
       base environment : /opt/conda  (writable)
               platform : linux-64
"""

    (told,) = tell("conda_info", text)

    assert told.nvidia == Nvidia(cuda="12.4")
    assert told.os is not None
    assert (told.os.libc, told.os.kernel) == (Libc(family="glibc", version="2.31"), "5.4.0")
    assert [(row.name, row.version, row.path) for row in told.managers] == [("conda", "24.5.0", "/opt/conda")]
    assert told.python is None


@pytest.mark.parametrize(
    ("line", "version", "bits", "threads"),
    [
        ("$ python --version\nPython 3.11.4", "3.11.4", None, False),
        (
            "Python 3.12.1 | packaged by conda-forge | (main, Dec 23 2023, 08:03:24) [GCC 12.3.0] on linux",
            "3.12.1",
            None,
            False,
        ),
        ("'3.9.7 (tags/v3.9.7:1016ef3, Aug 30 2021, 20:19:38) [MSC v.1929 64 bit (AMD64)]'", "3.9.7", 64, False),
        ("3.8.10 (tags/v3.8.10:3d8993a, May  3 2021, 11:34:34) [MSC v.1928 32 bit (Intel)]", "3.8.10", 32, False),
        (
            "Python 3.13.1 experimental free-threading build (main, Dec  3 2024, 17:59:52) [GCC 9.4.0]",
            "3.13.1",
            None,
            True,
        ),
        ("pip 24.0 from C:\\py\\python39-32\\lib\\site-packages\\pip (python 3.9)", "3.9", 32, False),
        ("    Python  3.10.13 (you have 3.10.6)", "3.10.6", None, False),
    ],
)
def test_lines_that_state_the_interpreter(line: str, version: str, bits: int | None, threads: bool) -> None:
    (told,) = tell("python_version", line)

    assert told.python is not None
    assert (told.python.version, told.python.bits, told.python.free_threaded) == (version, bits, threads)


@pytest.mark.parametrize("line", ["We need Python 3.12 for this", "python 3.10", "version 1.2.3 (you have 4.5.6)"])
def test_lines_that_state_no_interpreter(line: str) -> None:
    assert tell("python_version", line) == []


@pytest.mark.parametrize(
    ("line", "name", "version"),
    [
        (
            "ii  libnvidia-compute-535:amd64   535.161.07-0ubuntu0.22.04.1   amd64  NVIDIA",
            "libnvidia-compute-535",
            "535.161.07-0ubuntu0.22.04.1",
        ),
        (
            "nvidia-driver-550/jammy,now 550.54.15-0ubuntu1 amd64 [installed,automatic]",
            "nvidia-driver-550",
            "550.54.15-0ubuntu1",
        ),
        ("kmod-nvidia-latest-dkms-555.42.02-1.el9.x86_64", "kmod-nvidia-latest-dkms", "555.42.02-1.el9"),
        ("nvidia-driver.x86_64   3:550.54.15-1.el8   @cuda-rhel8", "nvidia-driver", "3:550.54.15-1.el8"),
        ("local/nvidia-dkms 550.54.14-1", "nvidia-dkms", "550.54.14-1"),
        ("libnvidia-compute-515:amd64    install", "libnvidia-compute-515", ""),
    ],
)
def test_packages_of_the_distribution(line: str, name: str, version: str) -> None:
    (told,) = tell("system_packages", line)

    assert told.system_packages == {name: version}


@pytest.mark.parametrize(
    "line", ["rc  libnvidia-compute-535  535.1-0  amd64  x", "ii  vim  9.0  amd64  editor", "pip install nvidia"]
)
def test_packages_that_are_not_there_or_of_no_interest(line: str) -> None:
    assert tell("system_packages", line) == []


def test_packages_that_state_more() -> None:
    text = "ii  nvidia-fabricmanager-550  550.90.07-1  amd64  x\nii  nvidia-container-toolkit  1.16.1-1  amd64  x\n"

    (told,) = tell("system_packages", text)

    assert told.nvidia is not None
    assert told.nvidia.fabric_manager is not None
    assert told.nvidia.fabric_manager.version == "550.90.07"
    assert told.containers is not None
    assert told.containers.toolkit == "1.16.1"


@pytest.mark.parametrize("text", ["", "pip is nice", "I installed torch 2.5 yesterday", "conda activate ml"])
def test_other_text_tells_nothing(text: str) -> None:
    assert {form.name for form in FORMS for part in form.find(text) if form.read(part) != Told()} == set()
