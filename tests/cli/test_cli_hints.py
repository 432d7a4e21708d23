"""Common mistakes: each is answered with what to do next."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.test_cli_errors import CASES

MORE = [
    ["install", "--locked", "gone.toml"],
    ["install", "--locked", "junk.bin"],
    ["bundle", "--profile", "starter", "--output", "no/such/x.tar"],
    ["verify", "--policy", "gone.toml"],
    ["verify", "--env", "full", "--baseline", "gone.json"],
    ["policy", "explain", "gone.toml"],
    ["policy", "explain", "broken.toml"],
    ["matrix", "show", "torhc"],
    ["matrix", "why", "torch; python_version<'3'"],
    ["matrix", "why", "--no-machine", "--machine", "key.toml", "torch"],
    ["matrix", "shwo"],
    ["doctor", "--from", "gone.txt"],
    ["doctor", "--error", "gone.txt"],
    ["doctor", "--explain", "nope"],
    ["doctor", "--yes"],
    ["probe", "--record", "d", "--machine", "full"],
    ["plan", "--profile", "starter", "--output", "a/b/setup.sh"],
    ["plan", "--with", "torch @ https://example.org/x.whl"],
    ["plan", "--profile", "starter", "--machine", "future.json"],
    ["plan", "--profile", "starter", "--manager", "poetry"],
    ["plan", "--profile", "starter", "superfluous"],
    ["env", "rollback"],
    ["completion"],
]


@pytest.fixture
def files(here: Path, mlenv: Run) -> None:
    (here / "broken.toml").write_text("os = \n")
    (here / "key.toml").write_text('oss = "linux"\nos = "linux"\narch = "x86_64"\n')
    (here / "type.toml").write_text('os = "linux"\narch = "x86_64"\nram_gib = "much"\n')
    (here / "value.toml").write_text('os = "beos"\narch = "x86_64"\n')
    (here / "junk.bin").write_bytes(bytes(range(256)))
    (here / "snapshot.json").write_text("{}")
    (here / "future.json").write_text('{"schema": "mlenv.machine/9"}')
    (here / "empty").mkdir()
    (here / "full").mkdir()
    (here / "full" / "thesis.txt").touch()


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("words", [*(case.values[0] for case in CASES), *MORE], ids=" ".join)
def test_a_hint(mlenv: Run, words: list[str]) -> None:
    done = mlenv(*words)
    assert 2 == done.returncode
    assert "\nhint: " in done.stderr
