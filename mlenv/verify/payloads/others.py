"""All further distributions of an environment: each is imported in a process of its own.

``session.partners`` names them.  A distribution whose import does not go well has a result of its
own, ``import:NAME``; one result, ``import``, counts all of them.
"""

import faulthandler
import importlib.metadata as metadata
import os
import re
import tempfile

from . import _installed
from ._apart import import_each
from ._import_words import judge
from .generic import choose_modules

# Packages that bring no module of their own to be imported: stubs, libraries for others, plugins, settings.
UNFRIENDLY = re.compile(r"^types-|-stubs$|^nvidia-|^cuda-|^pytest-|-config$")
BUDGETS = {"quick": 60.0, "standard": 250.0, "deep": 900.0}  # seconds in all
MOST = 20  # modules of one distribution
NOT_THE_LIBRARY = {"tests", "test", "docs", "doc", "examples", "example", "benchmarks", "scripts", "tools", "testing"}
SHOWN = 12  # names in a sentence


def check(session):
    jobs, passed_over = plan(session.partners)
    session.state("import")
    # Its watchdog is a thread, which a fork would wait for without end; here every wait has an end.
    faulthandler.cancel_dump_traceback_later()
    seen, fine = set(), 0
    with session.check("import") as note, tempfile.TemporaryDirectory(prefix="others-", dir=os.getcwd()) as folder:
        for name, ended in import_each(jobs, folder, budget=BUDGETS[session.level]):
            seen.add(name)
            status, reason, words = judge(name, ended)
            if status == "pass":
                fine += 1
            elif status == "skip":
                passed_over.append(name)
            else:
                session.record("import:" + name, status, detail=words, reason=reason)
                session.state("import")
        left = [name for name, _ in jobs if name not in seen]
        summarise(note, fine, passed_over, left)


def plan(names):
    """What to import, as pairs of a distribution and its modules, and the distributions to pass over."""
    jobs, passed_over = [], []
    for name in sorted(set(names), key=str.lower):
        modules = [] if is_unfriendly(name) else find_own_modules(name)
        if modules:
            jobs.append((name, modules[:MOST]))
        else:
            passed_over.append(name)
    return jobs, passed_over


def is_unfriendly(name):
    """Whether a distribution is not made to be imported by itself."""
    return UNFRIENDLY.search(name.lower().replace("_", "-")) is not None


def find_own_modules(name):
    """The outermost modules of a distribution: the one of its name, else all that have no underscore before.

    They are read from its files, because a list of top-level names may hold the name of a folder
    that several distributions share, such as ``google``.
    """
    try:
        found = metadata.distribution(name)
    except (metadata.PackageNotFoundError, ValueError):
        return []
    roots = _installed.find_roots([str(path).replace("\\", "/") for path in found.files or []])
    public = [root for root in roots if not root.startswith("_") and root.split(".")[0] not in NOT_THE_LIBRARY]
    same = [root for root in public if root.lower() == name.lower().replace("-", "_")]
    return same or public or choose_modules(name)


def summarise(note, fine, passed_over, left):
    """Put the count of all into one result; a package that time did not suffice for is a warning."""
    note.measured = {"imported": fine, "passed_over": len(passed_over), "not_reached": len(left)}
    note.detail = f"{fine} further packages imported"
    if passed_over:
        note.detail += f", {len(passed_over)} passed over that are not made for it ({shorten(passed_over)})"
    if left:
        note.status, note.reason = "warn", "not-reached"
        note.detail += f"; time did not suffice for {len(left)}: {shorten(left)}"
    elif not fine:
        note.status, note.reason = "skip", "skipped"


def shorten(names):
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(sorted(names, key=str.lower)[:SHOWN]) + more
