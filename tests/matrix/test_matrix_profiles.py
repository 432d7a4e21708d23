"""Every profile of the matrix gives an environment on some machine that we know."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from packaging.requirements import Requirement

from mlenv.facts.machine import Machine
from mlenv.intake.described import parse_description
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import VENDOR_OF, Profile
from mlenv.resolve.request import make_request
from mlenv.resolve.resolution import Impossible, Resolution
from mlenv.resolve.solve import resolve

MATRIX = Matrix()
RECORDED = sorted((Path(__file__).parents[1] / "machines").glob("*/machine.json"))
DESCRIBED = {
    "linux-a100": """
        os = "linux"
        arch = "x86_64"
        libc = "glibc 2.39"
        python = ["3.12.4", "3.11.9"]
        cpu = { flags = ["avx", "avx2"] }
        nvidia = { driver = "580.95.05" }
        gpu = [{ vendor = "nvidia", name = "NVIDIA A100-SXM4-80GB" }]
    """,
    "linux-old-driver": """
        os = "linux"
        arch = "x86_64"
        libc = "glibc 2.31"
        python = ["3.10.12"]
        cpu = { flags = ["avx", "avx2"] }
        nvidia = { driver = "535.54.03" }
        gpu = [{ vendor = "nvidia", name = "Tesla T4" }]
    """,
    "linux-cpu": """
        os = "linux"
        arch = "x86_64"
        libc = "glibc 2.35"
        python = ["3.12.4"]
        cpu = { flags = ["avx", "avx2"] }
    """,
    "linux-arm": """
        os = "linux"
        arch = "aarch64"
        libc = "glibc 2.39"
        python = ["3.12.4"]
    """,
    "linux-radeon": """
        os = "linux"
        arch = "x86_64"
        libc = "glibc 2.39"
        python = ["3.12.4"]
        cpu = { flags = ["avx", "avx2"] }
        gpu = [{ vendor = "amd", name = "AMD Radeon RX 7900 XTX" }]
    """,
    "linux-arc": """
        os = "linux"
        arch = "x86_64"
        libc = "glibc 2.39"
        python = ["3.12.4"]
        cpu = { flags = ["avx", "avx2"] }
        gpu = [{ vendor = "intel", name = "Intel Arc A770 Graphics" }]
    """,
    "windows-laptop": """
        os = "windows"
        arch = "x86_64"
        python = ["3.12.4"]
        cpu = { flags = ["avx", "avx2"] }
        nvidia = { driver = "581.29" }
        gpu = [{ vendor = "nvidia", name = "NVIDIA GeForce RTX 4060 Laptop GPU" }]
    """,
    "macbook": """
        os = "macos"
        os_version = "15.1"
        arch = "arm64"
        python = ["3.12.4"]
        gpu = [{ vendor = "apple", name = "Apple M3" }]
    """,
}
MACHINES: dict[str, Machine] = {
    **{path.parent.name: msgspec.json.decode(path.read_bytes(), type=Machine) for path in RECORDED},
    **{name: parse_description(text, origin=name) for name, text in DESCRIBED.items()},
}
EXPECTED = (
    *("starter", "classical", "keras", "transformers", "nlp", "vision", "llm", "finetune", "distributed", "mlops"),
    *("edge", "automl", "causal", "quantum", "rapids", "tutorial", "jax-tpu"),
    *(f"{name}{ending}" for name in ("pytorch", "tensorflow", "jax") for ending in ("", "-gpu", "-cpu")),
)
"""What users expect by name."""
RENAMED = {"boosting": "classical", "tracking": "mlops"}
PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
LACKING = {("tensorflow", "3.14"), ("tensorflow-cpu", "3.14"), ("causal", "3.14")}
"""A profile and a Python for which its main framework has no release; uv says the same."""
DOCS = Path(__file__).parents[2] / "docs" / "profiles.md"
EVERYWHERE = ("linux-cpu", "linux-arm", "windows-laptop", "macbook")
"""One ordinary machine of each platform."""


def answer_of(profile: Profile, machine: Machine) -> Resolution | Impossible:
    return resolve(make_request(MATRIX, [profile]), machine, MATRIX)


def required(profile: Profile) -> set[str]:
    return {Requirement(text).name for text in profile.frameworks}


def has_all(profile: Profile, answer: Resolution | Impossible) -> bool:
    """Every required framework is in the answer, and exactly one of each group."""
    if not isinstance(answer, Resolution):
        return False
    picked = {pick.framework for pick in answer.picks}
    return required(profile) <= picked and all(len(picked & set(group)) == 1 for group in profile.first_of)


def test_there_are_machines() -> None:
    assert len(RECORDED) >= 5
    assert {"linux-x86_64", "linux-aarch64", "windows-x86_64", "macos-arm64"} <= {
        machine.platform for machine in MACHINES.values()
    }


@pytest.mark.parametrize("name", MATRIX.profile_names)
def test_every_profile_resolves_on_some_machine(name: str) -> None:
    profile = MATRIX.profile(name)
    refusals = []
    for label, machine in MACHINES.items():
        answer = answer_of(profile, machine)
        if has_all(profile, answer):
            return
        assert isinstance(answer, Impossible)
        refusals.append(f"{label}: {'; '.join(reason.text for reason in answer.reasons)}")
    pytest.fail("\n".join(refusals))


@pytest.mark.parametrize("name", [name for name in MATRIX.profile_names if name.endswith("-cpu") or name == "starter"])
@pytest.mark.parametrize("label", EVERYWHERE)
def test_a_profile_for_the_processor_resolves_everywhere(name: str, label: str) -> None:
    profile = MATRIX.profile(name)
    assert has_all(profile, answer_of(profile, MACHINES[label]))


@pytest.mark.parametrize(
    "name", [name for name in MATRIX.profile_names if MATRIX.profile(name).accelerator in ("gpu", *VENDOR_OF)]
)
def test_a_profile_for_gpus_never_ends_on_the_processor(name: str) -> None:
    profile = MATRIX.profile(name)
    found = [
        answer.accelerator
        for machine in MACHINES.values()
        if isinstance(answer := answer_of(profile, machine), Resolution)
    ]
    assert found
    assert "cpu" not in found


@pytest.mark.parametrize("name", MATRIX.profile_names)
def test_what_a_profile_needs_is_not_optional_as_well(name: str) -> None:
    profile = MATRIX.profile(name)
    assert set() == required(profile) & {Requirement(text).name for text in profile.optional}


@pytest.mark.parametrize("name", MATRIX.profile_names)
def test_a_profile_says_what_it_is_for(name: str) -> None:
    stated = MATRIX.stated_profile(name)
    assert stated.title
    assert stated.summary.endswith(".")


def test_the_profiles_that_users_expect_are_there() -> None:
    assert set() == {*EXPECTED, *RENAMED} - set(MATRIX.profile_names)


@pytest.mark.parametrize(("old", "new"), RENAMED.items())
def test_a_former_name_gives_the_same(old: str, new: str) -> None:
    one, two = MATRIX.profile(old), MATRIX.profile(new)
    assert (two.frameworks, two.optional, two.first_of) == (one.frameworks, one.optional, one.first_of)


def test_each_profile_is_in_the_documentation() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert [] == [name for name in MATRIX.profile_names if f"`{name}`" not in text]


@pytest.mark.parametrize("name", [name for name in MATRIX.profile_names if not name.endswith(("-gpu", "-tpu"))])
@pytest.mark.parametrize("python", PYTHONS)
def test_each_profile_on_each_python_of_an_ordinary_computer(name: str, python: str) -> None:
    profile = MATRIX.profile(name)
    if profile.accelerator == "cuda":
        pytest.skip("is for NVIDIA GPUs alone")
    answer = resolve(make_request(MATRIX, [profile], python=python), MACHINES["linux-cpu"], MATRIX)
    assert ((name, python) not in LACKING) == has_all(profile, answer)


@pytest.mark.parametrize(
    ("profile", "label", "member"),
    [
        ("llm", "linux-a100", "vllm"),
        ("llm", "linux-old-driver", "vllm"),
        ("llm", "macbook", "mlx-lm"),
        ("llm", "linux-cpu", "openvino-genai"),
        ("llm", "windows-laptop", "openvino-genai"),
        ("llm", "linux-radeon", "openvino-genai"),
        ("keras", "linux-a100", "tensorflow"),
        ("keras", "linux-cpu", "tensorflow"),
        ("keras", "linux-radeon", "torch"),
        ("keras", "linux-arc", "torch"),
    ],
)
def test_which_one_of_a_group_is_taken(profile: str, label: str, member: str) -> None:
    answer = answer_of(MATRIX.profile(profile), MACHINES[label])
    assert isinstance(answer, Resolution)
    (group,) = MATRIX.profile(profile).first_of
    assert {member} == {pick.framework for pick in answer.picks} & set(group)


@pytest.mark.parametrize("backend", ["tensorflow", "torch", "jax"])
def test_the_backend_of_keras_follows_the_framework_asked_for(backend: str) -> None:
    request = make_request(MATRIX, [MATRIX.profile("keras")], [backend])
    answer = resolve(request, MACHINES["linux-cpu"], MATRIX)
    assert isinstance(answer, Resolution)
    assert {"keras", backend} == {pick.framework for pick in answer.picks}
    assert backend == answer.variables["KERAS_BACKEND"]
