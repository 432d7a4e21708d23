"""Lines of a width: what all reports of environments are written with."""

from __future__ import annotations

from collections.abc import Iterable

from mlenv.report.doctor_text import wrap
from mlenv.report.style import clean, paint

DEFAULT_WIDTH = 80


class Page:
    """Lines of at most ``width`` columns where words allow; what is foreign is cleaned before it is coloured."""

    def __init__(self, *, width: int = DEFAULT_WIDTH, colour: bool = False) -> None:
        self.lines: list[str] = []
        self._width = width
        self._colour = colour

    def text(self, text: str, *, indent: int = 0, hang: int = 0, style: str = "") -> None:
        """A paragraph; ``hang`` indents its further lines more."""
        for number, line in enumerate(wrap(text, self._width - indent - hang)):
            shift = indent + (hang if number else 0)
            self.lines.append(" " * shift + (paint(line, style, colour=self._colour) if style else line))

    def heading(self, text: str) -> None:
        """A title, with an empty line before it where something stands above."""
        if self.lines:
            self.lines.append("")
        self.text(text, style="bold")

    def table(self, rows: Iterable[tuple[str, str]], *, indent: int = 0) -> None:
        """Names and what they stand for, in two columns."""
        known = [(clean(name), text) for name, text in rows]
        room = max((len(name) for name, _ in known), default=0) + 2
        for name, text in known:
            lines = wrap(text, self._width - indent - room)
            heads = [name, *[""] * (len(lines) - 1)]
            pairs = zip(heads, lines, strict=True)
            self.lines += [f"{' ' * indent}{head:<{room}}{line}".rstrip() for head, line in pairs]

    def render(self) -> str:
        """All lines, with a final newline."""
        return "\n".join(self.lines) + "\n"
