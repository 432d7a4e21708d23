"""Release files and device lists of Jetson boards."""

from __future__ import annotations

import pytest

from mlenv.facts.drivers import Jetson
from mlenv.formats.l4t import parse_mount_list, parse_tegra_release
from mlenv.probe.accelerators.jetson import MOUNTS, RELEASE, read_jetson
from mlenv.probe.log import Log
from mlenv.system.host import Identity
from mlenv.system.recording import RecordedHost, Recording
from tests.unit.formats.recordings import RECORDINGS, files, load_tree, name, needs_recordings

pytestmark = needs_recordings

ARM = Identity(system="linux", release="5.15.148-tegra", machine="aarch64")
TREES = ("csv-mode", "rootfs-orin", "rootfs-thor-dgpu")


def test_every_file_is_read() -> None:
    releases = [name(path) for path in files("jetson/nv_tegra_release/*")]
    trees = [f"jetson/{tree}.tree.json" for tree in TREES]
    assert [name(path) for path in files("jetson/**/*") if path.is_file()] == [
        "jetson/SOURCE.toml",
        trees[0],
        *releases,
        *trees[1:],
    ]


@pytest.mark.parametrize("release", ["32.7.1", "34.1.1", "35.2.1", "35.3.1"])
def test_release(release: str) -> None:
    text = (RECORDINGS / f"jetson/nv_tegra_release/r{release}").read_text()
    assert parse_tegra_release(text) == release
    host = RecordedHost(Recording(identity=ARM, files={RELEASE: text}))
    assert read_jetson(host, Log()) == Jetson(l4t=release)


@pytest.mark.parametrize("tree", TREES)
def test_device_lists_are_read_whole(tree: str) -> None:
    texts = load_tree(RECORDINGS / f"jetson/{tree}.tree.json").texts()
    folder = MOUNTS.rpartition("/")[0]
    devices, libraries = (parse_mount_list(texts[f"{folder}/{kind}.csv"]) for kind in ("devices", "drivers"))
    lines = [len(texts[f"{folder}/{kind}.csv"].strip().splitlines()) for kind in ("devices", "drivers")]
    assert [len(devices), len(libraries)] == lines
    assert ("dev", "/dev/nvhost-gpu") in devices
    assert ("lib", "/usr/lib/aarch64-linux-gnu/nvidia/libcuda.so.1.1") in libraries


@pytest.mark.parametrize("tree", TREES)
def test_board_that_only_its_container_runtime_shows(tree: str) -> None:
    files_of_tree = load_tree(RECORDINGS / f"jetson/{tree}.tree.json").texts()
    host = RecordedHost(Recording(identity=ARM, files=files_of_tree))
    log = Log()
    assert read_jetson(host, log) == Jetson()
    assert (log.readings[0].source, log.readings[0].outcome) == (MOUNTS, "found")
