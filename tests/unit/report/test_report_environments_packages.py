"""What differs between the packages of two generations, and how risky it is."""

from __future__ import annotations

import pytest

from mlenv.plan.plan import PlannedAccelerator, PlannedPackage
from mlenv.plan.proof import Proof
from mlenv.report.environments.contents import read_contents
from tests.unit.report.environment_cases import (
    INDEX,
    KNOWLEDGE,
    changes_of,
    lock_of,
    lock_row,
    manifest_of,
    risk_of,
)

TORCH = "torch==2.7.0"


@pytest.mark.parametrize(
    ("name", "before", "after", "expected"),
    [
        # What was asked for.
        ("torch", "2.7.0", "3.0.0", ("upgraded", "high")),
        ("torch", "2.7.0", "2.8.0", ("upgraded", "medium")),
        ("torch", "2.7.0", "2.7.1", ("upgraded", "low")),
        ("torch", "2.7.1", "2.7.0", ("downgraded", "medium")),
        ("torch", "2.8.0", "2.7.0", ("downgraded", "high")),
        ("torch", "2.7.0", "2.8.0rc1", ("upgraded", "medium")),
        ("torch", "0.4.0", "0.5.0", ("upgraded", "high")),
        ("torch", "1.1.1t", "1.1.1w", ("changed", "medium")),
        # What came along.
        ("sympy", "1.9", "2.0", ("upgraded", "medium")),
        ("sympy", "1.9", "1.10", ("upgraded", "low")),
        ("sympy", "1.10", "1.9", ("downgraded", "medium")),
        ("sympy", "2.0", "1.9", ("downgraded", "high")),
        ("sympy", "2.0", "2.1a1", ("upgraded", "low")),
        ("certifi", "2025.4.26", "2026.5.20", ("upgraded", "low")),
        ("certifi", "2025.4.26", "3.0", ("downgraded", "high")),
        ("torch", "2025.1", "2026.1", ("upgraded", "medium")),
        ("numpy", "1.26.4", "2.0.0", ("upgraded", "high")),
        ("numpy", "2.0.0", "2.3.1", ("upgraded", "low")),
    ],
)
def test_another_version(name: str, before: str, after: str, expected: tuple[str, str]) -> None:
    asked = ["torch"] if name == "torch" else []
    old, new = (
        manifest_of(*(f"torch=={version}" for _ in asked), rows=[lock_row(name, version)])
        for version in (before, after)
    )
    assert {name: expected} == risk_of(old, new)


def test_names_are_compared_in_their_normal_form() -> None:
    old = manifest_of(rows=[lock_row("Typing_Extensions", "4.1")])
    new = manifest_of(rows=[lock_row("typing-extensions", "4.1", host="https://files.example.org/other")])
    assert {"files of typing-extensions"} == changes_of(old, new).keys()


def test_what_was_asked_for_and_is_gone() -> None:
    changes = risk_of(manifest_of(TORCH, "pandas==2.0", rows=[lock_row("torch", "2.7.0"), lock_row("pandas", "2.0"),
                                  lock_row("tzdata", "2025.1")]), manifest_of(TORCH))  # fmt: skip
    assert {"pandas": ("removed", "high"), "tzdata": ("removed", "low")} == changes


def test_a_requirement_that_no_row_knows_is_asked_for_too() -> None:
    old = manifest_of(
        "x==1", plan={"others": ("Some-Tool[cli]>=1",)}, rows=[lock_row("x", "1"), lock_row("some-tool", "2")]
    )
    assert {"some-tool": ("removed", "high")} == risk_of(old, manifest_of("x==1"))


