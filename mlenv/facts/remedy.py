"""The kinds of remedy."""

from __future__ import annotations

from typing import Literal

RemedyAction = Literal[
    "none",
    "restart_app",
    "reset_gpu",
    "reboot",
    "check_power",
    "check_cooling",
    "update_driver",
    "reinstall_env",
    "contact_vendor",
]
"""What would help, for machines that read reports; mlenv never carries one out by itself."""
