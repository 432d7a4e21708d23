"""Many large files at once, in place together or not at all."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Sequence

from mlenv.system.access import Access
from mlenv.system.transfer import (
    READ_SECONDS,
    TRIES,
    FetchedFile,
    StoppedError,
    Tell,
    Transfer,
    WantedFile,
)

THREADS = 4


class Downloads:
    """Fetches files; :meth:`fetch` ends with all of them in place, or with none that is half.

    ``tries`` are those in a row that may bring nothing new, ``read_seconds`` the longest silence of a
    server; ``pause`` waits some seconds between two tries (for tests).
    """

    def __init__(
        self,
        access: Access | None = None,
        *,
        threads: int = THREADS,
        tries: int = TRIES,
        read_seconds: float = READ_SECONDS,
        pause: Callable[[float], object] | None = None,
    ) -> None:
        self._stop = threading.Event()
        self._told: queue.SimpleQueue[tuple[str, int, int | None] | None] = queue.SimpleQueue()
        self._transfers = [
            Transfer(access or Access(), self._stop, self._tell, tries=tries, read_seconds=read_seconds, pause=pause)
            for _ in range(threads)
        ]

    def _tell(self, name: str, so_far: int, total: int | None) -> None:
        self._told.put((name, so_far, total))

    def fetch(self, wanted: Sequence[WantedFile], on_progress: Tell | None = None) -> tuple[FetchedFile, ...]:
        """Fetch every file; :class:`mlenv.system.transfer.DownloadError` for the first that cannot be had.

        ``on_progress`` is told the file's name, its bytes so far and in all (None where nobody knows),
        in the thread of the caller.
        """
        self._stop.clear()
        work = _Work(wanted)
        workers = [threading.Thread(target=self._drain, args=(one, work), daemon=True) for one in self._transfers]
        for worker in workers:
            worker.start()
        try:
            self._listen(len(workers), on_progress)
        except BaseException:
            self._halt(workers)
            raise
        if work.error is not None:
            raise work.error
        return tuple(work.done[number] for number in range(len(wanted)))

    def _listen(self, workers: int, on_progress: Tell | None) -> None:
        """Pass on what the workers tell, until the last of them says that it is over."""
        over = 0
        while over < workers:
            try:
                told = self._told.get(timeout=0.5)  # a wait without end would be deaf to Ctrl-C on Windows
            except queue.Empty:
                continue
            if told is None:
                over += 1
            elif on_progress is not None:
                on_progress(*told)

    def _halt(self, workers: Sequence[threading.Thread]) -> None:
        self._interrupt()
        for worker in workers:
            worker.join(1.0)

    def _interrupt(self) -> None:
        self._stop.set()
        for transfer in self._transfers:
            transfer.interrupt()

    def _drain(self, transfer: Transfer, work: _Work) -> None:
        try:
            while not self._stop.is_set() and (task := work.take()) is not None:
                number, wanted = task
                work.done[number] = transfer.get(wanted)
        except StoppedError:
            pass
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller must hear of it
            work.error = work.error or error
            self._interrupt()
        finally:
            transfer.close()
            self._told.put(None)


class _Work:
    """What is to be done, what is done, and the first that failed."""

    def __init__(self, wanted: Sequence[WantedFile]) -> None:
        self._left = deque(enumerate(wanted))
        self.done: dict[int, FetchedFile] = {}
        self.error: Exception | None = None

    def take(self) -> tuple[int, WantedFile] | None:
        try:
            return self._left.popleft()
        except IndexError:
            return None