def test_what_is_new() -> None:
    vcs = '{ type = "git", url = "https://me:secret@git.example.org/model.git", commit-id = "9f8e" }'
    sdist = '{ url = "https://files.example.org/slow-1.0.tar.gz", hashes = { sha256 = "aa" } }'
    new = manifest_of(
        TORCH,
        "pandas==2.0",
        rows=[
            lock_row("torch", "2.7.0"),
            lock_row("pandas", "2.0"),
            lock_row("tzdata", "2025.1"),
            lock_row("model", "1.0", vcs=vcs),
            lock_row("slow", "1.0", sdist=sdist),
        ],
    )
    changes = changes_of(manifest_of(TORCH), new)
    assert {
        "pandas": ("added", "low"),
        "tzdata": ("added", "low"),
        "model": ("added", "medium"),
        "slow": ("added", "medium"),
    } == risk_of(manifest_of(TORCH), new)
    assert "repository" in changes["model"].reason
    assert "built from source" in changes["slow"].reason


# ---------------------------------------------------------------- builds


def torch_with(version: str, variant: str = "cu126", **keys: str) -> tuple[str, dict[str, object]]:
    kind = "cpu" if variant == "cpu" else "cuda"
    return lock_row("torch", version, **keys), {"accelerator": PlannedAccelerator(kind=kind, variant=variant)}


def test_a_build_for_the_cpu_computes_elsewhere() -> None:
    (row, plan), (other, its_plan) = torch_with("2.7.0+cu126"), torch_with("2.7.0+cpu", "cpu")
    changes = changes_of(manifest_of(TORCH, rows=[row], plan=plan), manifest_of(TORCH, rows=[other], plan=its_plan))
    assert ["accelerator", "build of torch"] == list(changes)
    assert {"high"} == {change.risk for change in changes.values()}
    assert ("cuda (cu126)", "cpu") == (changes["accelerator"].before, changes["accelerator"].after)


def test_another_cuda_is_judged_by_the_driver() -> None:
    (row, plan), (other, its_plan) = torch_with("2.7.0+cu126"), torch_with("2.8.0+cu130", "cu130")
    changes = changes_of(manifest_of(TORCH, rows=[row], plan=plan), manifest_of(TORCH, rows=[other], plan=its_plan))
    assert "driver 560.35.03 does not run CUDA 13.0" == changes["build of torch"].reason
    assert ("2.7.0", "2.8.0", "medium") == (changes["torch"].before, changes["torch"].after, changes["torch"].risk)


def test_a_wheel_without_a_label_belongs_to_the_build_of_its_plan() -> None:
    row, plan = torch_with("2.7.0")
    other, its_plan = torch_with("2.7.0+cu126", host="https://files.example.org/x")
    changes = risk_of(manifest_of(TORCH, rows=[row], plan=plan), manifest_of(TORCH, rows=[other], plan=its_plan))
    assert {"files of torch": ("changed", "low")} == changes


# ---------------------------------------------------------------- origin


def moved(before: str, after: str, *, sha: str = "bb", version: str = "2.7.0") -> str:
    old = manifest_of(TORCH, rows=[lock_row("torch", version, index=before, host=before)])
    new = manifest_of(TORCH, rows=[lock_row("torch", "2.7.0", index=after, host=after, sha=sha)])
    changes = changes_of(old, new)
    return changes["index of torch"].risk if "index of torch" in changes else "unmoved"


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("https://other.example.org/cu126", "high"),
        ("https://wheels.example.org/team", "medium"),
        (f"{INDEX}/", "unmoved"),
        # Another password is not another place.
        (INDEX.replace("//", "//me:secret@"), "unmoved"),
    ],
)
def test_another_index(after: str, expected: str) -> None:
    assert expected == moved(INDEX, after)


def test_another_index_with_the_same_file_is_a_mirror() -> None:
    assert "low" == moved(INDEX, "https://other.example.org/cu126", sha="aa")


def test_the_list_of_another_build_is_expected() -> None:
    old = manifest_of(TORCH, rows=[lock_row("torch", "2.7.0+cu126", index=INDEX)])
    new = manifest_of(TORCH, rows=[lock_row("torch", "2.7.0+cu128", index=INDEX.replace("126", "128"))])
    assert "low" == changes_of(old, new)["index of torch"].risk


