"""From files to machines: verdicts, causes, the board; what is bad is told and stops nothing."""

from __future__ import annotations

from pathlib import Path

from mlenv.fleet.gather import Gathered, Gatherer
from tests.unit.fleet.cases import doctor, finding, gather, gpus, result, unreachable, verify, write


def causes(gathered: Gathered) -> list[tuple[str, str, list[str]]]:
    return [(cause.trouble.id, cause.severity, list(cause.hosts)) for cause in gathered.causes]


def cells(gathered: Gathered, name: str) -> dict[str, str]:
    host = next(host for host in gathered.hosts if host.name == name)
    drawn = gathered.board.draw(host.row, gathered.order)
    return dict(zip([column.id for column in gathered.columns], drawn, strict=True))


def test_causes_are_counted_the_worst_first() -> None:
    bad, odd = finding("driver-broken"), finding("ram-low", "warning")
    found = gather(a=doctor("error", findings=[bad, odd]), b=doctor("warning", findings=[odd]), c=doctor())
    assert [("driver-broken", "fail", ["a"]), ("ram-low", "warn", ["a", "b"])] == causes(found)
    assert ["a", "b", "c"] == [host.name for host in found.hosts]


def test_among_equals_the_most_frequent_comes_first() -> None:
    one, two = finding("a-rare"), finding("z-frequent")
    found = gather(a=doctor("error", findings=[one, two]), b=doctor("error", findings=[two]))
    assert ["z-frequent", "a-rare"] == [slug for slug, _, _ in causes(found)]


def test_a_consequence_is_seen_on_the_board_and_counted_with_its_cause() -> None:
    found = gather(a=doctor("error", findings=[finding("root", consequences=["leaf"]), finding("leaf")]))
    assert ["root"] == [slug for slug, _, _ in causes(found)]
    assert {"root": "f", "leaf": "f"} == cells(found, "a")


def test_a_failing_check_of_a_verification_is_a_cause_with_its_reason() -> None:
    wrong = result(status="fail", reason="wrong-number", detail="3 and must be 4")
    found = gather(a=verify("error", wrong, result(check="import")), b=verify("ok", result()))
    assert [("torch.compute", "fail", ["a"])] == causes(found)
    assert ("wrong-number", "3 and must be 4") == (found.causes[0].trouble.reason, found.causes[0].common().title)
    assert {"torch.compute": "f", "torch.import": "p"} == cells(found, "a")
    assert {"torch.compute": "p", "torch.import": "-"} == cells(found, "b")


def test_checks_with_names_of_their_own_keep_them() -> None:
    found = gather(a=verify("ok", result("", "gpu.xid", group="gpu"), result("torch", "perf.bf16", "warn")))
    assert {"gpu.xid", "perf.bf16"} == {column.id for column in found.columns}


def test_the_worst_of_several_results_of_a_check_stands() -> None:
    found = gather(a=verify("ok", result(status="warn"), result(), result(status="skip")))
    assert {"torch.compute": "w"} == cells(found, "a")


def test_both_reports_of_a_machine_make_one_and_the_worst_verdict_stays() -> None:
    found = gather(a=[doctor("ok", gpus=gpus()), verify("error", result(status="fail"))])
    assert [("a", "error", ("doctor", "verify"))] == [(host.name, host.status, host.kinds) for host in found.hosts]
    assert ("NVIDIA H100 80GB HBM3", 2) == (found.hosts[0].model, found.reports)


def test_two_reports_of_a_kind_are_told() -> None:
    found = gather(a=[doctor("ok"), doctor("error")])
    assert "error" == found.hosts[0].status
    assert [("report-repeated", "info", ["a"])] == causes(found)


def test_a_verdict_that_is_not_known_is_none() -> None:
    assert "unknown" == gather(a=doctor("splendid")).hosts[0].status


def test_an_unreachable_host_is_a_finding_and_comes_first() -> None:
    found = gather(b=doctor("error", findings=[finding("x")]), a=unreachable("a", "timed out"))
    assert [("a", "unreachable"), ("b", "error")] == [(host.name, host.status) for host in found.hosts]
    assert ("host-unreachable", "fail", ["a"]) in causes(found)
    assert found.hosts[0].causes[0].hosts["a"].endswith(": timed out")


def test_a_crashed_check_is_told() -> None:
    found = gather(
        a=doctor(checks=[{"id": "c", "subject": "gpu", "outcome": "crashed", "detail": "ZeroDivisionError"}])
    )
    assert [("c", "error", ["a"])] == causes(found)


def test_columns_go_by_subject() -> None:
    rows = [
        {"id": "env", "subject": "environment"},
        {"id": "new", "subject": "quantum"},
        {"id": "os", "subject": "system"},
    ]
    assert ["os", "env", "new"] == [column.id for column in gather(a=doctor(checks=rows)).columns]


def test_files_that_are_no_reports_are_named_and_the_others_count(tmp_path: Path) -> None:
    write(tmp_path / "good.json", doctor())
    (tmp_path / "bad.json").write_text("{")
    lines = '{"schema": "mlenv.unreachable/1", "host": "z"}\nnonsense\n{"schema": "mlenv.verify/1", "status": "ok"}\n'
    (tmp_path / "many.jsonl").write_text(lines)
    write(tmp_path / "old.json", {"schema": "mlenv.fleet/1"})
    found = Gatherer().read([str(tmp_path), str(tmp_path / "gone.json")])
    assert {"good", "z", "many#3"} == {host.name for host in found.hosts}
    places = [str(tmp_path / name) for name in ("bad.json", "many.jsonl:2", "gone.json")]
    assert places == [unread.place for unread in found.unread]
    assert ("report-unreadable", "error", places) in causes(found)
    assert (str(tmp_path / "old.json"),) == found.passed_over
