"""The table of what was tried, and how it went."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """How one try went: ``wrong`` is empty where all was right; ``lacking`` says why it was not tried."""

    case: str
    variant: str
    wrong: tuple[str, ...] = ()
    lacking: str = ""

    @property
    def name(self) -> str:
        """What ``--only`` finds it by."""
        return f"{self.case}: {self.variant}" if self.variant else self.case


def render(results: Sequence[Result], again: str) -> str:
    """A row for each case, what was wrong and how to repeat it (``again`` is the command), and the count."""
    cases = list(dict.fromkeys(one.case for one in results))
    width = max((len(case) for case in cases), default=4)
    lines = [f"{'case':<{width}}  tried  right"]
    lines += [_row(case, [one for one in results if one.case == case], width) for case in cases]
    for one in results:
        if one.wrong:
            lines += ["", f"wrong: {one.name}", *(f"  {text}" for text in one.wrong)]
            lines.append(f"  again: {again} --only {one.name!r}")
    return "\n".join([*lines, "", count(results)])


def count(results: Iterable[Result]) -> str:
    """``N of M right (P %)``."""
    tried = [one for one in results if not one.lacking]
    right = sum(not one.wrong for one in tried)
    share = 100 * right / len(tried) if tried else 0
    return f"{right} of {len(tried)} right ({share:.4g} %)"


def _row(case: str, results: Sequence[Result], width: int) -> str:
    tried = [one for one in results if not one.lacking]
    if not tried:
        return f"{case:<{width}}  skipped: {results[0].lacking}"
    right = sum(not one.wrong for one in tried)
    return f"{case:<{width}}  {len(tried):>5}  {right:>5}"
