"""The files that a distribution says it installed, as far as two of them can get in each other's way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from mlenv.facts.environment import Distribution
from mlenv.probe.log import peek
from mlenv.probe.paths import join, parent
from mlenv.system.host import Host

_KEPT = ("/__init__.py", ".so", ".pyd", ".dll", ".dylib")


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """The modules and shared libraries of a distribution.

    ``files`` maps a path, relative to ``folder`` and with slashes, to the hash and size that RECORD states.
    """

    name: str
    folder: str
    files: Mapping[str, str]


def read_contents(host: Host, distributions: Iterable[Distribution]) -> list[Contents]:
    """What the distributions installed; one without a RECORD (conda and Debian may have none) is left out."""
    found = []
    for dist in distributions:
        if dist.path is None or not dist.path.endswith(".dist-info"):
            continue
        text = peek(host, join(host, dist.path, "RECORD"))
        if text:
            found.append(Contents(name=dist.name, folder=parent(host, dist.path), files=parse_record(text)))
    return found


def absolute(host: Host, folder: str, path: str) -> str:
    """A recorded path on the machine itself; ``../`` leads out of the folder of packages."""
    while path.startswith("../"):
        folder, path = parent(host, folder), path[3:]
    return join(host, folder, *path.split("/"))


# cv2/__init__.py,sha256=3eFVg1ZYnyEE7pcMSzWPb6jvJ4rZzXhHBqxFvDS2x30,6612
# cv2/cv2.abi3.so,sha256=0a5Aq3dXEtTp9gb,71286841
# "odd, name.py",sha256=abc,1
def parse_record(text: str) -> dict[str, str]:
    """Top-level modules, packages' ``__init__.py`` and shared libraries of a RECORD, with hash and size."""
    found: dict[str, str] = {}
    for line in text.split("\n"):
        if line.startswith('"'):
            path, _, rest = line[1:].partition('",')
        else:
            path, _, rest = line.partition(",")
        if path.endswith(_KEPT) or ".so." in path or (path.endswith(".py") and "/" not in path):
            found[path] = rest.strip()
    return found
