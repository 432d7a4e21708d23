"""Files that others read while or after we write: whole or not at all, and never too large."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from mlenv.errors import UsageError


def replace_file(path: Path, text: str) -> None:
    """Write a file under another name beside it, and give it its name when it is whole.

    What is no ordinary file (a pipe, ``/dev/stdout``) is written as it is; a link keeps pointing where it
    did.  :class:`UsageError` where it cannot be written.
    """
    data = text.encode(errors="replace")
    target = Path(os.path.realpath(path))  # of a pipe it is no path at all
    # The node exporter reads each name that ends in .prom; this one does not.
    fresh = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(data)
            return
        fresh.write_bytes(data)
        os.replace(fresh, target)
    except OSError as error:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise UsageError(f"--output {path}: cannot be written ({error.strerror or error})") from None


def append_summary(path: str, markdown: str) -> str:
    """Add Markdown to a step's summary on GitHub; why that was not possible, empty where it was.

    A summary of more than 1 MiB is dropped whole, so the text is cut to what is left of it.  That it
    could not be written changes nothing of the verdict.
    """
    from mlenv.report.forms.cut import LIMIT_BYTES, cut_markdown

    try:
        held = os.path.getsize(path) if os.path.exists(path) else 0
        text = cut_markdown(f"{markdown}\n", LIMIT_BYTES - held)
        with open(path, "ab") as file:
            file.write(text.encode(errors="replace"))
    except OSError as error:
        return f"the summary {path} cannot be written ({error.strerror or error})"
    return "" if text else f"the summary {path} is full"
