"""What changed between two generations: settings, proofs, order, and laws that hold for all of them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from mlenv.execute.manifest import Manifest
from mlenv.plan.plan import PlannedAccelerator
from mlenv.report.environments.change import RISKS
from mlenv.report.environments.difference import compare
from mlenv.verify.result import Result
from tests.unit.report.environment_cases import (
    A100,
    KNOWLEDGE,
    MACHINE,
    PASSED,
    changes_of,
    lock_of,
    lock_row,
    manifest_of,
    result_of,
    risk_of,
)

# ---------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {"python": "3.13"}, {"python": ("upgraded", "high")}),
        ({}, {"python": "3.11"}, {"python": ("downgraded", "high")}),
        ({"python": "3.12.3"}, {"python": "3.12.9"}, {"python": ("upgraded", "low")}),
        ({"python": "3.12.9"}, {"python": "3.12.3"}, {"python": ("downgraded", "medium")}),
        ({"python": "3.13"}, {"python": "3.13t"}, {"python": ("changed", "high")}),
        ({}, {"accelerator": PlannedAccelerator(kind="rocm", variant="rocm7.2")}, {"accelerator": ("changed", "high")}),
        ({}, {"accelerator": PlannedAccelerator(kind="cuda", variant="cu128")}, {"accelerator": ("changed", "medium")}),
        ({}, {"manager": "pip"}, {"manager": ("changed", "medium")}),
        ({}, {"profile": "pytorch"}, {"profile": ("changed", "low")}),
        ({}, {"variables": {"KERAS_BACKEND": "jax"}}, {"variable KERAS_BACKEND": ("added", "medium")}),
        (
            {"variables": {"KERAS_BACKEND": "jax"}},
            {"variables": {"KERAS_BACKEND": "torch"}},
            {"variable KERAS_BACKEND": ("changed", "medium")},
        ),
        # What an installation says of itself is no difference of what was installed.
        ({}, {"environment": "other", "warnings": ("mind",), "download_bytes": 3}, {}),
    ],
)
def test_settings(before: dict[str, Any], after: dict[str, Any], expected: dict[str, tuple[str, str]]) -> None:
    assert expected == risk_of(manifest_of(plan=before, rows=[lock_row("a", "1")]),
                               manifest_of(plan=after, rows=[lock_row("a", "1")]))  # fmt: skip


def test_newer_data_alone_has_no_risk() -> None:
    old, new = manifest_of("a==1"), manifest_of("a==1", matrix_version="2026.12.1", created="2026-12-01T00:00:00+00:00")
    assert {"matrix": ("changed", "none")} == risk_of(old, new)


def test_the_same_state_made_again_is_no_change() -> None:
    again = manifest_of("a==1", created="2027-01-01T00:00:00+00:00", timings={"install": 3.0}, matrix_digest="sha256:1")
    assert {} == changes_of(manifest_of("a==1"), again)


# ---------------------------------------------------------------- proofs


def proofs(before: list[Result], after: list[Result]) -> dict[str, tuple[str, str]]:
    return risk_of(manifest_of("torch==2.7.0", results=before), manifest_of("torch==2.7.0", results=after))


@pytest.mark.parametrize("status", ["warn", "fail", "skip", "error"])
def test_what_passed_and_does_not_now(status: str) -> None:
    assert {"compute of torch": ("changed", "high")} == proofs([result_of()], [result_of(status=status, detail="no")])
    assert {"compute of torch": ("changed", "none")} == proofs([result_of(status=status, detail="no")], [result_of()])


def test_the_reason_of_a_worse_proof_is_what_the_framework_said() -> None:
    old = manifest_of(results=[result_of()])
    new = manifest_of(
        results=[result_of(status="fail", detail="no kernel image at https://me:geheim@host.example.org")]
    )
    reason = changes_of(old, new)["compute of torch"].reason
    assert "no kernel image at https://****@host.example.org" == reason


def test_a_proof_on_another_device() -> None:
    assert {"device of compute of torch": ("changed", "high")} == proofs([result_of()], [result_of(device="cpu")])
    assert {} == proofs([result_of()], [result_of(device="cuda:1")])


def test_a_proof_in_fewer_number_formats() -> None:
    less = result_of(detail=PASSED.removesuffix(", bfloat16"))
    assert {"arithmetic of compute of torch": ("changed", "high")} == proofs([result_of()], [less])
    assert {"arithmetic of compute of torch": ("changed", "none")} == proofs([less], [result_of()])


def test_another_last_digit_is_no_other_arithmetic() -> None:
    one, other = (
        result_of(detail=f"a tiny BERT agrees with double precision to {text}") for text in ("1e-07", "2e-07")
    )
    assert {} == proofs([one], [other])


def test_a_framework_that_nobody_looked_at() -> None:
    jax = result_of("jax")
    assert {"proof of jax": ("removed", "medium")} == proofs([result_of(), jax], [result_of()])
    assert {"proof of jax": ("added", "none")} == proofs([result_of()], [result_of(), jax])


def test_a_check_that_is_missing_or_new() -> None:
    second, failed = result_of(device="cuda:1"), result_of(check="numpy", status="fail", detail="ABI")
    assert {"compute 2 of torch": ("removed", "medium")} == proofs([result_of(), second], [result_of()])
    assert {"numpy of torch": ("added", "high")} == proofs([result_of()], [result_of(), failed])


# ---------------------------------------------------------------- order


def test_the_highest_risk_comes_first_then_frameworks_then_names() -> None:
    old = manifest_of("torch==2.7.0", "jax==1.6.0", rows=[
        lock_row("torch", "2.7.0"), lock_row("jax", "1.6.0"), lock_row("absl", "2.0"), lock_row("numpy", "1.26.0"),
    ])  # fmt: skip
    new = manifest_of("torch==3.0.0", "jax==1.7.0", plan={"python": "3.13"}, rows=[
        lock_row("torch", "3.0.0"), lock_row("jax", "1.7.0"), lock_row("absl", "3.0"), lock_row("numpy", "2.0.0"),
    ])  # fmt: skip
    assert ["python", "torch", "numpy", "jax", "absl"] == list(changes_of(old, new))


def test_without_the_matrix_less_is_known() -> None:
    rows = [lock_row(name, "9.1") for name in ("nvidia-cudnn-cu12", "nvidia-cudnn-cu13")]
    changes = compare(manifest_of(rows=rows[:1]), manifest_of(rows=rows))
    assert ["nvidia-cudnn-cu13"] == [change.subject for change in changes]


# ---------------------------------------------------------------- laws

NAMES = ("torch", "numpy", "sympy", "tensorflow", "tensorflow-cpu", "nvidia-cudnn-cu12", "nvidia-cudnn-cu13")
VERSIONS = ("0.4.0", "0.5.0", "1.0", "1.0.0", "1.0rc1", "2.0+cu126", "2.0+cpu", "2.1.post1", "1!0.1", "1.1.1w", "9e")
HOSTS = ("https://files.example.org", "https://mirror.example.org/simple", "http://me:pw@files.example.org/x")
ROWS = st.builds(
    lock_row, st.sampled_from(NAMES), st.sampled_from(VERSIONS), sha=st.sampled_from(("aa", "bb")),
    index=st.sampled_from(("", *HOSTS)), host=st.sampled_from(HOSTS),
)  # fmt: skip
SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "python": st.sampled_from(("3.11", "3.12.1", "3.12.2", "3.13t")),
        "manager": st.sampled_from(("uv", "conda")),
        "variables": st.dictionaries(st.sampled_from("AB"), st.sampled_from(("", "1", "2")), max_size=2),
        "accelerator": st.builds(
            PlannedAccelerator,
            kind=st.sampled_from(("cpu", "cuda")),
            variant=st.sampled_from(("cpu", "cu126", "cu130")),
        ),
    },
)
RESULTS = st.lists(
    st.builds(
        result_of,
        st.sampled_from(("torch", "jax")),
        st.sampled_from(("import", "compute")),
        st.sampled_from(("pass", "warn", "fail", "skip", "error")),
        st.sampled_from(("cpu", "cuda:0")),
        st.sampled_from((PASSED, "exact in float32", "")),
    ),
    max_size=3,
)
LISTS = st.lists(ROWS, max_size=5)
MANIFESTS = st.builds(
    lambda rows, plan, results, lock, gpus: manifest_of(
        "torch==2.0", rows=rows, plan=plan, results=results, lock=lock, machine=replace(MACHINE, gpus=gpus)
    ),
    LISTS,
    SETTINGS,
    RESULTS,
    st.sampled_from((None, None, None, "", "broken [")),
    st.sampled_from(((A100,), (), None)),
)
MIRROR = {"added": "removed", "removed": "added", "upgraded": "downgraded", "downgraded": "upgraded"}


@given(MANIFESTS)
def test_a_generation_does_not_differ_from_itself(manifest: Manifest) -> None:
    assert () == compare(manifest, manifest, KNOWLEDGE)
    copy = msgspec.json.decode(msgspec.json.encode(manifest), type=Manifest)
    assert () == compare(manifest, copy, KNOWLEDGE)


@given(MANIFESTS, MANIFESTS)
def test_the_way_back_mirrors_the_way(one: Manifest, other: Manifest) -> None:
    there = compare(one, other, KNOWLEDGE)
    back = compare(other, one, KNOWLEDGE)
    mirrored = {(row.area, row.subject, MIRROR.get(row.kind, row.kind), row.after, row.before) for row in back}
    assert mirrored == {(row.area, row.subject, row.kind, row.before, row.after) for row in there}


@given(MANIFESTS, MANIFESTS)
def test_every_change_is_told_once_with_its_reason_and_no_password(one: Manifest, other: Manifest) -> None:
    changes = compare(one, other, KNOWLEDGE)
    assert len({(row.area, row.subject) for row in changes}) == len(changes)
    assert all(row.reason and (row.before or row.after) for row in changes)
    assert sorted(changes, key=lambda row: RISKS.index(row.risk)) == list(changes)
    assert ":pw@" not in str(changes)


@given(LISTS, LISTS, st.randoms(use_true_random=False))
def test_the_order_of_a_lock_does_not_matter(rows: list[str], others: list[str], random: Any) -> None:
    shuffled = random.sample(rows, len(rows))
    first, second = (manifest_of("torch==2.0", lock=lock_of(*order)) for order in (rows, shuffled))
    target = manifest_of("torch==2.0", lock=lock_of(*others), created="2026-12-01T00:00:00+00:00")
    assert compare(first, target, KNOWLEDGE) == compare(second, target, KNOWLEDGE)
    assert compare(target, first, KNOWLEDGE) == compare(target, second, KNOWLEDGE)
