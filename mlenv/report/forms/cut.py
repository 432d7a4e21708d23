"""Markdown that has to stay below a size, as GitHub drops a larger summary whole."""

from __future__ import annotations

from mlenv.facts.pattern import lazy

LIMIT_BYTES = 1024 * 1024 - 1
NOTE = "The report goes on; it is cut here, since it would be too large."
_FENCE = lazy(r"\s*`{3,}\s*")
_ROOM = 256
"""For the note and the lines around it."""


def cut_markdown(text: str, limit: int = LIMIT_BYTES) -> str:
    """Markdown of ours in at most ``limit`` bytes, cut between lines, with every fence and fold closed.

    Empty where not even a note finds room.
    """
    if len(text.encode("utf-8", "replace")) <= limit:
        return text
    kept: list[str] = []
    room = limit - _ROOM
    fence, folds = "", 0
    for line in text.split("\n"):
        room -= len(line.encode("utf-8", "replace")) + 1 + (0 if fence else _cost_of_end(line))
        if room < 0:
            break
        kept.append(line)
        fence = _follow(line, fence)
        folds += 0 if fence else (line == "<details>") - (line == "</details>")
    ends = [fence] if fence else []
    ends += ["", *["</details>"] * folds] if folds else []
    return "\n".join([*kept, *ends, "", NOTE]) + "\n" if limit > _ROOM else ""


def _cost_of_end(line: str) -> int:
    """What it takes to close what a line opens, in bytes."""
    if line == "<details>":
        return len("</details>") + 1
    return len(line) + 1 if _FENCE.fullmatch(line) else 0


def _follow(line: str, fence: str) -> str:
    """The fence that is open after a line; only the same line closes it."""
    if fence:
        return "" if line == fence else fence
    return line if _FENCE.fullmatch(line) else ""
