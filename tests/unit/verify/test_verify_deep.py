"""The long checks of PyTorch, against a PyTorch that can be told to go wrong."""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlenv.verify.children import PAYLOADS
from tests.unit.verify.verify_stubs import StubEnvironment, make_environment

FAKE = Path(__file__).parent / "fakes" / "torch_deep_stub.txt"
PACKAGE = "mlenv_payloads"


def load(name: str) -> Any:
    """A sibling of the payloads, in the package that the runner makes for them."""
    if PACKAGE not in sys.modules:
        package = types.ModuleType(PACKAGE)
        package.__path__ = [PAYLOADS]
        sys.modules[PACKAGE] = package
    return importlib.import_module(f"{PACKAGE}.{name}")


def make_torch(mode: str = "", **values: Any) -> Any:
    torch = types.ModuleType("torch")
    torch.__dict__.update(MODE=mode, **values)
    exec(compile(FAKE.read_text(), str(FAKE), "exec"), torch.__dict__)
    return torch


def devices(*labels: str) -> list[Any]:
    device = load("_torch.devices").Device
    return [device(label.replace("rocm", "cuda"), label, label, f"GPU-{label[-1]}") for label in labels]


def run(name: str, torch: Any, chosen: list[Any], *, soak: float = 0.0, **more: Any) -> dict[tuple[str, str], Any]:
    """The results of one of the siblings, by check and device."""
    stated: list[Any] = []
    session = load("_common").Session({"level": "deep", "soak_seconds": soak}, stated.append)
    check: Callable[..., None] = load(name).check
    if name in ("_torch.rates", "_torch.memory"):
        for device in chosen:
            check(torch, session, device)
    else:
        check(torch, session, chosen, **more)
    session.state("done")
    return {(result["check"], result["device"]): result for result in stated[-1]["results"]}


def brief(results: dict[tuple[str, str], Any]) -> dict[tuple[str, str], tuple[str, str]]:
    return {key: (result["status"], result["reason"]) for key, result in results.items()}


PASS = ("pass", "")


# ---------------------------------------------------------------- rates


def test_rates_of_a_gpu_come_from_its_own_clock() -> None:
    results = run("_torch.rates", make_torch(), devices("cuda:0"))

    assert {
        ("matmul-rate", "cuda:0"): PASS,
        ("memory-rate", "cuda:0"): PASS,
        ("transfer-rate", "cuda:0"): PASS,
    } == brief(results)
    product = results["matmul-rate", "cuda:0"]
    assert ("bfloat16", 1024.0, "NVIDIA H200") == tuple(product["measured"][key] for key in ("dtype", "n", "card"))
    assert pytest.approx(2 * 1024**3 / 0.002 / 1e12) == product["measured"]["bf16_tflops"]
    assert "GPU-0" == product["about"]
    assert pytest.approx(2 * 6 * 2**20 / 0.002 / 1e9) == results["memory-rate", "cuda:0"]["measured"]["memory_gb_per_s"]
    sent = results["transfer-rate", "cuda:0"]["measured"]
    assert pytest.approx(6 * 2**20 / 0.002 / 1e9) == sent["host_to_device_gb_per_s"] == sent["device_to_host_gb_per_s"]


def test_turing_is_measured_in_float16() -> None:
    results = run("_torch.rates", make_torch("turing"), devices("cuda:0"))

    assert "float16" == results["matmul-rate", "cuda:0"]["measured"]["dtype"]


@pytest.mark.parametrize(
    ("mode", "check", "outcome"),
    [
        ("wrong-product", "matmul-rate", ("fail", "wrong-number")),
        ("nan", "matmul-rate", ("fail", "wrong-number")),
        ("fallback", "matmul-rate", ("fail", "cpu-fallback")),
        ("changed-memory", "memory-rate", ("fail", "wrong-number")),
        ("changed-copy", "transfer-rate", ("fail", "wrong-number")),
        ("unpinned", "transfer-rate", ("fail", "exception")),
        ("integrated", "transfer-rate", ("skip", "skipped")),
    ],
)
def test_what_was_computed_and_copied_is_compared(mode: str, check: str, outcome: tuple[str, str]) -> None:
    results = brief(run("_torch.rates", make_torch(mode), devices("cuda:1")))

    assert outcome == results.pop((check, "cuda:1"))
    assert {PASS} == set(results.values())


