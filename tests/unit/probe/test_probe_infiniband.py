"""Ports of InfiniBand and RoCE adapters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlenv.facts.hardware import NetworkPort
from mlenv.probe.host.infiniband import FOLDER, parse_rate, parse_state, read_network_ports
from mlenv.probe.log import Log
from mlenv.system.host import Identity
from mlenv.system.recording import RecordedHost, Recording
from tests.unit.probe.probe_hosts import linux


def test_ports_by_device_and_number() -> None:
    folder = f"{FOLDER}/mlx5_0/ports"
    files = {
        f"{folder}/{port}/{name}": text
        for port in (10, 2)
        for name, text in {
            "state": "1: DOWN\n",
            "rate": "2.5 Gb/sec (1X SDR)\n",
            "link_layer": "Ethernet\n",
        }.items()
    }
    log = Log()
    ports = read_network_ports(RecordedHost(linux({**files, f"{FOLDER}/irdma0/ports/1/gids/0": ""})), log)
    assert (
        NetworkPort(device="irdma0", port=1),
        NetworkPort(device="mlx5_0", port=2, state="DOWN", rate=2.5, layer="Ethernet"),
        NetworkPort(device="mlx5_0", port=10, state="DOWN", rate=2.5, layer="Ethernet"),
    ) == ports
    assert [("found", "3 ports")] == [(item.outcome, item.detail) for item in log.readings]


@pytest.mark.parametrize(
    ("recording", "ports", "outcome"),
    [
        (linux(), (), "absent"),
        (linux(directories={FOLDER: []}), (), "absent"),
        (linux(errors={FOLDER: "PermissionError"}), None, "unreadable"),
        (Recording(identity=Identity(system="macos", release="24.1.0", machine="arm64")), None, "not_asked"),
    ],
)
def test_machines_without_ports(recording: Recording, ports: tuple[NetworkPort, ...] | None, outcome: str) -> None:
    log = Log()
    assert ports == read_network_ports(RecordedHost(recording), log)
    assert [outcome] == [item.outcome for item in log.readings]


@pytest.mark.parametrize(
    ("text", "state"), [("4: ACTIVE\n", "ACTIVE"), ("5: ACTIVE_DEFER", "ACTIVE_DEFER"), ("", None), ("4", None)]
)
def test_state(text: str, state: str | None) -> None:
    assert state == parse_state(text)


@pytest.mark.parametrize(
    ("text", "rate"), [("400 Gb/sec (4X NDR)\n", 400.0), ("2.5 Gb/sec", 2.5), ("unknown", None), ("٤ Gb/sec", None)]
)
def test_rate(text: str, rate: float | None) -> None:
    assert rate == parse_rate(text)


@given(text=st.text())
def test_any_text_gives_a_state_and_a_rate(text: str) -> None:
    assert isinstance(parse_state(text), (str, type(None)))
    assert isinstance(parse_rate(text), (float, type(None)))
