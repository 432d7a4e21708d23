"""The unexpected ends in a report that is ready to send, never in a traceback on the screen."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback

from mlenv import __version__
from mlenv.errors import MlenvError
from mlenv.report.redact import mask_text
from mlenv.terminal import Terminal


def tell_crash(error: Exception) -> int:
    """Write the details to a file, say so in two lines, and give the exit status; no password is in either."""
    details = mask_text("".join(traceback.format_exception(error)))
    text = f"mlenv {__version__} on Python {sys.version.split()[0]} ({sys.platform})\n\n{details}"
    try:
        handle, path = tempfile.mkstemp(prefix="mlenv-crash-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        hint = f"please report it with the file {path}"
    except OSError:
        hint = f"please report it: {mask_text(traceback.format_exception_only(error)[-1].strip())}"
    trouble = MlenvError(f"mlenv itself failed ({type(error).__name__}: {mask_text(str(error))})", hint=hint)
    Terminal().fail(trouble)
    return trouble.exit_status
