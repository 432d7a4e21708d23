"""Locks that try to become something else in the lines that an installer reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tomli_w

from mlenv.errors import UsageError
from mlenv.plan.lock import load_lock, read_lock, render_requirements

HASH = "0" * 64
WHEEL = {"url": "https://files.example/numpy-1.0-py3-none-any.whl", "hashes": {"sha256": HASH}}


def write(lock: dict[str, Any] | None = None, **package: Any) -> str:
    row = {"name": "numpy", "version": "1.0", "wheels": [WHEEL], **package}
    return tomli_w.dumps({"lock-version": "1.0", **(lock or {}), "packages": [row]})


def archive(**change: Any) -> dict[str, Any]:
    return {"wheels": [], "archive": {**WHEEL, "url": "https://files.example/a.zip", **change}}


PACKAGES: dict[str, dict[str, Any]] = {
    "a marker with a comment, which would cut off the hashes": {"marker": "os_name == ' #x'"},
    "a marker with a variable": {"marker": "os_name == '${HOME}'"},
    "a marker with a line's end": {"marker": "os_name == 'a\\'"},
    "a marker with another sort of line": {"marker": "os_name == 'a\u2028b'"},
    "a marker with an escape": {"marker": "os_name == '\x1b[2J'"},
    "a marker of a huge depth": {"marker": "(" * 2000 + "os_name == 'a'" + ")" * 2000},
    "an address with options": {"wheels": [{**WHEEL, "url": "https://a.example/x.whl#subdirectory=../.."}]},
    "an address with a variable": {"wheels": [{**WHEEL, "url": "https://a.example/${TOKEN}/x.whl"}]},
    "an address of another kind": {"wheels": [{**WHEEL, "url": "ftp://a.example/x.whl"}]},
    "a folder inside an archive that is outside of it": archive(subdirectory="../../etc"),
    "a folder that is the root": archive(subdirectory="/etc"),
    "a condition that is an option": {"requires-python": ">=3 \n--index-url x"},
    "a file without a hash": {"wheels": [{**WHEEL, "hashes": {}}]},
    "one of two files without a hash": {"wheels": [WHEEL, {**WHEEL, "hashes": {}}]},
    "a file whose hashes are missing": {"wheels": [{"url": WHEEL["url"]}]},
    "a local file without a hash": {"wheels": [{"path": "numpy-1.0-py3-none-any.whl", "hashes": {}}]},
    "an archive without a hash": archive(hashes={}),
    "a size that is no number": {"wheels": [{**WHEEL, "size": "large"}]},
    "a name with a shell's words": {"name": "numpy;rm -rf ~"},
    "a name with a variable": {"name": "${HOME}"},
    "a version with a variable": {"version": "${HOME}"},
}


@pytest.mark.parametrize("change", PACKAGES.values(), ids=PACKAGES.keys())
def test_it_is_refused_in_one_line(tmp_path: Path, change: dict[str, Any]) -> None:
    path = tmp_path / "pylock.toml"
    path.write_text(write(**change), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load_lock(path)
    assert caught.value.message.startswith(f"{path}: ")
    assert 1 == len(caught.value.message.splitlines())


@pytest.mark.parametrize(
    "lock",
    [
        {"requires-python": ">=3; evil"},
        {"requires-python": 3},
        {"lock-version": 1.0},
        {"packages": {}},
    ],
)
def test_so_is_a_hostile_head(tmp_path: Path, lock: dict[str, Any]) -> None:
    path = tmp_path / "pylock.toml"
    path.write_text(tomli_w.dumps({"lock-version": "1.0", "packages": [], **lock}), encoding="utf-8")
    with pytest.raises(UsageError, match=f"^{path}: "):
        load_lock(path)


def test_a_size_beyond_every_disk_is_only_a_number(tmp_path: Path) -> None:
    path = tmp_path / "pylock.toml"
    path.write_text(write(wheels=[{**WHEEL, "size": 2**63 - 1}]), encoding="utf-8")
    lock, _ = load_lock(path)
    assert 2**63 - 1 == lock.packages[0].files[0].size


def test_real_markers_are_kept() -> None:
    marker = "python_full_version < '3.14' and (sys_platform == 'linux' or platform_machine != \"arm64\")"
    lock = read_lock(write(marker=marker))
    assert f"numpy==1.0 ; {marker} --hash=sha256:{HASH}\n" == render_requirements(lock, ())
