"""What was not chosen, for reading."""

from __future__ import annotations

from mlenv.report.rejections import tell_rejections
from mlenv.resolve.resolution import Rejection


def row(
    candidate: str, text: str, rule: str = "driver-too-old", where: str = "drivers.toml cuda_family 13"
) -> Rejection:
    return Rejection(candidate=candidate, rule=rule, text=text, row=where)


def test_builds_of_a_release_that_fell_by_the_same_words_are_told_together() -> None:
    rows = [row(f"acme 2.0 {build}", f"acme 2.0 {build} needs driver 580") for build in ("cu132", "cu130")]
    assert ["acme 2.0 cu132, cu130: needs driver 580 [driver-too-old: drivers.toml cuda_family 13]"] == tell_rejections(
        rows
    )


def test_the_newest_releases_are_told_and_the_others_counted() -> None:
    rows = [row(f"acme {number}.0 any", f"acme {number}.0 any is broken", "broken", "") for number in range(9, 3, -1)]
    lines = tell_rejections(rows)
    assert ["acme 9.0 any: is broken [broken]", "acme: 3 older releases fell as well (-v shows all)"] == [
        lines[0],
        lines[-1],
    ]
    assert 6 == len(tell_rejections(rows, verbose=True))


def test_long_lists_of_code_are_told_on_request_alone() -> None:
    rows = [row("acme 2.0 cu132", "acme 2.0 cu132 has no code for it (6.1); it holds 7.5, 8.0", "gpu-code", "")]
    assert ["acme 2.0 cu132: has no code for it (6.1) [gpu-code]"] == tell_rejections(rows)
    assert "it holds 7.5, 8.0" in tell_rejections(rows, verbose=True)[0]


def test_sources_that_do_not_answer_are_one_line() -> None:
    rows = [
        row(name, f"{name} (the index) does not answer: no", "source-unreachable", "") for name in ("a-cpu", "a-cu")
    ]
    assert ["a-cpu, a-cu: (the index) does not answer: no"] == tell_rejections(rows)
