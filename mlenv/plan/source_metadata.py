"""What releases require that come as source, told to the installer so that it fetches no archive for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mlenv.plan.content import SourceMetadata
from mlenv.resolve.resolution import Pick

EXTRA = re.compile(r"""\bextra\s*==\s*["']([^"']+)["']""")
"""The extra of a requirement's marker."""


def source_metadata(picks: Sequence[Pick]) -> Iterator[SourceMetadata]:
    """The requirements of the picks that come as source, where their rows state them."""
    for pick in picks:
        requires = pick.release.metadata
        if pick.build.source_only and requires is not None:
            extras = sorted({name for line in requires for name in EXTRA.findall(line)})
            yield SourceMetadata(
                name=pick.distribution, version=pick.release.version, requires=requires, extras=tuple(extras)
            )
