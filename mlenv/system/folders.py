"""The user's folders for what mlenv keeps: caches, data that it fetched, logs.

The places are those of the platform's own rules (XDG on Linux).  A library for this exists; loading
it costs more than all else that ``mlenv doctor`` does before the probe.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

APPLICATION = "mlenv"


def cache_folder(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """Where things are kept that can be made again; the folder need not exist."""
    if platform == "win32":
        return _local(environ) / APPLICATION / "Cache"
    if platform == "darwin":
        return Path("~/Library/Caches").expanduser() / APPLICATION
    return _xdg(environ, "XDG_CACHE_HOME", "~/.cache") / APPLICATION


def data_folder(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """Where things are kept for good; the folder need not exist."""
    if platform == "win32":
        return _local(environ) / APPLICATION
    if platform == "darwin":
        return Path("~/Library/Application Support").expanduser() / APPLICATION
    return _xdg(environ, "XDG_DATA_HOME", "~/.local/share") / APPLICATION


def log_folder(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """Where the logs of installations are kept; the folder need not exist."""
    if platform == "win32":
        return _local(environ) / APPLICATION / "Logs"
    if platform == "darwin":
        return Path("~/Library/Logs").expanduser() / APPLICATION
    return _xdg(environ, "XDG_STATE_HOME", "~/.local/state") / APPLICATION / "logs"


def _xdg(environ: Mapping[str, str], variable: str, otherwise: str) -> Path:
    """A folder that a variable names; the rules say that a relative path there does not count."""
    named = environ.get(variable, "")
    return Path(named) if os.path.isabs(named) else Path(os.path.expanduser(otherwise))


def _local(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("LOCALAPPDATA") or os.path.expanduser("~\\AppData\\Local"))
