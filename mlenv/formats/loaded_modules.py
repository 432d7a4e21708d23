"""The loaded kernel modules, as /proc/modules and lsmod list them."""

from __future__ import annotations

from mlenv.facts.pattern import lazy

_NAME = lazy(r"[A-Za-z0-9_]{1,80}")


# nvidia_uvm 4956160 0 - Live 0x0000000000000000 (POE)
# nvidia 56823808 1 nvidia_uvm, Live 0x0000000000000000 (POE)
#
# Module                  Size  Used by
# nvidia              56823808  1 nvidia_uvm
def parse_loaded_modules(text: str) -> tuple[str, ...]:
    """The names of the modules in the order of the text."""
    rows = (line.split(None, 3) for line in text.splitlines())
    return tuple(row[0] for row in rows if len(row) >= 3 and _is_module(row[0], row[1], row[2]))


def _is_module(name: str, size: str, uses: str) -> bool:
    """Uses are a number, ``-`` where the kernel cannot unload modules, or ``-1`` and ``-2`` in lsmod."""
    count = uses.removeprefix("-")
    return _is_number(size) and (not count or _is_number(count)) and bool(_NAME.fullmatch(name))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()
