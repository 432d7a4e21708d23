"""The one place that prints.

Results go to standard output; progress, notes and errors go to standard error.  Colour is used on
a terminal only, and never where ``NO_COLOR`` or ``--no-color`` forbids it.
"""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

import msgspec

from mlenv.errors import MlenvError, UsageError
from mlenv.report.style import ASCII_MARKS, UNICODE_MARKS, Marks, clean, paint

if TYPE_CHECKING:
    from rich.text import Text

DEFAULT_WIDTH = 80
LEAST_WIDTH = 40


def wants_colour(stream: TextIO, environ: Mapping[str, str], *, allowed: bool = True) -> bool:
    """Whether a stream is a terminal that shows colour and the user did not forbid it."""
    if not allowed or environ.get("NO_COLOR") or environ.get("TERM") == "dumb" or not _is_terminal(stream):
        return False
    return sys.platform != "win32" or any(environ.get(name) for name in ("WT_SESSION", "TERM", "ANSICON", "ConEmuANSI"))


def marks_for(stream: TextIO) -> Marks:
    """The marks that a stream's encoding can say."""
    try:
        "".join(msgspec.structs.astuple(UNICODE_MARKS)).encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return ASCII_MARKS
    return UNICODE_MARKS


def _standard(stream: TextIO | None) -> TextIO:
    """A standard stream; Python has none where the program was started with it closed (``>&-``)."""
    return io.StringIO() if stream is None else stream


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:  # closed
        return False


