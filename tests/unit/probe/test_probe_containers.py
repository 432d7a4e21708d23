"""Container engines of a host, NVIDIA's toolkit and CDI."""

from __future__ import annotations

import pytest

from mlenv.facts.system import ContainerEngine, Containers
from mlenv.probe.host.containers import (
    parse_cdi,
    parse_containerd,
    parse_crio,
    parse_docker,
    parse_library_version,
    parse_podman,
    read_containers,
)
from mlenv.probe.log import Log
from mlenv.system.host import Identity
from mlenv.system.recording import RecordedHost, Recording
from tests.unit.probe.probe_hosts import linux

LIBRARY = "/usr/lib/x86_64-linux-gnu/libnvidia-container.so.1"
CDI = """---
cdiVersion: 0.5.0
kind: nvidia.com/gpu
devices:
- name: "0"
  containerEdits:
    deviceNodes:
    - path: /dev/nvidia0
    hooks:
    - hookName: createContainer
      name: not-a-device
- containerEdits:
    deviceNodes:
    - path: /dev/nvidia1
  name: 1:0
- name: all
containerEdits:
  env:
  - name: not-a-device
"""


def test_host_with_docker_and_the_toolkit() -> None:
    recording = linux(
        {
            "/etc/docker/daemon.json": '{"default-runtime": "nvidia", "runtimes": {"nvidia": {"path": "x"}}}',
            "/etc/containerd/config.toml": "version = 2\n",
            "/etc/containerd/conf.d/99-nvidia.toml": (
                '[plugins."io.containerd.cri.v1.runtime".containerd]\n  default_runtime_name = "nvidia"\n'
                '  [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.nvidia]\n'
            ),
            "/var/run/cdi/nvidia.yaml": CDI,
        },
        existing=["/usr/bin/dockerd", "/usr/bin/containerd", "/usr/bin/enroot", "/usr/bin/nvidia-ctk", LIBRARY],
        links={LIBRARY: f"{LIBRARY}.17.8"},
    )
    log = Log()
    assert read_containers(RecordedHost(recording), log) == Containers(
        engines=(
            ContainerEngine(name="docker", nvidia_runtime=True, default_runtime="nvidia"),
            ContainerEngine(name="containerd", nvidia_runtime=True, default_runtime="nvidia"),
            ContainerEngine(name="enroot"),
        ),
        toolkit="1.17.8",
        cdi_devices=("nvidia.com/gpu=0", "nvidia.com/gpu=1:0", "nvidia.com/gpu=all"),
    )
    assert {row.outcome for row in log.readings} == {"found"}


def test_host_without_engines() -> None:
    log = Log()
    assert read_containers(RecordedHost(linux()), log) == Containers(toolkit="")
    assert [(row.id, row.outcome) for row in log.readings] == [
        ("containers", "absent"),
        ("containers.toolkit", "absent"),
    ]


def test_docker_without_settings_or_with_hidden_ones() -> None:
    plain = linux(existing=["/usr/bin/docker"])
    hidden = linux(existing=["/usr/bin/docker"], errors={"/etc/docker/daemon.json": "PermissionError"})
    found = [read_containers(RecordedHost(recording), Log()) for recording in (plain, hidden)]
    assert [host.engines[0].nvidia_runtime for host in found if host] == [False, None]


def test_toolkit_of_unknown_version() -> None:
    log = Log()
    found = read_containers(RecordedHost(linux(existing=["/usr/bin/nvidia-container-cli"])), log)
    assert found == Containers()
    assert ("/usr/bin/nvidia-container-cli", "found") in [(row.source, row.outcome) for row in log.readings]


def test_containers_and_other_systems_are_not_asked() -> None:
    mac = Recording(identity=Identity(system="macos", release="24", machine="arm64"))
    for recording in (linux({"/.dockerenv": ""}), mac):
        log = Log()
        assert read_containers(RecordedHost(recording), log) is None
        assert [row.outcome for row in log.readings] == ["not_asked"]


@pytest.mark.parametrize(
    ("text", "runtime", "default"),
    [
        ('{"runtimes": {"nvidia": {}}}', True, None),
        ('{"default-runtime": "runc"}', False, "runc"),
        ("", False, None),
        ("{nonsense", None, None),
        ("[]", None, None),
        ('{"runtimes": [], "default-runtime": 3}', False, None),
    ],
)
def test_settings_of_docker(text: str, runtime: bool | None, default: str | None) -> None:
    assert parse_docker(text) == ContainerEngine(name="docker", nvidia_runtime=runtime, default_runtime=default)


def test_settings_of_the_others() -> None:
    podman = '[engine]\nruntime = "crun"\n[engine.runtimes]\nnvidia = [\n"/usr/bin/nvidia-container-runtime"]\n'
    crio = '[crio.runtime]\ndefault_runtime = "runc"\ndefault_runtime = "nvidia"\n[crio.runtime.runtimes.nvidia]\n'
    assert parse_podman(podman) == ContainerEngine(name="podman", nvidia_runtime=True, default_runtime="crun")
    assert parse_crio(crio) == ContainerEngine(name="cri-o", nvidia_runtime=True, default_runtime="nvidia")
    assert parse_containerd("# runtimes.nvidia]\n") == ContainerEngine(name="containerd", nvidia_runtime=False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CDI, ("nvidia.com/gpu=0", "nvidia.com/gpu=1:0", "nvidia.com/gpu=all")),
        (
            '{"cdiVersion": "0.5.0", "kind": "amd.com/gpu", "devices": [{"name": "0"}, {"name": 3}, 4]}',
            ("amd.com/gpu=0",),
        ),
        ("devices:\n  - name: 'x'\n    containerEdits: {}\nkind: \"nvidia.com/gpu\"\n", ("nvidia.com/gpu=x",)),
        ("devices:\n- name: x\n", ()),
        ('{"devices": {}}', ()),
        ("{", ()),
        ("", ()),
    ],
)
def test_cdi_devices(text: str, expected: tuple[str, ...]) -> None:
    assert parse_cdi(text) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [(f"{LIBRARY}.17.8", "1.17.8"), (f"{LIBRARY}.18.0-rc.1", "1.18.0-rc.1"), (LIBRARY, None), ("", None)],
)
def test_library_versions(path: str, expected: str | None) -> None:
    assert parse_library_version(path) == expected
