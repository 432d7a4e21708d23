"""Messages of container engines, their helpers, and WSL."""

from __future__ import annotations

import pytest

from mlenv.clues.containers import SIGNATURES
from mlenv.clues.find import find_clues

WORDINGS = [
    (
        "container-toolkit-missing",
        'docker: Error response from daemon: could not select device driver "" with capabilities: [[gpu]].',
    ),
    ("container-toolkit-missing", "could not select device driver “nvidia” with capabilities: [[compute gpu]]"),
    ("container-toolkit-missing", "docker: Error response from daemon: unknown or invalid runtime name: nvidia."),
    ("container-toolkit-missing", 'exec: "nvidia-container-runtime-hook": executable file not found in $PATH'),
    ("cdi-device-unresolved", "Error: setting up CDI devices: unresolvable CDI devices nvidia.com/gpu=all"),
    (
        "container-host-driver-missing",
        "nvidia-container-cli: initialization error: load library failed: libnvidia-ml.so.1: cannot open shared object",
    ),
    (
        "container-host-driver-missing",
        "nvidia-container-cli: initialization error: nvml error: driver not loaded: unknown",
    ),
    (
        "container-wsl-no-adapter",
        "nvidia-container-cli: initialization error: WSL environment detected but no adapters were found",
    ),
    ("container-unknown-device", "nvidia-container-cli: device error: 3: unknown device: unknown"),
    ("container-cgroup-refused", "failed to add device rules: bpf_prog_query(BPF_CGROUP_DEVICE) failed: not permitted"),
    (
        "container-image-has-driver",
        "nvidia-container-cli: mount error: file creation failed: /var/lib/x/usr/lib/libnvidia-ml.so.1: file exists",
    ),
    (
        "container-without-driver",
        "WARNING: The NVIDIA Driver was not detected.  GPU functionality will not be available.",
    ),
    ("libcuda-missing", "ImportError: libcuda.so.1: cannot open shared object file: No such file or directory"),
    (
        "libcuda-missing",
        "Could not load dynamic library 'libcuda.so.1'; dlerror: libcuda.so.1: cannot open shared object",
    ),
    ("libcuda-missing", "AssertionError: libcuda.so cannot found!"),
    ("libcuda-missing", "/usr/bin/ld: cannot find -lcuda: No such file or directory"),
    ("devices-lost-from-cgroup", "It breaks whenever somebody runs `systemctl daemon-reload` on the host"),
    ("gpu-lost-while-running", "The container loses access to the GPU after a few hours"),
    ("runs-in-container", "I start it with docker run --gpus all nvcr.example.org/image"),
    ("runs-in-wsl", "Linux box 5.15.153.1-microsoft-standard-WSL2 #1 SMP"),
    ("wsl-libcuda-no-link", "/sbin/ldconfig.real: /usr/lib/wsl/lib/libcuda.so.1 is not a symbolic link"),
    ("wsl-linux-driver", "In WSL I had installed the Linux NVIDIA driver with apt"),
    ("started-without-gpu", "docker run -it --rm python:3.12 bash"),
    ("started-with-gpu", "docker run --gpus all -it image"),
]


@pytest.mark.parametrize(("slug", "text"), WORDINGS)
def test_wordings(slug: str, text: str) -> None:
    assert slug in [clue.id for clue in find_clues(text)]


@pytest.mark.parametrize(
    "text",
    [
        "docker run --gpus all -it image",
        "docker run --device /dev/kfd --device /dev/dri image",
        "apptainer exec --nv image.sif python",
    ],
)
def test_a_container_with_a_gpu_is_not_one_without(text: str) -> None:
    assert "started-without-gpu" not in [clue.id for clue in find_clues(text)]


def test_the_capabilities_are_named() -> None:
    clues = find_clues("ENV NVIDIA_DRIVER_CAPABILITIES=utility,video")
    assert [clue.values for clue in clues if clue.id == "capability-variable"] == [{"capabilities": "utility,video"}]


def test_what_states_nothing() -> None:
    ids = {row.id for row in SIGNATURES}
    text = "a list of capabilities\nnews of the world\nfile exists\nno such device in the catalogue"
    assert [clue.id for clue in find_clues(text) if clue.id in ids] == []
