"""What an import's end means: a status, a slug and a sentence."""

import re

LIBRARY = re.compile(
    r"([^\s:'\"]+): cannot open shared object file|Library not loaded: (\S+)"
    r"|DLL load failed while importing (\w+)|Error loading \"([^\"]+\.dll)\""
)
MISMATCH = re.compile(
    r"undefined symbol|Symbol not found|version `\w+_[\d.]+' not found|_ARRAY_API not found|numpy\S* failed to import"
    r"|may indicate binary incompatibility|compiled using NumPy 1"
)
# Modules of the standard library that a Python may do without, or that another system has.
ELSEWHERE = {"tkinter", "_tkinter", "turtle", "curses", "_curses", "readline", "fcntl", "pwd", "grp", "termios"}
ELSEWHERE |= {"resource", "posix", "nt", "msvcrt", "winreg", "_winreg", "winsound", "_winapi"}
# Modules that newer Pythons, or a newer setuptools, no longer have.
GONE = {"distutils", "imp", "asyncore", "asynchat", "smtpd", "cgi", "pipes", "telnetlib", "crypt", "audioop"}
GONE |= {"imghdr", "sndhdr", "pkg_resources"}
# A program for a desktop, or a plugin of something that is not running here.
NO_DESKTOP = re.compile(
    r"\bDISPLAY\b|no display|cannot connect to X server|could not connect to display", re.IGNORECASE
)
NOT_ALONE = ("ImproperlyConfigured", "AppRegistryNotReady")


def judge(distribution, ended):
    """Status, slug and sentence of how an import ended; ``pass`` without words where all is well.

    A package that says it lacks a module of another package, which its own requirements may well
    call optional, is a warning; what its files themselves cannot do is a failure.
    """
    if ended.late:
        return "fail", "timed-out", f"the import did not end in time{find_place(ended.said)}"
    if ended.crash:
        return "fail", "crashed", f"the import was killed by {ended.crash}{find_place(ended.said)}"
    if ended.verdict is None:
        return "fail", "ended-early", f"the import ended the process{find_place(ended.said)}"
    return judge_exception(distribution, ended.verdict) if ended.verdict else ("pass", "", "")


def judge_exception(distribution, verdict):
    kind, text, missing = verdict["kind"], verdict["text"], verdict["missing"]
    words = f"import {verdict['module']}: {kind}: {text}"
    if kind in NOT_ALONE or NO_DESKTOP.search(text):
        return "skip", "skipped", words
    if missing:
        return judge_missing(distribution, missing, verdict["module"], words)
    if kind == "SystemExit":
        return "warn", "ended-early", f"{words}: the module is a program that ends itself"
    library = LIBRARY.search(text)
    if library:
        name = next(group for group in library.groups() if group)
        return "fail", "missing-library", f"a shared library is missing or cannot be loaded ({name}): {words}"
    if MISMATCH.search(text):
        return "fail", "binary-mismatch", f"two binaries do not belong together: {words}"
    return "fail", "import-error", words


def judge_missing(distribution, missing, module, words):
    """The verdict over a module that was not found: whose it is decides."""
    root = missing.split(".")[0]
    if root in ELSEWHERE:
        return "skip", "skipped", f"it needs {root}, which this Python does not have"
    if root in GONE:
        text = f"{distribution} is too old for this environment, which no longer has the module {root}: {words}"
        return "fail", "missing-module", text
    if root == module.split(".")[0]:
        return "fail", "broken-install", f"{distribution} lacks a module of its own ({missing}): {words}"
    return "warn", "missing-module", f"{distribution} needs a module that is not installed ({missing}): {words}"


# Timeout (0:00:27)!          or       Fatal Python error: Segmentation fault
# Thread 0x00007f2a5c7fd740 (most recent call first):
#   File "/env/lib/python3.12/site-packages/stuck/__init__.py", line 4 in <module>
def find_place(said):
    """Where faulthandler says that Python was, else the last line, as the end of a sentence."""
    lines = [line.strip()[:300] for line in said.splitlines() if line.strip()]
    place = next((line for line in lines if line.startswith("File ")), "")
    if place:
        return f"; Python was in {place}"
    return f"; last words: {lines[-1]}" if lines else ""
