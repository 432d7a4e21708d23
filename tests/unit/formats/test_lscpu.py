"""The table of lscpu."""

from __future__ import annotations

from mlenv.facts.hardware import Cpu
from mlenv.formats.lscpu import parse_lscpu


def test_server_with_two_sockets() -> None:
    text = (
        "Architecture:             x86_64\n  CPU op-mode(s):         32-bit, 64-bit\nCPU(s):                   64\n"
        "Vendor ID:                AuthenticAMD\n  Model name:             AMD EPYC 7302 16-Core Processor\n"
        "    Thread(s) per core:   2\n    Core(s) per socket:   16\n    Socket(s):            2\n"
        "    Flags:                fpu avx2\nNUMA:                     \n  NUMA node(s):           2\n"
        "  NUMA node0 CPU(s):      0-31\n  NUMA node1 CPU(s):      32-63\n"
    )
    assert parse_lscpu(text) == Cpu(
        model="AMD EPYC 7302 16-Core Processor",
        vendor="AuthenticAMD",
        physical_cores=32,
        logical_cores=64,
        flags=("fpu", "avx2"),
        sockets=2,
        numa_nodes=2,
    )


def test_nodes_of_a_gpus_memory_do_not_count() -> None:
    text = "CPU(s): 72\nNUMA node(s): 9\nNUMA node0 CPU(s): 0-71\nNUMA node1 CPU(s):\nNUMA node2 CPU(s):   \n"
    assert parse_lscpu(text).numa_nodes == 1


def test_arm_boards_have_clusters_for_sockets() -> None:
    text = "CPU(s): 8\nThread(s) per core: 1\nCore(s) per cluster: 4\nSocket(s): -\nCluster(s): 2\nModel name: -\n"
    assert parse_lscpu(text) == Cpu(logical_cores=8, physical_cores=8)


def test_nothing_of_the_form() -> None:
    assert parse_lscpu(f"lscpu: failed\nCPU(s): {'9' * 5000}\nSocket(s): two\n") == Cpu()
