"""A channel whose packages work: a Python, a framework that can be imported, pip; and the rows that tell of them.

The Python is the one that runs the tests.  Its link stands beside a ``pyvenv.cfg``, so that the
packages of the environment around it count, which is still one of conda.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterable
from importlib.metadata import distribution
from pathlib import Path

from tests.conda_channel import Package, make_channel, noarch

SERIES = f"{sys.version_info.major}.{sys.version_info.minor}"
SITE = f"lib/python{SERIES}/site-packages"
BASE = Path(getattr(sys, "_base_executable", sys.executable))
PLATFORMS = '["linux-x86_64", "linux-aarch64", "macos-arm64", "macos-x86_64", "windows-x86_64"]'
FRAMEWORK = """
id = "toy"
name = "Toy"
distribution = "toy"
imports = ["toy"]
checked_on = 2026-11-22
[conda]
package = "toy"
evidence = "documentation"
source = ["site"]
[sources]
site = "our own"
"""
RELEASE = """
[[release]]
version = "{version}"
released = 2026-01-{day:02}
source = ["site"]
builds = [
  {{ variant = "cpu", platforms = {platforms}, pythons = ["{series}"], glibc = "2.17", macos = "11.0", \
evidence = "documentation", source = ["site"] }},
]
"""
INDEXES = """
checked_on = 2026-11-22
index = [{{ id = "conda-forge", title = "our mirror", url = "{url}", source = ["site"] }}]
[sources]
site = "our own"
"""


def working_python() -> Package:
    """The interpreter that runs the tests, as a package."""
    from rattler import Subdir

    home = f"home = {BASE.parent}\nversion = {platform.python_version()}\n"
    # Newer Pythons look for packages beside that file, so the library is there too.
    links = {"bin/python": str(BASE), "bin/python3": "python", "bin/lib": "../lib"}
    return Package(
        name="python",
        version=platform.python_version(),
        build="h1_0_cpython",
        subdir=str(Subdir.current()),
        files={"bin/pyvenv.cfg": home.encode()},
        links=links,
    )


def toy(version: str, body: str = "") -> Package:
    """The framework; ``body`` is more of its module."""
    return noarch("toy", version, f"python {SERIES}.*", files=module_files("toy", version, body))


def module_files(name: str, version: str, body: str = "") -> dict[str, bytes]:
    """A module and what says which version it is."""
    info = f"{SITE}/{name}-{version}.dist-info"
    return {
        f"{SITE}/{name}.py": f"__version__ = {version!r}\n{body}".encode(),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{info}/RECORD": f"{name}.py,,\n".encode(),
    }


def working_pip() -> Package:
    """The pip that stands beside the tests."""
    found = distribution("pip")
    inside = [row for row in found.files or () if row.suffix != ".pyc" and ".." not in row.parts]
    files = {f"{SITE}/{row.as_posix()}": row.read_binary() for row in inside}
    return noarch("pip", found.version, "python", files=files)


TOYS = (working_python(), toy("1.0"), toy("2.0"))


def make_toy_channel(folder: Path, packages: Iterable[Package] = TOYS) -> Path:
    """The folder of a channel with these packages."""
    return make_channel(folder, packages)


def write_rows(folder: Path, url: str) -> Path:
    """A site's rows, for ``--matrix``: the framework, and where conda-forge is."""
    releases = (
        RELEASE.format(version=version, day=day, series=SERIES, platforms=PLATFORMS)
        for version, day in (("2.0", 2), ("1.0", 1))
    )
    (folder / "frameworks").mkdir(parents=True, exist_ok=True)
    (folder / "frameworks" / "toy.toml").write_text("".join([FRAMEWORK, *releases]))
    (folder / "indexes.toml").write_text(INDEXES.format(url=url))
    return folder
