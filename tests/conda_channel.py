"""A small real channel of conda packages on disk, shaped like conda-forge's.

Each package is an archive with the metadata that a solver reads and one file that says its name;
some have contents besides, so that an environment of them works.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

GLIBC = "__glibc >=2.17,<3.0.a0"
GLIBC_28 = "__glibc >=2.28,<3.0.a0"
STAMP = 1_760_000_000_000


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """One file of the channel; ``built`` is its day as milliseconds since 1970.

    ``files`` are its contents by path, ``links`` what its symbolic links lead to.
    """

    name: str
    version: str
    build: str = "0"
    number: int = 0
    subdir: str = "linux-64"
    depends: tuple[str, ...] = ()
    constrains: tuple[str, ...] = ()
    built: int = STAMP
    files: Mapping[str, bytes] = {}
    links: Mapping[str, str] = {}

    @property
    def archive(self) -> str:
        """The name of its file."""
        return f"{self.name}-{self.version}-{self.build}.tar.bz2"


def python(version: str) -> Package:
    return Package(name="python", version=f"{version}.1", build="h1_0_cpython", depends=(GLIBC,))


def torch(version: str, kind: str, series: str, *, glibc: str = GLIBC) -> Package:
    """A build of pytorch: ``kind`` is ``cpu`` or ``cuda129``."""
    cuda = kind.removeprefix("cuda")
    release = f"{cuda[:-1]}.{cuda[-1]}"
    needs = () if kind == "cpu" else ("__cuda", f"cuda-version >={release},<{int(cuda[:-1]) + 1}")
    digits = series.replace(".", "")
    return Package(
        name="pytorch",
        version=version,
        build=f"{kind}_generic_py{digits}_h0_{0 if kind == 'cpu' else 200}",
        number=0 if kind == "cpu" else 200,
        depends=(f"python >={series},<3.{int(series[2:]) + 1}.0a0", glibc, "numpy >=1.23,<3", *needs),
    )


def noarch(name: str, version: str, *depends: str, **more: Any) -> Package:
    return Package(name=name, version=version, subdir="noarch", depends=depends, **more)


CHANNEL = (
    *(python(series) for series in ("3.11", "3.12", "3.13")),
    noarch("pip", "25.0", "python >=3.9"),
    noarch("numpy", "2.3.0"),
    noarch("numpy", "1.26.4", "python <3.13.0a0"),
    noarch("cuda-version", "12.9", constrains=("__cuda >=12",)),
    noarch("cuda-version", "13.0", constrains=("__cuda >=13",)),
    *(
        torch("2.13.0", kind, series, glibc=GLIBC_28 if kind == "cuda130" else GLIBC)
        for kind in ("cpu", "cuda129", "cuda130")
        for series in ("3.12", "3.13")
    ),
    torch("2.9.1", "cpu", "3.11"),
    noarch("jax", "0.9.2", "jaxlib >=0.9.2", "python >=3.11"),
    Package(name="jaxlib", version="0.9.2", build="cpu_py312h0_0", depends=("python >=3.12,<3.13.0a0",)),
    Package(
        name="jaxlib",
        version="0.9.2",
        build="cuda129_py312h0_200",
        number=200,
        depends=("python >=3.12,<3.13.0a0", "__cuda", "cuda-version >=12.9,<13"),
    ),
)
"""pytorch for Python 3.12 and 3.13 with CUDA 12.9 and 13.0, jax for 3.12 alone."""


def make_channel(folder: Path, packages: Iterable[Package] = CHANNEL) -> Path:
    """The folder of a channel with these packages, indexed by rattler."""
    from rattler.index import index_fs

    (folder / "noarch").mkdir(parents=True, exist_ok=True)
    for package in packages:
        (folder / package.subdir).mkdir(exist_ok=True)
        _write_package(folder / package.subdir, package)
    asyncio.run(index_fs(folder, write_zst=False, write_shards=False))
    for listing in folder.glob("*/repodata.json"):
        _forget_the_day_of_indexing(listing)
    return folder


def _forget_the_day_of_indexing(listing: Path) -> None:
    """Most channels state when a package was built, and not when it came in; rattler prefers the latter."""
    data = json.loads(listing.read_text())
    for record in data["packages"].values():
        record.pop("indexed_timestamp", None)
    listing.write_text(json.dumps(data))


def _write_package(folder: Path, package: Package) -> None:
    contents = {f"share/{package.name}.txt": f"{package.name} {package.version}\n".encode(), **package.files}
    paths = [*(_path_row(*row) for row in contents.items()), *(_link_row(path) for path in package.links)]
    files = {
        "info/index.json": _json(_index_of(package)),
        "info/paths.json": _json({"paths_version": 1, "paths": paths}),
        "info/about.json": b"{}",
        **contents,
    }
    with tarfile.open(folder / package.archive, "w:bz2") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        for name, target in package.links.items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            archive.addfile(member)


def _path_row(path: str, content: bytes) -> dict[str, Any]:
    digest = hashlib.sha256(content).hexdigest()
    return {"_path": path, "path_type": "hardlink", "sha256": digest, "size_in_bytes": len(content)}


def _link_row(path: str) -> dict[str, Any]:
    # Of a link conda states the size and hash of what it leads to, which is nothing of the package here.
    return {"_path": path, "path_type": "softlink", "sha256": hashlib.sha256(b"").hexdigest(), "size_in_bytes": 0}


def _index_of(package: Package) -> dict[str, Any]:
    index: dict[str, Any] = {
        "name": package.name,
        "version": package.version,
        "build": package.build,
        "build_number": package.number,
        "subdir": package.subdir,
        "depends": package.depends,
        "constrains": package.constrains,
        "timestamp": package.built,
    }
    return {**index, "noarch": "generic"} if package.subdir == "noarch" else index


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()
