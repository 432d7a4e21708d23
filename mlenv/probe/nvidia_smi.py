"""nvidia-smi's query form: the second source for GPUs, where NVML gave nothing."""

from __future__ import annotations

import re

import msgspec

from mlenv.facts.gpu import Gpu
from mlenv.formats.pci_address import plain_address
from mlenv.probe.answers import explain
from mlenv.probe.log import Log
from mlenv.probe.paths import find_program
from mlenv.system.host import Host

FIELDS = ("name", "uuid", "pci.bus_id", "compute_cap", "memory.total", "memory.free", "driver_version")
# Drivers before 470 do not know the field compute_cap and then answer nothing at all.
OLD_FIELDS = tuple(field for field in FIELDS if field != "compute_cap")
WSL_PATH = "/usr/lib/wsl/lib/nvidia-smi"
MIB = 1024 * 1024
_VERSION = re.compile(r"\d+\.\d+(\.\d+)?")


class SmiAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What nvidia-smi says; no GPU at all counts as no answer."""

    driver: str | None
    gpus: tuple[Gpu, ...]


def query_command(program: str, fields: tuple[str, ...] = FIELDS) -> tuple[str, ...]:
    """The command that asks for some fields."""
    return (program, f"--query-gpu={','.join(fields)}", "--format=csv,noheader,nounits")


def read_smi(host: Host, log: Log) -> SmiAnswer | None:
    """The GPUs that nvidia-smi lists, None where it is not installed or does not answer."""
    program = _find_smi(host)
    if program is None:
        log.absent("nvidia.smi", "nvidia-smi", "not on PATH")
        return None
    reason = ""
    for fields in (FIELDS, OLD_FIELDS):
        completed = host.run(query_command(program, fields), timeout=log.seconds_left)
        answer = parse_query(completed.stdout, fields)
        if answer.gpus:
            log.found("nvidia.smi", "nvidia-smi")
            return answer
        reason = reason or explain(completed)
        if completed.timed_out or "compute_cap" not in completed.stdout + completed.stderr:
            break
    log.unreadable("nvidia.smi", "nvidia-smi", reason)
    return None


def _find_smi(host: Host) -> str | None:
    if find_program(host, "nvidia-smi"):
        return "nvidia-smi"
    return WSL_PATH if host.exists(WSL_PATH) else None


# NVIDIA GeForce RTX 4090, GPU-1f2e..., 00000000:01:00.0, 8.9, 24564, 23101, 580.65.06
# NVIDIA GB10, GPU-90ab..., 0000000F:01:00.0, 12.1, [N/A], [N/A], 580.95.05
def parse_query(text: str, fields: tuple[str, ...]) -> SmiAnswer:
    """The GPUs of a CSV answer; lines of another form, such as warnings, are left out."""
    rows = [row for line in text.splitlines() if (row := _split(line, fields))]
    driver = next((row["driver_version"] for row in rows if _VERSION.fullmatch(row["driver_version"])), None)
    return SmiAnswer(driver=driver, gpus=tuple(_make_gpu(index, row) for index, row in enumerate(rows)))


def _split(line: str, fields: tuple[str, ...]) -> dict[str, str] | None:
    values = [value.strip() for value in line.split(",")]
    row = dict(zip(fields, values, strict=False))
    return row if len(values) == len(fields) and row["uuid"].startswith(("GPU-", "[")) else None


def _make_gpu(index: int, row: dict[str, str]) -> Gpu:
    capability = row.get("compute_cap", "")
    return Gpu(
        vendor="nvidia",
        index=index,
        name=_known(row["name"]),
        uuid=_known(row["uuid"]),
        pci_address=plain_address(row["pci.bus_id"]),
        compute_capability=capability if _VERSION.fullmatch(capability) else None,
        memory_bytes=_mebibytes(row["memory.total"]),
        memory_free_bytes=_mebibytes(row["memory.free"]),
    )


def _known(value: str) -> str | None:
    """None for ``[N/A]``, ``[Not Supported]`` and the like."""
    return None if not value or value.startswith("[") or value == "N/A" else value


def _mebibytes(value: str) -> int | None:
    return int(value) * MIB if value.isascii() and value.isdigit() else None
