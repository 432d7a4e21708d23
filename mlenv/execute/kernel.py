"""A Jupyter kernel for an environment, registered where this user's Jupyter looks.

https://jupyter-client.readthedocs.io/en/stable/kernels.html#kernel-specs
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from mlenv.errors import UsageError

MARK = "mlenv"
"""The key of a kernel's metadata that says which environment it belongs to."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def check_kernel_name(name: str) -> str:
    """A name that Jupyter takes; :class:`UsageError` for any other."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"--jupyter-kernel {name!r}: is no name of a kernel", hint="letters, digits, `.`, `_` and `-` make one"
        )
    return name


def register_kernel(
    name: str, environment: Path, variables: Mapping[str, str], *, environ: Mapping[str, str] = os.environ
) -> Path:
    """Write the kernel's description; the folder that holds it.

    It names the environment's link, so that it follows a switch.  :class:`UsageError` where a kernel
    of that name is somebody else's, or the folder cannot be written to.
    """
    folder = kernels_folder(environ) / name.lower()
    owner = _read_owner(folder)
    if folder.exists() and owner != str(environment):
        whose = f"the environment {owner}" if owner else "somebody else"
        raise UsageError(f"{folder}: is a Jupyter kernel of {whose}", hint="choose another name")
    python = environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    kernel = {
        "argv": [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": name,
        "language": "python",
        "env": dict(variables),
        "metadata": {"debugger": True, MARK: {"environment": str(environment)}},
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "kernel.json").write_bytes(msgspec.json.format(msgspec.json.encode(kernel), indent=1) + b"\n")
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written to ({error.strerror or error})") from None
    return folder


def remove_kernels(environment: Path, *, environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Remove the kernels that belong to an environment; their names."""
    try:
        folders = sorted(kernels_folder(environ).iterdir())
    except OSError:
        return ()
    ours = [folder for folder in folders if _read_owner(folder) == str(environment)]
    for folder in ours:
        shutil.rmtree(folder, ignore_errors=True)
    return tuple(folder.name for folder in ours)


def kernels_folder(environ: Mapping[str, str]) -> Path:
    """Where Jupyter looks for this user's kernels."""
    if environ.get("JUPYTER_DATA_DIR"):
        return Path(environ["JUPYTER_DATA_DIR"]) / "kernels"
    if sys.platform == "win32":
        return Path(environ.get("APPDATA") or os.path.expanduser("~\\AppData\\Roaming")) / "jupyter" / "kernels"
    if sys.platform == "darwin":
        return Path("~/Library/Jupyter/kernels").expanduser()
    data = environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    return Path(data) / "jupyter" / "kernels"


def _read_owner(folder: Path) -> str:
    """The environment that a kernel belongs to; empty for one that is not mlenv's."""
    try:
        table = msgspec.json.decode((folder / "kernel.json").read_bytes())
        return str(table["metadata"][MARK]["environment"])
    except (OSError, msgspec.DecodeError, KeyError, TypeError):
        return ""
