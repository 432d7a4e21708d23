"""A folder with one small project, and a user whose home is empty."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stands.clients import clean_environ
from tests.stands.wheels import make_wheel

FILE = "demo-1.0-py3-none-any.whl"
PAGE = "/simple/demo/"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Holds ``demo``, which needs ``lower``."""
    make_wheel(tmp_path / "wheels", "demo", "1.0", requires=["lower>=1"], size=50_000)
    make_wheel(tmp_path / "wheels", "lower", "1.2", requires_python=">=3.8")
    return tmp_path / "wheels"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """For clients that give up at the first trouble."""
    return clean_environ(tmp_path / "home", UV_HTTP_RETRIES="0", PIP_RETRIES="0")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Where things are installed."""
    return tmp_path / "target"
