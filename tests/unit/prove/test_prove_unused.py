"""GPU libraries that a lock brings for nothing: found, told with their price, and what would help."""

from __future__ import annotations

import msgspec

from mlenv.plan.gpu_libraries import GpuLibraries
from mlenv.plan.lock import Lock, read_lock
from mlenv.prove.unused import Unused, ask_along, describe_unused, find_unused
from mlenv.resolve.resolution import Resolution
from tests.unit.prove.prove_cases import GPU, LINUX, MATRIX, Uv, answer_of, lock_of, machine_of
from tests.unit.prove.test_prove_proving import Case

GIGABYTE = 10**9


def heavy(*packages: str) -> str:
    """A lock with CUDA's libraries, of a gigabyte each, beside the named packages."""
    text = lock_of("nvidia-cublas==13", "triton==3.9", *packages)
    for name in ("nvidia_cublas-13", "triton-3.9"):
        wheel = f'{name}-py3-none-any.whl", size = 1000'
        assert wheel in text
        text = text.replace(wheel, f'{name}-py3-none-manylinux_2_28_x86_64.whl", size = {GIGABYTE}')
    return text


def find_in(lock: Lock, resolution: Resolution) -> Unused | None:
    return find_unused(lock, resolution, MATRIX.distributions, MATRIX.framework)


def find(text: str, resolution: Resolution) -> Unused | None:
    return find_in(read_lock(text), resolution)


def test_what_comes_along_is_told_with_what_helps() -> None:
    found = find(heavy("accelerate==1.15.0", "torch==2.15.0"), answer_of("accelerate"))
    assert found is not None
    assert ((), ("torch",)) == (found.chosen, found.along)
    assert (
        "2 GPU libraries (2.0 GB to download: nvidia-cublas, triton) come along, and nothing in this plan uses them; "
        "`--with torch` makes mlenv choose the build, the smaller one where a source that answers has it"
    ) == describe_unused(found)


def test_a_build_that_was_chosen_for_want_of_a_smaller_one() -> None:
    answer = answer_of("torch")
    release = MATRIX.framework("torch").release[0]
    build = next(build for build in release.builds if "default" in build.indexes and build.variant.startswith("cu"))
    picks = tuple(msgspec.structs.replace(pick, release=release, build=build) for pick in answer.picks)
    found = find(heavy("torch==2.15.0"), msgspec.structs.replace(answer, picks=picks))
    assert found is not None
    assert (("torch",), ()) == (found.chosen, found.along)
    assert "no source that answers has a smaller build of torch" in describe_unused(found)
    assert "--find-links" in describe_unused(found)


def test_a_plan_for_cuda_uses_them() -> None:
    answer = answer_of("torch", machine=machine_of(LINUX + GPU), accelerator="auto")
    assert "cuda" == answer.accelerator
    assert find(heavy("torch==2.15.0"), answer) is None


def test_a_light_lock_says_nothing() -> None:
    assert find(lock_of("torch==2.15.0", "numpy==2"), answer_of("numpy")) is None


def test_nothing_is_advised_where_no_framework_has_a_smaller_build() -> None:
    found = find(heavy("numpy==2"), answer_of("numpy"))
    assert found is not None
    assert ((), ()) == (found.along, found.chosen)
    assert describe_unused(found).endswith("nothing in this plan uses them")


def test_a_single_library() -> None:
    libraries = GpuLibraries(names=("triton",), bytes=GIGABYTE, complete=True)
    assert describe_unused(Unused(libraries=libraries)).endswith("comes along, and nothing in this plan uses it")


def test_the_plan_warns() -> None:
    text = heavy("accelerate==1.15.0", "torch==2.15.0")
    plan = Case(Uv(text), "accelerate", find_unused=find_in).plan()
    assert [1, 0] == [sum("GPU libraries" in warning for warning in plan.warnings), len(plan.proof.given_up)]  # type: ignore[union-attr]
    quiet = Case(Uv(lock_of("accelerate==1.15.0")), "accelerate", find_unused=find_in).plan()
    assert not any("GPU libraries" in warning for warning in quiet.warnings)


def test_asked_along_its_build_is_chosen_by_the_resolver() -> None:
    request = ask_along(answer_of("accelerate").request, ["torch"])
    assert [("accelerate", "--with"), ("torch", "what comes along")] == [
        (wanted.name, wanted.origin) for wanted in request.wanted
    ]
