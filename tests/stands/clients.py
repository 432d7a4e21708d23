"""The real uv, pip and mlenv as clients of a stand, away from this user's settings and caches."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from mlenv.system.process import Completed, run

FOREIGN = ("PIP_", "UV_", "SSL_", "REQUESTS_", "CURL_", "GIT_SSL", "NETRC")
PROXIES = {"http_proxy", "https_proxy", "all_proxy", "no_proxy"}
OWN = {"VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "CONDA_PREFIX"}


def clean_environ(home: Path, **more: str) -> dict[str, str]:
    """The environment of a user who has set nothing, whose home and caches are in ``home``; ``more`` is added."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(FOREIGN) and name.lower() not in PROXIES and name not in OWN
    }
    home.mkdir(parents=True, exist_ok=True)
    return {
        **kept,
        "HOME": str(home),
        "USERPROFILE": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "UV_CACHE_DIR": str(home / "cache" / "uv"),
        "UV_PYTHON_DOWNLOADS": "never",
        "PIP_CACHE_DIR": str(home / "cache" / "pip"),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "NO_COLOR": "1",
        **more,
    }


def uv(environ: Mapping[str, str], *arguments: str, timeout: float = 120) -> Completed:
    """uv with those arguments."""
    from uv import find_uv_bin

    return run([find_uv_bin(), *arguments], environ=environ, timeout=timeout)


def pip(environ: Mapping[str, str], *arguments: str, timeout: float = 120) -> Completed:
    """pip of the Python that runs the tests, with those arguments."""
    return run([sys.executable, "-m", "pip", *arguments], environ=environ, timeout=timeout)


def mlenv(environ: Mapping[str, str], folder: Path, *arguments: str, timeout: float = 300) -> Completed:
    """mlenv with those arguments, called in a folder."""
    return run([sys.executable, "-m", "mlenv", *arguments], environ=environ, timeout=timeout, cwd=str(folder))


def uv_install(environ: Mapping[str, str], url: str, target: Path, *arguments: str) -> Completed:
    """``uv pip install`` from one index into a folder."""
    place = ["--python", sys.executable, "--target", str(target), "--default-index", url]
    return uv(environ, "--no-config", "pip", "install", *place, *arguments)


def pip_install(environ: Mapping[str, str], url: str, target: Path, *arguments: str) -> Completed:
    """``pip install`` from one index into a folder."""
    return pip(environ, "install", "--index-url", url, "--target", str(target), *arguments)
