"""One line of the kernel's log without what its writer put before the message."""

from __future__ import annotations

from mlenv.facts.pattern import lazy

# /dev/kmsg: level, number, microseconds since boot, flags.
_RECORD = lazy(r"[0-9]{1,4},[0-9]{1,20},(?P<micro>[0-9]{1,18}),[^;\n]{0,100};")
_LEAD = lazy(
    r"\s*(?:<[0-9]{1,3}>)?"
    r"(?:[a-z]{1,10} *:[a-z]{1,8} *: ?)?"
    r"(?:"
    r"\[ *(?P<seconds>[0-9]{1,12}\.[0-9]{1,9})\]"
    r"|\[[<+ ]{1,12}[0-9]{1,12}\.[0-9]{1,9}>?\]"
    r"|\[(?:[A-Z][a-z]{2} )?(?:[A-Z][a-z]{2} {1,2}[0-9]{1,2} [0-9:]{5,8}(?: [0-9]{4})?|[0-9-]{10}T[0-9:.,+Z-]{8,30})\]"
    r"|(?P<logged>(?:[A-Z][a-z]{2} )?[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.,]{8,20}(?:Z|[+-][0-9:]{4,6}| [A-Z]{3,5})?"
    r"|[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8}(?:\.[0-9]{1,9})?)"
    r")?"
    r"(?:\[ *[TC][0-9]{1,10}\])?"
)
_ORIGIN = lazy(r"\s?(?:[\w.:-]{1,255} )?kernel: ?(?:\[ *(?P<seconds>[0-9]{1,12}\.[0-9]{1,9})\])?\s?")


# [   12.345678] NVRM: ...
# <3>[   12.345678] NVRM: ...
# [Tue Mar  4 10:11:12 2025] NVRM: ...
# kern  :warn  : 2025-03-04T10:11:12,123456+00:00 NVRM: ...
# 6,1234,12345678,-;NVRM: ...
# Mar  4 10:11:12 node1 kernel: [   12.345678] NVRM: ...
# [   12.345678] node1 kernel: NVRM: ...
def split_line(line: str) -> tuple[float | None, str] | None:
    """Seconds since boot, where the line states them, and the message; None for another program's line.

    The name of the host is not kept.
    """
    record = _RECORD.match(line)
    if record:
        return int(record["micro"]) / 1_000_000, line[record.end() :]
    lead = _LEAD.match(line)
    if lead is None:
        return None, line
    origin = _ORIGIN.match(line[lead.end() :])
    seconds = lead["seconds"]
    if origin and (lead["logged"] or seconds or origin[0].startswith("kernel:")):
        seconds = origin["seconds"] or seconds
        return float(seconds) if seconds else None, line[lead.end() + origin.end() :]
    # dmesg writes fractions after a comma; a log file without "kernel:" is of another program.
    if lead["logged"] and "," not in lead["logged"]:
        return None
    return float(seconds) if seconds else None, line[lead.end() :].lstrip()
