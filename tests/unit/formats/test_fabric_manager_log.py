"""The fabric manager's log."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mlenv.formats.fabric_manager_log import MOST_ERRORS, FabricManagerLog, parse_fabric_manager_log

LOG = (
    "[Mar 04 2025 10:11:12] [INFO] [tid 812] Fabric Manager version 570.86.15 is running with the following"
    " configuration options\n"
    "Message payload details:Team release request: Team Handle:1 Flags:0\n"
    "\n"
    "[Mar 04 2025 10:15:40] [ERROR] [tid 830] detected NVSwitch fatal error 20034 on fid 0\n"
    "[Mar 04 2025 10:15:41] [INFO] [tid 830] the word [ERROR] in a message\n"
)


def test_version_and_errors() -> None:
    expected = FabricManagerLog(version="570.86.15", errors=("detected NVSwitch fatal error 20034 on fid 0",))
    assert expected == parse_fabric_manager_log(LOG)


def test_the_last_version_counts() -> None:
    assert "580.65.06" == parse_fabric_manager_log(LOG + LOG.replace("570.86.15", "580.65.06")).version


def test_of_many_errors_the_last_are_kept() -> None:
    lines = [f"[Mar 04 2025 10:15:40] [CRITICAL] [tid 1] error {n}\n" for n in range(MOST_ERRORS + 5)]
    errors = parse_fabric_manager_log("".join(lines)).errors
    assert (MOST_ERRORS, "error 5", f"error {MOST_ERRORS + 4}") == (len(errors), errors[0], errors[-1])


@given(text=st.one_of(st.text(), st.lists(st.sampled_from(["[", "]", "[ERROR]", "] [ERROR]", "\n", LOG])).map("".join)))
def test_any_text_gives_a_log(text: str) -> None:
    assert isinstance(parse_fabric_manager_log(text), FabricManagerLog)
