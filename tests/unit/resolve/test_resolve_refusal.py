"""Refusals: the facts that clash, the changes that help; and what would give more where there is a plan."""

from __future__ import annotations

import re

import pytest
from packaging.requirements import Requirement

from mlenv.matrix.load import Matrix
from mlenv.resolve.refutation import Refutation
from mlenv.resolve.request import make_request
from mlenv.resolve.resolution import Impossible, Lift, Resolution
from mlenv.resolve.solve import resolve
from tests.unit.resolve.test_resolve_machines import OLD_LINUX, RADEON, chosen, describe, nvidia

MATRIX = Matrix()
NEW_DRIVER = re.compile(r"update the NVIDIA driver to (\d+)")


def ask(machine: object, *extras: str, profile: str = "", **pins: str) -> Resolution | Impossible:
    profiles = [MATRIX.profile(profile)] if profile else []
    return resolve(make_request(MATRIX, profiles, extras, **pins), machine, MATRIX)  # type: ignore[arg-type]


def refusal(*arguments: object, **more: str) -> Impossible:
    answer = ask(*arguments, **more)  # type: ignore[arg-type]
    assert isinstance(answer, Impossible)
    return answer


def plan(*arguments: object, **more: str) -> Resolution:
    answer = ask(*arguments, **more)  # type: ignore[arg-type]
    assert isinstance(answer, Resolution)
    return answer


def test_an_old_driver_is_named_with_the_gpu_and_the_wish() -> None:
    machine = nvidia("NVIDIA GeForce RTX 5070", "535.230.02", "12.0")
    answer = refusal(machine, profile="jax-gpu")
    assert ["jax (profile jax-gpu)", "the NVIDIA driver 535.230.02", "the wish to use a GPU"] == [
        text for text in answer.clash if "GPUs of this machine" not in text
    ]
    drivers = [int(found[1]) for text in answer.remedies if (found := NEW_DRIVER.match(text))]
    assert drivers == sorted(drivers)
    assert 570 in drivers
    assert answer.remedies[-1] == "use the CPU: --accelerator cpu"


def test_no_driver_is_promised_to_a_gpu_that_no_build_serves() -> None:
    machine = nvidia("Tesla K80", "470.256.02", "3.7")
    answer = refusal(machine, profile="jax-gpu")
    assert [] == [text for text in answer.remedies if NEW_DRIVER.match(text)]
    assert any("Tesla K80" in text for text in answer.clash)


def test_an_old_system_clashes_with_a_new_release() -> None:
    answer = refusal(describe(system=OLD_LINUX), "torch==2.13.*")
    assert ["torch (--with)", "this system (linux on x86_64, glibc 2.17)", "torch==2.13.* (--with)"] == list(
        answer.clash
    )
    assert any(text.startswith("drop the condition torch==2.13.*: then torch 2.6.0") for text in answer.remedies)
    assert any(text.startswith("use a newer system (glibc 2.28 or newer): then torch 2.13") for text in answer.remedies)


def test_a_pinned_python_clashes_and_the_ones_that_work_are_named() -> None:
    answer = refusal(describe(), "torch>=2.14", python="3.8")
    assert {"torch (--with)", "Python 3.8 (--python)", "torch>=2.14 (--with)"} == set(answer.clash)
    assert any(text.startswith("use Python 3.12 (--python 3.12): then torch 2.15.0") for text in answer.remedies)


def test_frameworks_that_cannot_live_together_are_the_clash() -> None:
    machine = nvidia("NVIDIA A30", "580.95.05", "8.0")
    answer = refusal(machine, "vllm", "torch==2.15.0", accelerator="gpu")
    assert {"vllm (--with)", "torch (--with)", "torch==2.15.0 (--with)"} <= set(answer.clash)
    assert any(text.startswith("leave vllm out: then torch 2.15.0") for text in answer.remedies)


@pytest.mark.parametrize("profile", ["pytorch-gpu", "jax-gpu", "tensorflow-gpu"])
def test_without_any_one_fact_of_the_clash_the_rest_could_hold(profile: str) -> None:
    """The core is a core: the driver that the remedies name, and the CPU, each make a plan."""
    machine = nvidia("NVIDIA GeForce RTX 5070", "535.230.02", "12.0")
    answer = ask(machine, profile=profile)
    if isinstance(answer, Impossible):
        on_cpu = ask(machine, profile=profile, accelerator="cpu")
        assert isinstance(on_cpu, Resolution)
        for found in filter(None, map(NEW_DRIVER.match, answer.remedies)):
            newer = nvidia("NVIDIA GeForce RTX 5070", f"{found[1]}.999.99", "12.0")
            assert isinstance(ask(newer, profile=profile), Resolution)


