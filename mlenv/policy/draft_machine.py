"""What a drafted policy asks of a machine: what it has, rounded down."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.facts.gpu import Gpu, Vendor
from mlenv.facts.version import numbers
from mlenv.policy.draft_words import floor_condition, key_line, series_condition, size_condition
from mlenv.policy.gpu_rules import chosen_gpus, read_driver
from mlenv.policy.host_rules import GB, find_end_of_life, read_cores, read_ram
from mlenv.policy.rule import PolicyCase

ENOUGH_DISK_GB = 20
"""What an environment with one framework for GPUs takes, with room to renew it."""


def draft_host(case: PolicyCase) -> Iterator[str]:
    """The table ``[host]``."""
    machine = case.machine
    yield "[host]"
    yield key_line("os", machine.os.family)
    if machine.architecture:
        yield key_line("arch", machine.architecture)
    floor = floor_condition(machine.os.version, 2)
    if floor is not None:
        yield key_line("os_version", floor)
    if machine.os.libc and machine.os.libc.family == "glibc":
        yield key_line("glibc", floor_condition(machine.os.libc.version, 2) or ">=2.17")
    yield from _draft_sizes(case)
    yield from _draft_python(case)


def _draft_sizes(case: PolicyCase) -> Iterator[str]:
    ram = read_ram(case)
    if ram is not None and (condition := size_condition(ram)):
        yield key_line("ram_gb", condition, f"{ram:.1f} GB here")
    disk = case.machine.disk("environment")
    if disk is not None and disk.free_bytes is not None and disk.free_bytes >= 2 * GB:
        free = disk.free_bytes / GB
        yield key_line("disk_free_gb", f">={min(ENOUGH_DISK_GB, int(free / 2))}", f"{free:.0f} GB free here")
    cores = read_cores(case)
    if cores is not None and cores >= 1:
        yield key_line("cpu_cores", f">={int(cores)}")
    if "avx2" in (case.machine.cpu.flags or ()):
        yield key_line("cpu_flags", ["avx2"], "most wheels expect it")


def _draft_python(case: PolicyCase) -> Iterator[str]:
    """Of the environment's Python; which of the machine's would be meant, nobody knows."""
    version = case.environment.python if case.environment else None
    condition = series_condition(version) if version else None
    if version is None or condition is None:
        yield '# python = ">=3.11,<3.14"     # of the environment: `mlenv policy init --env PATH` writes it'
        return
    yield key_line("python", condition)
    end = find_end_of_life(case.matrix.pythons, version)
    if end is not None and end >= case.today:
        yield key_line("forbid_eol_python", True, f"{version} gets fixes until {end}")


def draft_gpu(case: PolicyCase) -> Iterator[str]:
    """The table ``[gpu]``, of the vendor whose cards do the work."""
    gpus = chosen_gpus(case.machine, None) or ()
    if not gpus:
        yield "# No GPU is known here, so none is asked for:"
        yield "# [gpu]"
        yield '# vendor = "nvidia"'
        return
    vendor = _main_vendor(gpus)
    own = chosen_gpus(case.machine, vendor) or ()
    yield "[gpu]"
    yield key_line("vendor", vendor)
    yield key_line("count", f"=={len(own)}")
    yield from _draft_cards(own)
    yield from _draft_software(case, vendor)
    yield from _draft_health(case)


def _main_vendor(gpus: tuple[Gpu, ...]) -> Vendor:
    order: tuple[Vendor, ...] = ("nvidia", "amd", "intel", "apple", "google")
    return min((gpu.vendor for gpu in gpus), key=order.index)


def _draft_cards(gpus: tuple[Gpu, ...]) -> Iterator[str]:
    names = sorted({gpu.name for gpu in gpus if gpu.name})
    if names:
        yield key_line("# names", names)
    sizes = [gpu.memory_bytes for gpu in gpus if gpu.memory_bytes is not None]
    if len(sizes) == len(gpus) and (condition := size_condition(min(sizes) / GB)):
        yield key_line("vram_gb", condition, f"{min(sizes) / GB:.1f} GB here")
    capabilities = [gpu.compute_capability for gpu in gpus if gpu.compute_capability]
    if len(capabilities) == len(gpus):
        yield key_line("compute_capability", f">={min(capabilities, key=numbers)}")
    if all(gpu.ecc is not None and gpu.ecc.enabled for gpu in gpus):
        yield key_line("ecc", True)
    if all(gpu.persistence for gpu in gpus):
        yield key_line("# persistence", True)


def _draft_software(case: PolicyCase, vendor: Vendor) -> Iterator[str]:
    driver = read_driver(case.machine, vendor)
    condition = floor_condition(driver, 1 if vendor == "nvidia" else 2)
    if condition is not None:
        yield key_line("driver", condition, f"{driver} here")
    rocm = case.machine.rocm.version if case.machine.rocm and vendor == "amd" else None
    if rocm is not None and (floor := floor_condition(rocm, 2)):
        yield key_line("rocm", floor)


def _draft_health(case: PolicyCase) -> Iterator[str]:
    statuses = [row.status for row in case.results if row.group == "gpu"]
    sound = bool({"pass", "warn"} & set(statuses)) and not {"fail", "error"} & set(statuses)
    yield key_line("health" if sound else "# health", True, "temperature, memory errors, links: none fails")
