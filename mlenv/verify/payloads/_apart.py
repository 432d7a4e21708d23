"""Runs :mod:`_import_one` for one distribution after another, each in a process of its own."""

import json
import os
import signal
import subprocess
import sys
import time

from . import _import_one

WIDTH = max(2, min(4, (os.cpu_count() or 2) // 2))  # an import waits for the disk half of its time
SECONDS = 30.0
TICK = 0.01


class Ended:
    """How a process ended: its verdict (None where it left none), its signal, its last words."""

    def __init__(self, verdict, *, crash="", late=False, said=""):
        self.verdict = verdict
        self.crash = crash
        self.late = late
        self.said = said


class Fork:
    """A fork of this process that imports modules; used where a new interpreter is not needed.

    This process has imported nothing of the environment, so a fork is as good as a new
    interpreter, and there at once.
    """

    def __init__(self, place, said, modules, seconds):
        self.returncode = None
        self._pid = os.fork()
        if self._pid == 0:
            redirect(said)
            _import_one.attempt(place, seconds, modules)

    def poll(self):
        if self.returncode is None:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid:
                self.returncode = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
        return self.returncode

    def kill(self):
        os.kill(self._pid, signal.SIGKILL)

    def wait(self, seconds):
        until = time.monotonic() + seconds
        while self.poll() is None and time.monotonic() < until:
            time.sleep(TICK)


def redirect(said):
    """Let this process write to a file and read nothing."""
    handle = os.open(said, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (handle, 1), (handle, 2)):
        os.dup2(source, target)


def spawn(place, said, modules, seconds):
    """A new interpreter that imports modules."""
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "_import_one.py")
    command = [sys.executable, "-I", "-X", "faulthandler", script, place, str(seconds), *modules]
    with open(said, "wb") as file:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file)


# A Mac's own libraries do not work in the fork of a process, so Python itself does without forks there.
begin = Fork if sys.platform == "linux" else spawn


def import_each(jobs, folder, *, begin=begin, budget=120.0, seconds=SECONDS, width=WIDTH):
    """Import the modules of each job, ``(name, modules)``; gives each name and how it ended, as it ends.

    Within ``seconds`` each and ``budget`` in all; what the budget did not suffice for is not given.
    """
    waiting, running = list(reversed(jobs)), []
    until = time.monotonic() + budget
    while running or (waiting and time.monotonic() < until):
        while waiting and len(running) < width and time.monotonic() < until:
            running.append(Job(*waiting.pop(), folder, begin, seconds))
        done = [job for job in running if job.has_ended()]
        running = [job for job in running if job not in done]
        for job in done:
            yield job.name, job.end()
        if not done:
            time.sleep(TICK)


class Job:
    """One distribution's process: where it writes, and until when it may run."""

    def __init__(self, name, modules, folder, begin, seconds):
        self.name = name
        self._place, self._said = (os.path.join(folder, f"{name}.{kind}") for kind in ("json", "txt"))
        self._until = time.monotonic() + seconds
        self._late = False
        self._process = begin(self._place, self._said, modules, seconds)

    def has_ended(self):
        if self._process.poll() is None and time.monotonic() >= self._until:
            self._late = True
            self._process.kill()
            self._process.wait(5)
            return True
        return self._process.poll() is not None

    def end(self):
        """How it went; the files that it wrote are removed."""
        said, text = read_text(self._said), read_text(self._place)
        for path in (self._said, self._place):
            if os.path.exists(path):
                os.unlink(path)
        code = self._process.returncode or 0
        if text:
            return Ended(json.loads(text))
        return Ended(None, crash=name_signal(code), late=self._late, said=said)


def read_text(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


# What Windows gives where it ended a process: an access violation, an illegal instruction, an abort.
_WINDOWS = {0xC0000005: "SIGSEGV", 0xC000001D: "SIGILL", 0xC0000409: "SIGABRT"}


def name_signal(code):
    """The signal that a return code stands for, empty where it stands for none."""
    if code in _WINDOWS:
        return _WINDOWS[code]
    try:
        return signal.Signals(-code).name if code < 0 else ""
    except ValueError:
        return f"signal {-code}"
