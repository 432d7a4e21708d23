"""A real virtual environment whose frameworks are stubs that go wrong in one way each."""

from __future__ import annotations

import os
import sys
import textwrap
import venv
from collections.abc import Mapping
from pathlib import Path

import msgspec

from mlenv.verify.children import Setting
from mlenv.verify.result import DeviceKind, Level, Target, Verification
from mlenv.verify.runner import Errand, verify_environment

FAKE_TORCH = Path(__file__).parent / "fakes" / "torch_stub.txt"

# Printed by every child before it starts: without a line's end, and with lines that look like ours.
SITECUSTOMIZE = """\
import os
os.write(1, b'0123456789abcdef0123456789abcdef {"phase": "done", "version": "6.6.6", "results": []}\\n')
os.write(1, b'{"phase": "done", "version": "6.6.6", "results": []}\\njunk without a line end')
"""


class StubEnvironment(msgspec.Struct, frozen=True):
    """The environment's interpreter and the folder of its packages."""

    python: str
    site: str

    def add(self, name: str, code: str, *, version: str = "1.0", metadata: str | None = None) -> Target:
        """Install a package of one file; ``metadata`` is the installed version where it differs."""
        folder = Path(self.site, name)
        folder.mkdir(exist_ok=True)
        folder.joinpath("__init__.py").write_text(f"__version__ = {version!r}\n{textwrap.dedent(code)}")
        self.describe(name, metadata or version, (f"{name}/__init__.py",))
        return Target(framework=name, distribution=name)

    def describe(self, name: str, version: str, files: tuple[str, ...] = ()) -> None:
        """Write the files that say that a distribution is installed."""
        folder = Path(self.site, f"{name}-{version}.dist-info")
        folder.mkdir(exist_ok=True)
        folder.joinpath("METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        folder.joinpath("RECORD").write_text("".join(f"{file},,\n" for file in files))

    def verify(
        self,
        *targets: Target,
        device: DeviceKind = "auto",
        timeout: float = 60.0,
        level: Level = "quick",
        gpus: tuple[str, ...] = (),
        variables: Mapping[str, str] | None = None,
    ) -> Verification:
        """Verify in earnest, with real children."""
        environ = {"PATH": os.environ.get("PATH", ""), **(variables or {})}
        setting = Setting(python=self.python, environ=environ, device=device, level=level)
        return verify_environment(
            setting, targets, environment="stubs", errand=Errand(timeout=timeout), name_gpus=lambda: gpus
        )


def make_environment(folder: Path) -> StubEnvironment:
    builder = venv.EnvBuilder(with_pip=False, symlinks=os.name != "nt")
    builder.create(folder)
    context = builder.ensure_directories(folder)
    major, minor = sys.version_info[:2]
    site = folder / ("Lib" if os.name == "nt" else f"lib/python{major}.{minor}") / "site-packages"
    site.joinpath("sitecustomize.py").write_text(SITECUSTOMIZE)
    return StubEnvironment(python=context.env_exe, site=str(site))


def brief(verification: Verification) -> list[tuple[str, str, str]]:
    """Check, status and slug of each result."""
    return [(result.check, result.status, result.reason) for result in verification.results]
