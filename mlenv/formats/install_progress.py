"""How far an installer is, by the lines that it prints when nobody watches a bar."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

ProgressKind = Literal["began", "fetched", "prepared", "installed", "built"]
"""A file is being downloaded, it is there, all are, all are in place, one was made from source."""

# Downloading numpy (16.1MiB)
#  Downloaded numpy
# Prepared 10 packages in 2.05s
# Installed 112 packages in 312ms
#    Building pyspark==4.1.0
#       Built pyspark==4.1.0
_UV = (
    ("began", re.compile(r"Downloading ([A-Za-z0-9._-]+) \([\d.]+ ?[KMGT]?i?B\)$")),
    ("fetched", re.compile(r"Downloaded ([A-Za-z0-9._-]+)$")),
    ("built", re.compile(r"Built ([A-Za-z0-9._-]+)(?:==\S+)?(?: @ \S+)?$")),
    ("prepared", re.compile(r"Prepared (\d+) packages? in ")),
    ("installed", re.compile(r"Installed (\d+) packages? in ")),
)
#   Downloading numpy-2.5.5-cp313-cp313-manylinux_2_28_x86_64.whl (16.1 MB)
# Successfully installed numpy-2.5.5
_PIP = (
    ("began", re.compile(r"Downloading \S*?([A-Za-z0-9._]+)-\d\S*\.(?:whl|zip|tar\.gz)(?: \([\d.]+ ?[kMG]?B\))?$")),
    ("installed", re.compile(r"Successfully installed (\S.*)$")),
)


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """What a line says: ``subject`` is a package, or a number of packages."""

    kind: ProgressKind
    subject: str


def parse_progress(line: str) -> Progress | None:
    """The progress that a line of uv or pip tells of; None for every other line."""
    text = line.strip()
    for kind, pattern in (*_PIP, *_UV):
        if match := pattern.match(text):
            return Progress(kind=kind, subject=match[1])  # type: ignore[arg-type]
    return None
