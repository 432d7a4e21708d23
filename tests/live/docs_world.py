"""Where the commands of the pages are typed: one home, the files that the pages speak of, folders of its own.

The words are never changed.  What differs from a reader's computer is data: below ``MLENV_MATRIX`` the profiles
that would fetch gigabytes hold NumPy alone, so that a whole story of locks, bundles and gates takes seconds.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVER = """
os = "linux"
arch = "x86_64"
libc = "glibc 2.35"
python = {pythons}

[nvidia]
driver = "535.183.01"

[[gpu]]
vendor = "nvidia"
name = "NVIDIA GeForce RTX 4090"
"""
PROFILE = 'name = "{name}"\ntitle = "{name}"\nframeworks = {frameworks}\n'
POLICY = 'schema = 1\nname = "team"\n[host]\npython = ">=3.10"\n[frameworks.numpy]\nversion = ">=2"\n'
UNREACHABLE = '{"schema": "mlenv.unreachable/1", "host": "%s", "reason": "ssh: no route to host"}\n'
LARGE = {
    "starter": '["numpy", "jupyter"]',
    **dict.fromkeys(("pytorch", "pytorch-gpu", "nlp", "classical"), '["numpy"]'),
}
MACHINES = ("server.toml", "gpu-server.toml", "machines/workstation.toml")
FILES = {
    "traceback.txt": "RuntimeError: CUDA error: no kernel image is available for execution\n",
    "report.txt": "PyTorch version: 2.1.0+cu121\nIs CUDA available: False\n",
    "policy.toml": POLICY,
    "workstation.toml": POLICY,
    "policies/workstation.toml": POLICY,
    "profiles/team-torch.toml": PROFILE.format(name="team-torch", frameworks='["numpy"]'),
    "team.toml": PROFILE.format(name="team", frameworks='["numpy"]'),
    "reports/node8.json": UNREACHABLE % "node8",
    "rack1/node9.json": UNREACHABLE % "node9",
    "locks/.keep": "",
}
FOLDERS = ("/opt", "/mnt", "/media", "/var/lib")
"""Folders of a machine below which pages keep things: here each is one of the world's own."""
NAMESPACE = ("unshare", "--mount", *(() if sys.platform != "linux" or os.geteuid() == 0 else ("--map-root-user",)))
IMAGE = """
for path in /*; do
    own=/mnt/image$path
    if [ -L "$path" ]; then ln -sfn "$(readlink "$path")" "$own"
    elif [ -d "$path" ]; then
        mkdir -p "$own"
        case $path in /dev | /media | /mnt | /proc | /run | /sys) ;; *) mount --rbind "$path" "$own" ;; esac
    fi
done
"""
"""Lays the folders of this machine, which has Python and the environment in /opt, into the image at /mnt/image."""
JUPYTER = "c.ServerApp.allow_root = True\nc.ServerApp.open_browser = False\nc.ServerApp.port = 0\n"


def has_namespaces() -> bool:
    """Whether this user may see other folders below the names of :data:`FOLDERS`."""
    if shutil.which(NAMESPACE[0]) is None:
        return False
    return subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False).returncode == 0


def names_folders(text: str) -> bool:
    """Whether a line speaks of something below one of :data:`FOLDERS`, or of the image there."""
    return re.search(rf"(?<![\w.])({'|'.join(FOLDERS)})/|--env image\b", text) is not None


class World:
    """A user's computer: ``place`` is where most pages are read, ``checkout`` a clone of this project."""

    def __init__(self, folder: Path, uv: str, cache: str) -> None:
        self.folder, self.place, self.checkout = folder, folder / "place", folder / "clone" / "mlenv"
        self.home, programs, data = folder / "home", folder / "programs", folder / "data" / "profiles"
        for path in (self.place, self.home / ".jupyter", self.home / "envs", programs, data):
            path.mkdir(parents=True)
        for name, text in (("mlenv", f'exec {shlex.quote(sys.executable)} -m mlenv "$@"'), ("python", "")):
            command = text or f'exec {shlex.quote(sys.executable)} "$@"'
            (programs / name).write_text(f"#!/bin/sh\n{command}\n")
            (programs / name).chmod(0o755)
        # A bundle's script looks for a Python on PATH, or asks uv, which finds others too.
        (programs / "uv").symlink_to(uv)
        for name, frameworks in LARGE.items():
            (data / f"{name}.toml").write_text(PROFILE.format(name=name, frameworks=frameworks))
        (self.home / ".jupyter" / "jupyter_server_config.py").write_text(JUPYTER)
        self.environ = self._environ(programs, cache)

    def _environ(self, programs: Path, cache: str) -> dict[str, str]:
        """The user's own index and certificates, another home; what uv has fetched or brought stays at hand."""
        home = Path.home()
        names = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "MLENV_MATRIX")}
        names.setdefault("XDG_CONFIG_HOME", str(home / ".config"))
        names.setdefault("UV_PYTHON_INSTALL_DIR", str(home / ".local" / "share" / "uv" / "python"))
        names["PATH"] = os.pathsep.join([str(programs), names["PATH"]])
        return {**names, "HOME": str(self.home), "UV_CACHE_DIR": cache}

    @cached_property
    def machine(self) -> str:
        """A server with a GPU, and with this machine's Pythons, so that a lock for it can be installed here."""
        found = json.loads(self.type("mlenv probe --format json").stdout)["pythons"]
        return SERVER.format(pythons=json.dumps([python["version"] for python in found if python["version"]]))

    @property
    def small(self) -> dict[str, str]:
        """The variables that lay the small profiles over the large ones."""
        return {"MLENV_MATRIX": str(self.folder / "data")}

    def write(self, files: Mapping[str, str], folder: Path) -> None:
        """Files in a place where pages are read."""
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def clone(self) -> None:
        """What ``git clone`` gives."""
        if not self.checkout.exists():
            waste = shutil.ignore_patterns("__pycache__", ".*")
            self.checkout.mkdir(parents=True)
            for name in ("mlenv", "compat_matrix", "scripts", "docs", "tests/machines"):
                shutil.copytree(ROOT / name, self.checkout / name, ignore=waste)
            for name in ("README.md", "LICENSE", "CHANGELOG.md", "pyproject.toml"):
                shutil.copy(ROOT / name, self.checkout)
            (self.checkout / "tests" / "__init__.py").touch()

    def type(
        self, text: str, *, cwd: Path | None = None, variables: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """A line in bash, as somebody types it; within the world's own folders where it names one of them."""
        environ = {**self.environ, **(variables or {})}
        command = ["bash", "-o", "pipefail", "-c", text]
        if names_folders(text):
            command = [*NAMESPACE, "sh", "-ec", self._enter(), "sh", *command]
        return subprocess.run(
            command,
            cwd=cwd or self.place,
            env=environ,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def _enter(self) -> str:
        """What a shell does first: bring the world's folders to their places, this machine to /mnt/image."""
        lines = []
        for name in FOLDERS:
            own = self.folder / "root" / name.strip("/")
            own.mkdir(parents=True, exist_ok=True)
            # What this machine has there stays to be seen: folders of wheels, lists of packages.
            for path in filter(Path.is_dir, Path(name).iterdir()):
                (own / path.name).mkdir(exist_ok=True)
                lines.append(shlex.join(["mount", "--rbind", str(path), str(own / path.name)]))
            lines.append(shlex.join(["mount", "--rbind", str(own), name]))
        for name in ("mnt/image", "media/usb", "var/lib/node_exporter/textfile"):
            (self.folder / "root" / name).mkdir(parents=True, exist_ok=True)
        return "\n".join([*lines, IMAGE, 'exec "$@"'])
