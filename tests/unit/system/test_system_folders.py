"""The user's folders, on each system by its own rules."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from mlenv.system.folders import cache_folder, data_folder

HOME = os.path.expanduser("~")
LOCAL = "C:\\Users\\me\\AppData\\Local"


@pytest.mark.parametrize(
    ("platform", "environ", "cache", "data"),
    [
        pytest.param("linux", {}, f"{HOME}/.cache/mlenv", f"{HOME}/.local/share/mlenv", id="linux"),
        pytest.param(
            "linux",
            {"XDG_CACHE_HOME": "/scratch/cache", "XDG_DATA_HOME": "/scratch/data"},
            "/scratch/cache/mlenv",
            "/scratch/data/mlenv",
            id="linux-named",
        ),
        pytest.param(
            "linux",
            {"XDG_CACHE_HOME": "cache", "XDG_DATA_HOME": ""},
            f"{HOME}/.cache/mlenv",
            f"{HOME}/.local/share/mlenv",
            id="linux-relative-does-not-count",
        ),
        pytest.param(
            "darwin",
            {"XDG_CACHE_HOME": "/scratch/cache"},
            f"{HOME}/Library/Caches/mlenv",
            f"{HOME}/Library/Application Support/mlenv",
            id="macos",
        ),
        pytest.param(
            "win32",
            {"LOCALAPPDATA": LOCAL},
            str(Path(LOCAL) / "mlenv" / "Cache"),
            str(Path(LOCAL) / "mlenv"),
            id="windows",
        ),
        pytest.param(
            "win32",
            {"LOCALAPPDATA": ""},
            str(Path(os.path.expanduser("~\\AppData\\Local")) / "mlenv" / "Cache"),
            str(Path(os.path.expanduser("~\\AppData\\Local")) / "mlenv"),
            id="windows-without",
        ),
        pytest.param("freebsd14", {}, f"{HOME}/.cache/mlenv", f"{HOME}/.local/share/mlenv", id="others-as-linux"),
    ],
)
def test_folders(platform: str, environ: Mapping[str, str], cache: str, data: str) -> None:
    assert (Path(cache), Path(data)) == (cache_folder(environ, platform), data_folder(environ, platform))
