"""/proc/meminfo."""

from __future__ import annotations

from mlenv.facts.hardware import Memory
from mlenv.formats.memory_table import parse_memory_table


def test_memory_and_swap() -> None:
    text = "MemTotal:  2048 kB\nMemFree: 1 kB\nMemAvailable:   1024 kB\nSwapTotal:  512 kB\nSwapFree:  256 kB\n"
    assert parse_memory_table(text) == Memory(
        total_bytes=2 << 20, available_bytes=1 << 20, swap_bytes=1 << 19, swap_free_bytes=1 << 18
    )


def test_old_kernel_does_not_say_what_is_available() -> None:
    assert parse_memory_table("MemTotal:  1024 kB\nHugePages_Total:   0\n") == Memory(total_bytes=1024 * 1024)


def test_nothing_of_the_form() -> None:
    assert parse_memory_table(f"MemTotal: {'9' * 5000} kB\nMemAvailable: many kB\nSwapTotal:\n 5 kB\n") == Memory()
