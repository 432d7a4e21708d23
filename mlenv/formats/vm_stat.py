"""The answer of macOS' ``vm_stat``: pages of memory by their use."""

from __future__ import annotations

from mlenv.facts.pattern import lazy

_PAGE_SIZE = lazy(r"Mach Virtual Memory Statistics: \(page size of (\d{1,9}) bytes\)")
_LINE = lazy(r'"?([A-Za-z][\w -]{0,60})"?:\s{1,60}(\d{1,19})\.?')


# > Mach Virtual Memory Statistics: (page size of 4096 bytes)
# > Pages free:                             1364873.
# > Pages inactive:                         1583485.
# > "Translation faults":                2444018907.
def parse_vm_stat(text: str) -> dict[str, int]:
    """Sizes in bytes by the name of their use (``free``, ``inactive``), of what counts pages of memory."""
    lines = text.splitlines()
    match = _PAGE_SIZE.match(lines[0]) if lines else None
    if not match:
        return {}
    found = (_LINE.fullmatch(line.strip()) for line in lines[1:])
    pages = {item[1]: int(item[2]) for item in found if item}
    return {name[6:]: count * int(match[1]) for name, count in pages.items() if name.startswith("Pages ")}


def find_available(text: str) -> int | None:
    """The bytes that programs could have at once: what is free, and what was not used for a while.

    This is how psutil counts on macOS: https://psutil.readthedocs.io/#psutil.virtual_memory
    """
    sizes = parse_vm_stat(text)
    return sizes["free"] + sizes["inactive"] if "free" in sizes and "inactive" in sizes else None