def test_without_an_index_the_hosts_of_the_files_are_compared() -> None:
    old = manifest_of(TORCH, rows=[lock_row("torch", "2.7.0")])
    new = manifest_of(TORCH, rows=[lock_row("torch", "2.7.0", host="https://mirror.example.org", sha="bb")])
    change = changes_of(old, new)["index of torch"]
    assert ("https://files.example.org", "https://mirror.example.org", "high") == (
        change.before,
        change.after,
        change.risk,
    )


def test_the_plan_knows_the_index_that_a_lock_leaves_out() -> None:
    old, new = (
        manifest_of(plan={"packages": (PlannedPackage(name="torch", version="2.7.0", index=index),)},
                    rows=[lock_row("torch", "2.7.0")])
        for index in (INDEX, "https://other.example.org/cu126")
    )  # fmt: skip
    assert {"index of torch": ("changed", "low")} == risk_of(old, new)


def test_the_same_release_with_another_hash() -> None:
    old, new = (manifest_of(rows=[lock_row("sympy", "1.9", sha=sha)]) for sha in ("aaaa", "bbbb"))
    change = changes_of(old, new)["files of sympy"]
    assert ("high", "sympy-1.9-py3-none-any.whl (aaaa)") == (change.risk, change.before)


def test_another_python_takes_other_files() -> None:
    wheel = '[{{ url = "https://files.example.org/sympy-1.9-{0}.whl", hashes = {{ sha256 = "{0}" }} }}]'
    rows = [lock_row("sympy", "1.9", wheels=wheel.format(tag)) for tag in ("cp311", "cp312")]
    old, new = (manifest_of(rows=[row]) for row in rows)
    assert {"files of sympy": ("changed", "low")} == risk_of(old, new)
    newer = manifest_of(rows=[rows[1]], plan={"python": "3.13"})
    assert {"python": ("upgraded", "high")} == risk_of(old, newer)


def test_a_lock_that_lists_more_wheels_of_the_same_release_is_no_change() -> None:
    first = '{ url = "https://files.example.org/a-1-one.whl", hashes = { sha256 = "aa" } }'
    second = '{ url = "https://files.example.org/a-1-two.whl", hashes = { sha256 = "bb" } }'
    old = manifest_of(rows=[lock_row("a", "1", wheels=f"[{first}]")])
    new = manifest_of(rows=[lock_row("a", "1", wheels=f"[{second}, {first}]")])
    assert {} == changes_of(old, new)


def test_built_from_source_and_back() -> None:
    sdist = '{ url = "https://files.example.org/flash-1.0.tar.gz", hashes = { sha256 = "cc" } }'
    wheel = manifest_of(rows=[lock_row("flash", "1.0")])
    source = manifest_of(rows=[lock_row("flash", "1.0", sdist=sdist)])
    assert ("changed", "medium") == risk_of(wheel, source)["form of flash"]
    assert ("changed", "low") == risk_of(source, wheel)["form of flash"]


def test_the_proof_tells_what_is_built() -> None:
    proof = Proof(status="proven", built=("Flash",))
    changes = risk_of(manifest_of("flash==1.0"), manifest_of("flash==1.0", plan={"proof": proof}))
    assert {"form of flash": ("changed", "medium")} == changes


def test_a_repository_in_place_of_an_index() -> None:
    vcs = '{ type = "git", url = "https://me:secret@git.example.org/torch.git", commit-id = "9f8e" }'
    old = manifest_of(TORCH, rows=[lock_row("torch", "2.7.0")])
    new = manifest_of(TORCH, rows=[lock_row("torch", "2.7.0", vcs=vcs)])
    change = changes_of(old, new)["index of torch"]
    assert "high" == change.risk
    assert "secret" not in str(change)


def test_a_repository_at_another_commit() -> None:
    rows = [
        lock_row("m", "1", vcs=f'{{ type = "git", url = "https://git.example.org/m.git", commit-id = "{commit}" }}')
        for commit in ("aa11", "bb22")
    ]
    change = changes_of(manifest_of(rows=rows[:1]), manifest_of(rows=rows[1:]))["index of m"]
    assert ("https://git.example.org/m.git@aa11", "high") == (change.before, change.risk)


