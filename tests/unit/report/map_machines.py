"""Recorded machines of every kind, for the maps."""

from __future__ import annotations

FOLDERS = [
    "linux-alpine320-musl-cpu",
    "linux-centos7-t4-driver418",
    "linux-debian12-rtx4090-gtx1080ti",
    "linux-l4t36-jetson-orin",
    "linux-ubuntu2204-h100x8",
    "linux-ubuntu2204-mi300x8",
    "linux-ubuntu2204-tpu-v5e",
    "linux-ubuntu2404-arc-b580",
    "linux-wsl2-rx7900xtx",
    "macos-13-intel-radeon",
    "macos-14-m2pro",
    "windows-11-rtx5090",
]
