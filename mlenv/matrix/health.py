"""The rows of ``health.toml``: what the state of a GPU means, and what would help."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from mlenv.facts.remedy import RemedyAction
from mlenv.matrix.rows import Row

Severity = Literal["info", "warn", "fail"]
RateMetric = Literal["bf16_tflops", "memory_gb_per_s", "host_to_device_gb_per_s", "device_to_host_gb_per_s", "spread"]


class Xid(Row, frozen=True, kw_only=True, omit_defaults=True):
    """An error number that NVIDIA's driver writes to the kernel's log.

    ``name`` is that of the driver's header.  ``about`` is where the trouble lies.  ``meaning`` is
    half a sentence, ``remedy`` a sentence without its full stop.  ``confirmed`` is false where two
    of our sources disagree or only the header was read.
    """

    code: int
    name: str
    about: Literal["program", "driver", "gpu", "memory", "link", "bus", "power", "note"]
    severity: Severity
    action: RemedyAction
    meaning: str
    remedy: str
    confirmed: bool = True
    source: tuple[str, ...]
    note: str = ""


class XidGroup(Row, frozen=True, kw_only=True, omit_defaults=True):
    """Error numbers that no row of their own describes, by what NVIDIA's catalogue says to do."""

    id: str
    codes: tuple[int, ...]
    severity: Severity
    action: RemedyAction
    meaning: str
    remedy: str
    confirmed: bool = True
    source: tuple[str, ...]
    note: str = ""


class Recovery(Row, frozen=True, kw_only=True, omit_defaults=True):
    """A recovery action that the driver asks for.

    ``name`` is that of a machine's facts, ``logged`` how Xid 154 words it in the kernel's log.
    """

    name: str
    logged: str = ""
    severity: Severity
    action: RemedyAction
    meaning: str
    remedy: str
    confirmed: bool = True
    source: tuple[str, ...]
    note: str = ""


class ClockEvent(Row, frozen=True, kw_only=True, omit_defaults=True):
    """A reason for which clocks are held down.

    ``name`` is that of a machine's facts, ``bit`` its value in NVML's word, where several stand
    together.  It is judged under load only.
    """

    name: str
    bit: int
    severity: Severity
    action: RemedyAction
    meaning: str
    remedy: str = ""
    confirmed: bool = True
    source: tuple[str, ...]
    note: str = ""


class NvmlError(Row, frozen=True, kw_only=True, omit_defaults=True):
    """An error with which NVML answers, by the name that a machine's facts give it."""

    name: str
    code: int
    severity: Severity
    action: RemedyAction
    meaning: str
    remedy: str
    confirmed: bool = True
    source: tuple[str, ...]
    note: str = ""


class HealthLimit(Row, frozen=True, kw_only=True, omit_defaults=True):
    """A reading that means trouble from ``value`` on."""

    id: str
    value: float
    unit: str
    severity: Severity
    action: RemedyAction
    meaning: str
    remedy: str = ""
    confirmed: bool = True
    source: tuple[str, ...]
    note: str = ""


class NvLinkCount(Row, frozen=True, kw_only=True, omit_defaults=True):
    """A product whose NVLinks are wired on its board: how many, and GB/s of each one way.

    A GPU is it where its name, without the vendor's, begins with one of ``names``; boards for a
    slot (``PCIe``, ``NVL``) are others.
    """

    product: str
    names: tuple[str, ...]
    links: int
    gb_per_s: float
    confirmed: bool = True
    source: tuple[str, ...]
    note: str = ""


class KernelMessage(Row, frozen=True, kw_only=True, omit_defaults=True):
    """A message of the kernel about a GPU that has no number: it holds one of ``texts``, in any case.

    ``kind`` is that of the event in a machine's facts (``amdgpu``, ``sxid``).
    """

    id: str
    kind: str
    texts: tuple[str, ...]
    severity: Severity
    action: RemedyAction
    meaning: str
    remedy: str
    confirmed: bool = True
    source: tuple[str, ...]
    note: str = ""


class Rate(Row, frozen=True, kw_only=True, omit_defaults=True):
    """How far below its peak a measured rate may lie, as a ratio.

    The peak is the product's dense one, or the link's for copies; for ``spread`` it is the fastest
    GPU of the machine.  ``vendor`` is empty for any that has no row of its own.
    """

    metric: RateMetric
    vendor: Literal["", "nvidia", "amd"] = ""
    fail_below: float
    warn_below: float
    confirmed: bool = True
    source: tuple[str, ...]
    note: str = ""


class Health(Row, frozen=True, kw_only=True):
    """``health.toml``: what the state of a GPU means and what would help, and which rates are too low."""

    checked_on: dt.date
    sources: dict[str, str]
    recovery: tuple[Recovery, ...]
    xid: tuple[Xid, ...]
    xid_group: tuple[XidGroup, ...]
    message: tuple[KernelMessage, ...]
    nvml_error: tuple[NvmlError, ...]
    clock_event: tuple[ClockEvent, ...]
    limit: tuple[HealthLimit, ...]
    nvlink: tuple[NvLinkCount, ...]
    rate: tuple[Rate, ...]

    def find_xid(self, code: int) -> Xid | XidGroup | None:
        """The row of an error number, that of its group where it has none of its own."""
        for row in self.xid:
            if row.code == code:
                return row
        return next((group for group in self.xid_group if code in group.codes), None)

    def find_limit(self, name: str) -> HealthLimit:
        """The limit with that id; :class:`KeyError` where there is none."""
        for row in self.limit:
            if row.id == name:
                return row
        raise KeyError(name)

    def find_rate(self, metric: RateMetric, vendor: str) -> Rate | None:
        """The ratios for a metric: the vendor's own row, else the one for any."""
        rows = [row for row in self.rate if row.metric == metric]
        own = next((row for row in rows if row.vendor == vendor), None)
        return own or next((row for row in rows if not row.vendor), None)
