"""A single file that carries a program of a few lines in place of mlenv."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from mlenv.pyz.archive import pack, start_text
from mlenv.pyz.bootstrap import find_target

PROGRAM = {
    "mlenv/__init__.py": b"",
    "mlenv/errors.py": b"""
class NoVerdictError(Exception):
    def __init__(self, text, hint):
        self.text = text
""",
    "mlenv/__main__.py": b"""
import os, sys
def main():
    from mlenv.work import work
    sys.exit(work(sys.argv[1:]))
""",
    "mlenv/work.py": b"""
import os, sys
def work(words):
    if words == ["wait"]:
        import time
        try:
            time.sleep(600)
        except KeyboardInterrupt:
            return 130
    if words == ["missing"]:
        from mlenv.errors import NoVerdictError
        try:
            import clingo_of_nowhere
        except NoVerdictError as error:
            print(error.text)
            return 5
    if words == ["variables"]:
        print(sorted(name for name in os.environ if name.startswith("MLENV_PYZ")))
        print(os.environ.get("XDG_CACHE_HOME", ""))
        return 0
    print(os.path.dirname(os.path.dirname(__file__)), words)
    return 0
""",
}


def make_small_file(path: Path, *, start: str | None = None, target: str | None = None) -> Path:
    """Write one for this Python; ``start`` replaces its first lines, ``target`` whom it is for."""
    files = {target or find_target(): PROGRAM}
    path.write_bytes(pack(files, "no lock", ("clingo_of_nowhere",), start or start_text()))
    return path


def run(path: Path, *words: str, cache: Path | str = "", **environ: str) -> subprocess.CompletedProcess[str]:
    """Run it in a process of its own, with its files in ``cache``."""
    names = {name: value for name, value in os.environ.items() if not name.startswith("MLENV_")}
    if cache:
        names["MLENV_PYZ_CACHE"] = str(cache)
    return subprocess.run(
        [sys.executable, str(path), *words],
        env={**names, **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
