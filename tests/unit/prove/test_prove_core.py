"""Which releases a conflict, or files that two packages write, speak against."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from mlenv.formats.uv_conflict import Mention, UvConflict
from mlenv.plan.lock import read_lock
from mlenv.prove.core import find_rivals, refute, refute_rivals, shorten
from mlenv.resolve.resolution import Resolution
from tests.unit.prove.prove_cases import GPU, LINUX, MATRIX, answer_of, lock_of, machine_of


def conflict(*names: str, **fields: tuple[str, ...]) -> UvConflict:
    return UvConflict(text="because", mentions=tuple(Mention(name=name) for name in names), **fields)  # type: ignore[arg-type]


def versions(resolution: Resolution) -> dict[str, str]:
    return {pick.framework: pick.release.version for pick in resolution.picks}


def test_the_releases_that_are_named_take_part() -> None:
    answer = answer_of("jax", "scipy", "pandas")
    found = refute(conflict("jax", "numpy", "scipy"), answer)
    assert found is not None
    chosen = versions(answer)
    assert (("jax", chosen["jax"]), ("scipy", chosen["scipy"])) == found.picks
    assert ("3.12", "because") == (found.python, found.text)


def test_a_conflict_among_others_is_the_users() -> None:
    assert refute(conflict("rich", "typer"), answer_of("jax")) is None


def test_a_release_is_named_by_its_distribution() -> None:
    answer = answer_of("tensorflow")
    assert ["tensorflow-cpu"] == [pick.distribution for pick in answer.picks]
    assert refute(conflict("tensorflow"), answer) is None
    assert refute(conflict("tensorflow-cpu"), answer) is not None


def test_who_forbids_something_beside_it_takes_part() -> None:
    answer = answer_of("jax", "scipy")
    first = answer.picks[0]
    release = msgspec.structs.replace(first.release, constraints={"protobuf": "<6"})
    answer = msgspec.structs.replace(answer, picks=(msgspec.structs.replace(first, release=release), *answer.picks[1:]))
    found = refute(conflict("protobuf", answer.picks[1].distribution), answer)
    assert found is not None
    assert 2 == len(found.picks)


def test_a_release_that_no_index_has_is_absent_on_every_python() -> None:
    answer = answer_of("jax")
    missing, needed = refute(conflict("jax", missing=("jax",)), answer), refute(conflict("jax"), answer)
    assert missing is not None
    assert needed is not None
    assert ("", "3.12") == (missing.python, needed.python)


# ---------------------------------------------------------------- files


def test_rivals_are_found_in_the_whole_lock() -> None:
    lock = read_lock(lock_of("numpy==2", "nvidia-cudnn-cu12==9", "nvidia_cudnn_cu13==9", "nvidia-nccl-cu12==2"))
    ((family, rivals),) = find_rivals(lock, MATRIX.families)
    assert ("cudnn", ("nvidia-cudnn-cu12", "nvidia-cudnn-cu13")) == (family.id, rivals)
    assert () == find_rivals(read_lock(lock_of("nvidia-cudnn-cu12==9", "numpy==2")), MATRIX.families)


def rivals_of(answer: Resolution, askers: Mapping[str, tuple[str, ...]]) -> list[tuple[tuple[str, ...], str]]:
    family = next(row for row in MATRIX.families if row.id == "cudnn")
    found = refute_rivals(family, ["nvidia-cudnn-cu12", "nvidia-cudnn-cu13"], askers, answer)
    return [(tuple(name for name, _ in one.picks), one.python) for one in found]


def test_who_brings_the_one_cannot_be_with_who_brings_the_other() -> None:
    askers = {
        "nvidia-cudnn-cu12": ("jax-plugin",),
        "jax-plugin": ("jax",),
        "nvidia-cudnn-cu13": ("scipy",),
        "jax": ("mlenv-environment",),
        "scipy": ("mlenv-environment", "pandas"),
    }
    assert [(("jax", "scipy"), "3.12")] == rivals_of(answer_of("jax", "scipy", "pandas"), askers)


def test_beside_a_package_of_the_users_the_release_falls_alone() -> None:
    askers = {"nvidia-cudnn-cu12": ("mlenv-environment",), "nvidia-cudnn-cu13": ("jax",)}
    assert [(("jax",), "3.12")] == rivals_of(answer_of("jax"), askers)


def test_what_a_row_says_of_its_cuda_holds_for_every_python() -> None:
    answer = answer_of("torch", machine=machine_of(LINUX + GPU), accelerator="cuda")
    assert {"cu13"} == {pick.build.runtime for pick in answer.picks}
    askers = {"nvidia-cudnn-cu12": ("mlenv-environment",), "nvidia-cudnn-cu13": ("torch",)}
    assert [(("torch",), "")] == rivals_of(answer, askers)


def test_nobody_of_ours_brings_them() -> None:
    askers = {"nvidia-cudnn-cu12": ("mlenv-environment",), "nvidia-cudnn-cu13": ("other",), "other": ("other",)}
    assert [] == rivals_of(answer_of("jax"), askers)


def test_a_long_text_keeps_its_end() -> None:
    text = shorten("because " * 200 + "the end")
    assert (True, True) == (len(text) <= 700, text.endswith("the end"))