# ---------------------------------------------------------------- lifts


def test_a_newer_driver_that_gives_more_is_named() -> None:
    answer = plan(nvidia("NVIDIA GeForce RTX 4090", "535.183.01", "8.9"), profile="pytorch")
    assert (Lift(change="update the NVIDIA driver to 580.65.06 or newer", gives="torch 2.15.0 cu132"),) == answer.lifts


def test_a_driver_that_would_not_help_is_not_named() -> None:
    answer = plan(nvidia("GeForce GTX 1080 Ti", "535.183.01", "6.1"), profile="pytorch")
    assert () == answer.lifts


def test_a_condition_that_costs_the_gpu_is_named() -> None:
    answer = plan(nvidia("GeForce GTX 1080 Ti", "580.95.05", "6.1"), "torch==2.15.0")
    assert "cpu" == answer.accelerator
    assert (Lift(change="drop the condition torch==2.15.0", gives="torch 2.14.1 cu126"),) == answer.lifts


# ---------------------------------------------------------------- two environments


def test_two_environments_are_named_where_one_holds_a_framework_back() -> None:
    machine = nvidia("NVIDIA GeForce RTX 4090", "580.95.05", "8.9")
    answer = plan(machine, "torch==2.15.0", "tensorflow")
    assert "torch" in chosen(answer)
    parts = [set(row.packages) for row in answer.apart]
    assert [{"torch 2.15.0 cu132"}, {"tensorflow 2.21.0 cu12"}] == sorted(
        parts, key=lambda part: "torch" not in str(part)
    )


def test_one_environment_is_enough_where_nothing_is_lost() -> None:
    assert () == plan(describe(), "torch", "tensorflow", "jax").apart


# ---------------------------------------------------------------- what the package resolver refuted


def test_what_was_proven_impossible_is_not_chosen_again() -> None:
    machine = describe()
    first = plan(machine, "torch", "jax")
    pair = tuple((pick.framework, pick.release.version) for pick in first.picks)
    request = make_request(MATRIX, [], ["torch", "jax"])
    second = resolve(request, machine, MATRIX, refuted=(Refutation(picks=pair, text="they do not resolve"),))
    assert isinstance(second, Resolution)
    assert set(pair) != {(pick.framework, pick.release.version) for pick in second.picks}
    assert any(row.rule == "proof" and row.text == "they do not resolve" for row in second.rejected)


def test_a_refutation_for_one_python_leaves_the_others() -> None:
    machine = describe(python='["3.12.4", "3.11.9"]')
    request = make_request(MATRIX, [], ["torch"])
    first = plan(machine, "torch")
    picks = tuple((pick.framework, pick.release.version) for pick in first.picks)
    second = resolve(request, machine, MATRIX, refuted=(Refutation(picks=picks, text="", python="3.12"),))
    assert isinstance(second, Resolution)
    assert ("3.12", "3.11") == (first.python, second.python)
    assert chosen(first) == chosen(second)


def test_a_radeon_beside_the_request_for_cuda_is_refused() -> None:
    answer = refusal(describe(RADEON), "torch", accelerator="cuda")
    assert any("the wish to use cuda" == text for text in answer.clash)


# ---------------------------------------------------------------- what a build brings, and an exact Python


def test_what_a_build_brings_along_is_held_against_what_is_asked_for() -> None:
    machine = describe(system='os = "windows"\narch = "x86_64"')
    answer = plan(machine, "openvino", "onnxruntime-openvino")
    (wrapper,) = (pick for pick in answer.picks if pick.framework == "onnxruntime-openvino")
    brought = [Requirement(text) for text in wrapper.build.brings]
    (wanted,) = (row for row in brought if row.name == "openvino")
    assert wanted.specifier.contains(chosen(answer)["openvino"].split()[0])


def test_the_exact_version_of_an_installed_python_counts() -> None:
    """torchvision 0.29.2 does not run on Python 3.14.1 by its own word."""
    release = MATRIX.framework("torchvision").release[0]
    assert "!=3.14.1" in release.requires_python
    refused = plan(describe(python='["3.14.1"]'), "torchvision")
    taken = plan(describe(python='["3.14.2"]'), "torchvision")
    assert f"{release.version} cpu" == chosen(taken)["torchvision"]
    assert (refused.interpreter is None) or chosen(refused)["torchvision"] != f"{release.version} cpu"
