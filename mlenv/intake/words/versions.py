"""Versions in the words of people: ``2.3.0 (conda)``, ``tf 2.16``, ``>=0.21``."""

from __future__ import annotations

from mlenv.facts.pattern import lazy

# 2.3.0 ; 2.1.0+cu118 ; 2.22.0-dev20260302 ; 2.5.0.dev20240705+cu121 ; 2.4.0a0+07cecf4168.nv24.05
_DOTTED = lazy(
    r"(?<![\w.+-])v?(?P<number>\d{1,9}(?:\.\d{1,9}){1,5})(?:\.[x*])?"
    r"(?P<tail>(?:[-.]?(?:a|b|rc|alpha|beta|dev|post)[-.]?\d{0,10}){0,3})"
    r"(?P<local>\+[A-Za-z0-9]{1,40}(?:[._][A-Za-z0-9]{1,40}){0,6})?",
)
_WHOLE = lazy(r"(?<![\w.+-])v?(?P<number>\d{1,4})(?![\w.%])")
_WISH = lazy(r"\s{0,9}(?:[<>~!^]=?|===?[^,]{0,40}\*|latest\b|any\b|newest\b|unpinned)")
_HEDGED = lazy(
    r"\b(?:as reported|reported by|probably|maybe|perhaps|not sure|unsure|i think|guess|supposedly|should be)\b|\?"
)
_NOTHING = lazy(
    r"(?i)[\s\-_.*:|'\"]{0,20}(?:n/?a|none|null|no|nil|unknown|unset|not (?:set|given|available|installed|found|"
    r"applicable|relevant|known|collected|used|built|provided|specified|detected)|could not collect|"
    r"no response|_no response_|no cuda|no version|irrelevant|idk|tbd|false|missing|absent|"
    r"<not set>|unavailable|not available)?[\s\-_.*:|'\"]{0,20}"
)
_TAG = lazy(r"(?i)\b(?P<kind>cu(?=\d)|cuda[ -]?|rocm[ -]?|xpu\b|cpu\b)(?P<number>\d{1,3}(?:\.\d{1,3}){0,2})?")


def version_in(text: str, *, whole: bool = False) -> str | None:
    """The first dotted version in a text, as PEP 440 writes it; None where there is none.

    ``whole`` takes a single number too (``570``, ``9``).
    """
    head = text[:400]
    match = _DOTTED.search(head)
    if match is not None:
        tail = (match["tail"] or "").replace("-", ".")
        return f"{match['number']}{_joined(tail)}{match['local'] or ''}"
    found = _WHOLE.search(head) if whole else None
    return found["number"] if found else None


def _joined(tail: str) -> str:
    """``.rc2`` as ``rc2``; a ``.dev2026`` keeps its dot, and a bare word without a number says nothing."""
    if not tail or not tail[-1].isdigit():
        return ""
    word = tail.lstrip(".")
    return f".{word}" if word.startswith(("dev", "post")) else word


def is_wish(text: str) -> bool:
    """Whether a text states what somebody asks for (``>=0.21``, ``latest``) and no version that is there."""
    return _WISH.match(text) is not None


def is_hedged(text: str) -> bool:
    """Whether the words say that the speaker is not certain."""
    return _HEDGED.search(text[:400].lower()) is not None


def says_nothing(text: str) -> bool:
    """Whether a value is empty, or a word for not known: ``N/A``, ``Could not collect``, ``_No response_``."""
    return len(text) < 80 and _NOTHING.fullmatch(text) is not None


def build_tag(text: str) -> str | None:
    """The build that words name: ``cu118``, ``rocm6.2``, ``cpu``, ``xpu``; from ``2.8.x (cu128 index)`` ``cu128``."""
    for match in _TAG.finditer(text[:400]):
        kind, number = match["kind"].lower().strip(" -"), match["number"]
        if kind in ("cpu", "xpu"):
            return kind
        if kind == "cu" and number and "." not in number and len(number) > 1:
            return f"cu{number}"
        if kind == "cuda" and number and "." in number:
            return "cu" + "".join(number.split(".")[:2])
        if kind == "rocm" and number:
            return f"rocm{number}"
    return None


def cuda_of(tag: str) -> str | None:
    """``12.1`` of ``cu121``; also of a local part such as ``cu121.with.pypi``."""
    digits = tag.removeprefix("cu").split(".")[0].split("_")[0]
    if not tag.startswith("cu") or not digits.isdigit() or not 2 <= len(digits) <= 4:
        return None
    return f"{digits[:-1]}.{digits[-1]}"


def refined(first: str, second: str) -> str:
    """The one of two versions that says more where they agree, else the first: ``3.9`` and ``3.9.12``."""
    if len(second) > len(first) and second.startswith(first) and not second[len(first)].isdigit():
        return second
    return first
