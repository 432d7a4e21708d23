"""What the matrix tells about differences."""

from __future__ import annotations

import msgspec
from packaging.utils import canonicalize_name

from mlenv.matrix.hardware import Drivers
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import FileFamily


class Knowledge(msgspec.Struct, frozen=True, kw_only=True):
    """Rows that differences are judged by; everything may be missing, and then less is known.

    ``conda_names`` gives the distribution that a package of conda holds (``pytorch``: ``torch``).
    """

    families: tuple[FileFamily, ...] = ()
    drivers: Drivers | None = None
    conda_names: dict[str, str] = {}

    def family_of(self, name: str) -> FileFamily | None:
        """The distributions that write the same files as this one."""
        return next((family for family in self.families if name in family.distributions), None)


def gather_knowledge(matrix: Matrix) -> Knowledge:
    """What a matrix knows of file families, drivers and conda's names."""
    rows = [matrix.framework(name) for name in matrix.framework_ids]
    names: dict[str, str] = {row.conda.package: canonicalize_name(row.distribution) for row in rows if row.conda}
    return Knowledge(families=matrix.families, drivers=matrix.drivers, conda_names=names)
