"""One bad GPU among several is found by asking each alone."""

from __future__ import annotations

from mlenv.verify.apart import follow_up
from mlenv.verify.result import Result, ResultStatus

UUIDS = ("GPU-aaaa", "GPU-bbbb")


def make(
    check: str, status: ResultStatus = "pass", device: str | None = None, reason: str = "", detail: str = ""
) -> Result:
    return Result(
        framework="torch",
        version="2.13.0",
        device=device,
        check=check,
        status=status,
        seconds=0.1,
        detail=detail,
        reason=reason,
    )


SEEN = (make("import"), make("device", device="cuda:0, cuda:1"))


def alone(uuid: str) -> tuple[Result, ...]:
    good = uuid == UUIDS[0]
    compute = make("compute", "pass" if good else "fail", "cuda:0", detail="" if good else "wrong on cuda:0")
    return (make("import"), make("device", device="cuda:0"), compute)


def forbid(uuid: str) -> tuple[Result, ...]:
    raise AssertionError(f"{uuid} was asked alone")


def test_healthy_gpus_are_not_asked_again() -> None:
    results = (*SEEN, make("compute", device="cuda:0"), make("compute", device="cuda:1"))
    assert follow_up(results, lambda: UUIDS, forbid) == results


def test_a_crash_among_several_is_laid_to_one() -> None:
    crash = make("compute", "fail", reason="crashed", detail="killed by SIGSEGV")
    found = follow_up((*SEEN, crash), lambda: UUIDS, alone)
    assert found[:2] == SEEN
    assert [(result.status, result.device, result.about) for result in found[2:]] == [
        ("pass", "cuda:0", "GPU-aaaa"),
        ("fail", "cuda:1", "GPU-bbbb"),
    ]
    assert found[3].detail == "wrong on cuda:1"


def test_a_wrong_number_spoils_no_other() -> None:
    results = (*SEEN, make("compute", "fail", "cuda:0"), make("compute", "fail", "cuda:1"))
    assert [result.status for result in follow_up(results, lambda: UUIDS, alone)[2:]] == ["pass", "fail"]


def test_a_failure_that_no_gpu_repeats_alone_stays() -> None:
    """Two GPUs of which the second one's work is done by the first."""
    first = make("compute", device="cuda:0")
    results = (*SEEN, first, make("compute", "fail", "cuda:1", "wrong-device", "computed on cuda:0"))
    found = follow_up(results, lambda: UUIDS, lambda uuid: (make("import"), first))
    assert found[:3] == (*SEEN, first)
    assert [(result.status, result.device, result.reason) for result in found[3:]] == [
        ("fail", "cuda:1", "wrong-device")
    ]
    assert found[3].detail == "computed on cuda:0; in a process of its own, no GPU does so"


def test_a_crash_that_no_gpu_repeats_alone_stays() -> None:
    crash = make("compute", "fail", reason="crashed", detail="killed by SIGSEGV")
    alone_well = (make("import"), make("device", device="cuda:0"), make("compute", device="cuda:0"))
    found = follow_up((*SEEN, crash), lambda: UUIDS, lambda uuid: alone_well)
    assert [result.status for result in found] == ["pass", "pass", "fail"]
    assert found[2].reason == "crashed"


def test_one_gpu_or_unknown_names_stay_as_they_are() -> None:
    one = (make("device", device="cuda:0"), make("compute", "fail", "cuda:0"))
    assert follow_up(one, lambda: UUIDS[:1], forbid) == one
    two = (*SEEN, make("compute", "fail", "cuda:0"))
    assert follow_up(two, tuple, forbid) == two


def test_a_failed_import_has_nothing_to_do_with_a_gpu() -> None:
    results = (make("import", "fail"),)
    assert follow_up(results, lambda: UUIDS, forbid) == results
