"""The InfiniBand folder of a real node, read in place."""

from __future__ import annotations

import pytest

from mlenv.facts.hardware import NetworkPort
from mlenv.probe.host.infiniband import FOLDER, read_network_ports
from mlenv.probe.log import Log
from mlenv.system.recording import RecordedHost
from tests.unit.formats.recordings import RECORDINGS, files, load_tree, name, needs_recordings
from tests.unit.probe.probe_hosts import linux

pytestmark = [pytest.mark.shared, needs_recordings]


def test_every_adapter_of_an_h100_node() -> None:
    assert ["infiniband/h100.tree.json"] == [name(path) for path in files("infiniband/*.tree.json")]
    tree = load_tree(RECORDINGS / "infiniband/h100.tree.json")
    ports = read_network_ports(RecordedHost(linux(tree.texts(FOLDER))), Log())
    adapters = [
        NetworkPort(device=f"mlx5_{number}", port=1, state="ACTIVE", rate=400.0, layer="InfiniBand")
        for number in (0, 1, 4, 5, 6, 7, 8, 9)
    ]
    assert (
        *adapters,
        NetworkPort(device="mlx5_bond_0", port=1, state="ACTIVE", rate=200.0, layer="Ethernet"),
    ) == ports
