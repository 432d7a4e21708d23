"""A small environment of its own for each fault, with stub packages that are told how to go wrong."""

from __future__ import annotations

import shutil
import sys
import textwrap
import venv
from pathlib import Path


class Ground:
    """A fresh environment: ``folder`` holds it, ``environment`` is its path, ``site`` its packages."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = folder / "env"
        major, minor = sys.version_info[:2]
        self.site = self.environment / f"lib/python{major}.{minor}/site-packages"

    @classmethod
    def prepare(cls, folder: Path) -> Ground:
        """The environment that all others are copies of."""
        ground = cls(folder)
        venv.EnvBuilder(with_pip=False, symlinks=True).create(ground.environment)
        return ground

    def copy_to(self, folder: Path) -> Ground:
        """Another ground, with nothing planted yet."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Ground(folder)

    def add(
        self,
        name: str,
        code: str,
        *,
        version: str = "1.0",
        metadata: str = "",
        module: str = "",
        requires: tuple[str, ...] = (),
    ) -> Path:
        """Install a package of one module; ``metadata`` is the installed version where it differs."""
        folder = self.site / (module or name.replace("-", "_"))
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "__init__.py"
        path.write_text(f"__version__ = {version!r}\n{textwrap.dedent(code)}")
        self.describe(name, metadata or version, (f"{folder.name}/__init__.py",), requires)
        return path

    def describe(self, name: str, version: str, files: tuple[str, ...] = (), requires: tuple[str, ...] = ()) -> Path:
        """The files that say that a distribution is installed."""
        folder = self.site / f"{name.replace('-', '_')}-{version}.dist-info"
        folder.mkdir()
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
        lines += [f"Requires-Dist: {text}" for text in requires]
        folder.joinpath("METADATA").write_text("\n".join(lines) + "\n")
        rows = [f"{folder.name}/METADATA,,", *(f"{file},," for file in files), f"{folder.name}/RECORD,,"]
        folder.joinpath("RECORD").write_text("\n".join(rows) + "\n")
        return folder

    def write(self, name: str, text: str) -> str:
        """A file beside the environment; its path."""
        path = self.folder / name
        path.write_text(textwrap.dedent(text))
        return str(path)