class Terminal:
    """What a command says.

    ``quiet`` silences everything on standard error but errors; ``verbose`` adds details there.
    """

    def __init__(
        self,
        *,
        stdout: TextIO | None = None,
        stderr: TextIO | None = None,
        environ: Mapping[str, str] | None = None,
        quiet: bool = False,
        verbose: bool = False,
        colour: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.stdout: TextIO = stdout or _standard(sys.stdout)
        self.stderr: TextIO = stderr or _standard(sys.stderr)
        self.environ: Mapping[str, str] = os.environ if environ is None else environ
        self.quiet = quiet
        self.verbose = verbose
        self.allows_colour = colour
        self.clock = clock

    @property
    def colour(self) -> bool:
        """Whether results may be coloured."""
        return wants_colour(self.stdout, self.environ, allowed=self.allows_colour)

    @property
    def marks(self) -> Marks:
        """The marks for results."""
        return marks_for(self.stdout)

    @property
    def width(self) -> int:
        """The columns of standard output; 80 where it is no terminal and ``COLUMNS`` says nothing."""
        columns = self.environ.get("COLUMNS", "")
        if columns.isdigit() and int(columns) > 0:
            return max(LEAST_WIDTH, int(columns))
        try:
            return max(LEAST_WIDTH, os.get_terminal_size(self.stdout.fileno()).columns)
        except (OSError, ValueError, AttributeError):
            return DEFAULT_WIDTH

    def write(self, text: str) -> None:
        """A result on standard output, exactly as given (renderers clean what is foreign)."""
        _put(self.stdout, text)

    def note(self, text: str) -> None:
        """A remark on standard error."""
        if not self.quiet:
            self._say(clean(text))

    def detail(self, text: str) -> None:
        """A remark for ``--verbose`` only."""
        if self.verbose and not self.quiet:
            self._say(self._paint(clean(text), "dim"))

    def warn(self, text: str) -> None:
        """A warning on standard error."""
        if not self.quiet:
            self._say(f"{self._paint('warning:', 'yellow')} {clean(text)}")

    def fail(self, error: MlenvError) -> None:
        """An error and its hint on standard error, also when quiet."""
        self._say(f"{self._paint('error:', 'red')} {clean(error.message)}")
        if error.hint:
            self._say(f"{self._paint('hint:', 'cyan')} {clean(error.hint)}")

    @contextmanager
    def step(self, text: str) -> Iterator[Step]:
        """One step of a longer work: says that it began, and when it is over how and how long.

        An exception from the body makes it a failed step and goes on.
        """
        step = Step(self, clean(text))
        try:
            with step:
                yield step
        except BaseException:
            step.end(self._error_marks.error, "red")
            raise
        step.end(self._error_marks.ok, "green")

    @property
    def live(self) -> bool:
        """Whether standard error can show a line that changes."""
        return not self.quiet and wants_colour(self.stderr, self.environ, allowed=self.allows_colour)

    @property
    def asks(self) -> bool:
        """Whether somebody sits there who can answer a question."""
        return sys.stdin is not None and _is_terminal(sys.stdin) and _is_terminal(self.stderr)

    @property
    def _error_marks(self) -> Marks:
        return marks_for(self.stderr)

    def _paint(self, text: str, style: str) -> str:
        return paint(text, style, colour=wants_colour(self.stderr, self.environ, allowed=self.allows_colour))

    def _say(self, text: str) -> None:
        _put(self.stderr, f"{text}\n")


class Step:
    """A running step; on a terminal that can show it, a spinner with what is being done."""

    def __init__(self, terminal: Terminal, text: str) -> None:
        self._terminal = terminal
        self._text = text
        self._started = terminal.clock()
        self._spinner: Spinner | None = None

    def __enter__(self) -> None:
        if self._terminal.live:
            self._spinner = Spinner(self._terminal.stderr, self._text)
            self._spinner.__enter__()
        else:
            self._terminal.note(f"{self._text} ...")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._spinner is not None:
            self._spinner.__exit__(kind, error, trace)

    def say(self, text: str) -> None:
        """What the step is doing now, such as a line of an installer's progress."""
        line = clean(text).strip()
        if self._spinner is not None and line:
            self._spinner.update(f"{self._text}: {line.splitlines()[-1]}")
        elif line:
            self._terminal.detail(f"  {line}")

    def end(self, mark: str, style: str) -> None:
        """The closing line: mark, text and seconds."""
        terminal = self._terminal
        if terminal.quiet:
            return
        seconds = terminal.clock() - self._started
        colour = wants_colour(terminal.stderr, terminal.environ, allowed=terminal.allows_colour)
        _put(terminal.stderr, f"{paint(mark, style, colour=colour)} {self._text} ({seconds:.1f} s)\n")


class Spinner:
    """A moving line; rich is loaded here and nowhere earlier."""

    def __init__(self, stream: TextIO, text: str) -> None:
        from rich.console import Console

        console = Console(file=stream, markup=False, emoji=False, highlight=False)
        self._width = max(LEAST_WIDTH, console.width) - 4  # the spinner itself, and no touch of the edge
        self._status = console.status(self._cut(text))

    def __enter__(self) -> None:
        self._status.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._status.__exit__(kind, error, trace)

    def update(self, text: str) -> None:
        """Show another text."""
        self._status.update(self._cut(text))

    def _cut(self, text: str) -> Text:
        """A text on one line, whose brackets are no markup."""
        from rich.text import Text

        line = " ".join(text.split())
        return Text(line if len(line) <= self._width else f"{line[: self._width - 1]}…")


def _put(stream: TextIO, text: str) -> None:
    """Write and flush; a reader that went away (``mlenv doctor | head``) ends the talk quietly."""
    try:
        stream.write(_say_in(stream, text))
        stream.flush()
    except BrokenPipeError:
        _drop(stream)
    except OSError as error:
        _drop(stream)
        raise UsageError(f"the output cannot be written ({error.strerror or error})") from None
    except ValueError:  # the stream was closed
        return


def _say_in(stream: TextIO, text: str) -> str:
    """The text with what the stream's encoding cannot say replaced."""
    encoding = stream.encoding or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.encode(encoding, "replace").decode(encoding)
    except LookupError:
        return text
    return text


def _drop(stream: TextIO) -> None:
    """Send the rest nowhere, or the interpreter complains about the pipe when it ends."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        return
