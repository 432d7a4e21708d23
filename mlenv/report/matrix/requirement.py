"""A requirement as the matrix understands it."""

from __future__ import annotations

import msgspec
from packaging.specifiers import SpecifierSet

from mlenv.matrix.rows import Framework


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A requirement as the matrix understands it.

    ``distribution`` is set where one package of the framework was named (``onnxruntime-gpu``),
    ``variant`` where the version says a build (``2.15.0+cu132``).
    """

    text: str
    framework: Framework
    distribution: str = ""
    specifier: SpecifierSet
    extras: frozenset[str] = frozenset()
    variant: str = ""
