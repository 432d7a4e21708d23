"""nvidia-smi: the second source for GPUs, where NVML gave nothing."""

from __future__ import annotations

import re

import msgspec

from mlenv.facts.gpu import Gpu
from mlenv.facts.pattern import lazy
from mlenv.formats.nvidia_report import NvidiaReport
from mlenv.formats.pci_address import plain_address
from mlenv.probe.answers import explain
from mlenv.probe.log import Log
from mlenv.system.host import Host
from mlenv.system.process import Completed

FIELDS = ("name", "uuid", "pci.bus_id", "compute_cap", "memory.total", "memory.free", "driver_version")
# Drivers before 470 do not know the field compute_cap and then answer nothing at all.
OLD_FIELDS = tuple(field for field in FIELDS if field != "compute_cap")
CAPABILITY_FIELDS = ("uuid", "compute_cap")
MIB = 1024 * 1024
_VERSION = lazy(r"\d{1,6}\.\d{1,6}(\.\d{1,6})?", re.ASCII)
_LONGEST_NUMBER = 12


def xml_command(program: str) -> tuple[str, ...]:
    """The command that tells everything but the compute capability."""
    return (program, "-q", "-x")


def query_command(program: str, fields: tuple[str, ...] = FIELDS) -> tuple[str, ...]:
    """The command that asks for some fields."""
    return (program, f"--query-gpu={','.join(fields)}", "--format=csv,noheader,nounits")


def read_smi(host: Host, log: Log, program: str) -> NvidiaReport | None:
    """What the program says, None where it does not answer; no GPU counts as no answer."""
    xml = host.run(xml_command(program), timeout=log.seconds_left)
    report, reason = None if xml.timed_out else _read_xml(host, log, program, xml.stdout), _explain(xml)
    if report is None and not xml.timed_out:
        report, further = _read_query(host, log, program)
        reason = further or reason
    if report is None:
        log.unreadable("nvidia.smi", "nvidia-smi", reason)
        return None
    log.found("nvidia.smi", "nvidia-smi")
    return report


def _explain(completed: Completed) -> str:
    """Why it does not answer: it says so in its first line, on standard output."""
    said = completed.stdout.strip().splitlines() if completed.status else []
    return said[0].strip() if said else explain(completed)


def _read_xml(host: Host, log: Log, program: str, text: str) -> NvidiaReport | None:
    """The whole report, None where its text is not understood."""
    from mlenv.formats.nvidia_smi_xml import parse_nvidia_smi_xml

    report = parse_nvidia_smi_xml(text)
    if report is None or not report.gpus:
        return None
    query = host.run(query_command(program, CAPABILITY_FIELDS), timeout=log.seconds_left)
    return _with_capabilities(report, parse_capabilities(query.stdout))


def _with_capabilities(report: NvidiaReport, known: dict[str, str]) -> NvidiaReport:
    gpus = tuple(
        gpu if gpu.compute_capability else msgspec.structs.replace(gpu, compute_capability=known.get(gpu.uuid or ""))
        for gpu in report.gpus
    )
    return msgspec.structs.replace(report, gpus=gpus)


# GPU-1f2e..., 8.9
def parse_capabilities(text: str) -> dict[str, str]:
    """Compute capabilities by UUID."""
    rows = (_split(line, CAPABILITY_FIELDS) for line in text.splitlines())
    return {row["uuid"]: row["compute_cap"] for row in rows if row and _VERSION.fullmatch(row["compute_cap"])}


def _read_query(host: Host, log: Log, program: str) -> tuple[NvidiaReport | None, str]:
    """What the query form tells, or why there is none."""
    reason = ""
    for fields in (FIELDS, OLD_FIELDS):
        completed = host.run(query_command(program, fields), timeout=log.seconds_left)
        report = parse_query(completed.stdout, fields)
        if report.gpus:
            return report, ""
        reason = reason or _explain(completed)
        if completed.timed_out or "compute_cap" not in completed.stdout + completed.stderr:
            break
    return None, reason


# NVIDIA GeForce RTX 4090, GPU-1f2e..., 00000000:01:00.0, 8.9, 24564, 23101, 580.65.06
# NVIDIA GB10, GPU-90ab..., 0000000F:01:00.0, 12.1, [N/A], [N/A], 580.95.05
def parse_query(text: str, fields: tuple[str, ...]) -> NvidiaReport:
    """The GPUs of a CSV answer; lines of another form, such as warnings, are left out."""
    rows = [row for line in text.splitlines() if (row := _split(line, fields))]
    driver = next((row["driver_version"] for row in rows if _VERSION.fullmatch(row["driver_version"])), None)
    return NvidiaReport(driver=driver, gpus=tuple(_make_gpu(index, row) for index, row in enumerate(rows)))


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
    return int(value) * MIB if value.isascii() and value.isdigit() and len(value) <= _LONGEST_NUMBER else None
