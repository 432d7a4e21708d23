#!/usr/bin/env python3
"""Write a matrix many times as large as a given one, to measure what size costs.

usage: grow_matrix.py FOLDER [--times N] [--releases] [--source FOLDER]

The larger matrix has N times as many frameworks, GPU products, profiles and file families, the new
ones under new names; with `--releases` it has the same frameworks with N times as many releases
each, the new ones with older version numbers.  Its `matrix.toml` says `replaces = true`, so that
`mlenv plan --matrix FOLDER` works with it in place of the built-in data.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from msgspec.structs import replace
from packaging.requirements import Requirement

from mlenv.matrix.canonical import render_file
from mlenv.matrix.files import load_files
from mlenv.matrix.hardware import GpuModel, GpuModels
from mlenv.matrix.load import INFO_FILE, Matrix
from mlenv.matrix.rows import Build, FileFamilies, FileFamily, Framework, MatrixInfo, Profile, Release, Row

MARK = "grown0"
"""Stands for the number of a copy: a copy is rendered once, and its text written under many numbers."""


def grow(source: Path | None, target: Path, times: int, *, releases: bool) -> None:
    """Write the larger matrix into a folder; SystemExit where the given one has faults."""
    files = load_files(Matrix(source))
    if files.broken:
        raise SystemExit("\n".join(files.broken))
    for path, file in files.rows.items():
        whole = lengthen(file, times) if releases else widen(file, times)
        write(target / path, render_file(whole))
        if not releases:
            for number, (name, text) in enumerate_copies(file, times):
                write(target / path.rpartition("/")[0] / name, text.replace(MARK, f"grown{number}"))


def write(path: Path, text: str) -> None:
    """A file of the matrix, with the folder it stands in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def enumerate_copies(file: Row, times: int) -> Iterator[tuple[int, tuple[str, str]]]:
    """The number, file name and text of each copy of a framework's or profile's file."""
    if isinstance(file, (Framework, Profile)):
        copy: Row = copy_framework(file) if isinstance(file, Framework) else copy_profile(file)
        stem, text = (file.id if isinstance(file, Framework) else file.name), render_file(copy)
        for number in range(1, times):
            yield number, (f"{stem}-grown{number}.toml", text)


def widen(file: Row, times: int) -> Row:
    """A file that holds a whole table, with its rows under N names."""
    numbers = range(1, times)
    if isinstance(file, MatrixInfo):
        return replace(file, replaces=True)
    if isinstance(file, GpuModels):
        return replace(file, gpu=(*file.gpu, *(copy_gpu(row, number) for number in numbers for row in file.gpu)))
    if isinstance(file, FileFamilies):
        more = (copy_family(row, number) for number in numbers for row in file.family)
        return replace(file, family=(*file.family, *more))
    return file


def copy_gpu(row: GpuModel, number: int) -> GpuModel:
    """A product of the same kind with names of its own."""
    names = tuple(f"{name} grown{number}" for name in row.also)
    return replace(row, name=f"{row.name} grown{number}", also=names)


def copy_family(row: FileFamily, number: int) -> FileFamily:
    """A family of other distributions."""
    names = tuple(f"{name}-grown{number}" for name in row.distributions)
    return replace(row, id=f"{row.id}-grown{number}", distributions=names)


def copy_framework(framework: Framework) -> Framework:
    """A framework of another name, with the same releases and neighbours."""
    return replace(
        framework,
        id=f"{framework.id}-{MARK}",
        name=f"{framework.name} {MARK}",
        distribution=f"{framework.distribution}-{MARK}",
        release=tuple(replace(release, builds=tuple(map(copy_build, release.builds))) for release in framework.release),
    )


def copy_build(build: Build) -> Build:
    """The same build, of another distribution where it names one."""
    return replace(build, distribution=f"{build.distribution}-{MARK}") if build.distribution else build


def copy_profile(profile: Profile) -> Profile:
    """A profile of another name for the frameworks of other names."""
    return replace(
        profile,
        name=f"{profile.name}-{MARK}",
        extends=tuple(f"{name}-{MARK}" for name in profile.extends),
        frameworks=tuple(map(copy_requirement, profile.frameworks)),
        optional=tuple(map(copy_requirement, profile.optional)),
    )


def copy_requirement(text: str) -> str:
    """``torch>=2`` gives ``torch-grown0>=2``."""
    requirement = Requirement(text)
    requirement.name = f"{requirement.name}-{MARK}"
    return str(requirement)


def lengthen(file: Row, times: int) -> Row:
    """A framework's file with N times as many releases, any other as it is."""
    if isinstance(file, MatrixInfo):
        return replace(file, replaces=True)
    if not isinstance(file, Framework):
        return file
    older = [release for _ in range(1, times) for release in file.release]
    numbers = range(len(older), 0, -1)
    more = (older_release(release, number) for release, number in zip(older, numbers, strict=True))
    return replace(file, release=(*file.release, *more))


def older_release(release: Release, number: int) -> Release:
    """The same release under a version number below that of any real one."""
    return replace(release, version=f"0.0.0.{number}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="a folder that is not there yet")
    parser.add_argument("--times", type=int, default=100, metavar="N")
    parser.add_argument("--releases", action="store_true", help="more releases of each framework, not more frameworks")
    parser.add_argument("--source", type=Path, metavar="FOLDER", help="the matrix to grow (the built-in one)")
    options = parser.parse_args()
    if options.folder.exists() or options.times < 1:
        parser.error("FOLDER must not exist yet, and N be 1 or more")
    grow(options.source, options.folder, options.times, releases=options.releases)
    size = sum(path.stat().st_size for path in options.folder.rglob("*.toml"))
    sys.stderr.write(f"{options.folder / INFO_FILE} and the rest of {size / 1e6:.0f} MB\n")


if __name__ == "__main__":
    main()
