"""Why rattler's solver finds no environment: its tree of requirements that clash."""

from __future__ import annotations

import msgspec

from mlenv.facts.pattern import lazy

_HEAD = "Cannot solve the request because of:"
_BRANCH = lazy(r"^(?P<indent>[\s│|]*(?:[├└]─+)?\s*)(?P<rest>\S.*)$")
_NAME = lazy(r"^(?:No candidates were found for )?(?P<name>_{0,2}[A-Za-z0-9][A-Za-z0-9_.-]*)(?= |$)")
_MISSING = lazy(r"No candidates were found for (?P<name>[^\s.,][^\s,]*)(?P<condition>[^\n]*?)\.?$")
_WORDS = frozenset({"The", "the", "Cannot", "cannot", "which", "and", "or"})


class RattlerConflict(msgspec.Struct, frozen=True, kw_only=True):
    """What clashes.

    ``names`` are all packages that the tree names, virtual ones too, ``roots`` those at its first
    level: what was asked for.  ``missing`` are requirements of which the channel has nothing.
    ``text`` is the tree without its first words.
    """

    text: str
    names: tuple[str, ...] = ()
    roots: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


# Cannot solve the request because of: The following packages are incompatible
# ├─ __cuda * can be installed with any of the following options:
# │  └─ __cuda 12.4
# └─ cuda-version 13.0.* cannot be installed because there are no viable options:
#    └─ cuda-version 13.0 would constrain
#       └─ __cuda >=13, which conflicts with any installable versions previously reported
#
# Cannot solve the request because of: No candidates were found for pytorch >=3.
def parse_rattler_conflict(text: str) -> RattlerConflict:
    """The explanation of rattler's solver; of a text that is none only the text."""
    tree = (text.partition(_HEAD)[2] if _HEAD in text else text).strip()
    depths: dict[str, int] = {}
    missing: list[str] = []
    for line in tree.splitlines():
        if found := _MISSING.search(line):
            missing.append(f"{found['name']} {found['condition'].strip()}".strip())
        branch = _BRANCH.match(line)
        name = _NAME.match(branch["rest"]) if branch else None
        if branch and name and name["name"] not in _WORDS:
            depths.setdefault(name["name"], len(branch["indent"]))
    top = min(depths.values(), default=0)
    roots = tuple(name for name, depth in depths.items() if depth == top)
    return RattlerConflict(text=tree, names=tuple(depths), roots=roots, missing=tuple(missing))
