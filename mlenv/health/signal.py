"""What is said about one part of a machine's health."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from mlenv.facts.remedy import RemedyAction

SignalSeverity = Literal["pass", "info", "warn", "fail", "skip", "error"]
FOLDED = ("pass", "info", "skip")


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """One judgement.

    ``id`` is a slug that stays for good (``gpu.xid``).  ``skip`` means that it does not concern this
    machine or that a reading is missing (``detail`` says which), ``error`` that a reading should be
    there and could not be read; neither is a pass.  ``device`` is ``gpu 0`` (of several with the
    same answer ``gpu 0, gpu 1``) or empty for the machine, ``about`` the GPU's UUID.  ``measured``
    holds what was read, its unit in the name.
    """

    id: str
    severity: SignalSeverity
    detail: str
    device: str = ""
    about: str = ""
    action: RemedyAction = "none"
    remedy: str = ""
    evidence: tuple[str, ...] = ()
    measured: dict[str, float | str] = {}


def fold_signals(signals: Iterable[Signal]) -> tuple[Signal, ...]:
    """The same with one signal for GPUs of which the same is to be said, evidence and all where it is wrong."""
    found: dict[object, Signal] = {}
    for signal in signals:
        evidence = () if signal.severity in FOLDED else signal.evidence
        key = (signal.id, signal.severity, signal.detail, signal.remedy, repr(signal.measured), evidence)
        known = found.get(key)
        found[key] = signal if known is None else _join(known, signal)
    return tuple(found.values())


def _join(first: Signal, other: Signal) -> Signal:
    devices = ", ".join(filter(None, (first.device, other.device)))
    abouts = ", ".join(filter(None, (first.about, other.about)))
    return msgspec.structs.replace(
        first, device=devices, about=abouts, evidence=tuple(dict.fromkeys((*first.evidence, *other.evidence)))
    )