def test_little_memory_is_no_fault() -> None:
    results = brief(run("_torch.rates", make_torch(FREE=5000), devices("cuda:0")))

    assert {("skip", "skipped")} == set(results.values())


def test_a_copy_that_fits_in_the_cache_is_not_measured() -> None:
    results = brief(run("_torch.rates", make_torch(CACHE=2 * 2**20), devices("cuda:0")))

    assert ("skip", "skipped") == results["memory-rate", "cuda:0"]


# ---------------------------------------------------------------- memory


def test_memory_keeps_all_patterns() -> None:
    result = run("_torch.memory", make_torch(), devices("cuda:0"))["memory", "cuda:0"]

    assert "pass" == result["status"]
    assert "0x00, 0xFF, 0xAA, 0x55, address, inverse address" == result["measured"]["patterns"]
    assert pytest.approx(0.8 * 24 / 1024, rel=0.05) == result["measured"]["tested_gib"]


def test_a_bit_that_is_stuck_is_found_and_named() -> None:
    result = run("_torch.memory", make_torch("stuck"), devices("cuda:0"))["memory", "cuda:0"]

    assert ("fail", "memory-fault") == (result["status"], result["reason"])
    assert "pattern 0x00" in result["detail"]
    assert "0x0000000000000010 for 0x0000000000000000" in result["detail"]


def test_two_addresses_of_one_place_are_found_by_the_address_pattern() -> None:
    result = run("_torch.memory", make_torch("alias"), devices("cuda:0"))["memory", "cuda:0"]

    assert ("fail", "memory-fault") == (result["status"], result["reason"])
    assert "pattern address" in result["detail"]


def test_memory_that_others_take_meanwhile_is_left_out() -> None:
    result = run("_torch.memory", make_torch("taken"), devices("cuda:0"))["memory", "cuda:0"]

    assert "pass" == result["status"]
    assert 3 * 24 / 32 / 1024 == result["measured"]["tested_gib"]


def test_main_memory_is_not_tested() -> None:
    assert {("memory", "cpu"): ("skip", "skipped")} == brief(run("_torch.memory", make_torch(), devices("cpu")))


def test_words_of_the_address_pattern_are_all_different() -> None:
    words = load("_torch.memory").hash_addresses(make_torch(), devices("cuda:0")[0], 2**33, 1000)

    assert 1000 == len({words.value(place) for place in range(1000)})


# ---------------------------------------------------------------- compile


@pytest.mark.parametrize(
    ("mode", "outcome"),
    [
        ("", PASS),
        ("uncompiled", ("fail", "not-compiled")),
        ("miscompiles", ("fail", "wrong-number")),
        ("no-compiler", ("fail", "compiler-missing")),
        ("no-headers", ("fail", "headers-missing")),
        ("no-triton", ("fail", "triton-missing")),
        ("no-ptxas", ("fail", "ptxas-missing")),
        ("broken", ("fail", "exception")),
    ],
)
def test_compile_says_what_is_missing(mode: str, outcome: tuple[str, str]) -> None:
    # Two equal GPUs need one compiler.
    results = brief(run("_torch.compiling", make_torch(mode), devices("cuda:0", "cuda:1")))

    assert {("compile", "cuda:0"): outcome} == results


# ---------------------------------------------------------------- soak


@pytest.mark.parametrize(
    ("mode", "label", "outcome"),
    [
        ("", "cuda:1", PASS),
        ("flips", "cuda:1", ("fail", "unstable")),
        ("inexact", "cuda:1", ("fail", "unstable")),
        ("reorders", "cuda:1", ("fail", "unstable")),
        ("flips", "rocm:1", ("fail", "unstable")),
        ("reorders", "rocm:1", ("warn", "not-reproducible")),
    ],
)
def test_a_result_under_load_must_be_the_first_one_again(mode: str, label: str, outcome: tuple[str, str]) -> None:
    torch = make_torch(mode, MANY=50)
    result = run("_torch.soak", torch, devices(label), soak=0.001)["soak", label]

    assert outcome[1] in (result["reason"], "slowed-down")
    if outcome[0] == "fail":
        assert outcome == (result["status"], result["reason"])


def make_outcome(rates: list[float], **faults: float) -> Any:
    outcome = load("_torch.soak").Outcome("bfloat16", 1024)
    outcome.rates, outcome.products, outcome.seconds = rates, 10 * len(rates), 20.0
    for name, value in faults.items():
        setattr(outcome, name, value)
    return outcome


