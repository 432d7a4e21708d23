"""Any distribution: its modules import, and they are the installed version."""

from . import _installed
from ._verdicts import Failure, Skipped

_NOT_THE_LIBRARY = {"tests", "test", "docs", "doc", "examples", "benchmarks", "scripts", "tools"}


def check(session):
    names = session.imports or choose_modules(session.distribution)
    if not names:
        with session.check("import"):
            raise explain(session)
    session.import_modules(*names)
    session.skip_device(f"mlenv has no operation for {session.distribution or names[0]}: it was only imported")


def choose_modules(distribution):
    """The modules that stand for a distribution: the one of its name, else all public ones."""
    names = _installed.find_modules(distribution)
    same = [name for name in names if name.lower() == distribution.lower().replace("-", "_")]
    public = [name for name in names if not name.startswith("_") and name not in _NOT_THE_LIBRARY]
    return same or public


def explain(session):
    """Why there is nothing to import."""
    if session.version is None:
        return Failure("not-installed", f"no distribution called {session.distribution!r} is installed")
    return Skipped(f"{session.distribution} brings no module of its own")
