"""NVML's numbers in words.

https://docs.nvidia.com/deploy/nvml-api/group__nvmlDeviceEnumvs.html
"""

from __future__ import annotations

ARCHITECTURES = {
    2: "Kepler",
    3: "Maxwell",
    4: "Pascal",
    5: "Volta",
    6: "Turing",
    7: "Ampere",
    8: "Ada Lovelace",
    9: "Hopper",
    10: "Blackwell",
    13: "Rubin",
}
COMPUTE_MODES = {0: "default", 1: "exclusive-thread", 2: "prohibited", 3: "exclusive-process"}
VIRTUALIZATION = {0: "none", 1: "pass-through", 2: "vgpu", 3: "host-vgpu", 4: "host-vsga"}
ADDRESSING = {0: "none", 1: "hmm", 2: "ats"}
DRIVER_MODELS = {0: "WDDM", 1: "TCC", 2: "MCDM"}
RECOVERY_ACTIONS = {
    0: "none",
    1: "gpu-reset",
    2: "node-reboot",
    3: "drain-p2p",
    4: "drain-and-reset",
    5: "recover-imex-domain",
    6: "bus-reset",
    7: "system-reboot",
}
NVLINK_VERSIONS = {1: "1.0", 2: "2.0", 3: "2.2", 4: "3.0", 5: "3.1", 6: "4.0", 7: "5.0", 8: "6.0"}
FABRIC_STATES = {0: "not-supported", 1: "not-started", 2: "in-progress", 3: "completed"}
# How far two GPUs are apart, in the words of `nvidia-smi topo -m`; one board with two GPUs counts as one switch.
TOPOLOGY = {0: "PIX", 10: "PIX", 20: "PXB", 30: "PHB", 40: "NODE", 50: "SYS"}
# Why clocks are held down, by bit.
CLOCK_EVENTS = (
    "gpu-idle",
    "applications-clocks-setting",
    "sw-power-cap",
    "hw-slowdown",
    "sync-boost",
    "sw-thermal-slowdown",
    "hw-thermal-slowdown",
    "hw-power-brake-slowdown",
    "display-clocks-setting",
    "board-limit",
    "reliability",
)


def name_clock_events(bits: int) -> list[str]:
    """The reasons in force; a bit that is not known here is ``reason-`` and its number."""
    known = [name for place, name in enumerate(CLOCK_EVENTS) if bits >> place & 1]
    further = [f"reason-{place}" for place in range(len(CLOCK_EVENTS), 64) if bits >> place & 1]
    return known + further