# ---------------------------------------------------------------- families


def test_rivals_side_by_side() -> None:
    rows = [lock_row(name, "9.1") for name in ("nvidia-cudnn-cu12", "nvidia-cudnn-cu13")]
    old, new = manifest_of(rows=rows[:1]), manifest_of(rows=rows)
    change = changes_of(old, new)["rivals for cuDNN"]
    assert ("added", "high", "nvidia-cudnn-cu12, nvidia-cudnn-cu13") == (change.kind, change.risk, change.after)
    assert ("removed", "none") == risk_of(new, old)["rivals for cuDNN"]


def test_a_rival_takes_the_place_of_what_was_asked_for() -> None:
    old, new = manifest_of("tensorflow==2.20.0"), manifest_of("tensorflow-cpu==2.20.0")
    assert {"tensorflow": ("removed", "medium"), "tensorflow-cpu": ("added", "medium")} == risk_of(old, new)
    assert "tensorflow-cpu takes its place" in changes_of(old, new)["tensorflow"].reason


# ---------------------------------------------------------------- locks


CHANNEL = "https://channel.example.org/t/tk-123456/forge"


def explicit(*files: str) -> str:
    return "\n".join(["# platform: linux-64", "@EXPLICIT", *(f"{CHANNEL}/linux-64/{file}" for file in files)]) + "\n"


def test_an_explicit_lock_of_conda() -> None:
    plan = {"manager": "conda"}
    old = manifest_of("torch==2.7.0", plan=plan, lock=explicit("pytorch-2.7.0-cuda126_py312_0.conda#aa"))
    new = manifest_of("torch==2.8.0", plan=plan, lock=explicit("pytorch-2.8.0-cpu_py312_0.conda#sha256:bb"))
    changes = changes_of(old, new)
    assert {"torch": ("upgraded", "medium"), "build of torch": ("changed", "high")} == risk_of(old, new)
    assert ("cu126", "cpu") == (changes["build of torch"].before, changes["build of torch"].after)
    held = read_contents(old, KNOWLEDGE).packages["torch"]
    assert "https://channel.example.org/t/****/forge" == held.index
    assert {"pytorch-2.7.0-cuda126_py312_0.conda": {"md5": "aa"}} == held.files


def test_another_build_of_one_release_is_another_file() -> None:
    old, new = (manifest_of(lock=explicit(f"zlib-1.3-h{n}_0.conda#{n}{n}"), plan={"manager": "conda"}) for n in "ab")
    assert {"files of zlib": ("changed", "low")} == risk_of(old, new)


@pytest.mark.parametrize("text", ["", "not [toml", "packages = 3", 'lock-version = "1.0"'])
def test_without_a_lock_the_plan_is_compared_and_it_is_said(text: str) -> None:
    old, new = manifest_of("torch==2.7.0", lock=text), manifest_of("torch==2.8.0", lock=text)
    assert {"lock": ("changed", "medium"), "torch": ("upgraded", "medium")} == risk_of(old, new)
    assert {} == changes_of(old, old)


def test_two_rows_of_one_name_are_told_together() -> None:
    old = manifest_of(rows=[lock_row("a", "1.0"), lock_row("a", "2.0")])
    new = manifest_of(rows=[lock_row("a", "2.0")])
    change = changes_of(old, new)["a"]
    assert ("1.0 or 2.0", "2.0") == (change.before, change.after)


def test_an_address_that_is_none_is_kept_out_of_the_way() -> None:
    odd = '[{ url = "http://[odd/a-1-py3-none-any.whl", hashes = { sha256 = "aa" } }]'
    contents = read_contents(manifest_of(lock=lock_of(lock_row("a", "1", wheels=odd))))
    assert "1" == contents.packages["a"].version
