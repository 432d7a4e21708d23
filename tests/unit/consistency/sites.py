"""Small environments on the disk, with the files that installers write."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from mlenv.consistency.finding import Outcome
from mlenv.facts.environment import Environment
from mlenv.facts.machine import Machine
from mlenv.intake.described import parse_description
from mlenv.probe.environments.environment import read_environment
from mlenv.system.host import LiveHost

LINUX = (
    'os = "linux"\narch = "x86_64"\nlibc = "glibc 2.35"\npython = ["3.12.4"]\n[cpu]\nflags = ["avx", "avx2", "fma"]\n'
)
HOST = LiveHost({"PATH": "/usr/bin"})


def machine() -> Machine:
    """An ordinary Linux computer."""
    return parse_description(LINUX, origin="test")


def digest(content: bytes) -> str:
    """As RECORD states it."""
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


class Site(msgspec.Struct, frozen=True):
    """A virtual environment of Python 3.12.4 whose interpreter is an empty file."""

    path: Path
    inside: str = "lib/python3.12/site-packages"

    @property
    def packages(self) -> Path:
        return self.path / self.inside

    def add(
        self,
        name: str,
        version: str = "1.0",
        *requires: str,
        files: Mapping[str, bytes] = {},
        fields: str = "",
        installer: str = "uv",
        wheel: str = "py3-none-any",
    ) -> Path:
        """Install a distribution; its folder of metadata."""
        info = self.packages / f"{name}-{version}.dist-info"
        info.mkdir(parents=True, exist_ok=True)
        needs = "".join(f"Requires-Dist: {need}\n" for need in requires)
        text = f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n{fields}{needs}\nRequires-Dist: not-a-field\n"
        info.joinpath("METADATA").write_text(text, encoding="utf-8")
        info.joinpath("INSTALLER").write_text(installer)
        info.joinpath("WHEEL").write_text(f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {wheel}\n")
        lines = []
        for path, content in files.items():
            place = self.packages / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
            lines.append(f"{path},{digest(content)},{len(content)}\n")
        info.joinpath("RECORD").write_text("".join(lines) + f"{info.name}/RECORD,,\n")
        return info

    def read(self, working_directory: Path | None = None, **variables: str) -> Environment:
        """The environment as the probe sees it."""
        host = LiveHost({"PATH": "/usr/bin", **variables})
        here = str(working_directory or self.path)
        found = read_environment(host, str(self.path), working_directory=here)
        assert found is not None
        return found


def make_site(folder: Path) -> Site:
    """An empty environment."""
    path = folder / "env"
    (path / "bin").mkdir(parents=True)
    (path / "bin" / "python").touch()
    (path / "pyvenv.cfg").write_text("home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.12.4\n")
    site = Site(path)
    site.packages.mkdir(parents=True)
    return site


def brief(outcome: Outcome) -> list[tuple[str, str, str]]:
    """Weight, slug and subject of each finding."""
    return [(finding.weight, finding.reason, finding.subject) for finding in outcome.findings]
