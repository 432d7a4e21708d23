"""Version conditions in one spelling, so that a difference in text is one in meaning."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from packaging.specifiers import InvalidSpecifier, Specifier, SpecifierSet
from packaging.version import Version

_ORDER = ("===", "==", "~=", ">=", ">", "<=", "<", "!=")
_TIGHTEST = {">=": max, ">": max, "<=": min, "<": min}


def render_conditions(conditions: SpecifierSet) -> str:
    """PEP 440 text without blanks, floors before ceilings, exclusions last: ``>=2.0,<3,!=2.1``.

    Of several floors of one kind only the highest is there, of ceilings the lowest; a floor and a
    ceiling that leave one version become ``==``.
    """
    texts = [text for operator in _ORDER for text in _render(operator, conditions)]
    return ",".join(_pinned(texts))


def _pinned(texts: list[str]) -> list[str]:
    """The conditions with ``>=1,<=1`` as ``==1``."""
    for text in texts:
        ceiling = f"<={text[2:]}"
        if text.startswith(">=") and ceiling in texts:
            return [f"=={text[2:]}", *(other for other in texts if other not in (text, ceiling))]
    return texts


@lru_cache(maxsize=1024)
def normalise_conditions(text: str) -> str:
    """Conditions in that spelling; empty where the text is none that an installer would heed."""
    try:
        return render_conditions(SpecifierSet(text))
    except InvalidSpecifier:
        return ""


def _render(operator: str, conditions: Iterable[Specifier]) -> list[str]:
    """The conditions with one operator."""
    chosen = [one for one in conditions if one.operator == operator]
    if operator in _TIGHTEST and chosen:
        chosen = [_TIGHTEST[operator](chosen, key=lambda one: Version(one.version))]
    return sorted({f"{operator}{_version(one)}" for one in chosen})


def _version(one: Specifier) -> str:
    literal = one.operator == "===" or one.version.endswith(".*")
    return one.version if literal else str(Version(one.version))
