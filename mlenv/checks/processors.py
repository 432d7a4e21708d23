"""What is known of processors by their names."""

from __future__ import annotations

from mlenv.facts.pattern import lazy

# Intel's Core of the first generation has numbers of three digits; AVX came with the second (2000, 2011).
_OLD_CORE = lazy(
    r"\bcore\W{0,8}(?:tm\W{0,4})?\s{0,2}(?:i[357]\W{0,8}(?:cpu\s{1,3})?(?:[a-z]{1,2}\s{0,2})?\d{3}(?!\d)|2\b|duo|solo|quad|tm2)"
)
_OLD_XEON = lazy(r"\bxeon\b[^\n]{0,30}?\b(?:[3579]\d00|[exwl]?[357][1-6]\d{2})\b(?!\s{0,2}v\d)")
_SMALL = lazy(r"\b(?:pentium|celeron|atom|core\s?2|core2|quad\s{0,2}(?:core\s{1,3}\(?)?q[6-9]\d{3}|q[6-9]\d{3}\b)")
_OLD_AMD = lazy(
    r"\b(?:phenom|athlon\(?t?m?\)?\s{0,3}(?:ii|64|x2|dual)|turion|sempron|opteron\W{0,10}(?:processor\s)?[1-6]1\d{2}\b|e-?[1-4]50)"
)
# QEMU's own models show only what every host has.
_PLAIN_VIRTUAL = lazy(r"\b(?:qemu virtual cpu|common kvm processor|kvm64|qemu64|common 32-bit kvm)")


def lacks_avx(model: str) -> bool | None:
    """Whether a processor of that name has no AVX; None where the name does not tell.

    Pentium and Celeron had it left out long after others got it, so for those it is likely, not sure.
    """
    name = model.lower().replace("(r)", " ").replace("(tm)", " ")
    if any(pattern.search(name) for pattern in (_OLD_CORE, _OLD_XEON, _SMALL, _OLD_AMD, _PLAIN_VIRTUAL)):
        return True
    known = ("ryzen", "epyc", "threadripper", "core ultra", "xeon gold", "xeon platinum", "xeon silver", "sapphire")
    return False if any(word in name for word in known) else None
