"""The one door for child processes.

Every child gets its own process group and a deadline, so that a hung vendor library or a crashing
framework costs its own answer and nothing else.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import IO, TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    import subprocess

GRACE_SECONDS = 2.0
KEPT_BYTES = 4 * 1024 * 1024


class Completed(msgspec.Struct, frozen=True, kw_only=True):
    """How a child ended.

    ``status`` is the exit status; negative is the number of the signal that killed it, as in
    :mod:`subprocess`.  None means that it did not run to its end: ``timed_out`` says that the
    deadline passed, ``missing`` that it could not be started (``stderr`` says why).
    """

    status: int | None
    stdout: str = ""
    stderr: str = ""
    timed_out: bool = False
    missing: bool = False

    @property
    def ok(self) -> bool:
        """Whether the child ended by itself with status 0."""
        return self.status == 0

    @property
    def signal_name(self) -> str | None:
        """``SIGSEGV`` and so on, where a signal ended the child."""
        if self.status is None or self.status >= 0:
            return None
        import signal

        try:
            return signal.Signals(-self.status).name
        except ValueError:
            return f"signal {-self.status}"


def run(
    argv: Sequence[str],
    *,
    timeout: float,
    environ: Mapping[str, str] | None = None,
    cwd: str | None = None,
    on_line: Callable[[str], None] | None = None,
) -> Completed:
    """Run a command to its end or its deadline (seconds); never raises for what the child does.

    ``on_line`` receives each line of both streams as it comes, for progress, in threads of their own.
    Output that is not UTF-8 is kept with replacement characters; of more than 4 MiB a stream the
    rest is read and dropped.
    """
    from mlenv.system.signals import postponed

    child: subprocess.Popen[bytes] | None = None
    try:
        # Ctrl-C between the start of a child and its name being known would leave it to itself.
        try:
            with postponed():
                child = _start(argv, environ, cwd)
        except (OSError, ValueError) as error:
            return Completed(status=None, stderr=str(error), missing=True)
        readers = [_Reader(child.stdout, on_line), _Reader(child.stderr, on_line)]
        # A thread that blocks in waitpid: Popen.wait with a timeout polls, up to 50 ms too late.
        waiter = threading.Thread(target=child.wait, daemon=True)
        waiter.start()
        waiter.join(timeout)
    except BaseException:
        if child is not None:
            kill_group(child)
        raise
    timed_out = waiter.is_alive()
    if timed_out:
        kill_group(child)
    for reader in readers:
        reader.join(GRACE_SECONDS)
    stdout, stderr = (reader.text() for reader in readers)
    return Completed(
        status=None if timed_out else child.returncode,
        stdout=stdout,
        stderr=stderr,
        timed_out=timed_out,
    )


def _start(argv: Sequence[str], environ: Mapping[str, str] | None, cwd: str | None) -> subprocess.Popen[bytes]:
    # Loaded with the first child: a machine without accelerators is read without any.
    import subprocess

    return subprocess.Popen(
        list(argv),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=None if environ is None else dict(environ),
        cwd=cwd,
        start_new_session=True,
    )


def kill_group(child: subprocess.Popen[bytes]) -> None:
    """End a child and all that it started.

    A process in uninterruptible sleep survives SIGKILL; it is left behind after a short wait,
    since waiting for it could take for ever.
    """
    import signal
    import subprocess

    if sys.platform == "win32":
        from mlenv.system.descendants import end_descendants

        end_descendants(child.pid)
        child.kill()
    else:
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            child.kill()
    try:
        child.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        return


class Companion:
    """A child whose standard input ends when this process does, however it ends.

    It runs in a session of its own, so that what stops this process does not stop it.
    """

    def __init__(self, argv: Sequence[str], *, environ: Mapping[str, str] | None = None) -> None:
        import subprocess

        self._child = subprocess.Popen(
            list(argv),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=None if environ is None else dict(environ),
            cwd=os.path.abspath(os.sep),
            start_new_session=True,
        )

    def dismiss(self, farewell: bytes) -> None:
        """Say farewell and close the line; a companion that is gone already is no trouble."""
        import subprocess

        stream = self._child.stdin
        assert stream is not None
        try:
            stream.write(farewell)
            stream.close()
            self._child.wait(GRACE_SECONDS)
        except (OSError, subprocess.TimeoutExpired):
            self._child.kill()


def attach(argv: Sequence[str], *, environ: Mapping[str, str] | None = None) -> int:
    """Run a command on this terminal and give its exit status, as a shell would.

    What stops this process is passed on; Ctrl-C reaches the command by itself, and what it makes of it
    is its own business.
    """
    import subprocess

    from mlenv.system.signals import passed_on

    child = subprocess.Popen(list(argv), env=None if environ is None else dict(environ))
    with passed_on(child.send_signal):
        status = child.wait()
    return status if status >= 0 else 128 - status


class _Reader(threading.Thread):
    """Drains one stream, so that a chatty child cannot block."""

    def __init__(self, stream: IO[bytes] | None, on_line: Callable[[str], None] | None = None) -> None:
        super().__init__(daemon=True)
        self._stream = stream
        self._on_line = on_line
        self._chunks: list[bytes] = []
        self._size = 0
        self.start()

    def run(self) -> None:
        if self._stream is None:
            return
        with self._stream:
            pieces = iter(self._stream.readline, b"") if self._on_line else iter(self._read, b"")
            for piece in pieces:
                self._keep(piece)

    def _read(self) -> bytes:
        assert self._stream is not None
        return os.read(self._stream.fileno(), 65536)

    def _keep(self, piece: bytes) -> None:
        if self._size < KEPT_BYTES:
            self._chunks.append(piece)
            self._size += len(piece)
        if self._on_line:
            self._on_line(piece.decode("utf-8", "replace").rstrip())

    def text(self) -> str:
        return b"".join(self._chunks)[:KEPT_BYTES].decode("utf-8", "replace")
