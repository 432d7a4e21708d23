"""What the rules are asked about: a build on a device of a computer."""

from __future__ import annotations

from dataclasses import dataclass

from packaging.specifiers import SpecifierSet

from tests.property.independent.computer import Computer
from tests.property.independent.data import Data, Offer


@dataclass(frozen=True)
class Use:
    """A build on a device of a computer: asked for with a condition, perhaps as one named build."""

    data: Data
    computer: Computer
    offer: Offer
    device: str
    condition: SpecifierSet
    named: str = ""
    optional: bool = False
