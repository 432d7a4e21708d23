"""The reports as a fleet reads them: of each document only the keys that are compared or counted.

Reports come from different releases of mlenv.  So every key may be missing, unknown ones are passed over
without being decoded, and closed sets are read as plain words.
"""

from __future__ import annotations

from typing import Any

import msgspec

from mlenv.typed import json_decoder

DOCTOR, VERIFY, UNREACHABLE, FLEET = "mlenv.doctor/1", "mlenv.verify/1", "mlenv.unreachable/1", "mlenv.fleet/1"
READABLE = (DOCTOR, VERIFY, UNREACHABLE)


class Part(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Base of the parts: they live for the time of one report, so the collector need not know them."""


class System(Part, frozen=True, kw_only=True):
    """The operating system."""

    family: str | None = None
    distribution: str | None = None
    version: str | None = None
    kernel: str | None = None


class Processor(Part, frozen=True, kw_only=True):
    """The processor."""

    model: str | None = None


class MainMemory(Part, frozen=True, kw_only=True):
    """Main memory."""

    total_bytes: float | None = None


class ErrorCorrection(Part, frozen=True, kw_only=True):
    """Whether a GPU's memory corrects errors."""

    enabled: bool | None = None


class PowerLimit(Part, frozen=True, kw_only=True):
    """The limit in force, in watts."""

    limit_watts: float | None = None


class Link(Part, frozen=True, kw_only=True):
    """The lanes of PCI Express that are in use."""

    width: int | None = None


class Card(Part, frozen=True, kw_only=True):
    """A GPU."""

    vendor: str | None = None
    name: str | None = None
    memory_bytes: float | None = None
    integrated: bool | None = None
    vbios: str | None = None
    gsp_firmware: str | None = None
    mig: bool | None = None
    ecc: ErrorCorrection | None = None
    power: PowerLimit | None = None
    link: Link | None = None


class NvidiaSoftware(Part, frozen=True, kw_only=True):
    """NVIDIA's driver."""

    driver: str | None = None


class RocmSoftware(Part, frozen=True, kw_only=True):
    """AMD's system software."""

    version: str | None = None
    driver: str | None = None


class IntelSoftware(Part, frozen=True, kw_only=True):
    """Intel's system software."""

    compute_runtime: str | None = None


class Computer(Part, frozen=True, kw_only=True):
    """The machine of a diagnosis."""

    os: System = System()
    cpu: Processor = Processor()
    memory: MainMemory = MainMemory()
    gpus: tuple[Card, ...] | None = None
    nvidia: NvidiaSoftware | None = None
    rocm: RocmSoftware | None = None
    intel: IntelSoftware | None = None


class Advice(Part, frozen=True, kw_only=True):
    """One step of a remedy."""

    text: str = ""
    command: str | None = None


class Problem(Part, frozen=True, kw_only=True):
    """A finding of a diagnosis."""

    id: str
    severity: str = "error"
    title: str = ""
    cause: str = ""
    fix: tuple[Advice, ...] = ()
    consequences: tuple[str, ...] = ()


class Check(Part, frozen=True, kw_only=True):
    """How one check of a diagnosis went."""

    id: str
    subject: str = ""
    outcome: str = "unknown"
    detail: str = ""


class Installed(Part, frozen=True, kw_only=True):
    """A distribution in an environment."""

    name: str
    version: str = ""


class Packages(Part, frozen=True, kw_only=True):
    """The environment of a diagnosis."""

    distributions: tuple[Installed, ...] = ()


class Outcome(Part, frozen=True, kw_only=True):
    """One result of a verification."""

    framework: str = ""
    version: str | None = None
    device: str | None = None
    check: str
    status: str = "error"
    seconds: float = 0.0
    detail: str = ""
    reason: str = ""
    group: str = "framework"
    measured: dict[str, Any] = {}
    remedy: str = ""


class Report(Part, frozen=True, kw_only=True):
    """Any of the documents: a diagnosis, a verification, or the note that a host was not reached.

    ``host`` is the machine's name where the document states it, ``reason`` why it was not reached.
    """

    schema: str | None = None
    host: str | None = None
    reason: str | None = None
    mlenv_version: str | None = None
    matrix_version: str | None = None
    status: str | None = None
    machine: Computer | None = None
    findings: tuple[Problem, ...] = ()
    checks: tuple[Check, ...] = ()
    environment: Packages | str | None = None
    results: tuple[Outcome, ...] = ()


class UnreadableError(Exception):
    """Something is no report; the text is one clear phrase."""


class OtherMergeError(Exception):
    """A document is itself the merge of many reports."""


_DECODER = json_decoder(Report)


def parse_report(data: bytes | str) -> Report:
    """The report that a JSON text is; :class:`UnreadableError` says why it is none."""
    try:
        report = _DECODER.decode(data)
    except msgspec.ValidationError as error:
        raise UnreadableError(f"it is no report of mlenv ({error})") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableError(f"it is no JSON ({error})") from None
    if report.schema == FLEET:
        raise OtherMergeError
    if report.schema not in READABLE:
        known = ", ".join(READABLE)
        said = f"its schema is {report.schema!r}" if report.schema else "it has no key `schema`"
        raise UnreadableError(f"it is no report that can be merged: {said}, and {known} can be read")
    if report.schema == UNREACHABLE and not report.host:
        raise UnreadableError("it names no host")
    return report
