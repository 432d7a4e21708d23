"""Lines of a width: what text reports are written with."""

from __future__ import annotations

from collections.abc import Iterable

from mlenv.report.style import UNICODE_MARKS, Marks, clean, paint

DEFAULT_WIDTH = 80
_COLOURS = {"ok": "green", "warning": "yellow", "error": "red", "unknown": "cyan", "info": "cyan"}


class Page:
    """Lines of at most ``width`` columns where words allow; what is foreign is cleaned before it is coloured."""

    def __init__(self, *, width: int = DEFAULT_WIDTH, colour: bool = False, marks: Marks = UNICODE_MARKS) -> None:
        self.lines: list[str] = []
        self.marks = marks
        self.width = width
        self._colour = colour

    def blank(self) -> None:
        """An empty line."""
        self.lines.append("")

    def text(self, text: str, *, indent: int = 0, hang: int = 0, style: str = "") -> None:
        """A paragraph; ``hang`` indents its further lines more."""
        for number, line in enumerate(wrap(text, self.width - indent - hang)):
            shift = indent + (hang if number else 0)
            self.lines.append(" " * shift + (paint(line, style, colour=self._colour) if style else line))

    def heading(self, text: str) -> None:
        """A title, with an empty line before it where something stands above."""
        if self.lines:
            self.blank()
        self.text(text, style="bold")

    def marked(self, state: str, text: str, *, indent: int = 0) -> None:
        """A paragraph behind the mark of a state (``ok``, ``warning``, ``error``, ``unknown``, ``info``)."""
        mark = getattr(self.marks, state)
        room = len(mark) + 1
        for number, line in enumerate(wrap(text, self.width - indent - room)):
            head = paint(mark, _COLOURS[state], colour=self._colour) + " " if number == 0 else " " * room
            self.lines.append(" " * indent + head + line)

    def command(self, text: str, *, indent: int) -> None:
        """A command on a line of its own, never broken, so that it can be copied."""
        one_line = " ".join(clean(text).split("\n"))
        self.lines.append(" " * indent + paint(one_line, "bold", colour=self._colour))

    def table(self, rows: Iterable[tuple[str, str]], *, indent: int = 0) -> None:
        """Names and what they stand for, in two columns."""
        known = [(clean(name), text) for name, text in rows]
        room = max((len(name) for name, _ in known), default=0) + 2
        for name, text in known:
            lines = wrap(text, self.width - indent - room)
            heads = [name, *[""] * (len(lines) - 1)]
            pairs = zip(heads, lines, strict=True)
            self.lines += [f"{' ' * indent}{head:<{room}}{line}".rstrip() for head, line in pairs]

    def render(self) -> str:
        """All lines, with a final newline."""
        return "\n".join(self.lines) + "\n"


def wrap(text: str, width: int) -> list[str]:
    """Cleaned text in lines of at most ``width`` columns; a longer word keeps a line to itself."""
    lines: list[str] = []
    for word in clean(text).split():
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines or [""]
