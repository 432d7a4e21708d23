"""What follows from what: a finding whose cause is found too is told below it."""

from __future__ import annotations

_DRIVER_IS_DOWN = ("nvidia-driver-not-working", "nvidia-driver-missing")

CONSEQUENCES: dict[str, tuple[str, ...]] = {
    # A driver that cannot be loaded is missed by everything above it.
    "secure-boot-blocks-module": (*_DRIVER_IS_DOWN, "kernel-module-not-built-for-kernel"),
    "kernel-module-not-built-for-kernel": _DRIVER_IS_DOWN,
    "nouveau-loaded": _DRIVER_IS_DOWN,
    "driver-library-version-mismatch": _DRIVER_IS_DOWN,
    "gpu-fell-off-bus": (*_DRIVER_IS_DOWN, "gpu-xid", "gpu-init-failed", "pcie-width-reduced"),
    "gpu-init-failed": _DRIVER_IS_DOWN,
    "container-started-without-gpu": _DRIVER_IS_DOWN,
    "container-lost-gpu-cgroup": (*_DRIVER_IS_DOWN, "device-node-permission"),
    "container-missing-driver-capability": _DRIVER_IS_DOWN,
    "wsl-linux-driver-installed": (*_DRIVER_IS_DOWN, "wsl-libcuda-path", "driver-library-version-mismatch"),
    "wsl-libcuda-path": _DRIVER_IS_DOWN,
    # CUDA does not start though the driver is there.
    "nvidia-uvm-missing": ("nvidia-driver-not-working",),
    "nvidia-uvm-stale-after-suspend": ("nvidia-driver-not-working", "nvidia-uvm-missing"),
    "fabric-manager-version-mismatch": ("fabric-manager-not-running", "nvidia-driver-not-working"),
    "fabric-manager-not-running": ("nvidia-driver-not-working",),
    "mig-misconfigured": ("nvidia-driver-not-working",),
    "device-node-permission": ("nvidia-driver-not-working",),
    # A card that is ill says so in several ways.
    "gpu-ecc-error": ("gpu-xid", "gpu-row-remap"),
    # A full temporary folder is a full disk to whoever only sees the error.
    "tmpdir-too-small": ("disk-full",),
    # What cannot be installed or imported has one reason.
    "user-site-shadows-env": ("framework-import-failed", "numpy2-abi-break"),
    "local-file-shadows-package": ("framework-import-failed",),
    "rosetta-x86-python": ("cpu-lacks-avx", "macos-x86-no-wheel", "framework-import-crashed"),
    "cpu-lacks-avx": ("framework-import-crashed",),
    "numpy2-abi-break": ("framework-import-failed", "framework-import-crashed"),
    "duplicate-openmp-runtime": ("framework-import-crashed",),
    "oom-killed": ("framework-import-crashed",),
    "shm-too-small": ("framework-import-crashed",),
}
"""By id of a cause the ids of findings that would be gone with it."""