def judge(label: str, outcome: Any) -> Any:
    stated: list[Any] = []
    session = load("_common").Session({}, stated.append)
    with session.check("soak", label, vital=False) as note:
        load("_torch.soak").judge(make_torch(), devices(label)[0], outcome, note)
    session.state("done")
    return stated[-1]["results"][0]


def test_the_rate_at_the_beginning_and_at_the_end() -> None:
    result = judge("cuda:0", make_outcome([100.0, 101.0, *[95.0] * 17, 90.0]))

    assert PASS == (result["status"], result["reason"])
    assert (101.0, 95.0, 200.0) == tuple(result["measured"][k] for k in ("begin_tflops", "end_tflops", "iterations"))


def test_a_card_that_slows_down_is_a_warning_and_a_shared_processor_none() -> None:
    slower = [100.0] * 5 + [70.0] * 5

    assert ("warn", "slowed-down") == tuple(judge("cuda:0", make_outcome(slower))[k] for k in ("status", "reason"))
    assert PASS == tuple(judge("cpu", make_outcome(slower))[k] for k in ("status", "reason"))


def test_a_number_that_is_none_is_no_rounding() -> None:
    result = judge("rocm:0", make_outcome([1.0], changed=1, farthest=float("inf")))

    assert ("fail", "unstable") == (result["status"], result["reason"])


def test_a_cpu_is_not_kept_under_load_unasked() -> None:
    assert {} == run("_torch.soak", make_torch(), devices("cpu"))


# ---------------------------------------------------------------- processes


@pytest.fixture(scope="module")
def stubs(tmp_path_factory: pytest.TempPathFactory) -> StubEnvironment:
    environment = make_environment(tmp_path_factory.mktemp("env"))
    environment.add("torch", FAKE.read_text())
    return environment


@pytest.mark.parametrize(
    ("mode", "outcome", "words"),
    [
        ("", PASS, "over 2 processes with nccl, "),
        ("no-nccl", PASS, "over 2 processes with gloo"),
        ("no-distributed", ("skip", "skipped"), "built without torch.distributed"),
        ("wrong-sum", ("fail", "wrong-number"), "all_reduce over 2 processes"),
        ("wrong-source", ("fail", "wrong-number"), "broadcast over 2 processes"),
        ("small-shm", ("fail", "collective-failed"), "/dev/shm is too small"),
    ],
)
def test_processes_speak_to_each_other(
    stubs: StubEnvironment,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    mode: str,
    outcome: tuple[str, str],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FAKE_TORCH", mode)
    results = run("_torch.collective", make_torch(mode), devices("cuda:0", "cuda:1"), python=stubs.python)

    ((check, device), result), *others = results.items()
    assert [] == others
    assert ("collective", "cpu" if mode == "no-nccl" else "cuda:0, cuda:1") == (check, device)
    assert outcome == (result["status"], result["reason"])
    assert words in result["detail"]
    assert (mode == "") == ("busbw_gb_per_s" in result["measured"])


@pytest.mark.parametrize(
    ("mode", "seconds", "outcome", "words"),
    [
        ("hangs", 0.5, ("fail", "hung"), "no answer within 0.5 s"),
        # The second try has to come to its end on a machine that is busy.
        ("peers-hang", 6.0, ("warn", "peer-access"), "with NCCL_P2P_DISABLE=1: all_reduce"),
    ],
)
def test_gpus_that_hang_are_tried_without_direct_copies(
    stubs: StubEnvironment,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    mode: str,
    seconds: float,
    outcome: tuple[str, str],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FAKE_TORCH", mode)
    monkeypatch.delenv("NCCL_P2P_DISABLE", raising=False)
    chosen = devices("cuda:0", "cuda:1")
    results = run("_torch.collective", make_torch(mode), chosen, python=stubs.python, seconds=seconds)

    result = results["collective", "cuda:0, cuda:1"]
    assert outcome == (result["status"], result["reason"])
    assert words in result["detail"]


def test_all_in_their_order() -> None:
    results = run("_torch.deep", make_torch("no-distributed"), devices("cpu"))

    assert {
        ("matmul-rate", "cpu"): PASS,
        ("memory-rate", "cpu"): PASS,
        ("memory", "cpu"): ("skip", "skipped"),
        ("compile", "cpu"): PASS,
        ("collective", "cpu"): ("skip", "skipped"),
    } == brief(results)
