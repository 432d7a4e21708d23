"""What a command loads: nothing that it does not use."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {
    "bs4", "cpuinfo", "dataclasses", "importlib.metadata", "jax", "logging", "packaging", "platformdirs", "psutil",
    "pydantic", "pynvml", "pypi_simple", "requests", "rich", "tensorflow", "tomli_w", "torch", "urllib3", "uv",
}  # fmt: skip
SCRIPT = """
import json, os, sys
os._exit = lambda status: None
sys.argv = ["mlenv", *{arguments!r}]
from mlenv.__main__ import main
try:
    main()
except SystemExit:
    pass
sys.stderr.write("\\n" + json.dumps(sorted(sys.modules)))
"""


@pytest.mark.parametrize(
    ("arguments", "also"),
    [
        (["--version"], {"click", "msgspec", "tomli"}),
        (["doctor", "--format", "json"], set[str]()),
        (["probe", "--format", "json"], set[str]()),
        (["plan", "--profile", "starter", "--format", "json"], set[str]()),
    ],
)
def test_light(arguments: list[str], also: set[str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(arguments=arguments)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    loaded = set(json.loads(done.stderr.splitlines()[-1]))
    allowed = {"packaging", "tomli_w", "dataclasses", "logging"} if arguments[0] == "plan" else set()
    assert set() == loaded & ((HEAVY | also) - allowed)
