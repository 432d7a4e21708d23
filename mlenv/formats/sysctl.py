"""The answer of sysctl: what the kernel of macOS says of itself and of the hardware."""

from __future__ import annotations


# > machdep.cpu.brand_string: Apple M2
# > hw.physicalcpu: 8
# > hw.osenvironment:
def parse_sysctl(text: str) -> dict[str, str]:
    """Values by key; keys without a value, and lines that continue a long one, are left out."""
    values: dict[str, str] = {}
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        if colon and value.strip() and _is_key(key):
            values[key] = value.strip()
    return values


def _is_key(text: str) -> bool:
    """Whether this is a dotted name: some values go on over the next lines, and warnings have colons too."""
    return "." in text and text.split() == [text]
